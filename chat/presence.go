package chat

import (
	"context"
	"sync"
	"time"
)

// How long after the last sign of life somebody counts as present. A stream
// gives a sign at each heartbeat. An open connection alone proves nothing: a
// phone that went into a tunnel leaves one behind.
const (
	visitorTTL   = 45 * time.Second
	agentTTL     = 90 * time.Second
	presenceStep = 5 * time.Second
)

type presenceKey struct{ kind, id string }

func visitorKey(id string) presenceKey { return presenceKey{SenderVisitor, id} }
func agentKey(id string) presenceKey   { return presenceKey{SenderAgent, id} }

// presence remembers until when each person counts as present.
type presence struct {
	mu    sync.Mutex
	until map[presenceKey]time.Time
}

func newPresence() *presence { return &presence{until: map[presenceKey]time.Time{}} }

// touch notes a sign of life, and reports whether it is the first.
func (p *presence) touch(k presenceKey, until, now time.Time) (arrived bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	arrived = !p.until[k].After(now)
	p.until[k] = until
	return arrived
}

func (p *presence) here(k presenceKey, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until[k].After(now)
}

// list returns who of a kind is present.
func (p *presence) list(kind string, now time.Time) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := []string{}
	for k, until := range p.until {
		if k.kind == kind && until.After(now) {
			ids = append(ids, k.id)
		}
	}
	return ids
}

// sweep forgets those whose time is up and returns them.
func (p *presence) sweep(now time.Time) []presenceKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	var gone []presenceKey
	for k, until := range p.until {
		if !until.After(now) {
			delete(p.until, k)
			gone = append(gone, k)
		}
	}
	return gone
}

// forget drops somebody at once, and reports whether they were present.
func (p *presence) forget(k presenceKey, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.until[k].After(now)
	delete(p.until, k)
	return was
}

// Touch is a sign of life of whoever acts. Streams call it at each heartbeat.
// An API key counts as an agent only once it has set its availability:
// otherwise every integration would look like somebody who can answer.
func (s *Service) Touch(ctx context.Context, by Actor) {
	now := s.now()
	switch {
	case by.kind == visitorActor:
		if s.presence.touch(visitorKey(by.id), now.Add(visitorTTL), now) {
			s.tell(EventVisitorOnline, "", by.id, VisitorPresence{VisitorID: by.id})
		}
	case by.kind == agentActor, by.kind == keyActor && s.presence.here(agentKey(by.id), now):
		s.touchAgent(ctx, by.id, now)
	}
}

func (s *Service) touchAgent(ctx context.Context, id string, now time.Time) {
	if !s.presence.touch(agentKey(id), now.Add(agentTTL), now) {
		return
	}
	if agent, err := s.store.Agent(ctx, id); err == nil {
		s.tellPresence(ctx, agent)
	}
}

// tellPresence tells agents how a colleague's presence is now, and visitors
// whether anybody is there.
func (s *Service) tellPresence(ctx context.Context, agent Agent) {
	agent = s.withPresence([]Agent{agent})[0]
	s.tell(EventAgentPresence, "", "", agent)
	s.routing.ring()
	s.tellTeam(ctx)
}

// tellTeam tells visitors whether anybody is there.
func (s *Service) tellTeam(ctx context.Context) {
	s.hub.publishToVisitors(&Event{Type: EventAgentPresence, At: s.now(), Data: TeamPresence{Online: s.Online(ctx)}})
}

func (s *Service) sweepPresence(ctx context.Context) {
	for _, gone := range s.presence.sweep(s.now()) {
		if gone.kind == SenderVisitor {
			s.tell(EventVisitorOffline, "", gone.id, VisitorPresence{VisitorID: gone.id})
			continue
		}
		agent, err := s.store.Agent(ctx, gone.id)
		if err != nil {
			s.log.Warn("chat: could not read an agent who left", "agent", gone.id, "error", err)
			continue
		}
		s.tellPresence(ctx, agent)
	}
}

// Online says whether a visitor who writes now can expect an answer: it is
// within the opening hours, and an agent is present and available.
func (s *Service) Online(ctx context.Context) bool {
	open, _ := s.Hours(ctx)
	return open && len(s.Answering(ctx)) > 0
}

// Answering returns the agents who are present and available, by name. A
// store that cannot be read counts as nobody.
func (s *Service) Answering(ctx context.Context) []Agent {
	here := []Agent{}
	ids := s.presence.list(SenderAgent, s.now())
	if len(ids) == 0 {
		return here
	}
	agents, err := s.store.Agents(ctx)
	if err != nil {
		s.log.Warn("chat: could not read the agents", "error", err)
		return here
	}
	for _, a := range s.withPresence(agents) {
		if a.answering() {
			here = append(here, a)
		}
	}
	return here
}

func (s *Service) withPresence(agents []Agent) []Agent {
	now := s.now()
	for i := range agents {
		agents[i].Online = s.presence.here(agentKey(agents[i].ID), now)
		agents[i].Viewing = s.viewing.session(agents[i].ID, now)
	}
	return agents
}
