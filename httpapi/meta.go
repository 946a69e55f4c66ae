package httpapi

import (
	_ "embed"
	"net/http"
	"strconv"
)

// openapi describes both APIs. The module apitest checks every answer of its
// tests against it.
//
//go:embed openapi.json
var openapi []byte

func (h *Handler) openapi(w http.ResponseWriter, r *http.Request, _ caller) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(openapi)))
	if r.Method != http.MethodHead {
		w.Write(openapi)
	}
	return nil
}

type health struct {
	Status string `json:"status"`
}

func (h *Handler) health(r *http.Request, _ caller) (answer, error) {
	return done(health{"ok"}), h.svc.Ping(r.Context())
}

// stats says how the service does.
func (h *Handler) stats(r *http.Request, by caller) (answer, error) {
	s, err := h.svc.StatsFor(r.Context(), by.Actor)
	return done(s), err
}
