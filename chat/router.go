package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	routeStep   = 5 * time.Second        // how often the queue is looked at though nothing rang
	routeGap    = 250 * time.Millisecond // between two looks, however often it rings
	routeShare  = 10                     // at most one part in so many of the time goes into looking
	routeLimit  = 5000                   // sessions looked at; the rest wait until these are fewer
	dueLimit    = 100                    // of each kind in one step
	maxPosition = 100                    // those further behind are not told where they are
)

// router gives sessions that wait to agents, and remembers who is where in the
// queue. What it decides by is read from the store and may be outdated; the
// ops check again, so that several nodes may do this at once.
type router struct {
	bell chan struct{} // holds a token when there may be something to give out

	bots botsAtWork

	mu        sync.Mutex
	positions map[string]int // in the queue, as last told, by session
	noted     time.Time      // when it was last noted who is there
}

func newRouter() *router { return &router{bell: make(chan struct{}, 1)} }

// ring asks for a look at the queue. It never blocks.
func (r *router) ring() {
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// hear rings where the events may change who waits or who has room.
func (r *router) hear(events []*Event) {
	if slices.ContainsFunc(events, concernsRouting) {
		r.ring()
	}
}

// position returns a session's place in the queue, 0 if it has none that
// anybody was told.
func (r *router) position(sessionID string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.positions[sessionID]
}

// move takes in the places as they are now, and returns those that are news.
func (r *router) move(now map[string]int) map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := map[string]int{}
	for id, n := range now {
		if r.positions[id] != n {
			news[id] = n
		}
	}
	r.positions = now
	return news
}

func concernsRouting(e *Event) bool {
	switch e.Type {
	case EventSessionStarted, EventSessionUpdated, EventSessionClosed:
		return true
	case EventMessageSent:
		m, ok := e.Data.(Message)
		return ok && m.Sender != SenderBot
	}
	return false
}

// runRouting looks at the queue whenever something rings, and from time to
// time, for the sake of other nodes and of what the clock makes due.
func (s *Service) runRouting(ctx context.Context) {
	step := time.NewTicker(routeStep)
	defer step.Stop()
	began := s.now()
	for {
		var started time.Time
		select {
		case <-s.routing.bell:
			started = time.Now()
			s.route(ctx)
		case <-step.C:
			started = time.Now()
			s.attend(ctx, began)
			s.route(ctx)
		case <-ctx.Done():
			return
		}
		// A long queue takes a while to read: it must not take the store from others.
		select {
		case <-time.After(max(routeGap, routeShare*time.Since(started))):
		case <-ctx.Done():
			return
		}
	}
}

// route gives out what can be given out, and tells the others where they are.
func (s *Service) route(ctx context.Context) {
	if err := s.giveOut(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
		s.log.Warn("chat: could not give out sessions", "error", err)
	}
}

func (s *Service) giveOut(ctx context.Context) error {
	queue, err := s.store.Queue(ctx, routeLimit)
	if err == nil {
		queue, err = s.forPeople(ctx, queue)
	}
	if err != nil {
		return err
	}
	if len(queue) == 0 {
		s.routing.move(nil)
		return nil
	}
	settings, err := s.CurrentSettings(ctx)
	if err != nil {
		return err
	}
	departments, err := s.departmentsNow(ctx)
	if err != nil {
		return err
	}
	d := dispatch{svc: s, settings: settings, departments: departments, rules: map[string]rule{}}
	if d.anyRoundRobin() {
		if d.agents, err = s.ready(ctx); err != nil {
			return err
		}
		if queue, err = d.run(ctx, queue); err != nil {
			return err
		}
	}
	s.tellPositions(queue, departments)
	return nil
}

// ready returns the loads of the agents who are present and available.
func (s *Service) ready(ctx context.Context) ([]*RoutingLoad, error) {
	here := s.AvailableAgents(ctx)
	if len(here) == 0 {
		return nil, nil
	}
	loads, err := s.store.Loads(ctx)
	var ready []*RoutingLoad
	for i := range loads {
		if slices.ContainsFunc(here, func(a Agent) bool { return a.ID == loads[i].AgentID }) {
			ready = append(ready, &loads[i])
		}
	}
	return ready, err
}

