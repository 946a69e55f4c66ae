// Package brokertest tests implementations of chat.Broker.
package brokertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// wait bounds how long something may take that has no reason to take long.
const wait = 20 * time.Second

// Config says what to test.
type Config struct {
	// New sets up what connects nodes, apart from all others, and returns a
	// function that makes the broker of one more node.
	New func(t *testing.T) (node func() chat.Broker)

	// Interrupt, if not nil, breaks the connections of all nodes that the
	// latest call of New has made, and has them possible again before it returns.
	Interrupt func(t *testing.T)
}

// Run runs all tests.
func Run(t *testing.T, cfg Config) {
	t.Run("Deliver", func(t *testing.T) { testDeliver(t, cfg) })
	t.Run("Position", func(t *testing.T) { testPosition(t, cfg) })
	t.Run("Data", func(t *testing.T) { testData(t, cfg) })
	t.Run("Concurrently", func(t *testing.T) { testConcurrently(t, cfg) })
	t.Run("NotRunning", func(t *testing.T) { testNotRunning(t, cfg) })
	t.Run("NeverBlock", func(t *testing.T) { testNeverBlock(t, cfg) })
	t.Run("Apart", func(t *testing.T) { testApart(t, cfg) })
	if cfg.Interrupt != nil {
		t.Run("Interrupt", func(t *testing.T) { testInterrupt(t, cfg) })
	}
}

// node is a running broker and what it has received.
type node struct {
	chat.Broker
	stop func() error // returns what Run has returned

	mu      sync.Mutex
	heard   []chat.Hint
	missed  int // zero hints
	waiting chan struct{}
}

// start runs a broker and waits until it hears the others.
func start(t *testing.T, b chat.Broker) *node {
	t.Helper()
	n := &node{Broker: b, waiting: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, n.receive) }()
	n.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(wait):
			t.Error("Run did not return when its context ended")
			return nil
		}
	})
	t.Cleanup(func() { n.stop() })
	n.until(t, "the zero Hint at the start", func() bool { return n.missed > 0 })
	return n
}

func (n *node) receive(h chat.Hint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if h.Position == 0 && len(h.Data) == 0 {
		n.missed++
	} else {
		h.Data = append([]byte(nil), h.Data...)
		n.heard = append(n.heard, h)
	}
	select {
	case n.waiting <- struct{}{}:
	default:
	}
}

// until waits for something that is looked for with the mutex held.
func (n *node) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.NewTimer(wait)
	defer end.Stop()
	for {
		n.mu.Lock()
		done := ok()
		n.mu.Unlock()
		if done {
			return
		}
		select {
		case <-n.waiting:
		case <-end.C:
			t.Fatalf("it did not come to this: %s; heard %d hints", what, len(n.heard))
		}
	}
}

// data returns the data that was heard of, in order. It is called with the
// mutex held.
func (n *node) data(prefix string) (list []string) {
	for _, h := range n.heard {
		if strings.HasPrefix(string(h.Data), prefix) {
			list = append(list, string(h.Data))
		}
	}
	return list
}

func (n *node) hears(t *testing.T, data string) {
	t.Helper()
	n.until(t, fmt.Sprintf("hearing %.40q", data), func() bool {
		for _, h := range n.heard {
			if string(h.Data) == data {
				return true
			}
		}
		return false
	})
}

func starts(t *testing.T, cfg Config, count int) (list []*node) {
	t.Helper()
	broker := cfg.New(t)
	for range count {
		list = append(list, start(t, broker()))
	}
	return list
}

func testDeliver(t *testing.T, cfg Config) { Deliver(t, 3, cfg.New(t)) }

// Deliver is the first of the tests, for itself: each of the nodes hears what
// the others say, once.
func Deliver(t *testing.T, nodes int, broker func() chat.Broker) {
	t.Helper()
	var list []*node
	for range nodes {
		list = append(list, start(t, broker()))
	}
	for i, from := range list {
		text := fmt.Sprint("from ", i)
		from.Publish(chat.Hint{Data: []byte(text)})
		for j, to := range list {
			if i != j {
				to.hears(t, text)
			}
		}
	}
	for i, n := range list {
		n.mu.Lock()
		for j := range list {
			if times := len(n.data(fmt.Sprint("from ", j))); i != j && times != 1 {
				t.Errorf("node %d heard what node %d said %d times", i, j, times)
			}
		}
		n.mu.Unlock()
	}
}

func testPosition(t *testing.T, cfg Config) {
	list := starts(t, cfg, 2)
	const last = 1 << 53
	for _, p := range []chat.Position{1, 2, 70, last} {
		list[0].Publish(chat.Hint{Position: p})
	}
	list[0].Publish(chat.Hint{Position: 3, Data: []byte("both")})
	list[1].hears(t, "both")
	list[1].until(t, "hearing of the greatest position", func() bool {
		for _, h := range list[1].heard {
			if h.Position == last {
				return true
			}
		}
		return false
	})
}

