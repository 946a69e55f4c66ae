package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// consumed takes down the messages that a consumer has handled.
type consumed struct {
	mu    sync.Mutex
	texts []string
	fail  func(text string) error
}

func (c *consumed) handle(_ context.Context, e *chat.Event) error {
	m, ok := e.Data.(chat.Message)
	if !ok || e.Type != chat.EventMessageSent {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		if err := c.fail(m.Text); err != nil {
			return err
		}
	}
	c.texts = append(c.texts, m.Text)
	return nil
}

func (c *consumed) got() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.texts, " ")
}

// consuming runs Consume until stop, which returns its error.
func consuming(svc *chat.Service, name string, f func(context.Context, *chat.Event) error) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- svc.Consume(ctx, name, f) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// inBubble runs a test with a service on a real database, in a bubble.
func inBubble(t *testing.T, test func(*testing.T, *chat.Service, chat.Session)) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		svc := chat.New(store, &chat.Options{Logger: silent()})
		defer store.Close()
		defer svc.Close()
		test(t, svc, newSession(t, svc))
	})
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestConsumerGoesOnWhereItWas(t *testing.T) {
	inBubble(t, func(t *testing.T, svc *chat.Service, s chat.Session) {
		var c consumed
		send(t, svc, host, s.ID, "before")
		stop := consuming(svc, "crm", c.handle)
		pass(time.Second)
		send(t, svc, host, s.ID, "one")
		pass(time.Second)
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		send(t, svc, host, s.ID, "two")
		stop = consuming(svc, "crm", c.handle)
		pass(time.Second)
		if got := c.got(); got != "one two" {
			t.Fatalf("handled %q", got)
		}
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		// A name that is forgotten starts anew, and so does another.
		if err := svc.DeleteConsumer(t.Context(), "crm"); err != nil {
			t.Fatal(err)
		}
		send(t, svc, host, s.ID, "between")
		var other consumed
		defer consuming(svc, "crm", c.handle)()
		defer consuming(svc, "other", other.handle)()
		pass(time.Second)
		send(t, svc, host, s.ID, "three")
		pass(time.Second)
		if a, b := c.got(), other.got(); a != "one two three" || b != "three" {
			t.Fatalf("handled %q and %q", a, b)
		}
	})
}

func TestConsumerTriesAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, svc *chat.Service, s chat.Session) {
		var mu sync.Mutex
		var at []time.Duration
		tries := func() []time.Duration { mu.Lock(); defer mu.Unlock(); return slices.Clone(at) }
		start := time.Now()
		c := consumed{fail: func(text string) error {
			if text == "bad" && time.Since(start) < 5*time.Minute {
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Since(start))
				return errors.New("not now")
			}
			return nil
		}}
		defer consuming(svc, "crm", c.handle)()
		pass(time.Second)
		send(t, svc, host, s.ID, "good")
		send(t, svc, host, s.ID, "bad")
		send(t, svc, host, s.ID, "behind")
		pass(4 * time.Minute)
		if got := c.got(); got != "good" {
			t.Fatalf("handled %q", got)
		}
		seen := tries()
		for i := 2; i < len(seen); i++ {
			if wait := seen[i] - seen[i-1]; wait > 61*time.Second || wait < seen[i-1]-seen[i-2]-time.Second {
				t.Fatalf("tried at %v", seen)
			}
		}
		pass(3 * time.Minute)
		if got, n := c.got(), len(tries()); got != "good bad behind" || n < 5 {
			t.Fatalf("handled %q after %d tries", got, n)
		}
	})
}

// Of two consumers with one name one works; the other takes over.
func TestConsumersTakeTurns(t *testing.T) {
	inBubble(t, func(t *testing.T, svc *chat.Service, s chat.Session) {
		var a, b consumed
		stop := consuming(svc, "crm", a.handle)
		pass(time.Second)
		defer consuming(svc, "crm", b.handle)()
		for i := range 3 {
			send(t, svc, host, s.ID, fmt.Sprint(i))
			pass(time.Minute)
		}
		if x, y := a.got(), b.got(); x != "0 1 2" || y != "" {
			t.Fatalf("handled %q and %q", x, y)
		}
		stop()
		send(t, svc, host, s.ID, "3")
		pass(2 * time.Second)
		if x, y := a.got(), b.got(); x != "0 1 2" || y != "3" {
			t.Fatalf("handled %q and %q", x, y)
		}
	})
}

