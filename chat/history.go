package chat

import (
	"context"
	"encoding/json"
	"time"
)

// What can stand in the history of a session.
const (
	HistoryAssigned    = "assigned"    // AgentID has it from then on
	HistoryReleased    = "released"    // AgentID had it, and nobody has it now
	HistoryTransferred = "transferred" // it went to Department
	HistorySnoozed     = "snoozed"     // it was put off: see Until
	HistoryWoken       = "woken"       // it is no longer put off
	HistoryClosed      = "closed"
)

// Who can have done what stands in a history.
const (
	ByAgent   = "agent"
	ByKey     = "api_key"
	ByHost    = "host"    // the host's own code, a bot of it too
	ByVisitor = "visitor" // who has no ID and name there: they are the session's
	BySystem  = "system"  // the service itself: routing, or a time that had come
)

// Doer is who does something to a session, as its history keeps it. The zero
// Doer is the service itself.
type Doer struct {
	By       string // one of the constants above
	ID, Name string // of the agent or key, as they were then
}

// HistoryEntry says what was done to a session, by whom and when. It is for
// the team: visitors learn nothing of it.
type HistoryEntry struct {
	Action     string    `json:"action"`       // one of the constants above
	By         string    `json:"by,omitempty"` // likewise; empty for what was done before histories were kept
	ByID       string    `json:"by_id,omitempty"`
	ByName     string    `json:"by_name,omitempty"`
	AgentID    string    `json:"agent_id,omitempty"` // who was given the session, or had it
	AgentName  string    `json:"agent_name,omitempty"`
	Department string    `json:"department,omitempty"`
	Until      *Snooze   `json:"until,omitempty"`
	At         time.Time `json:"timestamp"`
}

// MarshalJSON writes times with milliseconds.
func (e HistoryEntry) MarshalJSON() ([]byte, error) {
	type plain HistoryEntry
	return json.Marshal(struct {
		plain
		At stamp `json:"timestamp"`
	}{plain(e), stamp(e.At)})
}

// HistoryQuery selects what was done to a session, the latest first.
type HistoryQuery struct {
	Page
	SessionID string
}

// HistoryPage is one page of a history. Next is empty when there is nothing
// further in the direction asked for.
type HistoryPage struct {
	Entries []HistoryEntry
	Next    string
}

// HistoryStore reads histories. A session that does not exist has none.
type HistoryStore interface {
	History(ctx context.Context, q HistoryQuery) (HistoryPage, error)
}

// History returns one page of what was done to a session. It goes with the
// session, when that is erased or kept no longer.
func (s *Service) History(ctx context.Context, by Actor, sessionID string, page Page) (HistoryPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return HistoryPage{}, err
	}
	page, err := page.check()
	if err != nil {
		return HistoryPage{}, err
	}
	if _, err := s.store.Session(ctx, sessionID); err != nil {
		return HistoryPage{}, err
	}
	return s.store.History(ctx, HistoryQuery{Page: page, SessionID: sessionID})
}

// doer is how a history names the actor.
func (a Actor) doer() Doer {
	switch a.kind {
	case visitorActor:
		return Doer{By: ByVisitor}
	case agentActor:
		return Doer{ByAgent, a.id, a.name}
	case keyActor:
		return Doer{ByKey, a.id, a.name}
	case hostActor:
		return Doer{ByHost, "", a.name}
	}
	return Doer{By: BySystem}
}
