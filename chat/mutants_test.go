package chat_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/brokertest"
)

// What is wrong on purpose here must be noticed by the tests that it is for.

// brokenLog is a store that does something to each part of the log with more
// than two events in it.
type brokenLog struct {
	chat.Store
	wrong func([]*chat.Event) []*chat.Event
}

func (s brokenLog) Events(ctx context.Context, q chat.EventQuery) ([]*chat.Event, error) {
	events, err := s.Store.Events(ctx, q)
	if err == nil && len(events) > 2 {
		events = s.wrong(append([]*chat.Event(nil), events...))
	}
	return events, err
}

func TestSubscriptionsHaveTeeth(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]func([]*chat.Event) []*chat.Event{
		"one is left out":  func(e []*chat.Event) []*chat.Event { return append(e[:1], e[2:]...) },
		"two are turned":   func(e []*chat.Event) []*chat.Event { e[0], e[1] = e[1], e[0]; return e },
		"the end is wrong": func(e []*chat.Event) []*chat.Event { return append(e[:len(e)-2], e[len(e)-1]) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := brokenLog{openStore(t, filepath.Join(t.TempDir(), "chat.db")), wrong}
			if problems := subscribeWhileOthersWrite(t, store); len(problems) == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}

// eagerStore moves a consumer's cursor to the end of the log whenever it is
// held: before the consumer has handled what lies there.
type eagerStore struct{ chat.Store }

func (s eagerStore) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	for i, op := range ops {
		if hold, ok := op.(chat.OpHoldCursor); ok {
			log, err := s.Store.Log(ctx)
			if err != nil {
				return nil, err
			}
			hold.To = log.Head
			ops[i] = hold
		}
	}
	return s.Store.Append(ctx, ops)
}

// consumeOverAFailure has a consumer fail at "two" and end, and another take
// its place. It returns what was handled.
func consumeOverAFailure(t *testing.T, wrap func(chat.Store) chat.Store) string {
	store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
	svc := chat.New(wrap(store), &chat.Options{Logger: silent()})
	t.Cleanup(func() { svc.Close() })
	s := newSession(t, svc)
	failed := make(chan struct{}, 1)
	c := consumed{fail: func(text string) error {
		if text == "two" {
			select {
			case failed <- struct{}{}:
			default:
			}
			return errors.New("not now")
		}
		return nil
	}}
	began := make(chan struct{})
	stop := consuming(svc, "crm", func(ctx context.Context, e *chat.Event) error {
		if m, ok := e.Data.(chat.Message); ok && m.Text == "begun" {
			select {
			case <-began:
			default:
				close(began)
			}
			return nil
		}
		return c.handle(ctx, e)
	})
	for waiting := true; waiting; { // until the consumer has its place in the log
		send(t, svc, host, s.ID, "begun")
		select {
		case <-began:
			waiting = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	send(t, svc, host, s.ID, "one")
	send(t, svc, host, s.ID, "two")
	<-failed
	stop()
	c.mu.Lock()
	c.fail = nil
	c.mu.Unlock()
	last := make(chan struct{})
	defer consuming(svc, "crm", func(ctx context.Context, e *chat.Event) error {
		if m, ok := e.Data.(chat.Message); ok && m.Text == "last" {
			select {
			case <-last:
			default:
				close(last)
			}
			return nil
		} else if ok && m.Text == "begun" {
			return nil
		}
		return c.handle(ctx, e)
	})()
	for {
		send(t, svc, host, s.ID, "last")
		select {
		case <-last:
			return c.got()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestConsumerHasTeeth(t *testing.T) {
	if got := consumeOverAFailure(t, func(s chat.Store) chat.Store { return s }); got != "one two" {
		t.Errorf("handled %q, want %q", got, "one two")
	}
	if got := consumeOverAFailure(t, func(s chat.Store) chat.Store { return eagerStore{s} }); strings.Contains(got, "two") {
		t.Errorf("a cursor that moves before anything is handled lost nothing: %q", got)
	}
}

// mutantBroker is a broker that does something else with a hint.
type mutantBroker struct {
	chat.Broker
	publish func(b chat.Broker, h chat.Hint)
}

func (b mutantBroker) Publish(h chat.Hint) { b.publish(b.Broker, h) }

var mutantBrokers = map[string]func(b chat.Broker, h chat.Hint){
	"loses":   func(chat.Broker, chat.Hint) {},
	"doubles": func(b chat.Broker, h chat.Hint) { b.Publish(h); b.Publish(h) },
	"garbles": func(b chat.Broker, h chat.Hint) {
		if len(h.Data) > 1 {
			h.Data = h.Data[:len(h.Data)-1]
		}
		b.Publish(h)
	},
}

const mutantEnv = "PEALCHAT_TEST_MUTANT"

// TestMutantBroker runs the suite for brokers in a process of TestBrokersHaveTeeth.
func TestMutantBroker(t *testing.T) {
	publish, ok := mutantBrokers[os.Getenv(mutantEnv)]
	if !ok {
		return
	}
	brokertest.Deliver(t, 3, func() func() chat.Broker {
		bus := new(chat.Bus)
		return func() chat.Broker { return mutantBroker{bus.Broker(), publish} }
	}())
}

func TestBrokersHaveTeeth(t *testing.T) {
	t.Parallel()
	for name := range mutantBrokers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMutantBroker$", "-test.timeout=60s")
			cmd.Env = append(os.Environ(), mutantEnv+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestMutantBroker") || strings.Contains(string(out), "panic: test timed out") {
				t.Errorf("nobody noticed: %v\n%s", err, out)
			}
		})
	}
}
