package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type agentList struct {
	Agents []chat.Agent `json:"agents"`
	Next   string       `json:"next_cursor,omitempty"`
}

func (h *Handler) agents(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	list, err := h.svc.Agents(r.Context(), by.Actor)
	if err != nil {
		return answer{}, err
	}
	list, next, err := agentPages.page(list, page)
	return done(agentList{orEmpty(list), next}), nameCursor(err, page)
}

type me struct {
	Agent  chat.Agent `json:"agent"`
	Scopes []string   `json:"scopes"`
	Auth   string     `json:"auth"`           // "host" or "api_key"
	Name   string     `json:"name,omitempty"` // the team's, as visitors read it
	Limits limits     `json:"limits"`

	Features features `json:"features"`
}

// features are what the host's code has switched on.
type features struct {
	Tracking     bool   `json:"tracking"`           // pages are noted
	ContactPanel bool   `json:"contact_panel"`      // the host has one of its own
	PushKey      string `json:"push_key,omitempty"` // what browsers subscribe with
}

func (h *Handler) me(r *http.Request, by caller) (answer, error) {
	agent, err := h.svc.Me(r.Context(), by.Actor)
	if err != nil {
		return answer{}, err
	}
	settings, err := h.currentSettings(r.Context())
	out := me{Agent: agent, Scopes: by.Scopes(), Auth: "host", Name: settings.Name, Limits: h.limits(), Features: features{Tracking: h.svc.Tracking(), ContactPanel: h.svc.HasContactPanel(), PushKey: h.svc.PushKey()}}
	if by.byKey {
		out.Auth = "api_key"
	}
	return done(out), err
}

type viewing struct {
	SessionID *string `json:"session_id" null:"ok"` // null: none
}

func (h *Handler) setViewing(r *http.Request, by caller, in viewing) (answer, error) {
	if in.SessionID == nil {
		return answer{}, badField("session_id", "session_id must be there; null means none.")
	}
	return noContent, h.svc.SetViewing(r.Context(), by.Actor, *in.SessionID)
}

type availability struct {
	Availability string `json:"availability"`
}

func (h *Handler) setAvailability(r *http.Request, by caller, in availability) (answer, error) {
	agent, err := h.svc.SetAvailability(r.Context(), by.Actor, in.Availability)
	return done(agent), err
}
