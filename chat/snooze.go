package chat

import (
	"context"
	"encoding/json"
	"time"
)

// Snooze puts a session off: it waits for nobody until the time comes or the
// visitor writes, whichever is first.
type Snooze struct {
	Until time.Time // zero means until the visitor writes
}

// untilReply is how a Snooze without a time stands in JSON.
const untilReply = "reply"

// MarshalJSON writes the time with milliseconds, or "reply".
func (s Snooze) MarshalJSON() ([]byte, error) {
	if s.Until.IsZero() {
		return json.Marshal(untilReply)
	}
	return stamp(s.Until).MarshalJSON()
}

// OpSnoozeSession sets a session's Snooze, or with a nil Snooze ends it. Version
// grows by 1. ClaimFor, if not empty, becomes the assignee where there is
// none. Event: session_updated. What changes nothing is a Duplicate. A closed
// session: ErrSessionClosed.
type OpSnoozeSession struct {
	SessionID string
	Snooze    *Snooze
	ClaimFor  string
	By        Doer
	At        time.Time
}

// OpWakeSession ends a Snooze whose time is At or earlier. Version grows by 1.
// Event: session_updated. Where there is none: Duplicate.
type OpWakeSession struct {
	SessionID string
	At        time.Time
}

func (OpSnoozeSession) op() {}
func (OpWakeSession) op()   {}

// maxSnooze is how far off a session can be put.
const maxSnooze = 366 * 24 * time.Hour

// SnoozeSession puts a session off, until a time or, as "reply", until its
// visitor writes. They wake it in any case. An agent who puts off a session
// that nobody has, has claimed it.
func (s *Service) SnoozeSession(ctx context.Context, by Actor, id, until string) (Session, error) {
	if err := by.need(ScopeWrite); err != nil {
		return Session{}, err
	}
	now := s.now()
	op := OpSnoozeSession{SessionID: id, Snooze: &Snooze{}, By: by.doer(), At: now}
	if until != untilReply {
		t, err := time.Parse(time.RFC3339, until)
		if err != nil {
			return Session{}, invalid("until", `until must be a time such as "2026-03-24T09:00:00Z", or "reply".`)
		}
		op.Snooze.Until = t.UTC().Truncate(time.Millisecond)
		if !op.Snooze.Until.After(now) {
			return Session{}, invalid("until", "until must lie in the future.")
		}
		if op.Snooze.Until.Sub(now) > maxSnooze {
			return Session{}, invalid("until", "until must lie within a year.")
		}
	}
	if by.kind != hostActor {
		if err := s.saveActor(ctx, by); err != nil {
			return Session{}, err
		}
		op.ClaimFor = by.id
	}
	res, err := s.writer.do(ctx, op)
	return s.online(res.Session), err
}

// WakeSession takes a session back that was put off. Where it was not, nothing
// changes.
func (s *Service) WakeSession(ctx context.Context, by Actor, id string) (Session, error) {
	if err := by.need(ScopeWrite); err != nil {
		return Session{}, err
	}
	res, err := s.writer.do(ctx, OpSnoozeSession{SessionID: id, By: by.doer(), At: s.now()})
	return s.online(res.Session), err
}
