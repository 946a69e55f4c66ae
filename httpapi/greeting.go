package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type greet struct {
	TriggerID string `json:"trigger_id"`
}

// greet answers what a visitor's browser shows at once, and counts it.
func (h *Handler) greet(r *http.Request, by caller, in greet) (answer, error) {
	greeting, err := h.svc.Greet(r.Context(), by.Actor, in.TriggerID)
	return created(greeting), err
}

type dryRun struct {
	Conditions chat.Conditions `json:"conditions"`
}

// dryRun says for whom a trigger's conditions hold now.
func (h *Handler) dryRun(r *http.Request, by caller, in dryRun) (answer, error) {
	run, err := h.svc.TryConditions(r.Context(), by.Actor, in.Conditions)
	return done(run), err
}
