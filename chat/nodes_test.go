package chat_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/brokertest"
)

// cluster makes services on nodes that a bus connects.
type cluster struct {
	store chat.Store
	bus   chat.Bus
}

func newCluster(t *testing.T) *cluster {
	return &cluster{store: sharedStore{openStore(t, filepath.Join(t.TempDir(), "chat.db"))}}
}

// node runs one more service. What it returns stops it, as a crash would.
func (c *cluster) node(t *testing.T, opts chat.Options) (svc *chat.Service, kill func()) {
	opts.Broker = c.bus.Broker()
	svc = chat.New(c.store, &opts)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { svc.Run(ctx) })
	kill = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(func() { kill(); svc.Close() })
	return svc, kill
}

func TestNodes(t *testing.T) {
	c := newCluster(t)
	brokertest.Services(t, func(t *testing.T) *chat.Service {
		svc, _ := c.node(t, chat.Options{})
		return svc
	})
}

// next returns what a subscription hears next, and how long that takes.
func next(t *testing.T, sub *chat.Subscription) (*chat.Event, time.Duration) {
	t.Helper()
	began := time.Now()
	events, err := sub.Next(t.Context())
	if err != nil || len(events) != 1 {
		t.Fatalf("heard %v, %v", events, err)
	}
	return events[0], time.Since(began)
}

// TestNodesAtOnce: with a broker nobody waits for the next look at the log.
func TestNodesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		a, _ := c.node(t, chat.Options{})
		b, kill := c.node(t, chat.Options{})
		synctest.Wait()
		session := newSession(t, a)
		sub, err := b.Subscribe(t.Context(), host, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		for range 3 {
			time.Sleep(time.Minute + 7*time.Millisecond)
			m := send(t, a, host, session.ID, "Hello")
			if e, took := next(t, sub); e.Data.(chat.Message).ID != m.ID || took != 0 {
				t.Errorf("heard %+v after %v", e.Data, took)
			}
		}
		kill()
	})
}

// TestNodesShowWhereVisitorsAre: what a visitor has just looked at by way of one
// node is soon in the lists of another.
func TestNodesShowWhereVisitorsAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		opts := chat.Options{Tracking: chat.Tracking{On: true}}
		a, killA := c.node(t, opts)
		b, killB := c.node(t, opts)
		synctest.Wait()
		began := time.Now()
		visitor, _ := newVisitor(t, a)
		_, err := a.ReportPresence(t.Context(), visitor, chat.Presence{Page: &chat.PageRef{URL: "https://shop.example/vases"}})
		if err != nil {
			t.Fatal(err)
		}
		for {
			found, err := b.Visitors(t.Context(), host, chat.Page{}, chat.VisitorFilter{Online: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(found.Visitors) == 1 && found.Visitors[0].Visit != nil {
				break
			}
			if time.Since(began) > time.Second { // the console reads its list that long after somebody has come
				t.Fatalf("after a second the other node finds %+v", found.Visitors)
			}
			time.Sleep(10 * time.Millisecond)
		}
		killB()
		killA()
	})
}

// TestNodeAlone: a node that hears of no other tells nobody anything.
func TestNodeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		a, _ := c.node(t, chat.Options{})
		other := c.bus.Broker()
		var mu sync.Mutex
		var heard []chat.Hint
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			other.Run(ctx, func(h chat.Hint) {
				mu.Lock()
				defer mu.Unlock()
				heard = append(heard, h)
			})
		})
		b, kill := c.node(t, chat.Options{})
		session := newSession(t, a)
		synctest.Wait()
		kill()
		b.Close()
		count := func() (positions, data int) {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			for _, h := range heard {
				if h.Position > 0 {
					positions++
				}
				if len(h.Data) > 0 && !strings.Contains(string(h.Data), `{"node":`) {
					t.Errorf("heard %s", h.Data)
				}
			}
			data, heard = len(heard)-positions, nil
			return positions, data
		}
		send(t, a, host, session.ID, "One")
		if n, _ := count(); n == 0 {
			t.Error("a node that was heard of just now is told nothing")
		}
		time.Sleep(time.Minute)
		count()
		send(t, a, host, session.ID, "Two")
		a.Typing(t.Context(), host, session.ID, true)
		if n, m := count(); n != 0 || m != 0 {
			t.Errorf("with nobody else there %d positions and %d notes were sent", n, m)
		}
		cancel()
		running.Wait()
	})
}

