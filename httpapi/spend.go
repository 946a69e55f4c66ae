package httpapi

import "sync"

// What counts against a visitor's limit is what they have made: a message, a
// session. A call that is refused, or repeats one with the same client_id,
// costs nothing; rule.attempts bounds how many of those there may be.

// spending knows which calls are under way that have a client_id. Of several
// with the same at once all but one are repetitions, and nobody can tell yet
// which: together they pay once.
type spending struct {
	mu   sync.Mutex
	open map[string]*purchase
}

type purchase struct {
	calls int
	made  bool // by one of them
}

// spend counts one against the limit before it is made. What is returned must
// be called when it is known whether it was. id tells apart what one client
// repeats; it may be empty.
func (h *Handler) spend(r rule, who, client, id string) (settle func(made bool), err error) {
	if id == "" {
		if err := h.buckets.take(r, who); err != nil {
			return nil, err
		}
		return func(made bool) {
			if !made {
				h.buckets.giveBack(r, who)
			}
		}, nil
	}
	s, key := &h.spending, r.name+" "+client+" "+id
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.open[key]
	if p == nil {
		if err := h.buckets.take(r, who); err != nil {
			return nil, err
		}
		if s.open == nil {
			s.open = map[string]*purchase{}
		}
		p = &purchase{}
		s.open[key] = p
	}
	p.calls++
	return func(made bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.made = p.made || made
		if p.calls--; p.calls > 0 {
			return
		}
		delete(s.open, key)
		if !p.made {
			h.buckets.giveBack(r, who)
		}
	}, nil
}
