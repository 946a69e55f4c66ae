package chat

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

const (
	nodeTTL     = 20 * time.Second       // how long a node counts as there after it was last heard of
	announceGap = 500 * time.Millisecond // between two lists of who is here, however many nodes come and ask
	brokerPause = time.Second            // before a broker that gave up is started again, at first
)

// nodes is what a service knows of those on other nodes, and what it still has
// to do because of them.
type nodes struct {
	id     string // of this node
	broker Broker // nil where there are no others
	bell   chan struct{}

	mu       sync.Mutex
	heard    map[string]time.Time
	agents   map[string]struct{} // whom something new is known of that is not told yet
	announce bool                // somebody wants to know who is here
	settings bool                // they, or departments, were changed elsewhere
	topics   map[string][]func([]byte)
}

func newNodes(broker Broker) *nodes {
	return &nodes{
		id: newSecret("")[:12], broker: broker, bell: make(chan struct{}, 1),
		heard: map[string]time.Time{}, agents: map[string]struct{}{}, topics: map[string][]func([]byte){},
	}
}

// note is the data of a hint.
type note struct {
	Node     string                    `json:"node"`               // who says it
	Hello    bool                      `json:"hello,omitempty"`    // the node has just come, and asks who is here
	Here     map[string]map[string]int `json:"here,omitempty"`     // by kind and id: for how many seconds
	Gone     map[string]string         `json:"gone,omitempty"`     // by kind: who has left
	Views    map[string]string         `json:"views,omitempty"`    // by agent: the session they look at
	Agents   []string                  `json:"agents,omitempty"`   // whose rows have changed
	Settings bool                      `json:"settings,omitempty"` // they, or departments, have changed
	Keys     bool                      `json:"keys,omitempty"`     // one has changed
	Webhook  string                    `json:"webhook,omitempty"`  // a person has changed it, or wants to see it work
	Event    *remark                   `json:"event,omitempty"`
	Topic    string                    `json:"topic,omitempty"` // of Relay
	Data     []byte                    `json:"data,omitempty"`
}

// remark is an ephemeral event on its way to other nodes.
type remark struct {
	Type      string          `json:"type"`
	At        time.Time       `json:"at"`
	SessionID string          `json:"session_id,omitempty"`
	VisitorID string          `json:"visitor_id,omitempty"`
	Data      json.RawMessage `json:"data"`
}

// ring has runNodes look.
func (n *nodes) ring() {
	select {
	case n.bell <- struct{}{}:
	default:
	}
}

// alone says whether no other node has been heard of lately. Then nothing
// needs to be told, and one node alone pays nothing for being able to be two.
func (n *nodes) alone() bool {
	if n.broker == nil {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	for id, at := range n.heard {
		if now.Sub(at) < nodeTTL {
			return false
		}
		delete(n.heard, id)
	}
	return true
}

// tell sends a note to the other nodes.
func (n *nodes) tell(in note) {
	if !n.alone() {
		n.send(in)
	}
}

// send is tell for what also reaches nodes that were not heard of yet.
func (n *nodes) send(in note) {
	in.Node = n.id
	if data, err := json.Marshal(in); err == nil && len(data) <= MaxHint {
		n.broker.Publish(Hint{Data: data})
	}
}

// tellPosition says how far the log goes.
func (n *nodes) tellPosition(p Position) {
	if !n.alone() {
		n.broker.Publish(Hint{Position: p})
	}
}

// runNodes connects this node with the others until ctx ends.
func (s *Service) runNodes(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { s.runBroker(ctx) })
	beat := time.NewTicker(presenceStep)
	defer beat.Stop()
	var announced time.Time
	for {
		select {
		case <-s.nodes.bell:
		case <-beat.C:
			s.tellHere(false)
		case <-ctx.Done():
			return
		}
		agents, announce, settings := s.nodes.take()
		if settings {
			s.settings.outdate()
			s.departments.outdate()
			s.routing.ring()
			s.watchHours(ctx)
		}
		for id := range agents {
			s.meet(ctx, id)
		}
		if !announce {
			continue
		}
		if wait := announceGap - time.Since(announced); wait > 0 {
			time.AfterFunc(wait, func() { s.nodes.want(func(n *nodes) { n.announce = true }) })
			continue
		}
		announced = time.Now()
		s.tellHere(true)
	}
}