// TestNodeDies: whoever was on a node that stops without a word is missed.
func TestNodeDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		a, _ := c.node(t, chat.Options{})
		b, kill := c.node(t, chat.Options{})
		synctest.Wait()
		visitor, _ := newVisitor(t, a)
		mara, err := b.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara"})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 { // as a stream does at each heartbeat
			time.Sleep(15 * time.Second)
			synctest.Wait()
			a.Touch(t.Context(), visitor)
			b.Touch(t.Context(), chat.AsAgent(mara))
			if !a.Online(t.Context()) || !b.Online(t.Context()) {
				t.Fatal("an agent who gives signs of life is taken for gone")
			}
		}
		sub, err := a.Subscribe(t.Context(), visitor, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		kill()
		e, took := next(t, sub)
		if team, ok := e.Data.(chat.TeamPresence); !ok || team.Online || took > 100*time.Second {
			t.Errorf("after %v the visitor hears %+v", took, e.Data)
		}
	})
}

// TestNodesTellMuch: what is too long for one hint is cut, not lost.
func TestNodesTellMuch(t *testing.T) {
	c := newCluster(t)
	a, _ := c.node(t, chat.Options{Tracking: chat.Tracking{On: true, KeepQuery: []string{"q"}}})
	b, _ := c.node(t, chat.Options{})
	visitor, _ := newVisitor(t, a)
	session, err := a.CreateSession(t.Context(), visitor, chat.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	settings, err := a.Settings(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	settings.TypingPreview = true
	if _, err := a.SaveSettings(t.Context(), host, settings); err != nil {
		t.Fatal(err)
	}
	// Many people, so that they do not fit into one note.
	var people []chat.Actor
	for range 150 {
		one, _ := newVisitor(t, a)
		a.Touch(t.Context(), one)
		people = append(people, one)
	}
	online := func(svc *chat.Service) int {
		n := 0
		for _, one := range people {
			v, err := svc.Visitor(t.Context(), host, one.ID())
			if err != nil {
				t.Fatal(err)
			}
			if v.Online {
				n++
			}
		}
		return n
	}
	until := time.Now().Add(20 * time.Second)
	late, _ := c.node(t, chat.Options{})
	for online(b) < len(people) || online(late) < len(people) {
		if time.Now().After(until) {
			t.Fatalf("the other nodes know of %d and %d of %d visitors", online(b), online(late), len(people))
		}
	}
	sub, err := b.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for _, text := range []string{strings.Repeat("<", 3990) + " the end", strings.Repeat("日本", 1990) + " the end", strings.Repeat("x", 3990) + " the end"} {
		if err := a.TypingPreview(t.Context(), visitor, session.Session.ID, true, text); err != nil {
			t.Fatal(err)
		}
		e := wanted(t, sub, chat.EventTyping)
		preview, cut := strings.CutPrefix(e.Data.(chat.Typing).Preview, "…")
		if !strings.HasSuffix(text, preview) || len(preview) < 300 || cut != (preview != text) {
			t.Errorf("the agent is shown %d bytes: %.20q…", len(preview), preview)
		}
	}
	long := "https://shop.example/?q=" + strings.Repeat("%E6%97%A5", 200)
	if err := a.AddPageView(t.Context(), visitor, chat.Presence{Page: &chat.PageRef{URL: long, Title: strings.Repeat("日", 500), Referrer: long}}); err != nil {
		t.Fatal(err)
	}
	if page := wanted(t, sub, chat.EventVisitorPage).Data.(chat.PageVisit); page.Page.URL != long || page.VisitorID != visitor.ID() {
		t.Errorf("the agent is told of %+v", page)
	}
}

// wanted returns the next event of a type.
func wanted(t *testing.T, sub *chat.Subscription, kind string) *chat.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		events, err := sub.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		if i := slices.IndexFunc(events, func(e *chat.Event) bool { return e.Type == kind }); i >= 0 {
			return events[i]
		}
	}
}

// TestRelay carries what packages around the service have to tell each other.
func TestRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		a, _ := c.node(t, chat.Options{})
		b, _ := c.node(t, chat.Options{})
		synctest.Wait()
		var heard []string
		b.OnRelay("ours", func(data []byte) { heard = append(heard, string(data)) })
		a.OnRelay("ours", func(data []byte) { t.Errorf("a node hears itself: %s", data) })
		a.Relay("ours", []byte("one\x00\xff"))
		a.Relay("others", []byte("two"))
		a.Relay("ours", make([]byte, 5000))
		synctest.Wait()
		if len(heard) != 2 || heard[0] != "one\x00\xff" || len(heard[1]) != 5000 {
			t.Errorf("heard %.20q", heard)
		}
	})
}
