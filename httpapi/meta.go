package httpapi

import (
	_ "embed"
	"errors"
	"net/http"
	"strconv"

	"github.com/pealchat/pealchat/chat"
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

// health says outside only whether all is well; the log says what is not, once.
func (h *Handler) health(r *http.Request, _ caller) (answer, error) {
	err := h.svc.Ping(r.Context())
	switch {
	case err == nil && h.ill.CompareAndSwap(true, false):
		h.log.Info("httpapi: the chat is healthy again")
	case err != nil && r.Context().Err() == nil && !errors.Is(err, chat.ErrClosed) && h.ill.CompareAndSwap(false, true):
		h.log.Error("httpapi: the chat is not healthy", "error", err)
	}
	return done(health{"ok"}), err
}

// stats says how the service does.
func (h *Handler) stats(r *http.Request, by caller) (answer, error) {
	s, err := h.svc.StatsFor(r.Context(), by.Actor)
	return done(s), err
}
