package chat

import (
	"context"
	"sync"
	"time"
)

// followStep is how often the log of a store is looked at that other
// processes write to, where nobody says that there is something.
const followStep = 500 * time.Millisecond

// followTimeout bounds one look.
const followTimeout = 10 * time.Second

// follower tells the hub of events where other processes add to the log too.
// The hub must hear of them in the order of the log, or a subscription would
// take one that comes late for one that it has had. So what this process has
// committed goes to the hub at once only where nothing of others lies before
// it; else it is read from the log, with what is.
type follower struct {
	mu      sync.Mutex
	pos     Position // the hub has been told up to here
	reading bool     // a goroutine reads the log
	again   bool     // it must look once more
	failing bool     // the last look failed
	closed  bool
	running sync.WaitGroup
}

// start is called before a subscription is added to the hub, with the head of
// the log. Where nobody listens, what lies before is nobody's news.
func (s *Service) startFollowing(head Position) {
	f := &s.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.hub.skipTo(head) {
		f.pos = max(f.pos, head)
	}
}

// publishNext tells the hub of what this process has committed.
func (s *Service) publishNext(events []*Event) {
	f := &s.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	last := events[len(events)-1].Position
	switch {
	case s.hub.skipTo(last):
		f.pos = max(f.pos, last)
	case follows(f.pos, events):
		s.hub.publish(s.decorate(events))
		f.pos = last
	default:
		s.look()
	}
}

// follows says whether the events come right behind a position, without a gap
// that could hold others.
func follows(pos Position, events []*Event) bool {
	for i, e := range events {
		if e.Position != pos+Position(i)+1 {
			return false
		}
	}
	return true
}

// catchUp looks at once whether other processes have added to the log, for
// whoever has heard from them that they have. It does not wait for the
// outcome. On a store that is not shared it does nothing.
func (s *Service) catchUp() {
	if !s.shared || s.hub.idle() {
		return
	}
	s.follower.mu.Lock()
	defer s.follower.mu.Unlock()
	s.look()
}

// catchUpTo is catchUp where it is known how far the log goes.
func (s *Service) catchUpTo(p Position) {
	if !s.shared || s.hub.idle() {
		return
	}
	s.follower.mu.Lock()
	defer s.follower.mu.Unlock()
	if p > s.follower.pos {
		s.look()
	}
}

// look makes sure that a goroutine reads the log. It is called with the mutex
// held.
func (s *Service) look() {
	f := &s.follower
	f.again = true
	if !f.reading && !f.closed {
		f.reading = true
		f.running.Go(s.follow)
	}
}

// follow reads the log to its end.
func (s *Service) follow() {
	f := &s.follower
	for {
		f.mu.Lock()
		after := f.pos
		f.again = false
		f.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), followTimeout)
		events, err := s.store.Events(ctx, EventQuery{After: after, Limit: replayPage})
		cancel()
		if done := s.followed(events, err); done {
			return
		}
	}
}

// followed tells the hub of a page of the log. Done says that there is no more.
func (s *Service) followed(page []*Event, err error) (done bool) {
	f := &s.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	full := len(page) == replayPage
	for len(page) > 0 && page[0].Position <= f.pos {
		page = page[1:] // told meanwhile, by publishNext
	}
	if len(page) > 0 {
		s.unindexed.Store(true)
		s.routing.hear(page)
		s.hub.publish(s.decorate(page))
		f.pos = page[len(page)-1].Position
	}
	if err != nil && !f.failing && !f.closed {
		s.log.Warn("chat: cannot read what other processes have written; trying again", "error", err)
	}
	f.failing = err != nil
	done = f.closed || err != nil || !full && !f.again
	f.reading = !done
	return done
}

// keepFollowing looks every now and then.
func (s *Service) keepFollowing(ctx context.Context) {
	tick := time.NewTicker(followStep)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.catchUp()
		case <-s.closed:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (s *Service) stopFollowing() {
	s.follower.mu.Lock()
	s.follower.closed = true
	s.follower.mu.Unlock()
	s.follower.running.Wait()
}
