package chat

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Service holds the rules of the chat over a [Store]. All methods may be
// called concurrently. It works as soon as it is made; [Service.Run] adds what
// needs a clock.
type Service struct {
	store       Store
	log         *slog.Logger
	clock       func() time.Time
	limits      Limits
	keep        time.Duration // how long the event log is kept; negative: for ever
	files       FileStore
	hub         *hub
	shared      bool // other processes write to the store too
	follower    follower
	nodes       *nodes
	writer      *writer
	presence    *presence
	viewing     *viewing
	targets     WebhookTargets
	pushKey     string
	sealer      Sealer
	outboxes    outboxes
	settings    settingsCache
	routing     *router
	departments departmentsCache
	answered    replyTimeCache
	hooks       Hooks
	panel       func(context.Context, Actor, Visitor) (ContactPanel, error)
	bans        banCache
	keys        keyCache
	spam        SpamRules
	sameTexts   sameTexts
	passed      passed
	tracking    Tracking
	trail       trail
	placeOf     func(netip.Addr) Place
	unplaced    chan unplaced
	alerts      alerts
	counters    counters

	indexing  chan struct{} // holds a token while somebody indexes
	unindexed atomic.Bool   // there may be something that the search index does not have

	mu       sync.Mutex
	agents   map[string]agentRow  // rows known to be saved as they are here
	keyUses  map[string]time.Time // when each key's last use was written down
	purgedAt time.Time            // when what is kept no longer was last looked for
	closed   chan struct{}
	running  atomic.Int32  // calls of Run
	pending  chan struct{} // holds a token when the host has written in a transaction of its own
	once     sync.Once
}

// New returns a service over store. opts may be nil. Closing the store
// remains the caller's: close the service first.
func New(store Store, opts *Options) *Service {
	s := &Service{
		store:    store,
		log:      opts.logger(),
		clock:    opts.now(),
		limits:   opts.limits(),
		keep:     opts.eventRetention(),
		hub:      newHub(),
		presence: newPresence(),
		viewing:  newViewing(),
		agents:   map[string]agentRow{},
		routing:  newRouter(),
		keyUses:  map[string]time.Time{},
		closed:   make(chan struct{}),
		indexing: make(chan struct{}, 1),
		bans:     banCache{turn: make(chan struct{}, 1)},
		pending:  make(chan struct{}, 1),
		trail:    trail{turn: make(chan struct{}, 1)},
	}
	if opts != nil {
		s.targets, s.sealer, s.tracking, s.hooks, s.panel = opts.WebhookTargets, opts.Sealer, opts.Tracking, opts.Hooks, opts.ContactPanel
		s.pushKey, s.spam = opts.PushKey, opts.Spam
	}
	if opts != nil && opts.Place != nil {
		s.placeOf, s.unplaced = opts.Place, make(chan unplaced, maxUnplaced)
	}
	if store, ok := store.(SharedStore); ok {
		s.shared = store.Shared()
	}
	s.nodes = newNodes(opts.broker(store, s.shared))
	s.unindexed.Store(true) // by a process before this one
	s.counters.failed = func(v any) { s.log.Error("chat: Options.Metrics panicked", "panic", v) }
	if opts != nil {
		s.counters.metrics = opts.Metrics
	}
	s.writer = newWriter(store, opts.writeTimeout(), s.publish, s.log, &s.counters)
	s.files = databaseFiles{store, s.writer}
	if opts != nil && opts.Files != nil {
		s.files = opts.Files
	}
	return s
}

