package chat

import (
	"context"
	"sync"
)

const (
	maxLive      = 256 // durable events that wait for a subscriber; with more it reads them from the log
	maxEphemeral = 16  // with more waiting, typing and the like are dropped
	replayPage   = 256 // events read from the log at once
)

// Subscription is a stream of the events of one topic. Durable events come
// exactly once and in order: first from the log, then live. A subscriber that
// is slower than the events loses none, it reads them from the log when it
// gets to them; ephemeral events are dropped meanwhile.
//
// Take, TakeQueued and Next are for one goroutine; Close may be called by any.
type Subscription struct {
	// Reset says why the position asked for could not be resumed from:
	// "unknown_database", "future" or "too_old". The subscription then starts
	// at the present, and what lies between is not told. Empty is the rule.
	Reset string

	svc        *Service
	topic      Topic
	forVisitor bool
	farewell   bool
	wake       func()
	start      Position
	counted    bool // the hub counts it; under its mutex

	mu     sync.Mutex
	pos    Position // everything up to here has been taken
	queue  []*Event
	behind bool // events are missing from queue: read the log
	err    error
	ready  chan struct{} // holds one token when there may be something to take
}

// SubscribeOptions says what to subscribe to.
type SubscribeOptions struct {
	Topic Topic

	// After is the id of the last event known; empty means from now on.
	After string

	// Wake, if not nil, is called when there may be something to take after
	// there was nothing, and when the subscription ends. It must return at
	// once and must not call the subscription.
	Wake func()

	// Farewell has Service.Close wait, for two seconds at most, until this
	// subscription is closed too: for subscribers that tell somebody else of
	// the end.
	Farewell bool
}

// Subscribe starts a subscription. Visitors hear of their own sessions only,
// and never of notes; banned ones hear nothing. Close it when done. An After
// that is no event id is ErrInvalidEventID.
func (s *Service) Subscribe(ctx context.Context, by Actor, in SubscribeOptions) (*Subscription, error) {
	if err := s.barred(by); err != nil {
		return nil, err
	}
	if err := s.checkTopic(ctx, by, &in.Topic); err != nil {
		return nil, err
	}
	sub := &Subscription{svc: s, topic: in.Topic, forVisitor: by.IsVisitor(), farewell: in.Farewell, wake: in.Wake, ready: make(chan struct{}, 1)}
	var after Position
	var identity string
	if in.After != "" {
		var err error
		if identity, after, err = parseEventID(in.After); err != nil {
			return nil, err
		}
	}
	log, err := s.store.Log(ctx)
	if err != nil {
		return nil, err
	}
	s.hub.saw(log.Head)
	if s.shared {
		s.startFollowing(log.Head)
	}
	sub.mu.Lock() // push waits until the position is set
	defer sub.mu.Unlock()
	head, err := s.hub.add(sub)
	if err != nil {
		return nil, err
	}
	sub.pos = head
	switch {
	case in.After == "":
	case identity != s.store.Identity():
		sub.Reset = "unknown_database"
	case after > head:
		sub.Reset = "future"
	case after < log.Pruned:
		sub.Reset = "too_old"
	default:
		sub.pos, sub.behind = after, after < head
	}
	sub.start = sub.pos
	if sub.behind {
		sub.ready <- struct{}{}
	}
	return sub, nil
}

// checkTopic narrows the topic to what the actor may hear.
func (s *Service) checkTopic(ctx context.Context, by Actor, t *Topic) error {
	if t.SessionID != "" {
		_, err := s.Session(ctx, by, t.SessionID)
		t.VisitorID = ""
		return err
	}
	if by.IsVisitor() {
		t.VisitorID = by.id
		return nil
	}
	return by.need(ScopeRead)
}

// Position returns the id of the event that the subscription starts after.
func (s *Subscription) Position() string { return eventID(s.svc.store.Identity(), s.start) }

// push queues an event that has just been published. It never blocks.
func (s *Subscription) push(e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.forVisitor && !forVisitors(e) {
		return
	}
	switch {
	case !e.Durable():
		if s.behind || len(s.queue) >= maxEphemeral {
			return
		}
	case s.behind || e.Position <= s.pos:
		return // it will be, or was, read from the log
	case len(s.queue) >= maxLive:
		s.queue, s.behind = nil, true
		s.svc.counters.behind.Add(1)
		return // there was something to take already: no need to wake
	}
	s.queue = append(s.queue, e)
	if len(s.queue) == 1 {
		s.signal()
	}
}