// testData sends what an encoding might trip over.
func testData(t *testing.T, cfg Config) {
	list := starts(t, cfg, 2)
	for _, text := range []string{
		"x", " ", "\n", "'", `"\`, "7:seven", "a\nb\r\n\tc", "\x01\x7f", "Grüße, 你好, 🙂", `{"json":["yes"]}`, "$1 %s ?",
		strings.Repeat("x", chat.MaxHint), strings.Repeat("é", chat.MaxHint/2),
	} {
		list[0].Publish(chat.Hint{Data: []byte(text)})
		list[1].hears(t, text)
	}
}

func testConcurrently(t *testing.T, cfg Config) {
	const publishers, each = 4, 40
	list := starts(t, cfg, 3)
	var group sync.WaitGroup
	for i, from := range list {
		for p := range publishers {
			group.Go(func() {
				for n := range each {
					from.Publish(chat.Hint{Position: chat.Position(n + 1), Data: fmt.Appendf(nil, "%d.%d.%d", i, p, n)})
				}
			})
		}
	}
	group.Wait()
	for j, to := range list {
		for i := range list {
			for p := range publishers {
				if i == j {
					continue
				}
				prefix := fmt.Sprintf("%d.%d.", i, p)
				to.until(t, "hearing all", func() bool { return len(to.data(prefix)) >= each })
				to.mu.Lock()
				for n, got := range to.data(prefix) {
					if want := fmt.Sprint(prefix, n); got != want {
						t.Errorf("node %d heard %q where %q belongs", j, got, want)
						break
					}
				}
				to.mu.Unlock()
			}
		}
	}
}

func testNotRunning(t *testing.T, cfg Config) {
	broker := cfg.New(t)
	quiet := broker()
	quiet.Publish(chat.Hint{Position: 1, Data: []byte("before")})
	a, b := start(t, broker()), start(t, quiet)
	b.Publish(chat.Hint{Data: []byte("running")})
	a.hears(t, "running")
	if err := b.stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v, want the error of its context", err)
	}
	b.Publish(chat.Hint{Position: 2, Data: []byte("after")})
	a.Publish(chat.Hint{Data: []byte("nobody hears")})
	again := start(t, quiet)
	again.Publish(chat.Hint{Data: []byte("again")})
	a.hears(t, "again")
	a.Publish(chat.Hint{Data: []byte("back")})
	again.hears(t, "back")
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, text := range []string{"before", "after"} {
		if len(a.data(text)) > 0 {
			t.Errorf("what was published %s it ran was sent", text)
		}
	}
}

// testNeverBlock publishes far more than can be sent, and then something that
// must get through.
func testNeverBlock(t *testing.T, cfg Config) {
	list := starts(t, cfg, 2)
	big := []byte(strings.Repeat("x", chat.MaxHint))
	for i := range 4000 {
		list[0].Publish(chat.Hint{Position: chat.Position(i + 1), Data: big})
	}
	end := time.Now().Add(wait)
	for i := 0; ; i++ {
		text := fmt.Sprint("later ", i)
		list[0].Publish(chat.Hint{Data: []byte(text)})
		time.Sleep(50 * time.Millisecond) // it may be dropped while the others are being sent
		list[1].mu.Lock()
		heard := len(list[1].data("later")) > 0
		list[1].mu.Unlock()
		if heard {
			return
		}
		if time.Now().After(end) {
			t.Fatal("after too many hints nothing gets through any more")
		}
	}
}

// testApart: chats that have nothing to do with each other do not hear each other.
func testApart(t *testing.T, cfg Config) {
	one, two := starts(t, cfg, 2), starts(t, cfg, 2)
	one[0].Publish(chat.Hint{Data: []byte("one")})
	two[0].Publish(chat.Hint{Data: []byte("two")})
	one[1].hears(t, "one")
	two[1].hears(t, "two")
	one[0].Publish(chat.Hint{Data: []byte("end")})
	two[0].Publish(chat.Hint{Data: []byte("end")})
	one[1].hears(t, "end")
	two[1].hears(t, "end")
	one[1].mu.Lock()
	defer one[1].mu.Unlock()
	two[1].mu.Lock()
	defer two[1].mu.Unlock()
	if len(one[1].data("two"))+len(two[1].data("one")) > 0 {
		t.Error("two chats hear each other")
	}
}

// testInterrupt: after an interruption each node is told that it may have
// missed something, and then hears again.
func testInterrupt(t *testing.T, cfg Config) {
	list := starts(t, cfg, 3)
	for round := range 2 {
		cfg.Interrupt(t)
		for _, n := range list {
			n.until(t, "the zero Hint after an interruption", func() bool { return n.missed > round+1 })
		}
		// A node may hear again before it can speak again.
		for i, from := range list {
			said := fmt.Sprintf("round %d from %d ", round, i)
			end := time.Now().Add(wait)
			for n := 0; ; n++ {
				from.Publish(chat.Hint{Data: fmt.Append(nil, said, n)})
				time.Sleep(20 * time.Millisecond)
				if everybodyElse(list, from, said) {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("after an interruption node %d is not heard", i)
				}
			}
		}
	}
}

func everybodyElse(list []*node, from *node, said string) bool {
	for _, n := range list {
		n.mu.Lock()
		heard := len(n.data(said)) > 0
		n.mu.Unlock()
		if n != from && !heard {
			return false
		}
	}
	return true
}
