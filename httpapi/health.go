package httpapi

import "net/http"

type health struct {
	Status string `json:"status"`
}

func (h *Handler) health(r *http.Request, _ caller) (answer, error) {
	return done(health{"ok"}), h.svc.Ping(r.Context())
}