func (s *Subscription) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
	if s.wake != nil {
		s.wake()
	}
}

// Take returns what there is, without waiting for more: nil if there is
// nothing. It may read a page of the log; if it fails, nothing is lost and it
// can be called again. After Close, or when the service ends, it returns what
// was queued and then the reason, ErrClosed. ErrTooOld says that events it had
// still to read have been removed from the log: subscribe anew. More says that
// there is more to take at once.
func (s *Subscription) Take(ctx context.Context) (events []*Event, more bool, err error) {
	s.mu.Lock()
	if !s.behind {
		defer s.mu.Unlock()
		return s.takeQueue()
	}
	// From here on live events queue again, so that what is committed while
	// the log is being read cannot fall between the two.
	s.behind, s.queue = false, nil
	after, ended := s.pos, s.err
	s.mu.Unlock()
	if ended != nil {
		return nil, false, ended
	}
	page, err := s.replay(ctx, after)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.behind, s.queue = true, nil
		return nil, false, err
	}
	s.join(page)
	return s.svc.decorate(s.visible(page)), s.behind || len(s.queue) > 0, nil
}

// TakeQueued is Take for a subscriber that must not wait for the store. Where
// Take would read the log, or return an error, it takes nothing and is not ok.
func (s *Subscription) TakeQueued() (events []*Event, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.behind || s.err != nil {
		return nil, false
	}
	events, _, _ = s.takeQueue()
	return events, true
}

// replay reads a page of the log. What was removed from the log since the
// subscription began cannot be told any more: better to end it, so that the
// subscriber comes back and is told of the reset, than to leave a silent gap.
func (s *Subscription) replay(ctx context.Context, after Position) ([]*Event, error) {
	page, err := s.svc.store.Events(ctx, EventQuery{Topic: s.topic, After: after, Limit: replayPage})
	if err != nil {
		return nil, err
	}
	log, err := s.svc.store.Log(ctx)
	if err == nil && after < log.Pruned {
		err = ErrTooOld
	}
	return page, err
}

// takeQueue is called with the mutex held.
func (s *Subscription) takeQueue() ([]*Event, bool, error) {
	events := s.queue
	s.queue = nil
	for _, e := range events {
		s.pos = max(s.pos, e.Position)
	}
	if len(events) == 0 {
		return nil, false, s.err
	}
	return events, s.err != nil, nil
}

// join moves on past a page of the log, and drops from the queue what the
// page already holds. A full page means that the log may go on: then it is
// read further before anything live.
func (s *Subscription) join(page []*Event) {
	if len(page) > 0 {
		s.pos = page[len(page)-1].Position
	}
	if len(page) == replayPage {
		s.behind, s.queue = true, nil
		return
	}
	live := s.queue[:0]
	for _, e := range s.queue {
		if !e.Durable() || e.Position > s.pos {
			live = append(live, e)
		}
	}
	s.queue = live
}

func (s *Subscription) visible(page []*Event) []*Event {
	if !s.forVisitor {
		return page
	}
	var events []*Event
	for _, e := range page {
		if forVisitors(e) {
			events = append(events, e)
		}
	}
	return events
}

// Next is Take for a subscriber that waits: it returns when there are events, one
// or more, when the subscription ends, or with the error of a ctx that ends.
func (s *Subscription) Next(ctx context.Context) ([]*Event, error) {
	for {
		events, more, err := s.Take(ctx)
		if err != nil || len(events) > 0 {
			return events, err
		}
		if more {
			continue
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close ends the subscription. It is idempotent.
func (s *Subscription) Close() {
	s.svc.hub.remove(s)
	s.end(ErrClosed)
}

// Drop is Close for a subscription whose reader takes nothing and is cut off
// for it. [Stats] and [Metrics] count those.
func (s *Subscription) Drop() {
	if s.svc.hub.remove(s) {
		s.svc.counters.readerDropped()
	}
	s.end(ErrClosed)
}

func (s *Subscription) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		s.signal()
	}
}

// forVisitors says whether a visitor may hear of the event, without encoding it.
func forVisitors(e *Event) bool {
	_, ok := e.visitorData()
	return ok
}
