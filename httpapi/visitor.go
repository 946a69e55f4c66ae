package httpapi

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"

	"github.com/pealchat/pealchat/chat"
)

type hello struct {
	Page     *chat.PageRef `json:"page"`
	Locale   string        `json:"locale"`
	TimeZone string        `json:"time_zone"`
	// Identity is what SignVisitor has made, for a person whom the request
	// itself does not show to the host.
	Identity string `json:"identity"`

	// Return is what the fragment of a ReturnLink has.
	Return string `json:"return"`
}

type welcome struct {
	Token     string `json:"token"`
	VisitorID string `json:"visitor_id"`
	Verified  bool   `json:"verified"`
	Online    bool   `json:"online"`
	Config    config `json:"config"`
	Session   any    `json:"session"`
}

// config is what the widget is told about the host.
type config struct {
	Name        string            `json:"name"`
	Greeting    string            `json:"greeting,omitempty"`
	Topics      []string          `json:"topics"`
	People      []chat.PublicName `json:"people"`
	Color       string            `json:"color,omitempty"`
	ReplyTime   int64             `json:"reply_time_s,omitempty"` // seconds; 0 where it is not known
	Promise     string            `json:"reply_promise,omitempty"`
	PreChat     preChat           `json:"pre_chat"`
	Departments []string          `json:"departments"` // to choose from
	Away        awayForm          `json:"away"`
	BackAt      string            `json:"back_at,omitempty"` // the next opening, while closed
	Limits      limits            `json:"limits"`
	Tracking    bool              `json:"tracking"`
	KeepQuery   []string          `json:"keep_query,omitempty"` // parameters of addresses whose values may be told, where pages are tracked
	Features    configFeatures    `json:"features"`
}

// limits are what a client can say before it sends anything.
type limits struct {
	Message int   `json:"message"` // characters
	File    int64 `json:"file"`    // bytes
}

type configFeatures struct {
	Files         bool `json:"files"`
	Rating        bool `json:"rating"`
	TypingPreview bool `json:"typing_preview"` // agents see what is being written
}

const maxPeople = 3

// hello needs no token: it is where visitors get theirs. One that is brought
// along and not known is no error, the visitor is a new one then.
func (h *Handler) hello(r *http.Request, by caller, in hello) (answer, error) {
	sealed, err := visitorToken(r)
	if err != nil {
		return answer{}, err
	}
	token, person, seal, err := h.introduce(r.Context(), r, by, in.Identity, sealed)
	if err != nil {
		return answer{}, err
	}
	back, err := h.comingBack(by, in.Return, person)
	if err != nil {
		return answer{}, err
	}
	w, err := h.svc.Hello(r.Context(), chat.Hello{
		Token: token, Identity: person, VisitorID: back, Page: in.Page, Locale: in.Locale, TimeZone: in.TimeZone, UserAgent: r.UserAgent(), From: by.from,
	})
	if errors.Is(err, chat.ErrUnknownVisitor) {
		err = badReturn("there is no such conversation any more")
	}
	if err != nil {
		return answer{}, err
	}
	if seal != nil {
		w.Token = seal(w.Token)
	}
	h.friends.note(w.Token, true) // or a neighbour who guesses would keep out whoever comes new
	by.Actor = chat.AsVisitor(w.Visitor)
	h.svc.Touch(r.Context(), by.Actor)
	out := welcome{Token: w.Token, VisitorID: w.Visitor.ID, Verified: w.Visitor.Verified}
	if out.Config, out.Online, err = h.config(r.Context(), w.Visitor); err != nil {
		return answer{}, err
	}
	if w.Session != nil {
		out.Session, err = h.withMessages(r, by, *w.Session)
	}
	return done(out), err
}

func (h *Handler) limits() limits {
	l := h.svc.Limits()
	return limits{Message: l.Message, File: max(0, l.File)}
}

// config says what the widget shows and asks this visitor, and whether they
// can expect an answer now.
func (h *Handler) config(ctx context.Context, v chat.Visitor) (c config, online bool, err error) {
	settings, err := h.currentSettings(ctx)
	if err != nil {
		return c, false, err
	}
	here := h.svc.AvailableAgents(ctx)
	open, next := h.svc.Hours(ctx)
	c = config{
		Name:      cmp.Or(settings.Name, "Chat"),
		Greeting:  settings.Greeting,
		Topics:    settings.Topics,
		People:    []chat.PublicName{},
		Color:     settings.Color,
		ReplyTime: int64(math.Ceil(h.svc.ReplyTime(ctx).Seconds())),
		Promise:   settings.ReplyPromise,
		Limits:    h.limits(),
		Tracking:  h.svc.Tracking(),
		Features:  configFeatures{Files: h.svc.Limits().File > 0, Rating: true, TypingPreview: settings.TypingPreview},
	}
	if c.Tracking {
		c.KeepQuery = h.svc.KeptQuery()
	}
	if c.Departments, err = h.svc.OfferedDepartments(ctx); err != nil {
		return c, false, err
	}
	c.askFor(settings, v)
	if !open {
		c.BackAt = stamp(next)
	}
	for _, a := range here[:min(maxPeople, len(here))] {
		c.People = append(c.People, chat.PublicName{Name: a.Name, AvatarURL: a.AvatarURL})
	}
	return c, open && len(here) > 0, nil
}

func (h *Handler) eraseMe(r *http.Request, by caller) (answer, error) {
	return h.erase(r, by, by.ID())
}

func (h *Handler) eraseVisitor(r *http.Request, by caller) (answer, error) {
	return h.erase(r, by, r.PathValue("visitor_id"))
}

// erase also ends the visitor's streams.
func (h *Handler) erase(r *http.Request, by caller, id string) (answer, error) {
	err := h.svc.EraseVisitor(r.Context(), by.Actor, id)
	h.streams.recheck(id)
	return noContent, err
}

type visitorList struct {
	Visitors []chat.Visitor `json:"visitors"`
	Online   int            `json:"online"`   // how many are on the site
	Tracking bool           `json:"tracking"` // without it nobody is seen before they write
	Next     string         `json:"next_cursor,omitempty"`
}

func (h *Handler) visitors(r *http.Request, by caller) (answer, error) {
	p := queryOf(r)
	page := p.page()
	show := chat.VisitorFilter{Online: p.one("online", "false", "true") == "true", Banned: p.one("banned", "false", "true") == "true"}
	if p.err != nil {
		return answer{}, p.err
	}
	found, err := h.svc.Visitors(r.Context(), by.Actor, page, show)
	return done(visitorList{orEmpty(found.Visitors), h.svc.VisitorsOnline(), h.svc.Tracking(), found.Next}), nameCursor(err, page)
}

func (h *Handler) visitor(r *http.Request, by caller) (answer, error) {
	v, err := h.svc.Visitor(r.Context(), by.Actor, r.PathValue("visitor_id"))
	return done(v), err
}