// tellPositions tells those who wait where they are, if that is not what they
// were told last. Each department has a queue of its own; free text that names
// none stands in the general one.
func (s *Service) tellPositions(queue []QueuedSession, departments []Department) {
	places, last := map[string]int{}, map[string]int{}
	for _, q := range queue {
		name := ""
		if d := departmentNamed(departments, q.Department); d != nil {
			name = d.Name
		}
		if last[name]++; last[name] <= maxPosition {
			places[q.SessionID] = last[name]
		}
	}
	news := s.routing.move(places)
	for _, q := range queue {
		if n, ok := news[q.SessionID]; ok {
			s.tell(EventQueuePosition, q.SessionID, q.VisitorID, QueuePosition{SessionID: q.SessionID, Position: n})
		}
	}
}

// dispatch is one round of giving out.
type dispatch struct {
	svc         *Service
	settings    Settings
	departments []Department
	agents      []*RoutingLoad
	rules       map[string]rule // by department of a session
}

func (d *dispatch) anyRoundRobin() bool {
	return d.settings.Routing.Mode == RouteRoundRobin || slices.ContainsFunc(d.departments, func(one Department) bool {
		return one.Routing != nil && *one.Routing == RouteRoundRobin
	})
}

// run gives out what it can and returns what still waits.
func (d *dispatch) run(ctx context.Context, queue []QueuedSession) ([]QueuedSession, error) {
	var waiting []QueuedSession
	for _, q := range queue {
		given, err := d.give(ctx, q)
		if err != nil {
			return nil, err
		}
		if !given {
			waiting = append(waiting, q)
		}
	}
	return waiting, nil
}

// give finds an agent for one session. Whoever turns out to have no room is
// not asked again in this round.
func (d *dispatch) give(ctx context.Context, q QueuedSession) (given bool, err error) {
	r := d.rule(q.Department)
	if r.mode != RouteRoundRobin || !r.open {
		return false, nil
	}
	for {
		agent := d.pick(r, q)
		if agent == nil {
			return false, nil
		}
		at := d.svc.now()
		_, err := d.svc.writer.do(ctx, OpAssignSession{SessionID: q.SessionID, AgentID: agent.AgentID, Capacity: r.capacity, At: at})
		switch {
		case err == nil:
			agent.Open++
			agent.RoutedAt = at
			return true, nil
		case errors.Is(err, ErrNoRoom):
			d.agents = slices.DeleteFunc(d.agents, func(l *RoutingLoad) bool { return l == agent })
		case errors.Is(err, ErrConflict), errors.Is(err, ErrNotFound):
			return true, nil // somebody else has it, or it has gone
		default:
			return false, err
		}
	}
}

// pick returns the agent whose turn it is: the visitor's last one where that
// is asked for, else whoever has gone longest without being given a session.
func (d *dispatch) pick(r rule, q QueuedSession) *RoutingLoad {
	var best *RoutingLoad
	for _, l := range d.agents {
		if !r.serves(l.AgentID) || r.capacity > 0 && l.Open >= r.capacity || l.AgentID == q.ReleasedBy {
			continue
		}
		if d.settings.Routing.Sticky && l.AgentID == q.LastAgent {
			return l
		}
		if best == nil || cmp.Or(l.RoutedAt.Compare(best.RoutedAt), cmp.Compare(l.Open, best.Open), cmp.Compare(l.AgentID, best.AgentID)) < 0 {
			best = l
		}
	}
	return best
}

// rule returns what holds for the sessions of a department.
func (d *dispatch) rule(name string) rule {
	if r, ok := d.rules[name]; ok {
		return r
	}
	general := d.settings.Routing
	r := rule{mode: general.Mode, capacity: general.Capacity}
	hours := d.settings.Hours
	if own := departmentNamed(d.departments, name); own != nil {
		r.members = notNil(own.AgentIDs)
		if own.Routing != nil {
			r.mode = *own.Routing
		}
		if own.Capacity != nil {
			r.capacity = *own.Capacity
		}
		if own.Hours != nil {
			hours = *own.Hours
		}
		if general.Nobody == NobodyAnyone && !slices.ContainsFunc(d.agents, func(l *RoutingLoad) bool { return r.serves(l.AgentID) }) {
			r.members = nil
		}
	}
	r.open, _ = hours.Open(d.svc.now())
	d.rules[name] = r
	return r
}
