package chat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// ContactPanel is what the host's own systems know of a visitor, and what
// agents can have them do, as it stands beside a conversation. The console
// draws it as text: nothing in it is taken for markup. One without facts and
// actions is not shown.
type ContactPanel struct {
	Title   string          `json:"title"` // such as the shop's name; 60 characters
	Facts   []ContactFact   `json:"facts"`
	Actions []ContactAction `json:"actions"`
}

// ContactFact is one line of a [ContactPanel].
type ContactFact struct {
	Name  string `json:"name"`          // 60 characters
	Value string `json:"value"`         // 500 characters
	URL   string `json:"url,omitempty"` // where more is to be read: http, https or mailto, or a path of the host's site such as "/orders/20418"
}

// ContactAction is something that an agent can have the host do for a visitor.
type ContactAction struct {
	ID      string `json:"action_id"`         // stable, unique in the panel: letters, digits, "_", "-" and "."; 64 at most
	Label   string `json:"label"`             // of the button; 60 characters
	Confirm string `json:"confirm,omitempty"` // a sentence that is read before it is done; 300 characters. Empty: it is done at once

	// Do does it. What it returns is shown to the agent, 300 characters at
	// most; an error made with [Refuse] is, too. It may be called more than
	// once, as a button may be pressed twice.
	Do func(context.Context) (string, error) `json:"-"`
}

// Bounds on a panel, so that a slip of the host's does not fill the console.
const (
	maxPanelFacts   = 40
	maxPanelActions = 10
	panelTimeout    = 5 * time.Second
	actionTimeout   = 20 * time.Second
)

var (
	errPanelFails    = &Error{Kind: ErrUnavailable, Code: "unavailable", Message: "Your site's own system does not answer just now. Try again in a moment."}
	errUnknownAction = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such action for this visitor now."}
)

// HasContactPanel says whether the host has a panel of its own.
func (s *Service) HasContactPanel() bool { return s.panel != nil }

// ContactPanel asks the host what it knows of a visitor. Actions are those
// that whoever acts may have done. Without Options.ContactPanel it is empty.
func (s *Service) ContactPanel(ctx context.Context, by Actor, visitorID string) (ContactPanel, error) {
	p, err := s.askContactPanel(ctx, by, visitorID)
	if err != nil || by.need(ScopeWrite) != nil {
		p.Actions = nil
	}
	return p, err
}

// ContactAction has the host do something for a visitor, and returns what it
// says of it. The host is asked anew which actions there are, so one that it
// no longer offers is not done.
func (s *Service) ContactAction(ctx context.Context, by Actor, visitorID, actionID string) (said string, err error) {
	if err := by.need(ScopeWrite); err != nil {
		return "", err
	}
	select {
	case <-s.closed:
		return "", ErrClosed
	default:
	}
	p, err := s.askContactPanel(ctx, by, visitorID)
	if err != nil {
		return "", err
	}
	for _, a := range p.Actions {
		if a.ID != actionID {
			continue
		}
		said, err := callHost(ctx, actionTimeout, "an action of Options.ContactPanel", a.Do)
		if err != nil {
			return "", s.panelFailed(ctx, err)
		}
		return panelText(said, 300), nil
	}
	return "", errUnknownAction
}

func (s *Service) askContactPanel(ctx context.Context, by Actor, visitorID string) (ContactPanel, error) {
	v, err := s.Visitor(ctx, by, visitorID)
	if err != nil || s.panel == nil {
		return ContactPanel{}, err
	}
	p, err := callHost(ctx, panelTimeout, "Options.ContactPanel", func(ctx context.Context) (ContactPanel, error) { return s.panel(ctx, by, v) })
	if err != nil {
		return ContactPanel{}, s.panelFailed(ctx, err)
	}
	return s.cleanPanel(p), nil
}

// panelFailed has the operator read what went wrong. Only what the host means
// for agents reaches them.
func (s *Service) panelFailed(ctx context.Context, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Code == codeRefused {
		return &Error{Kind: ErrConflict, Code: codeRefused, Message: e.Message}
	}
	if ctx.Err() == nil { // otherwise nobody waits for it any more
		s.log.Error("chat: Options.ContactPanel failed", "error", err)
	}
	return errPanelFails
}

// cleanPanel brings what the host returned into the form that is promised. A
// fact that cannot be shown whole is shown shortened: agents need it more than
// they need it to be perfect.
func (s *Service) cleanPanel(p ContactPanel) ContactPanel {
	out := ContactPanel{Title: panelText(p.Title, 60)}
	for _, f := range p.Facts[:min(len(p.Facts), maxPanelFacts)] {
		f.Name, f.Value = panelText(f.Name, 60), panelText(f.Value, 500)
		if f.URL != "" && !safeLink(f.URL) {
			s.log.Warn("chat: a link of Options.ContactPanel is none that may be shown", "fact", f.Name)
			f.URL = ""
		}
		out.Facts = append(out.Facts, f)
	}
	seen := map[string]bool{}
	for _, a := range p.Actions[:min(len(p.Actions), maxPanelActions)] {
		a.Label, a.Confirm = panelText(a.Label, 60), panelText(a.Confirm, 300)
		if !safeAction(a.ID) || seen[a.ID] || a.Label == "" || a.Do == nil {
			s.log.Warn("chat: an action of Options.ContactPanel has a bad or repeated ID, no Label or no Do, and is left out", "action", a.ID)
			continue
		}
		seen[a.ID] = true
		out.Actions = append(out.Actions, a)
	}
	return out
}

// panelText makes one line without disguises of a text of the host's.
func panelText(text string, limit int) string {
	text, err := cleanLine("", strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\ufffd"), len(text)*3)
	if err != nil {
		return ""
	}
	return shorten(text, limit)
}

// safeLink says whether an address may be a link in the console: to another
// site, to a mailbox, or to a path of the host's own.
func safeLink(address string) bool {
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > 2000 || strings.ContainsAny(address, "\\\t\r\n"):
		return false
	case u.Scheme == "http", u.Scheme == "https":
		return u.Host != ""
	case u.Scheme == "mailto":
		return true
	}
	return u.Scheme == "" && u.Host == "" && strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//")
}

func safeAction(id string) bool {
	return id != "" && len(id) <= 64 && id != "." && id != ".." && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == ""
}

// callHost runs a function of the host's in a goroutine of its own, because
// one that hangs must not hold up the request.
func callHost[T any](ctx context.Context, limit time.Duration, name string, f func(context.Context) (T, error)) (T, error) {
	var out T
	err := Hooks{Timeout: limit}.call(ctx, name, func(ctx context.Context) (err error) {
		got, err := f(ctx)
		if err == nil {
			out = got
		}
		return err
	})
	if err != nil {
		var none T
		return none, fmt.Errorf("chat: %s: %w", name, err)
	}
	return out, nil
}
