package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type greet struct {
	TriggerID string `json:"trigger_id"`
}

// greet answers what a visitor's browser shows at once, and counts it. Several
// tabs may ask at once, so that it is too late is no error.
func (h *Handler) greet(r *http.Request, by caller, in greet) (answer, error) {
	greeting, told, err := h.svc.Greet(r.Context(), by.Actor, in.TriggerID)
	if !told {
		return noContent, err
	}
	return created(greeting), nil
}

type dryRun struct {
	Conditions chat.Conditions `json:"conditions"`
}

// dryRun says for whom a trigger's conditions hold now.
func (h *Handler) dryRun(r *http.Request, by caller, in dryRun) (answer, error) {
	run, err := h.svc.DryRunTrigger(r.Context(), by.Actor, in.Conditions)
	return done(run), err
}