// While a function takes its time nobody else gets the same events.
func TestSlowConsumerKeepsItsPlace(t *testing.T) {
	inBubble(t, func(t *testing.T, svc *chat.Service, s chat.Session) {
		var a, b consumed
		a.fail = func(string) error { time.Sleep(10 * time.Minute); return nil }
		stop := consuming(svc, "crm", a.handle)
		pass(time.Second)
		defer consuming(svc, "crm", b.handle)()
		send(t, svc, host, s.ID, "slow")
		pass(11 * time.Minute)
		if x, y := a.got(), b.got(); x != "slow" || y != "" {
			t.Fatalf("handled %q and %q", x, y)
		}
		stop()
	})
}

// mortal is a store that a process loses when it dies.
type mortal struct {
	chat.Store
	dead atomic.Bool
}

func (m *mortal) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	if m.dead.Load() {
		return nil, errors.New("this process is dead")
	}
	return m.Store.Append(ctx, ops)
}

// Whoever follows a consumer that died waits until its hold ends, and gets
// again what it had handled and not noted.
func TestConsumerOfTheDeadIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		defer store.Close()
		first := &mortal{Store: store}
		svc := chat.New(first, &chat.Options{Logger: silent()})
		s := newSession(t, svc)
		var a, b consumed
		stop := consuming(svc, "crm", a.handle)
		pass(time.Second)
		send(t, svc, host, s.ID, "one")
		pass(time.Second)
		a.fail = func(text string) error {
			first.dead.Store(text == "two")
			return nil
		}
		send(t, svc, host, s.ID, "two")
		pass(time.Second)
		stop()
		svc.Close()
		if a.got() != "one two" {
			t.Fatalf("handled %q", a.got())
		}

		svc = chat.New(store, &chat.Options{Logger: silent()})
		defer svc.Close()
		defer consuming(svc, "crm", b.handle)()
		pass(20 * time.Second)
		if b.got() != "" {
			t.Fatalf("handled %q while the first one held the name", b.got())
		}
		pass(15 * time.Second)
		if b.got() != "two" {
			t.Fatalf("handled %q", b.got())
		}
	})
}

func TestConsumerThatWasAwayTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		defer store.Close()
		svc := chat.New(store, &chat.Options{Logger: silent(), EventRetention: time.Hour})
		defer svc.Close()
		s := newSession(t, svc)
		var c consumed
		stop := consuming(svc, "crm", c.handle)
		pass(time.Second)
		send(t, svc, host, s.ID, "one")
		pass(time.Second)
		stop()
		send(t, svc, host, s.ID, "lost")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go svc.Run(ctx)
		pass(3 * time.Hour)
		if err := svc.Consume(t.Context(), "crm", c.handle); !errors.Is(err, chat.ErrCursorLost) {
			t.Fatal(err)
		}
		if err := svc.DeleteConsumer(t.Context(), "crm"); err != nil {
			t.Fatal(err)
		}
		defer consuming(svc, "crm", c.handle)()
		pass(time.Second)
		send(t, svc, host, s.ID, "two")
		pass(time.Second)
		if got := c.got(); got != "one two" {
			t.Fatalf("handled %q", got)
		}
		cancel()
	})
}

func TestConsumerEndsWithTheService(t *testing.T) {
	inBubble(t, func(t *testing.T, svc *chat.Service, s chat.Session) {
		ended := make(chan error, 1)
		go func() {
			ended <- svc.Consume(context.Background(), "crm", func(context.Context, *chat.Event) error { return nil })
		}()
		pass(time.Second)
		svc.Close()
		if err := <-ended; !errors.Is(err, chat.ErrClosed) {
			t.Fatal(err)
		}
		if err := svc.Consume(t.Context(), " ", nil); !errors.Is(err, chat.ErrInvalid) {
			t.Fatal(err)
		}
	})
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }
