package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type sessionHistory struct {
	SessionID string              `json:"session_id"`
	History   []chat.HistoryEntry `json:"history"`
	Next      string              `json:"next_cursor,omitempty"`
}

func (h *Handler) history(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	id := r.PathValue("session_id")
	list, err := h.svc.History(r.Context(), by.Actor, id, page)
	return done(sessionHistory{id, orEmpty(list.Entries), list.Next}), nameCursor(err, page)
}