func (s *Service) runBroker(ctx context.Context) {
	for pause := brokerPause; ctx.Err() == nil; pause = min(2*pause, time.Minute) {
		began := time.Now()
		err := s.nodes.broker.Run(ctx, s.receive)
		if ctx.Err() != nil {
			return
		}
		s.log.Warn("chat: the broker stopped; starting it again", "error", err)
		if time.Since(began) > time.Minute {
			pause = brokerPause
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// want notes something to do and has runNodes do it.
func (n *nodes) want(what func(*nodes)) {
	n.mu.Lock()
	what(n)
	n.mu.Unlock()
	n.ring()
}

func (n *nodes) take() (agents map[string]struct{}, announce, settings bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	agents, announce, settings = n.agents, n.announce, n.settings
	n.agents, n.announce, n.settings = map[string]struct{}{}, false, false
	return agents, announce, settings
}

// receive is called by the broker.
func (s *Service) receive(h Hint) {
	if h.Position > 0 {
		s.catchUpTo(h.Position)
	}
	if h.Position == 0 && len(h.Data) == 0 { // something may have been missed
		s.catchUp()
		s.keys.forget()
		s.nodes.send(note{Hello: true})
		s.nodes.want(func(n *nodes) { n.announce, n.settings = true, true })
		return
	}
	if len(h.Data) == 0 {
		return
	}
	var in note
	if err := json.Unmarshal(h.Data, &in); err != nil {
		s.log.Debug("chat: another node says what is not understood", "error", err)
		return
	}
	if in.Node != s.nodes.id && in.Node != "" {
		s.heed(in)
	}
}

// heed does what another node's note asks for. It reads nothing from the
// store, so that it never holds up the notes that come behind.
func (s *Service) heed(in note) {
	now := s.now()
	s.nodes.mu.Lock()
	s.nodes.heard[in.Node] = time.Now()
	relayed := s.nodes.topics[in.Topic]
	s.nodes.mu.Unlock()
	if in.Hello {
		s.nodes.send(note{}) // at once, so that the new node knows that it is not alone
		s.nodes.want(func(n *nodes) { n.announce = true })
	}
	for kind, people := range in.Here {
		for id, seconds := range people {
			s.hereElsewhere(presenceKey{kind, id}, time.Duration(seconds)*time.Second, now)
		}
	}
	for kind, id := range in.Gone {
		if s.presence.forget(presenceKey{kind, id}, now) {
			s.changedElsewhere(presenceKey{kind, id}, EventVisitorOffline)
		}
	}
	for agent, session := range in.Views {
		if s.viewing.set(agent, session, now) {
			s.meetLater(agent)
		}
	}
	for _, agent := range in.Agents {
		s.meetLater(agent)
	}
	if in.Settings {
		s.nodes.want(func(n *nodes) { n.settings = true })
	}
	if in.Keys {
		s.keys.forget()
	}
	if in.Webhook != "" {
		s.nudgeHere(in.Webhook)
	}
	if in.Event != nil {
		s.repeat(*in.Event)
	}
	for _, f := range relayed {
		f(in.Data)
	}
}

// meet tells the people of this node how an agent is whom something new was
// heard of.
func (s *Service) meet(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, followTimeout)
	defer cancel()
	agent, err := s.store.Agent(ctx, id)
	switch {
	case err == nil:
		s.keepAgent(agent)
		s.tellPresence(ctx, agent)
	case !errors.Is(err, ErrNotFound): // an integration has no row
		s.log.Warn("chat: could not read an agent whom another node knows of", "agent", id, "error", err)
	}
}

func (s *Service) meetLater(agent string) {
	s.nodes.want(func(n *nodes) { n.agents[agent] = struct{}{} })
}

// Relay hands data to those who hear the topic, by OnRelay, in the services on
// other nodes. Like everything ephemeral it may be lost on the way. It is for
// the packages around the service; data of more than 5,000 bytes is not sent.
func (s *Service) Relay(topic string, data []byte) { s.nodes.tell(note{Topic: topic, Data: data}) }

// OnRelay has f called, for as long as the service lasts, with what other nodes
// relay under the topic. f must return soon.
func (s *Service) OnRelay(topic string, f func(data []byte)) {
	s.nodes.mu.Lock()
	defer s.nodes.mu.Unlock()
	s.nodes.topics[topic] = append(s.nodes.topics[topic], f)
}
