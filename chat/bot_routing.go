package chat

import (
	"context"
	"slices"
	"sync"
)

// botsAtWork are the bots that this process runs, or would take over: what they
// handle is not in the queue. Nodes that give out sessions run the same bots.
type botsAtWork struct {
	mu      sync.Mutex
	runners []*botRunner
	known   map[string]botSession // by session: what the bots said of it
}

// botSession is what the bots said of a session as it was.
type botSession struct {
	version int64
	theirs  bool
}

// work notes that a bot begins. What it handles is people's again once end was
// called, which rings for them.
func (w *botsAtWork) work(b *botRunner, ring func()) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runners, w.known = append(w.runners, b), nil
	return func() {
		w.mu.Lock()
		w.runners, w.known = slices.DeleteFunc(w.runners, func(one *botRunner) bool { return one == b }), nil
		w.mu.Unlock()
		ring()
	}
}

// forPeople returns those of the queue that no bot handles.
func (s *Service) forPeople(ctx context.Context, queue []QueuedSession) ([]QueuedSession, error) {
	w := &s.routing.bots
	w.mu.Lock()
	runners, before := slices.Clone(w.runners), w.known
	w.mu.Unlock()
	if len(runners) == 0 {
		return queue, nil
	}
	known := map[string]botSession{}
	var rest []QueuedSession
	for _, q := range queue {
		if !q.ForBots {
			rest = append(rest, q)
			continue
		}
		one, ok := before[q.SessionID]
		if !ok || one.version != q.Version {
			session, err := s.store.Session(ctx, q.SessionID)
			if err != nil {
				return nil, err
			}
			one = botSession{q.Version, slices.ContainsFunc(runners, func(b *botRunner) bool { return s.handles(b, session) })}
		}
		known[q.SessionID] = one
		if !one.theirs {
			rest = append(rest, q)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Equal(w.runners, runners) {
		w.known = known
	}
	return rest, nil
}

// handles asks the host's code, which may panic, whether a session is the
// bot's.
func (s *Service) handles(b *botRunner, session Session) (yes bool) {
	defer func() {
		if v := recover(); v != nil {
			s.log.Error("chat: BotOptions.Handles panicked; the session is people's", "bot", b.name, "session", session.ID, "panic", v)
		}
	}()
	return b.answers(session)
}
