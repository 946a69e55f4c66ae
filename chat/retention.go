package chat

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Retention says for how many days each kind of data is kept; 0 keeps it
// until it is erased by hand. What is older is removed once a day, and leaves
// the database's files as an erased visitor does.
type Retention struct {
	// ClosedSessions counts from when a session was closed, or anything last
	// happened to it. With it go its messages, notes, files, rating, events
	// and deliveries; figures lose it too.
	ClosedSessions int `json:"closed_sessions_days"`

	// PageViews are the pages that visitors saw, and their visits.
	PageViews int `json:"page_views_days"`

	// Visitors counts from when a visitor was last seen. Those with a session,
	// and those who are banned, stay.
	Visitors int `json:"visitors_days"`

	// Files is about what files hold. Their names stay in the messages.
	Files int `json:"files_days"`

	// Deliveries are what was sent to webhooks. They never outlive the events
	// they are about: see Options.EventRetention.
	Deliveries int `json:"deliveries_days"`
}

const maxRetention = 36500 // days

func (r Retention) check() error {
	for _, f := range []struct {
		field string
		days  int
	}{
		{"closed_sessions_days", r.ClosedSessions}, {"page_views_days", r.PageViews}, {"visitors_days", r.Visitors},
		{"files_days", r.Files}, {"deliveries_days", r.Deliveries},
	} {
		if f.days < 0 || f.days > maxRetention {
			return invalid("retention."+f.field, "retention."+f.field+" must be between 0 and "+strconv.Itoa(maxRetention)+".")
		}
	}
	return nil
}

// OpPurgeSessions removes sessions that were closed before a moment and to which
// nothing has happened since, with everything that belongs to them: Limit at
// most. Nothing of them is left in the database's files, as with
// [OpEraseVisitor]. Events up to the newest of theirs count as pruned, so that
// nobody resumes across what is missing. Count in the result is how many
// sessions went; Files have lost their message. No event.
type OpPurgeSessions struct {
	Before time.Time
	Limit  int
}

// OpPurgePageViews removes page views from before a moment, and visits whose
// latest page is: Limit of each at most. Count in the result is how many went.
type OpPurgePageViews struct {
	Before time.Time
	Limit  int
}

// OpPurgeVisitors looks at visitors who were last seen before a moment, Limit at
// most, the longest absent first and beginning with those last seen at After.
// Those without a session and without a ban are erased as by [OpEraseVisitor].
// Count in the result is how many, Next when the last one looked at was seen,
// in milliseconds since 1970, 0 at the end.
type OpPurgeVisitors struct {
	After, Before time.Time
	Limit         int
}

// OpPurgeFiles takes files from messages that were sent before a moment, Limit
// at most, with what the database keeps of them. The messages' Attachments
// say so with Expired. Files in the result have lost their message; Count is
// how many.
type OpPurgeFiles struct {
	Before time.Time
	Limit  int
}

func (OpPurgeSessions) op()  {}
func (OpPurgePageViews) op() {}
func (OpPurgeVisitors) op()  {}
func (OpPurgeFiles) op()     {}

// purgeEvery is how often what is too old is looked for. Removing sessions has
// the search index written anew, so it is not done all the time.
const purgeEvery = 24 * time.Hour

// How many go in one op. Each gives way to messages.
const (
	purgeSessions = 10
	purgeRows     = 200
	purgeFiles    = 20
)

// purge removes what is kept no longer, if a day has passed since it last did.
func (s *Service) purge(ctx context.Context) {
	settings, err := s.CurrentSettings(ctx)
	now := s.now()
	if err == nil && s.purgeDue(now) {
		err = s.applyRetention(ctx, settings.Retention, now)
	}
	if err != nil && !errors.Is(err, ErrClosed) && ctx.Err() == nil {
		s.log.Warn("chat: could not remove all that is kept no longer", "error", err)
	}
}

// purgeDue says whether it is time to, to one caller.
func (s *Service) purgeDue(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.purgedAt.IsZero() && now.Sub(s.purgedAt) < purgeEvery {
		return false
	}
	s.purgedAt = now
	return true
}

func (s *Service) applyRetention(ctx context.Context, keep Retention, now time.Time) error {
	_, banErr := s.writer.do(ctx, OpPruneBans{At: now})
	errs := []error{banErr}
	each := func(days int, limit int, op func(before time.Time) Op) {
		if days > 0 {
			errs = append(errs, s.purgeAll(ctx, limit, op(now.AddDate(0, 0, -days))))
		}
	}
	each(keep.Files, purgeFiles, func(t time.Time) Op { return OpPurgeFiles{Before: t, Limit: purgeFiles} })
	each(keep.ClosedSessions, purgeSessions, func(t time.Time) Op { return OpPurgeSessions{Before: t, Limit: purgeSessions} })
	each(keep.PageViews, purgeRows, func(t time.Time) Op { return OpPurgePageViews{Before: t, Limit: purgeRows} })
	each(keep.Deliveries, purgeRows, func(t time.Time) Op { return OpPruneDeliveries{Before: t, Limit: purgeRows} })
	if keep.Visitors > 0 {
		errs = append(errs, s.purgeVisitors(ctx, now.AddDate(0, 0, -keep.Visitors)))
	}
	return errors.Join(errs...)
}

// purgeAll repeats an op until it removes less than it might.
func (s *Service) purgeAll(ctx context.Context, limit int, op Op) error {
	for {
		res, err := s.writer.do(ctx, op)
		if err != nil {
			return err
		}
		if len(res.Files) > 0 {
			s.dropFiles(ctx, res.Files)
		}
		if res.Count > 0 {
			s.unindexed.Store(true) // the words of what went are still in the search index
		}
		if res.Count < limit {
			return nil
		}
	}
}

func (s *Service) purgeVisitors(ctx context.Context, before time.Time) error {
	op := OpPurgeVisitors{Before: before, Limit: purgeRows}
	for {
		res, err := s.writer.do(ctx, op)
		if err != nil || res.Next == 0 {
			return err
		}
		after := time.UnixMilli(res.Next).UTC()
		if res.Count == 0 && after.Equal(op.After) {
			after = after.Add(time.Millisecond) // more were last seen in one instant than are looked at
		}
		op.After = after
	}
}

// single runs something beside everything else, once at a time.
type single struct {
	running sync.WaitGroup
	busy    atomic.Bool
}

// try runs fn, unless it still runs from before.
func (s *single) try(fn func()) {
	if s.busy.CompareAndSwap(false, true) {
		s.running.Go(func() {
			defer s.busy.Store(false)
			fn()
		})
	}
}

func (s *single) wait() { s.running.Wait() }
