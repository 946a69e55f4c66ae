package chat

import (
	"context"
	"errors"
	"time"
)

// EnsureAgent notes that one of the host's users has called, and returns them as
// they are kept. It is cheap where nothing has changed.
func (s *Service) EnsureAgent(ctx context.Context, a Agent) (Agent, error) {
	if a.ID == "" {
		return Agent{}, errors.New("chat: the host signed in an agent without an ID")
	}
	saved, err := s.saveAgent(ctx, a)
	if err != nil {
		return Agent{}, err
	}
	s.Touch(ctx, AsAgent(saved))
	return saved, nil
}

// saveAgent writes the agent's row unless it is known to be like that already.
func (s *Service) saveAgent(ctx context.Context, a Agent) (Agent, error) {
	var err error
	if a.Name, err = cleanLine("name", a.Name, s.limits.Name); err != nil {
		return Agent{}, err
	}
	if a.Name == "" {
		a.Name = a.ID
	}
	known, ok := s.knownAgent(ctx, a.ID)
	if ok && known.Name == a.Name && known.Email == a.Email && known.AvatarURL == a.AvatarURL && known.Admin == a.Admin &&
		(a.Availability == "" || a.Availability == known.Availability) {
		return known, nil
	}
	res, err := s.writer.do(ctx, OpSaveAgent{Agent: a})
	if err != nil {
		return Agent{}, err
	}
	saved, _ := found(res.Agent, nil)
	s.keepAgent(saved)
	return saved, nil
}

// knownAgent is the agent's row as it was last read or written. Where other
// processes may have written it since, it is read again after a while.
func (s *Service) knownAgent(ctx context.Context, id string) (Agent, bool) {
	s.mu.Lock()
	known, ok := s.agents[id]
	s.mu.Unlock()
	if !ok || !s.shared || time.Since(known.readAt) < settingsTTL {
		return known.Agent, ok
	}
	a, err := s.store.Agent(ctx, id)
	if err != nil {
		return Agent{}, false
	}
	s.keepAgent(a)
	return a, true
}

func (s *Service) keepAgent(a Agent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents[a.ID] = agentRow{a, time.Now()}
}

// agentRow is an agent as the store has it, or had it when it was read.
type agentRow struct {
	Agent
	readAt time.Time
}

// saveActor makes sure that whoever acts has an agent's row, so that sessions
// can be assigned to them.
func (s *Service) saveActor(ctx context.Context, by Actor) error {
	s.mu.Lock()
	_, known := s.agents[by.id]
	s.mu.Unlock()
	if known {
		return nil
	}
	a, err := s.store.Agent(ctx, by.id)
	if errors.Is(err, ErrNotFound) {
		a, err = Agent{ID: by.id, Name: by.name, Admin: by.need(ScopeAdmin) == nil}, nil
	}
	if err == nil {
		_, err = s.saveAgent(ctx, a)
	}
	return err
}

// Me returns whoever acts as an agent.
func (s *Service) Me(ctx context.Context, by Actor) (Agent, error) {
	if err := by.need(ScopeRead); err != nil {
		return Agent{}, err
	}
	a, err := s.store.Agent(ctx, by.id)
	if errors.Is(err, ErrNotFound) {
		a, err = Agent{ID: by.id, Name: by.name, Availability: Available, Admin: by.need(ScopeAdmin) == nil}, nil
	}
	a.Online = s.presence.here(agentKey(by.id), s.now())
	return a, err
}

// Agents returns all agents, by name.
func (s *Service) Agents(ctx context.Context, by Actor) ([]Agent, error) {
	if err := by.need(ScopeRead); err != nil {
		return nil, err
	}
	agents, err := s.store.Agents(ctx)
	return s.withPresence(agents), err
}

// SetAvailability says whether whoever acts can be expected to answer. From
// then on they count as present, also with an API key.
func (s *Service) SetAvailability(ctx context.Context, by Actor, availability string) (Agent, error) {
	if availability != Available && availability != Away {
		return Agent{}, invalid("availability", `availability must be "available" or "away".`)
	}
	if err := by.need(ScopeWrite); err != nil {
		return Agent{}, err
	}
	a, err := s.Me(ctx, by)
	if err != nil {
		return Agent{}, err
	}
	a.Availability = availability
	if a, err = s.saveAgent(ctx, a); err != nil {
		return Agent{}, err
	}
	now := s.now()
	s.touch(agentKey(a.ID), agentTTL, now)
	s.nodes.tell(note{Agents: []string{a.ID}})
	a.Online = true
	ctx, cancel := afterwards(ctx)
	defer cancel()
	s.tellPresence(ctx, a)
	return a, nil
}

// Leave says that whoever acts has gone, without waiting for them to be
// missed. They can be back at any time.
func (s *Service) Leave(ctx context.Context, by Actor) error {
	if by.IsVisitor() {
		return nil
	}
	s.viewing.set(by.id, "", s.now())
	s.nodes.tell(note{Views: map[string]string{by.id: ""}})
	if !s.leave(agentKey(by.id)) {
		return nil
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	a, err := s.store.Agent(ctx, by.id)
	if err != nil {
		return err
	}
	s.tellPresence(ctx, a)
	return nil
}
