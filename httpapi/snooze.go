package httpapi

import "net/http"

type snooze struct {
	Until string `json:"until"` // a time, or "reply"
}

func (h *Handler) snoozeSession(r *http.Request, by caller, in snooze) (answer, error) {
	s, err := h.svc.SnoozeSession(r.Context(), by.Actor, r.PathValue("session_id"), in.Until)
	return h.sessionAnswer(by, s), err
}

func (h *Handler) wakeSession(r *http.Request, by caller) (answer, error) {
	s, err := h.svc.WakeSession(r.Context(), by.Actor, r.PathValue("session_id"))
	return h.sessionAnswer(by, s), err
}
