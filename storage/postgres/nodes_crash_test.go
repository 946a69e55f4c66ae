package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// crowd is services on several nodes, with writers and a listener on each.
type crowd struct {
	list     []*chat.Service
	sessions []string

	mu    sync.Mutex
	acked map[string]time.Time // by the text of a message: when it was acknowledged
	heard [][]string           // by each listener
	took  time.Duration        // the longest from the acknowledgement to the last listener
	gap   time.Duration        // the longest without an acknowledgement
	last  time.Time
}

// newCrowd starts services, each on a store that open makes.
func newCrowd(t *testing.T, nodes int, open func() *Store) *crowd {
	t.Helper()
	c := &crowd{acked: map[string]time.Time{}, heard: make([][]string, nodes)}
	for range nodes {
		svc := chat.New(open(), &chat.Options{Logger: quiet.Logger})
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { svc.Run(ctx) })
		t.Cleanup(func() { stop(); running.Wait(); svc.Close() })
		c.list = append(c.list, svc)
	}
	for range 20 {
		var started chat.StartedSession
		eventually(t, "a session can be started", func() (ok bool) {
			var err error
			started, err = c.list[0].CreateSession(t.Context(), shop, chat.NewSession{VisitorName: "Ines"})
			return err == nil
		})
		c.sessions = append(c.sessions, started.Session.ID)
	}
	return c
}

// listen follows the events on every node until it has heard as many messages
// as there are in total, once that is known. A stream that cannot be read just
// now is read on later.
func (c *crowd) listen(t *testing.T, total func() (n int, known bool)) *sync.WaitGroup {
	t.Helper()
	var group sync.WaitGroup
	for i, svc := range c.list {
		sub, err := svc.Subscribe(t.Context(), shop, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			defer sub.Close()
			for patience := 0; ; {
				if n, known := total(); known && c.count(i) >= n {
					return
				}
				wait, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
				events, err := sub.Next(wait)
				cancel()
				if c.hear(i, events); len(events) > 0 {
					patience = 0
				} else if patience++; patience > 300 {
					t.Errorf("node %d hears nothing any more: %v", i, err)
					return
				}
			}
		})
	}
	return &group
}

func (c *crowd) count(i int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.heard[i])
}

func (c *crowd) hear(i int, events []*chat.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		if m, ok := e.Data.(chat.Message); ok {
			c.heard[i] = append(c.heard[i], m.Text)
			if at, ok := c.acked[m.Text]; ok {
				c.took = max(c.took, time.Since(at))
			}
		}
	}
}

// write has writers on every node send messages until ctx ends. One whose fate
// is not known is sent again, with the same client id, until it is
// acknowledged.
func (c *crowd) write(ctx context.Context, t *testing.T, perNode int) *sync.WaitGroup {
	var group sync.WaitGroup
	for i, svc := range c.list {
		for w := range perNode {
			group.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					c.send(t, svc, fmt.Sprintf("%d.%d.%d", i, w, n))
				}
			})
		}
	}
	return &group
}

func (c *crowd) send(t *testing.T, svc *chat.Service, text string) {
	in := chat.NewMessage{SessionID: c.sessions[rand.IntN(len(c.sessions))], Sender: chat.SenderAgent, Text: text, ClientID: text}
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		_, err := svc.SendMessage(context.Background(), shop, in)
		if err == nil {
			break
		}
		if !errors.Is(err, chat.ErrUnavailable) && !errors.Is(err, errUndo) {
			t.Errorf("a writer was told %v", err)
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Errorf("message %s cannot be sent: %v", text, err)
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.last.IsZero() {
		c.gap = max(c.gap, now.Sub(c.last))
	}
	c.acked[text], c.last = now, now
}

// judge fails the test unless every listener has heard every message that was
// acknowledged, once, and all in one order.
func (c *crowd) judge(t *testing.T) {
	t.Helper()
	for i, heard := range c.heard {
		once := map[string]bool{}
		twice := 0
		for _, text := range heard {
			if once[text] {
				twice++
			}
			once[text] = true
		}
		missed := 0
		for text := range c.acked {
			if !once[text] {
				missed++
			}
		}
		if missed > 0 || twice > 0 || !slices.Equal(heard, c.heard[0]) {
			t.Errorf("node %d heard %d messages: it missed %d of %d, heard %d twice; in the same order as node 0: %v",
				i, len(heard), missed, len(c.acked), twice, slices.Equal(heard, c.heard[0]))
		}
	}
}

// run writes on all nodes while f does its worst, and judges.
func (c *crowd) run(t *testing.T, perNode int, f func()) {
	t.Helper()
	var total atomic.Int64
	total.Store(-1)
	listening := c.listen(t, func() (int, bool) { return int(total.Load()), total.Load() >= 0 })
	ctx, stop := context.WithCancel(t.Context())
	writing := c.write(ctx, t, perNode)
	f()
	stop()
	writing.Wait()
	c.mu.Lock()
	total.Store(int64(len(c.acked)))
	c.mu.Unlock()
	listening.Wait()
	c.judge(t)
}

// TestStreamsMissNothing: 32 writers on four nodes, 1 in 100 transactions late
// by up to 60 ms and 1 in 100 undone at its end, and everybody who listens
// hears everything.
func TestStreamsMissNothing(t *testing.T) {
	dsn := pgtest.Database(t)
	ending := func() error {
		switch rand.IntN(100) {
		case 0:
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		case 1:
			return errUndo
		}
		return nil
	}
	c := newCrowd(t, 4, func() *Store { return node(t, dsn, setup{ending: ending}) })
	c.run(t, 8, func() { time.Sleep(2 * time.Second) })
	t.Logf("%d messages to %d listeners each, missed 0; the longest way was %v", len(c.acked), len(c.list), c.took)
}

// TestStreamsUnderFire takes connections and the server away from three nodes
// that write and listen: the brokers' connections, all of them, and the server
// by orderly and by immediate shutdowns.
func TestStreamsUnderFire(t *testing.T) {
	t.Parallel() // it mostly waits
	cluster := ownCluster(t, pgtest.Config{Durable: true})
	c := newCrowd(t, 3, func() *Store { return mustOpen(t, cluster.DSN) })
	// goesOn waits until messages get through that were sent after now.
	goesOn := func() {
		t.Helper()
		c.mu.Lock()
		from := len(c.acked)
		c.mu.Unlock()
		eventually(t, "messages are written again", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.acked) >= from+20
		})
	}
	// soFar prints what was longest since it was last asked.
	soFar := func(after string, limit time.Duration) {
		c.mu.Lock()
		defer c.mu.Unlock()
		t.Logf("%s: longest gap between two acknowledgements %v, longest way after one %v", after, c.gap, c.took)
		if c.took > limit {
			t.Errorf("%s: a message was %v on its way", after, c.took)
		}
		c.gap, c.took = 0, 0
	}
	c.run(t, 4, func() {
		goesOn()
		for range 3 {
			execSQL(t, cluster.DSN, endListeners)
			goesOn()
		}
		soFar("listeners ended", 5*time.Second) // every half second a node looks at the log; the rest is for a busy machine
		for range 3 {
			execSQL(t, cluster.DSN, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
			goesOn()
		}
		soFar("all connections ended", 5*time.Second)
		for _, mode := range []string{"immediate", "fast", "immediate"} {
			if err := cluster.Stop(mode); err != nil {
				t.Fatal(err)
			}
			if err := cluster.Start(); err != nil {
				t.Fatal(err)
			}
			goesOn()
		}
	})
	soFar("the server restarted, its own time with it", 30*time.Second)
	t.Logf("%d messages to %d listeners each, missed 0", len(c.acked), len(c.list))
}
