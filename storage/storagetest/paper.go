package storagetest

import (
	"math"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// paper is a story whose figures were worked out on paper: sessions by name,
// told in UTC.
type paper struct {
	*fixture
	zone    *time.Location
	svc     *chat.Service
	ids     map[string]string // of sessions
	visitor map[string]string // of sessions
	mara    string
	jonas   string
}

var asHost = chat.AsAPIKey(chat.APIKey{ID: "paper", Scopes: []string{chat.ScopeRead, chat.ScopeWrite, chat.ScopeAdmin}})

func newPaper(f *fixture, now string) *paper {
	zone, err := time.LoadLocation("Europe/Lisbon")
	f.noErr("LoadLocation", err)
	p := &paper{fixture: f, zone: zone, ids: map[string]string{}, visitor: map[string]string{}, mara: f.agent("Mara").ID, jonas: f.agent("Jonas").ID}
	at := p.at(now)
	p.svc = chat.New(f.store, &chat.Options{Now: func() time.Time { return at }})
	f.Cleanup(func() { p.svc.Close() })
	return p
}

// at reads "10-25 00:30:15", a moment of 2026 in UTC.
func (p *paper) at(text string) time.Time {
	p.Helper()
	layout := "2006-01-02 15:04:05"
	if len(text) == len("10-25 00:30") {
		layout = "2006-01-02 15:04"
	}
	t, err := time.Parse(layout, "2026-"+text)
	p.noErr("Parse", err)
	return t
}

// begin makes a session that begins at a moment, with a visitor of its own.
func (p *paper) begin(name, at string, change func(*chat.Session)) {
	p.Helper()
	if p.visitor[name] == "" {
		p.visitor[name] = p.id("visitor")
		p.do(chat.OpSaveVisitor{Visitor: chat.Visitor{ID: p.visitor[name], CreatedAt: p.at(at), LastSeenAt: p.at(at)}})
	}
	s := p.newSession(p.visitor[name])
	s.CreatedAt, s.UpdatedAt = p.at(at), p.at(at)
	if change != nil {
		change(&s)
	}
	p.ids[name] = p.do(chat.OpCreateSession{Session: s}).Session.ID
}

func (p *paper) says(name, at, sender, id string) string {
	p.Helper()
	m := p.newMessage(p.ids[name], sender, "x")
	m.At, m.SenderID = p.at(at), id
	return p.do(chat.OpAppendMessage{Message: m}).Message.ID
}

func (p *paper) asks(name, at string) {
	p.Helper()
	p.says(name, at, chat.SenderVisitor, p.visitor[name])
}
func (p *paper) answers(name, at, id string) { p.Helper(); p.says(name, at, chat.SenderAgent, id) }

func (p *paper) assigned(name, at, id string) {
	p.Helper()
	p.do(chat.OpUpdateSession{SessionID: p.ids[name], At: p.at(at), Patch: chat.SessionPatch{AssigneeID: &id}})
}

func (p *paper) closed(name, at string, left bool) {
	p.Helper()
	p.do(chat.OpCloseSession{SessionID: p.ids[name], At: p.at(at), VisitorLeft: left})
}

func (p *paper) rated(name, at string, score int) {
	p.Helper()
	p.do(chat.OpRateSession{SessionID: p.ids[name], Rating: chat.Rating{Score: score, At: p.at(at)}})
}

// figures returns those of a period in the story's zone.
func (p *paper) report(q chat.AnalyticsQuery) chat.Analytics {
	p.Helper()
	a, err := p.svc.Analytics(p.ctx, asHost, q)
	p.noErr("Analytics", err)
	return a
}

// measured compares durations: how many, mean, median, p90 and p95.
func (p *paper) measured(what string, got chat.Durations, count int64, want ...float64) {
	p.Helper()
	if got.Count != count {
		p.Errorf("%s: measured in %d, want %d", what, got.Count, count)
		return
	}
	for i, v := range []*float64{got.Mean, got.Median, got.P90, got.P95} {
		if i < len(want) && (v == nil || math.Abs(*v-want[i]) > 0.001) {
			p.Errorf("%s: figure %d is %v, want %v", what, i, v, want[i])
		}
	}
}

// share compares a share that may be nil.
func (p *paper) share(what string, got *float64, want float64) {
	p.Helper()
	if got == nil || math.Abs(*got-want) > 1e-9 {
		p.Errorf("%s: %v, want %v", what, got, want)
	}
}

// behind compares the sessions that make up a figure, the newest first.
func (p *paper) behind(q chat.FigureQuery, names ...string) {
	p.Helper()
	page, err := p.svc.FigureSessions(p.ctx, asHost, q)
	p.noErr("FigureSessions", err)
	got := []string{}
	for _, s := range page.Sessions {
		for name, id := range p.ids {
			if id == s.ID {
				got = append(got, name)
			}
		}
	}
	if len(names) == 0 {
		names = []string{}
	}
	p.equal("the sessions behind "+string(q.Figure), got, names)
}
