package chat

import "sync"

// hub tells subscriptions in this process about events, as soon as they are
// committed. It never waits for anyone: what a subscription cannot take at
// once it reads from the log later.
type hub struct {
	mu       sync.RWMutex
	head     Position // of the last event published
	all      map[*Subscription]struct{}
	sessions map[string]map[*Subscription]struct{}
	visitors map[string]map[*Subscription]struct{}
	farewell map[*Subscription]struct{} // that close waits for
	agents   int                        // subscriptions, by who listens
	guests   int
	closed   bool
	left     chan struct{} // closed when nobody is left to wait for
}

func newHub() *hub {
	return &hub{
		all:      map[*Subscription]struct{}{},
		sessions: map[string]map[*Subscription]struct{}{},
		visitors: map[string]map[*Subscription]struct{}{},
		farewell: map[*Subscription]struct{}{},
		left:     make(chan struct{}),
	}
}

// publish hands events to everyone who listens, in order. Durable events are
// published one call after the other, with growing positions: by the writer's
// goroutine, or, where other processes write too, under the follower's mutex.
func (h *hub) publish(events []*Event) {
	if len(events) == 0 {
		return
	}
	h.mu.Lock()
	for _, e := range events {
		h.head = max(h.head, e.Position)
	}
	h.mu.Unlock()

	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, e := range events {
		for s := range h.all {
			s.push(e)
		}
		for s := range h.sessions[e.SessionID] {
			s.push(e)
		}
		for s := range h.visitors[e.VisitorID] {
			s.push(e)
		}
	}
}

// publishToVisitors hands an ephemeral event to every visitor who listens.
func (h *hub) publishToVisitors(e *Event) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, subs := range h.visitors {
		for s := range subs {
			s.push(e)
		}
	}
}

// saw moves the head on to what the store's log says.
func (h *hub) saw(p Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.head = max(h.head, p)
}

// skipTo moves the head on where nobody listens. Otherwise it does nothing and
// returns false.
func (h *hub) skipTo(p Position) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners() > 0 {
		return false
	}
	h.head = max(h.head, p)
	return true
}

// idle says whether nobody listens.
func (h *hub) idle() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.listeners() == 0
}

// listeners is called with the mutex held. It counts topics, not all who
// listen to them.
func (h *hub) listeners() int { return len(h.all) + len(h.sessions) + len(h.visitors) }

// add registers the subscription and returns the position that everything
// published from now on lies behind.
func (h *hub) add(s *Subscription) (Position, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, ErrClosed
	}
	switch {
	case s.topic.SessionID != "":
		put(h.sessions, s.topic.SessionID, s)
	case s.topic.VisitorID != "":
		put(h.visitors, s.topic.VisitorID, s)
	default:
		h.all[s] = struct{}{}
	}
	if s.farewell {
		h.farewell[s] = struct{}{}
	}
	s.counted = true
	*h.counter(s)++
	return h.head, nil
}

// remove reports whether it was there.
func (h *hub) remove(s *Subscription) (there bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if there = s.counted; there {
		s.counted = false
		*h.counter(s)--
	}
	delete(h.all, s)
	drop(h.sessions, s.topic.SessionID, s)
	drop(h.visitors, s.topic.VisitorID, s)
	if _, waited := h.farewell[s]; waited {
		delete(h.farewell, s)
		h.allLeft()
	}
	return there
}

// counter is called with the mutex held.
func (h *hub) counter(s *Subscription) *int {
	if s.forVisitor {
		return &h.guests
	}
	return &h.agents
}

// count returns how many subscriptions of agents and of visitors there are.
func (h *hub) count() (agents, visitors int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.agents, h.guests
}

// allLeft is called with the mutex held.
func (h *hub) allLeft() {
	if h.closed && len(h.farewell) == 0 {
		select {
		case <-h.left:
		default:
			close(h.left)
		}
	}
}

// close ends every subscription. Later ones are refused.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.allLeft()
	var subs []*Subscription
	for s := range h.all {
		subs = append(subs, s)
	}
	for _, m := range []map[string]map[*Subscription]struct{}{h.sessions, h.visitors} {
		for _, set := range m {
			for s := range set {
				subs = append(subs, s)
			}
		}
	}
	h.mu.Unlock()
	for _, s := range subs {
		s.end(ErrClosed)
	}
}

func put(m map[string]map[*Subscription]struct{}, key string, s *Subscription) {
	if m[key] == nil {
		m[key] = map[*Subscription]struct{}{}
	}
	m[key][s] = struct{}{}
}

func drop(m map[string]map[*Subscription]struct{}, key string, s *Subscription) {
	if set, ok := m[key]; ok {
		delete(set, s)
		if len(set) == 0 {
			delete(m, key)
		}
	}
}
