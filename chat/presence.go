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
	mu sync.Mutex

	// Agents, who are few, are asked for with every sign of life of the
	// visitors, who may be many: each kind has a map of its own.
	known map[string]map[string]attendance
}

// attendance says until when somebody counts as present.
type attendance struct {
	until  time.Time // by all that is known
	own    time.Time // by signs that this node has had itself
	untold bool      // it has had one that the other nodes do not know of
}

func newPresence() *presence {
	return &presence{known: map[string]map[string]attendance{SenderVisitor: {}, SenderAgent: {}}}
}

// touch notes a sign of life, and reports whether it is the first.
func (p *presence) touch(k presenceKey, until, now time.Time) (arrived bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	arrived = !p.known[k.kind][k.id].until.After(now)
	p.known[k.kind][k.id] = attendance{until: until, own: until, untold: true}
	return arrived
}

// hear notes a sign of life that another node has had, and reports whether it
// is the first.
func (p *presence) hear(k presenceKey, until, now time.Time) (arrived bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known[k.kind] == nil {
		return false // a kind that only newer nodes know
	}
	at := p.known[k.kind][k.id]
	arrived = !at.until.After(now) && until.After(now)
	if until.After(at.until) {
		at.until = until
		p.known[k.kind][k.id] = at
	}
	return arrived
}

// signs returns for how long those are present of whom this node has had
// signs: all, or those that the other nodes have not been told of.
func (p *presence) signs(all bool, now time.Time) map[presenceKey]time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := map[presenceKey]time.Duration{}
	for kind, known := range p.known {
		for id, at := range known {
			if at.own.After(now) && (all || at.untold) {
				left[presenceKey{kind, id}] = at.own.Sub(now)
				at.untold = false
				known[id] = at
			}
		}
	}
	return left
}

func (p *presence) here(k presenceKey, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[k.kind][k.id].until.After(now)
}

// list returns who of a kind is present.
func (p *presence) list(kind string, now time.Time) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := []string{}
	for id, at := range p.known[kind] {
		if at.until.After(now) {
			ids = append(ids, id)
		}
	}
	return ids
}

// count says how many of a kind are present.
func (p *presence) count(kind string, now time.Time) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.known[kind] {
		if at.until.After(now) {
			n++
		}
	}
	return n
}

// sweep forgets those whose time is up and returns them.
func (p *presence) sweep(now time.Time) []presenceKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	var gone []presenceKey
	for kind, known := range p.known {
		for id, at := range known {
			if !at.until.After(now) {
				delete(known, id)
				gone = append(gone, presenceKey{kind, id})
			}
		}
	}
	return gone
}

// forget drops somebody at once, and reports whether they were present.
func (p *presence) forget(k presenceKey, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.known[k.kind][k.id].until.After(now)
	delete(p.known[k.kind], k.id)
	return was
}

// VisitorsOnline says how many visitors are on the site, as far as this node
// knows.
func (s *Service) VisitorsOnline() int { return s.presence.count(SenderVisitor, s.now()) }

// Touch is a sign of life of whoever acts. Streams call it at each heartbeat.
// An API key counts as an agent only once it has set its availability:
// otherwise every integration would look like somebody who can answer.
func (s *Service) Touch(ctx context.Context, by Actor) {
	now := s.now()
	switch {
	case by.kind == visitorActor:
		if s.touch(visitorKey(by.id), visitorTTL, now) {
			s.tell(EventVisitorOnline, "", by.id, VisitorPresence{VisitorID: by.id})
		}
	case by.kind == agentActor, by.kind == keyActor && s.presence.here(agentKey(by.id), now):
		s.touchAgent(ctx, by.id, now)
	}
}

// touch notes a sign of life, and tells the other nodes of the first at once.
func (s *Service) touch(k presenceKey, ttl time.Duration, now time.Time) (arrived bool) {
	arrived = s.presence.touch(k, now.Add(ttl), now)
	if arrived {
		s.nodes.tell(note{Here: map[string]map[string]int{k.kind: {k.id: int(ttl / time.Second)}}})
	}
	return arrived
}

// leave is for somebody who says that they go, or is made to.
func (s *Service) leave(k presenceKey) (was bool) {
	was = s.presence.forget(k, s.now())
	s.nodes.tell(note{Gone: map[string]string{k.kind: k.id}})
	return was
}

func (s *Service) touchAgent(ctx context.Context, id string, now time.Time) {
	if !s.touch(agentKey(id), agentTTL, now) {
		return
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
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
	return open && len(s.AvailableAgents(ctx)) > 0
}

// AvailableAgents returns the agents who are present and available, by name. A
// store that cannot be read counts as nobody.
func (s *Service) AvailableAgents(ctx context.Context) []Agent {
	here := []Agent{}
	ids := s.presence.list(SenderAgent, s.now())
	if len(ids) == 0 {
		return here
	}
	agents, err := s.store.Agents(ctx)
	if err != nil {
		s.warn(ctx, "chat: could not read the agents", "error", err)
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
