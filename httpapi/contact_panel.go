package httpapi

import "net/http"

// contactPanel is chat.ContactPanel with lists that are never null.
func (h *Handler) contactPanel(r *http.Request, by caller) (answer, error) {
	p, err := h.svc.ContactPanel(r.Context(), by.Actor, r.PathValue("visitor_id"))
	p.Facts, p.Actions = orEmpty(p.Facts), orEmpty(p.Actions)
	return done(p), err
}

type actionDone struct {
	Message string `json:"message"`
}

func (h *Handler) contactAction(r *http.Request, by caller) (answer, error) {
	said, err := h.svc.ContactAction(r.Context(), by.Actor, r.PathValue("visitor_id"), r.PathValue("action_id"))
	return done(actionDone{said}), err
}
