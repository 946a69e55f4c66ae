package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/brokertest"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// service runs one more node on a database.
func service(t testing.TB, dsn string, opts chat.Options) *chat.Service {
	t.Helper()
	opts.Logger = quiet.Logger
	svc := chat.New(mustOpen(t, dsn), &opts)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { svc.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		svc.Close()
	})
	return svc
}

// TestNodes: whoever makes nothing but services over stores on one schema has
// nodes that hear of each other.
func TestNodes(t *testing.T) {
	dsn := pgtest.Database(t)
	brokertest.Services(t, func(t *testing.T) *chat.Service { return service(t, dsn, chat.Options{}) })
}

// newNodes runs three nodes by a clock of the test's own.
func newNodes(t *testing.T) (list []*chat.Service, store *Store, forward func(time.Duration)) {
	t.Helper()
	dsn := pgtest.Database(t)
	store = mustOpen(t, dsn)
	var ahead atomic.Int64
	for range 3 {
		list = append(list, service(t, dsn, chat.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}))
	}
	return list, store, func(d time.Duration) { ahead.Add(int64(d)) }
}

func saveRouting(t *testing.T, svc *chat.Service, routing chat.Routing) {
	t.Helper()
	settings, err := svc.Settings(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	settings.Routing = routing
	if _, err := svc.SaveSettings(t.Context(), shop, settings); err != nil {
		t.Fatal(err)
	}
}

// TestOneClaimWins: of agents who take a session on several nodes one gets it.
func TestOneClaimWins(t *testing.T) {
	list, _, _ := newNodes(t)
	for round := range 20 {
		started, err := list[round%3].CreateSession(t.Context(), shop, chat.NewSession{VisitorName: "Ines"})
		if err != nil {
			t.Fatal(err)
		}
		var won atomic.Int64
		var group sync.WaitGroup
		for i, svc := range list {
			group.Go(func() {
				agent, err := svc.EnsureAgent(t.Context(), chat.Agent{ID: fmt.Sprint("agent", i)})
				if err == nil {
					_, err = svc.ClaimSession(t.Context(), chat.AsAgent(agent), started.Session.ID)
				}
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, chat.ErrConflict):
					t.Errorf("a claim failed with %v", err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d agents have one session", won.Load())
		}
	}
}

// TestCapsOverNodes: a visitor who opens sessions on all nodes at once has no
// more than one node would let them have.
func TestCapsOverNodes(t *testing.T) {
	list, _, _ := newNodes(t)
	welcome, err := list[0].Hello(t.Context(), chat.Hello{})
	if err != nil {
		t.Fatal(err)
	}
	var opened atomic.Int64
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			_, err := list[i%3].CreateSession(t.Context(), chat.AsVisitor(welcome.Visitor), chat.NewSession{})
			if err == nil {
				opened.Add(1)
			} else if !errors.As(err, new(*chat.Error)) {
				t.Errorf("CreateSession: %v", err)
			}
		})
	}
	group.Wait()
	if limit := int64(list[0].Limits().OpenSessions); opened.Load() != limit {
		t.Errorf("%d sessions were opened, want %d", opened.Load(), limit)
	}
}

// TestQueueOverNodes: with agents on two nodes and visitors on three, nobody
// gets more than they have room for, nothing waits while somebody has room,
// and who waits has one place in the queue, whichever node they ask.
func TestQueueOverNodes(t *testing.T) {
	t.Parallel() // it mostly waits
	const capacity, sessions = 4, 10
	list, _, _ := newNodes(t)
	saveRouting(t, list[0], chat.Routing{Mode: chat.RouteRoundRobin, Capacity: capacity, MissedAfterMinutes: 5})
	for i, svc := range list[:2] {
		if _, err := svc.EnsureAgent(t.Context(), chat.Agent{ID: fmt.Sprint("agent", i)}); err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	ids := make([]string, sessions)
	for i := range sessions {
		group.Go(func() {
			welcome, err := list[i%3].Hello(t.Context(), chat.Hello{})
			if err != nil {
				t.Error(err)
				return
			}
			visitor := chat.AsVisitor(welcome.Visitor)
			list[i%3].Touch(t.Context(), visitor)
			started, err := list[i%3].CreateSession(t.Context(), visitor, chat.NewSession{Message: "Hello"})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = started.Session.ID
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	eventually(t, "eight sessions are given out and two wait in one order on all nodes", func() bool {
		open := map[string]int{}
		places := [3]map[int64]int{}
		for n, svc := range list {
			places[n] = map[int64]int{}
			for _, id := range ids {
				session, err := svc.Session(t.Context(), shop, id)
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					open[session.AssigneeID]++
				}
				if session.QueuePosition > 0 {
					places[n][int64(session.QueuePosition)]++
				}
			}
			for agent, count := range open {
				if agent != "" && count > capacity {
					t.Fatalf("%s has %d sessions, and room for %d", agent, count, capacity)
				}
			}
		}
		done := open["agent0"] == capacity && open["agent1"] == capacity && open[""] == sessions-2*capacity
		for _, p := range places {
			done = done && len(p) == 2 && p[1] == 1 && p[2] == 1
		}
		return done
	})
}

// TestOneAutoClose: every node looks for idle sessions, and each is closed
// once.
func TestOneAutoClose(t *testing.T) {
	t.Parallel()
	const sessions = 30
	list, store, forward := newNodes(t)
	saveRouting(t, list[0], chat.Routing{AutoCloseMinutes: 10})
	for i := range sessions {
		started, err := list[i%3].CreateSession(t.Context(), shop, chat.NewSession{VisitorName: "Ines"})
		if err == nil {
			_, err = list[i%3].SendMessage(t.Context(), shop, chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderAgent, Text: "Hello"})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sub, err := list[2].Subscribe(t.Context(), shop, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	forward(11 * time.Minute)
	closed := map[string]int{}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for len(closed) < sessions {
		events, err := sub.Next(ctx)
		if err != nil {
			t.Fatalf("%d of %d sessions were closed: %v", len(closed), sessions, err)
		}
		for _, e := range events {
			if e.Type == chat.EventSessionClosed {
				closed[e.SessionID]++
			}
		}
	}
	for _, svc := range list {
		svc.Close() // a slower one may still be about the same sessions
	}
	events, err := store.Events(t.Context(), chat.EventQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, e := range events {
		if e.Type == chat.EventSessionClosed {
			times[e.SessionID]++
		}
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("session %s was closed %d times", id, n)
		}
	}
}