// Run does what needs a clock: it notices who has left and when the opening
// hours begin and end, notes who is available, gives out sessions and does what
// else [Routing] asks for, sends what the host has written in transactions of
// its own, removes events that are older than Options.EventRetention and what
// the settings keep no longer, brings the search index up to date, and over a
// [SharedStore] hears of what other nodes have written and who is with them. It
// returns when ctx ends (with its error) or the service is closed (with nil).
func (s *Service) Run(ctx context.Context) error {
	s.running.Add(1)
	defer s.running.Add(-1)
	routing, stop := context.WithCancel(ctx)
	var wait sync.WaitGroup
	wait.Go(func() { s.runRouting(routing) })
	wait.Go(func() { s.runPending(routing) })
	wait.Go(func() { s.keepTrail(routing) })
	defer wait.Wait()
	defer stop()
	presence := time.NewTicker(presenceStep)
	defer presence.Stop()
	prune := time.NewTicker(time.Hour)
	defer prune.Stop()
	index := time.NewTicker(time.Second)
	defer index.Stop()
	shifts := time.NewTicker(shiftStep)
	defer shifts.Stop()
	var purging single
	defer purging.wait()
	if s.placeOf != nil {
		asking, stop := context.WithCancel(ctx)
		var group sync.WaitGroup
		for range placers {
			group.Go(func() { s.findPlaces(asking) })
		}
		defer group.Wait()
		defer stop()
	}
	if s.shared {
		following, stop := context.WithCancel(ctx)
		var group sync.WaitGroup
		group.Go(func() { s.keepFollowing(following) })
		if s.nodes.broker != nil {
			group.Go(func() { s.runNodes(following) })
		}
		defer group.Wait()
		defer stop()
	}
	for {
		select {
		case <-presence.C:
			s.sweepPresence(ctx)
			s.sweepViewing(ctx)
			s.watchHours(ctx)
		case <-prune.C:
			s.prune(ctx)
			purging.try(func() { s.purge(ctx) })
		case <-shifts.C:
			s.noteShifts(ctx)
		case <-index.C:
			s.indexInBackground(ctx)
		case <-s.closed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Running says whether Run is running in this process.
func (s *Service) Running() bool { return s.running.Load() > 0 }

// Close ends all subscriptions, refuses further writes with ErrClosed, and
// returns when those under way are committed and event streams have said
// farewell, or two seconds have passed over that. It is idempotent.
func (s *Service) Close() error {
	s.once.Do(func() {
		if err := s.storeTrail(context.Background()); err != nil {
			s.log.Warn("chat: could not store which pages visitors saw", "error", err)
		}
		close(s.closed)
	})
	s.hub.close()
	s.writer.close()
	s.alerts.wait() // each has a time limit
	s.stopFollowing()
	select {
	case <-s.hub.left:
	case <-time.After(farewellTimeout):
	}
	return nil
}

// farewellTimeout bounds how long Close waits for those who are told of the
// end. It leaves a host that has five seconds to stop enough for the rest.
const farewellTimeout = 2 * time.Second

// Done is closed when the service closes.
func (s *Service) Done() <-chan struct{} { return s.closed }

// Limits returns the limits in force.
func (s *Service) Limits() Limits { return s.limits }

func (s *Service) now() time.Time { return clock(s.clock) }

// warn logs what went wrong for somebody who asked, unless they have left: that
// is nothing that an operator could mend.
func (s *Service) warn(ctx context.Context, msg string, args ...any) {
	if !left(ctx) {
		s.log.Warn(msg, args...)
	}
}

// left says whether whoever asked does not wait any more.
func left(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// afterwards is a context for what has to be done though whoever has caused it
// may not wait for it.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), afterwardsTimeout)
}

const afterwardsTimeout = 10 * time.Second

// publish is called by the writer with what has just been committed.
func (s *Service) publish(events []*Event) {
	if len(events) > 0 {
		s.unindexed.Store(true)
	}
	s.routing.hear(events)
	if s.shared && len(events) > 0 {
		s.publishNext(events)
		s.nodes.tellPosition(events[len(events)-1].Position)
		return
	}
	s.hub.publish(s.decorate(events))
}

// tell publishes an ephemeral event about a session, or about a visitor.
func (s *Service) tell(kind string, sessionID, visitorID string, data any) {
	e := &Event{Type: kind, At: s.now(), Data: data, SessionID: sessionID, VisitorID: visitorID}
	s.hub.publish([]*Event{e})
	s.share(e)
}

// decorate fills in what the store cannot know, before anyone sees the event.
func (s *Service) decorate(events []*Event) []*Event {
	for _, e := range events {
		if session, ok := e.Data.(Session); ok {
			e.Data = s.online(session)
		}
	}
	return events
}

// prune removes events, and the deliveries of events, that are no longer kept.
func (s *Service) prune(ctx context.Context) {
	if s.keep >= 0 {
		if _, err := s.writer.do(ctx, OpPruneEvents{Before: s.now().Add(-s.keep)}); err != nil {
			s.log.Warn("chat: could not remove old events", "error", err)
		}
	}
	if err := s.pruneDeliveries(ctx); err != nil {
		s.log.Warn("chat: could not remove old deliveries", "error", err)
	}
	if err := s.sweepFiles(ctx); err != nil {
		s.log.Warn("chat: could not look for files without a message", "error", err)
	}
}
