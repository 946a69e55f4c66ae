package httpapi

import (
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

// sighting is what the request itself says of a visitor who is on the site.
func (h *Handler) sighting(r *http.Request, page *chat.PageRef, locale string) chat.Presence {
	return chat.Presence{Page: page, Address: h.clientIP(r), Locale: locale, UserAgent: r.UserAgent()}
}

// track notes the page that a visitor is on.
func (h *Handler) track(r *http.Request, by caller, in chat.PageRef) (answer, error) {
	return noContent, h.svc.AddPageView(r.Context(), by.Actor, h.sighting(r, &in, ""))
}

type presence struct {
	Page   *chat.PageRef `json:"page"`
	Locale string        `json:"locale"`
}

// company is what a visitor's browser learns for its sign of life.
type company struct {
	Online    bool                `json:"online"`
	SessionID string              `json:"session_id,omitempty"` // where something waits that the visitor has not seen
	Triggers  []chat.TriggerOffer `json:"triggers,omitempty"`   // that may greet them
}

// present takes a sign of life of a visitor whose pages are tracked. It stands
// in for a stream: a request now and then costs less than a connection.
func (h *Handler) present(r *http.Request, by caller, in presence) (answer, error) {
	found, err := h.svc.ReportPresence(r.Context(), by.Actor, h.sighting(r, in.Page, in.Locale))
	if err != nil {
		return answer{}, err
	}
	out := company{Online: h.svc.Online(r.Context()), Triggers: found.Offers}
	if found.Session != nil {
		out.SessionID = found.Session.ID
	}
	return done(out), nil
}

type trailLine struct {
	Name string         `json:"name"`
	Data map[string]any `json:"data"`
}

// note adds a line to a visitor's trail.
func (h *Handler) note(r *http.Request, by caller, in trailLine) (answer, error) {
	return noContent, h.svc.AddTrailLine(r.Context(), by.Actor, in.Name, in.Data)
}

type pageViewList struct {
	Pages []chat.PageView `json:"pages"`
	Next  string          `json:"next_cursor,omitempty"`
}

func (h *Handler) pageViews(r *http.Request, by caller) (answer, error) {
	found, page, err := h.listPageViews(r, by, false)
	return done(pageViewList{orEmpty(found.Views), found.Next}), nameCursor(err, page)
}

type trailList struct {
	Trail []chat.PageView `json:"trail"`
	Next  string          `json:"next_cursor,omitempty"`
}

func (h *Handler) trail(r *http.Request, by caller) (answer, error) {
	found, page, err := h.listPageViews(r, by, true)
	return done(trailList{orEmpty(found.Views), found.Next}), nameCursor(err, page)
}

func (h *Handler) listPageViews(r *http.Request, by caller, trail bool) (chat.PageViewPage, chat.Page, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return chat.PageViewPage{}, page, p.err
	}
	found, err := h.svc.PageViews(r.Context(), by.Actor, r.PathValue("visitor_id"), page, trail)
	return found, page, err
}

type visitList struct {
	Visits []chat.Visit `json:"visits"`
	Next   string       `json:"next_cursor,omitempty"`
}

func (h *Handler) visits(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	if p.err != nil {
		return answer{}, p.err
	}
	found, err := h.svc.Visits(r.Context(), by.Actor, r.PathValue("visitor_id"), page)
	return done(visitList{orEmpty(found.Visits), found.Next}), nameCursor(err, page)
}
