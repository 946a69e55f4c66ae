package chat

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"
)

// Stats say how a service does at a moment. OpenSessions, Waiting and
// DeliveriesPending are of the store, whatever process wrote there; all else is
// of this process, and what counts up does so since it began.
type Stats struct {
	StoreStats

	AgentStreams   int // subscriptions of agents, API keys and the host
	VisitorStreams int

	// ReadersBehind is how often a subscriber was so much slower than the
	// events that it had to go on from the log; it misses none of those that
	// are kept. ReadersDropped is how many were cut off because they took
	// nothing at all: see [Subscription.Drop].
	ReadersBehind  int64
	ReadersDropped int64

	// Queue is how many ops wait to be written, Background those of them that
	// nobody waits for.
	Queue      int
	Background int

	// Commits are transactions, CommitsFailed those of them that were not
	// written. CommitTime is what all of them took together.
	Commits       int64
	CommitsFailed int64
	CommitTime    time.Duration
}

// StoreStats are what a store knows of the present.
type StoreStats struct {
	OpenSessions      int64 // active ones
	Waiting           int64 // active ones that nobody has taken, with a visitor who waits for an answer
	DeliveriesPending int64 // to webhooks: on their way, to be repeated, or held up by one before them
}

// MarshalJSON writes durations in seconds.
func (s Stats) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		OpenSessions      int64   `json:"open_sessions"`
		Waiting           int64   `json:"waiting"`
		DeliveriesPending int64   `json:"deliveries_pending"`
		AgentStreams      int     `json:"agent_streams"`
		VisitorStreams    int     `json:"visitor_streams"`
		ReadersBehind     int64   `json:"readers_behind"`
		ReadersDropped    int64   `json:"readers_dropped"`
		Queue             int     `json:"queue"`
		Background        int     `json:"background"`
		Commits           int64   `json:"commits"`
		CommitsFailed     int64   `json:"commits_failed"`
		CommitTime        float64 `json:"commit_time_s"`
	}{
		s.OpenSessions, s.Waiting, s.DeliveriesPending, s.AgentStreams, s.VisitorStreams, s.ReadersBehind, s.ReadersDropped,
		s.Queue, s.Background, s.Commits, s.CommitsFailed, s.CommitTime.Seconds(),
	})
}

// Metrics hears of what happens in a service, for the host's monitoring; for
// levels it asks [Service.Stats] when it needs them. The methods are called
// concurrently, on the way of what people wait for: they must return at once.
// A panic in them is logged and costs what they were told.
type Metrics interface {
	// Committed is called after each transaction, with how many ops it
	// carried out, how long it took, and why it failed, if it did.
	Committed(ops int, took time.Duration, err error)

	// ReaderDropped is called when a subscriber is cut off: see
	// [Subscription.Drop].
	ReaderDropped()
}

// counters are those of Stats that count up.
type counters struct {
	metrics       Metrics
	failed        func(panic any)
	commits       atomic.Int64
	commitsFailed atomic.Int64
	commitTime    atomic.Int64
	behind        atomic.Int64
	dropped       atomic.Int64
}

func (c *counters) committed(ops int, took time.Duration, err error) {
	c.commits.Add(1)
	c.commitTime.Add(int64(took))
	if err != nil {
		c.commitsFailed.Add(1)
	}
	c.tell(func(m Metrics) { m.Committed(ops, took, err) })
}

func (c *counters) readerDropped() {
	c.dropped.Add(1)
	c.tell(func(m Metrics) { m.ReaderDropped() })
}

func (c *counters) tell(what func(Metrics)) {
	if c.metrics == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			c.failed(v)
		}
	}()
	what(c.metrics)
}

// Stats returns how the service does. It is for the host: no actor is asked
// for.
func (s *Service) Stats(ctx context.Context) (Stats, error) {
	store, err := s.store.Stats(ctx)
	if err != nil {
		return Stats{}, err
	}
	c := &s.counters
	out := Stats{
		StoreStats: store, ReadersBehind: c.behind.Load(), ReadersDropped: c.dropped.Load(),
		Commits: c.commits.Load(), CommitsFailed: c.commitsFailed.Load(), CommitTime: time.Duration(c.commitTime.Load()),
	}
	out.AgentStreams, out.VisitorStreams = s.hub.count()
	for _, w := range s.writer.each() {
		queue, background := w.waiting()
		out.Queue += queue + background
		out.Background += background
	}
	return out, nil
}

// StatsFor is Stats for an actor, who must be an administrator.
func (s *Service) StatsFor(ctx context.Context, by Actor) (Stats, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return Stats{}, err
	}
	return s.Stats(ctx)
}

// pingTimeout is how long Ping waits for the store. Whoever asks is about to
// decide whether this process gets requests: no answer is one, too.
const pingTimeout = 5 * time.Second

// Ping says whether the service can take and answer requests: an error means
// that the store cannot be reached or written to, that a transaction has not
// ended for longer than Options.WriteTimeout, or that too much waits to be
// written. It answers within five seconds.
func (s *Service) Ping(ctx context.Context) error {
	select {
	case <-s.closed:
		return ErrClosed
	default:
	}
	for _, w := range s.writer.each() {
		if err := w.stuck(time.Now()); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, pingTimeout, ErrBusy)
	defer cancel()
	done := make(chan error, 1) // a store that hangs may not look at its context
	go func() { done <- s.store.Ping(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
