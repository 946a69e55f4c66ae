package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type newDraft struct {
	Message string `json:"message"`
	Note    bool   `json:"note"`
}

func (h *Handler) draft(r *http.Request, by caller) (answer, error) {
	note, err := forNote(r)
	if err != nil {
		return answer{}, err
	}
	d, err := h.svc.Draft(r.Context(), by.Actor, r.PathValue("session_id"), note)
	return done(d), err
}

func (h *Handler) saveDraft(r *http.Request, by caller, in newDraft) (answer, error) {
	d, err := h.svc.SaveDraft(r.Context(), by.Actor, r.PathValue("session_id"), in.Message, in.Note)
	return done(d), err
}

func (h *Handler) removeDraft(r *http.Request, by caller) (answer, error) {
	note, err := forNote(r)
	if err != nil {
		return answer{}, err
	}
	return noContent, h.svc.DeleteDraft(r.Context(), by.Actor, r.PathValue("session_id"), note)
}

// forNote says which of an agent's two drafts a call is about.
func forNote(r *http.Request) (bool, error) {
	p := queryOf(r)
	note := p.one("note", "false", "true")
	return note == "true", p.err
}

type mentionList struct {
	Mentions []chat.Mention `json:"mentions"`
	Next     string         `json:"next_cursor,omitempty"`
}

func (h *Handler) mentions(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	list, err := h.svc.Mentions(r.Context(), by.Actor, page)
	return done(mentionList{orEmpty(list.Mentions), list.Next}), nameCursor(err, page)
}
