package chat_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// desk is a service whose clock is the bubble's, with agents whose presence is
// kept up until they leave.
type desk struct {
	*testing.T
	*chat.Service
	ctx   context.Context
	now   func() time.Time
	here  map[string]bool
	mu    sync.Mutex
	store chat.Store
}

// onDesk runs a test on a desk, from a moment on.
func onDesk(t *testing.T, at string, opts *chat.Options, test func(d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		from, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if opts == nil {
			opts = &chat.Options{}
		}
		opts.Now = func() time.Time { return from.Add(time.Since(began)) }
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		d := &desk{T: t, ctx: ctx, now: opts.Now, here: map[string]bool{}, store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
		d.Service = chat.New(d.store, opts)
		defer d.Close()
		go d.Service.Run(ctx)
		go beat(ctx, d.stay)
		test(d)
	})
}

// anotherNode runs beside the desk, on the same store.
func (d *desk) anotherNode() *chat.Service {
	node := chat.New(d.store, &chat.Options{Now: d.now})
	go node.Run(d.ctx)
	return node
}

// beat calls f again and again, as a stream gives a sign of life.
func beat(ctx context.Context, f func()) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		f()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// stay has everybody who is there give a sign of life.
func (d *desk) stay() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.here {
		d.Touch(d.ctx, chat.AsAgent(chat.Agent{ID: id, Name: id}))
	}
}

// rules changes how sessions are routed.
func (d *desk) rules(change func(*chat.Settings)) {
	d.Helper()
	s, err := d.CurrentSettings(d.ctx)
	if err == nil {
		s.Version = 0
		change(&s)
		_, err = d.SaveSettings(d.ctx, host, s)
	}
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) roundRobin(capacity int) {
	d.Helper()
	d.rules(func(s *chat.Settings) { s.Routing.Mode, s.Routing.Capacity = chat.RouteRoundRobin, capacity })
}

// come signs agents in as available, and leave has them go without a word.
func (d *desk) come(ids ...string) {
	d.Helper()
	for _, id := range ids {
		agent, err := d.EnsureAgent(d.ctx, chat.Agent{ID: id, Name: id})
		if err == nil {
			_, err = d.SetAvailability(d.ctx, chat.AsAgent(agent), chat.Available)
		}
		if err != nil {
			d.Fatal(err)
		}
		d.mu.Lock()
		d.here[id] = true
		d.mu.Unlock()
	}
	d.stay()
	time.Sleep(time.Second)
}

func (d *desk) leave(id string) {
	d.mu.Lock()
	delete(d.here, id)
	d.mu.Unlock()
}

// asks starts a session of a visitor, of a new one if by is nobody.
func (d *desk) asks(by chat.Actor, department string) (chat.Actor, string) {
	d.Helper()
	if !by.IsVisitor() {
		by, _ = newVisitor(d.T, d.Service)
	}
	started, err := d.CreateSession(d.ctx, by, chat.NewSession{Message: "Hello", Department: department})
	if err != nil {
		d.Fatal(err)
	}
	time.Sleep(time.Second) // the router looks
	return by, started.Session.ID
}

func (d *desk) session(id string) chat.Session {
	d.Helper()
	s, err := d.Session(d.ctx, host, id)
	if err != nil {
		d.Fatal(err)
	}
	return s
}

// has checks who has the sessions, in their order; "" is nobody.
func (d *desk) has(what string, ids []string, want ...string) {
	d.Helper()
	got := make([]string, len(ids))
	for i, id := range ids {
		got[i] = d.session(id).AssigneeID
	}
	if !slices.Equal(got, want) {
		d.Errorf("%s: %q, want %q", what, got, want)
	}
}

// many starts sessions, each of a visitor of its own.
func (d *desk) many(n int, department string) (ids []string) {
	for range n {
		_, id := d.asks(chat.Actor{}, department)
		ids = append(ids, id)
	}
	return ids
}
