package chat

import (
	"context"
	"sync"
	"time"
)

// viewingTTL is how long an agent counts as looking at a session after having
// said so.
const viewingTTL = 60 * time.Second

// viewing remembers which session each agent is looking at.
type viewing struct {
	mu sync.Mutex
	at map[string]view // by agent
}

type view struct {
	session string
	until   time.Time
}

func newViewing() *viewing { return &viewing{at: map[string]view{}} }

// set notes what an agent looks at, "" for nothing, and reports whether that
// is something else than before.
func (v *viewing) set(agent, session string, now time.Time) (changed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.now(agent, now)
	if session == "" {
		delete(v.at, agent)
	} else {
		v.at[agent] = view{session, now.Add(viewingTTL)}
	}
	return before != session
}

// now is session without the lock.
func (v *viewing) now(agent string, now time.Time) string {
	if at, ok := v.at[agent]; ok && at.until.After(now) {
		return at.session
	}
	return ""
}

// session returns what an agent is looking at, "" for nothing.
func (v *viewing) session(agent string, now time.Time) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now(agent, now)
}

// all returns what each agent is looking at.
func (v *viewing) all(now time.Time) map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := map[string]string{}
	for agent := range v.at {
		if session := v.now(agent, now); session != "" {
			all[agent] = session
		}
	}
	return all
}

// sweep forgets those whose time is up and returns them.
func (v *viewing) sweep(now time.Time) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var gone []string
	for agent, at := range v.at {
		if !at.until.After(now) {
			delete(v.at, agent)
			gone = append(gone, agent)
		}
	}
	return gone
}

// SetViewing says which session whoever acts is looking at, "" for none. It holds
// for a minute, and colleagues are told. With several windows the last word
// counts.
func (s *Service) SetViewing(ctx context.Context, by Actor, sessionID string) error {
	if err := by.need(ScopeRead); err != nil {
		return err
	}
	if sessionID != "" {
		if _, err := s.store.Session(ctx, sessionID); err != nil {
			return err
		}
	}
	s.Touch(ctx, by)
	s.nodes.tell(note{Views: map[string]string{by.id: sessionID}})
	if !s.viewing.set(by.id, sessionID, s.now()) {
		return nil
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return s.tellViewing(ctx, by.id)
}

// tellViewing tells agents what a colleague is looking at now. An integration
// that has no agent's row is nobody's colleague.
func (s *Service) tellViewing(ctx context.Context, agentID string) error {
	agents, err := s.store.Agents(ctx)
	if err != nil {
		return err
	}
	for _, a := range s.withPresence(agents) {
		if a.ID == agentID {
			s.tell(EventAgentPresence, "", "", a)
		}
	}
	return nil
}

func (s *Service) sweepViewing(ctx context.Context) {
	for _, agent := range s.viewing.sweep(s.now()) {
		if err := s.tellViewing(ctx, agent); err != nil {
			s.log.Warn("chat: could not read an agent who looks away", "agent", agent, "error", err)
		}
	}
}
