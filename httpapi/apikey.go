package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type keyList struct {
	Keys []chat.APIKey `json:"api_keys"`
	Next string        `json:"next_cursor,omitempty"`
}

func (h *Handler) keys(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	keys, err := h.svc.APIKeys(r.Context(), by.Actor)
	if err != nil {
		return answer{}, err
	}
	keys, next, err := keyPages.page(keys, page)
	return done(keyList{orEmpty(keys), next}), nameCursor(err, page)
}

// createKey answers with the key itself, this once.
func (h *Handler) createKey(r *http.Request, by caller, in chat.NewAPIKey) (answer, error) {
	key, secret, err := h.svc.CreateAPIKey(r.Context(), by.Actor, in)
	return created(extended{key, "key", secret}), err
}

// revokeKey also ends the streams that were opened with the key, on all nodes.
func (h *Handler) revokeKey(r *http.Request, by caller) (answer, error) {
	id := r.PathValue("api_key_id")
	err := h.svc.RevokeAPIKey(r.Context(), by.Actor, id)
	h.streams.recheck(id)
	if err == nil {
		h.svc.Relay(topicRevoked, []byte(id)) // behind the service's own word, so that it is asked about anew
	}
	return noContent, err
}
