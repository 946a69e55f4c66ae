package chat

import (
	"context"
	"errors"
	"time"
)

// attend does what the clock makes due: it wakes snoozed sessions, gives back
// those whose agent has gone, marks those that were missed, and closes those
// that are idle. Each is done where it still holds in the store's transaction,
// so that it happens once, however many nodes look. began is since when
// visitors could show to this process that they are there.
func (s *Service) attend(ctx context.Context, began time.Time) {
	settings, err := s.CurrentSettings(ctx)
	if err != nil {
		return // the next step tries again
	}
	now, r := s.now(), settings.Routing
	for _, step := range []func() error{
		func() error { return s.wakeSessions(ctx, now) },
		func() error { return s.returnSessions(ctx, now, minutesOf(r.ReturnAfterMinutes)) },
		func() error { return s.markMissed(ctx, now, minutesOf(r.MissedAfterMinutes), began) },
		func() error { return s.closeIdle(ctx, now, minutesOf(r.AutoCloseMinutes)) },
	} {
		if err := step(); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
			s.log.Warn("chat: could not attend to sessions that nobody attends to", "error", err)
		}
	}
}

func minutesOf(n int) time.Duration { return time.Duration(n) * time.Minute }

// alertMissed tells the host of a session that a change has made missed.
func (s *Service) alertMissed(ctx context.Context, res OpResult) {
	if s.hooks.Missed == nil || res.Duplicate || !res.Session.Missed {
		return
	}
	ctx = context.WithoutCancel(ctx)
	s.alerts.start(func() {
		if err := s.hooks.call(ctx, "Hooks.Missed", func(ctx context.Context) error { return s.hooks.Missed(ctx, res.Session) }); err != nil {
			s.log.Error("chat: a missed session was not told", "session", res.Session.ID, "error", err)
		}
	})
}

// forDue calls fn for each session that is due.
func (s *Service) forDue(ctx context.Context, kind string, at time.Time, fn func(DueSession) Op) error {
	due, err := s.store.Due(ctx, DueQuery{Kind: kind, At: at, Limit: dueLimit})
	for _, one := range due {
		op := fn(one)
		if op == nil {
			continue
		}
		before := one.Missed
		res, err := s.writer.do(ctx, op)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil && !before {
			s.alertMissed(ctx, res)
		}
	}
	return err
}

func (s *Service) wakeSessions(ctx context.Context, now time.Time) error {
	return s.forDue(ctx, DueWake, now, func(d DueSession) Op { return OpWakeSession{SessionID: d.SessionID, At: now} })
}

// returnSessions first notes who is there: an agent whom another node sees is
// there too.
func (s *Service) returnSessions(ctx context.Context, now time.Time, after time.Duration) error {
	if after == 0 {
		return nil
	}
	s.routing.mu.Lock()
	note := now.Sub(s.routing.noted) >= min(after, time.Minute)/2
	if note {
		s.routing.noted = now
	}
	s.routing.mu.Unlock()
	if note {
		for _, a := range s.AvailableAgents(ctx) {
			if _, err := s.writer.do(ctx, OpSeeAgent{AgentID: a.ID, At: now}); err != nil {
				return err
			}
		}
	}
	before := now.Add(-after)
	return s.forDue(ctx, DueReturn, before, func(d DueSession) Op { return OpReturnSession{SessionID: d.SessionID, Before: before, At: now} })
}

// markMissed looks early: half the grace time before somebody would count as
// gone, it notes that they are still there, for other nodes too.
func (s *Service) markMissed(ctx context.Context, now time.Time, grace time.Duration, began time.Time) error {
	if grace == 0 {
		return nil
	}
	before := now.Add(-grace)
	return s.forDue(ctx, DueMissed, now.Add(-grace/2), func(d DueSession) Op {
		switch {
		case s.presence.here(visitorKey(d.VisitorID), now):
			return OpSeeVisitor{VisitorID: d.VisitorID, At: now}
		case d.LastSeenAt.After(before), now.Sub(began) < grace:
			return nil // still in the grace time, or not yet able to come back after a restart
		}
		return OpMarkMissed{SessionID: d.SessionID, Before: before, At: now}
	})
}

func (s *Service) closeIdle(ctx context.Context, now time.Time, after time.Duration) error {
	if after == 0 {
		return nil
	}
	since := now.Add(-after)
	return s.forDue(ctx, DueIdle, since, func(d DueSession) Op {
		left := !s.presence.here(visitorKey(d.VisitorID), now)
		return OpCloseSession{SessionID: d.SessionID, Reason: CloseReasonIdle, VisitorLeft: left, IdleSince: since, At: now}
	})
}
