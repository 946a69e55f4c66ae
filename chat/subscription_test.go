package chat_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// slowLog is a store whose log takes its time after it has been read: what is
// committed meanwhile is what a careless join would lose.
type slowLog struct {
	chat.Store
	reads atomic.Int64
}

func (s *slowLog) Events(ctx context.Context, q chat.EventQuery) ([]*chat.Event, error) {
	events, err := s.Store.Events(ctx, q)
	s.reads.Add(1)
	time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
	return events, err
}

// collect reads until n durable events have come and returns their positions.
func collect(ctx context.Context, sub *chat.Subscription, n int) ([]chat.Position, error) {
	var got []chat.Position
	for len(got) < n {
		events, err := sub.Next(ctx)
		if err != nil {
			return got, err
		}
		for _, e := range events {
			if e.Durable() {
				got = append(got, e.Position)
			}
		}
	}
	return got, nil
}

func TestSubscriptionsMissNothingWhileOthersWrite(t *testing.T) {
	store := &slowLog{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	for _, problem := range subscribeWhileOthersWrite(t, store) {
		t.Error(problem)
	}
	if store.reads.Load() == 0 {
		t.Fatal("the log was never read: the test has tested nothing")
	}
}

// subscribeWhileOthersWrite has readers hang up and come back while others
// write, and one come when all is written, and returns what they missed, heard
// twice or out of order.
func subscribeWhileOthersWrite(t *testing.T, store chat.Store) (problems []string) {
	svc := chat.New(store, nil)
	t.Cleanup(func() { svc.Close() })
	const writers, each = 8, 250
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start, err := svc.Subscribe(ctx, host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	from := start.Position()
	start.Close()
	log, err := store.Log(ctx)
	if err != nil {
		t.Fatal(err)
	}
	newSession(t, svc) // so that every reader begins with the log

	var wg, writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			s := newSession(t, svc)
			for i := range each {
				send(t, svc, host, s.ID, fmt.Sprint("message ", i))
				if i%10 == 0 {
					svc.Typing(ctx, host, s.ID, true)
				}
			}
		})
	}
	// Each reader hangs up after a few events and comes back with the last id.
	want := 1 + writers*(each+1)
	end := log.Head + chat.Position(want)
	var mu sync.Mutex
	trouble := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		problems = append(problems, fmt.Sprintf(format, args...))
	}
	results := make([][]chat.Position, 13)
	read := func(r int, after string, at chat.Position) {
		for at < end {
			sub, err := svc.Subscribe(ctx, host, chat.SubscribeOptions{After: after})
			if err != nil || sub.Reset != "" {
				trouble("subscribed after %s: %v, reset %q", after, err, sub.Reset)
				return
			}
			stop := len(results[r]) + 1 + rand.IntN(300)
			for len(results[r]) < stop && at < end {
				events, err := sub.Next(ctx)
				if err != nil {
					trouble("reader %d: %v", r, err)
					return
				}
				for _, e := range events {
					if e.Durable() {
						results[r], after, at = append(results[r], e.Position), e.ID, e.Position
					}
				}
			}
			sub.Close()
		}
	}
	last := len(results) - 1
	for r := range last {
		wg.Go(func() { read(r, from, log.Head) })
	}
	writing.Wait()
	wg.Wait()
	const tail = 100 // less than is read at once
	read(last, fmt.Sprintf("%s.%d", store.Identity(), end-tail), end-tail)
	for r, got := range results {
		if r == last {
			want = tail
		}
		if len(got) != want {
			trouble("reader %d: %d events, want %d", r, len(got), want)
		}
		for i := 1; i < len(got); i++ {
			if got[i] != got[i-1]+1 {
				trouble("reader %d: %d follows %d", r, got[i], got[i-1])
				break
			}
		}
	}
	return problems
}

func TestSlowSubscriberFallsBackToTheLog(t *testing.T) {
	svc := newService(t, nil)
	s := newSession(t, svc)
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for i := range 700 {
		send(t, svc, host, s.ID, fmt.Sprint(i))
	}
	got, err := collect(t.Context(), sub, 700)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(got); i++ {
		if got[i] != got[i-1]+1 {
			t.Fatalf("%d follows %d", got[i], got[i-1])
		}
	}
	send(t, svc, host, s.ID, "live again")
	if got, err = collect(t.Context(), sub, 1); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
}

// TakeQueued never asks the store, and passes nothing over that only the store
// still has.
// hookedLog does something once before a part of the log is read, and after.
type hookedLog struct {
	chat.Store
	before, after func()
}

func (s *hookedLog) Events(ctx context.Context, q chat.EventQuery) ([]*chat.Event, error) {
	before, after := s.before, s.after
	if s.before, s.after = nil, nil; before != nil {
		before()
	}
	events, err := s.Store.Events(ctx, q)
	if after != nil {
		after()
	}
	return events, err
}

// What is committed while the log is read, before the place and behind it,
// comes once: from the log, or live.
func TestWhatIsCommittedWhileTheLogIsReadComesOnce(t *testing.T) {
	store := &hookedLog{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	svc := chat.New(store, nil)
	defer svc.Close()
	s := newSession(t, svc)
	first, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	send(t, svc, host, s.ID, "zero")
	queued := make(chan struct{}, 10)
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{After: first.Position(), Wake: func() { queued <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	store.before = func() {
		send(t, svc, host, s.ID, "one")
		<-queued // so that it waits in memory too
	}
	store.after = func() { send(t, svc, host, s.ID, "two") }
	var got []string
	for len(got) < 3 || got[len(got)-1] != "end" {
		events, _, err := sub.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			send(t, svc, host, s.ID, "end")
		}
		for _, e := range events {
			if m, ok := e.Data.(chat.Message); ok {
				got = append(got, m.Text)
			}
		}
	}
	if want := []string{"zero", "one", "two", "end"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestTakeQueuedTakesWhatWaitsInMemory(t *testing.T) {
	store := &slowLog{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	svc := chat.New(store, nil)
	t.Cleanup(func() { svc.Close() })
	s := newSession(t, svc)
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if events, ok := sub.TakeQueued(); len(events) > 0 || !ok {
		t.Errorf("%d events, %v, before there are any", len(events), ok)
	}
	send(t, svc, host, s.ID, "one")
	send(t, svc, host, s.ID, "two")
	if events, ok := sub.TakeQueued(); len(events) != 2 || !ok {
		t.Errorf("%d events, %v, want 2", len(events), ok)
	}
	for i := range 300 { // more than the queue holds
		send(t, svc, host, s.ID, fmt.Sprint(i))
	}
	if events, ok := sub.TakeQueued(); len(events) > 0 || ok {
		t.Errorf("%d events, %v, from a queue that has overflowed", len(events), ok)
	}
	if n := store.reads.Load(); n > 0 {
		t.Errorf("the log was read %d times", n)
	}
	if got, err := collect(t.Context(), sub, 300); err != nil || len(got) != 300 {
		t.Error(len(got), err)
	}
	sub.Close()
	if events, ok := sub.TakeQueued(); len(events) > 0 || ok {
		t.Errorf("%d events, %v, after the end", len(events), ok)
	}
}

func TestWhatWasPrunedMeanwhileIsNotPassedOver(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
	svc := chat.New(store, nil)
	t.Cleanup(func() { svc.Close() })
	first, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	s := newSession(t, svc)
	send(t, svc, host, s.ID, "one")
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{After: first.Position()})
	if err != nil || sub.Reset != "" {
		t.Fatal(err, sub.Reset)
	}
	defer sub.Close()
	if _, err := store.Append(t.Context(), []chat.Op{chat.OpPruneEvents{Before: time.Now().Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	send(t, svc, host, s.ID, "two")
	if events, _, err := sub.Take(t.Context()); !errors.Is(err, chat.ErrTooOld) {
		t.Fatalf("%d events, %v: the gap is silent", len(events), err)
	}
}

func TestVisitorsHearTheirOwnAndNoNotes(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	visitor, _ := newVisitor(t, svc)
	other, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	live, err := svc.Subscribe(ctx, visitor, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	from := live.Position()
	if _, err := svc.CreateSession(ctx, other, chat.NewSession{Message: "Mine"}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.AddNote(ctx, host, started.Session.ID, "careful with this one", ""); err != nil {
		t.Fatal(err)
	}
	want := send(t, svc, host, started.Session.ID, "Hello Ines")
	replayed, err := svc.Subscribe(ctx, visitor, chat.SubscribeOptions{After: from})
	if err != nil {
		t.Fatal(err)
	}
	defer replayed.Close()
	for name, sub := range map[string]*chat.Subscription{"live": live, "replayed": replayed} {
		events, err := sub.Next(ctx)
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %d events, %v", name, len(events), err)
		}
		if m, ok := events[0].Data.(chat.Message); !ok || m.ID != want.ID {
			t.Fatalf("%s: %+v", name, events[0])
		}
	}
}

func TestPositionsThatCannotBeResumed(t *testing.T) {
	svc := newService(t, nil)
	s := newSession(t, svc)
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	head := sub.Position()
	for after, want := range map[string]string{
		head:                             "",
		"zzzzzzzz.1":                     "unknown_database",
		head[:9] + "999999999":           "future",
		head[:9] + "0":                   "",
		head[:9] + "9223372036854775807": "future",
	} {
		sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{After: after})
		if err != nil || sub.Reset != want {
			t.Fatalf("after %s: reset %q, %v; want %q", after, sub.Reset, err, want)
		}
		sub.Close()
	}
	for _, after := range []string{"x", "1", head + "x", head[:9] + "-1", head[:9] + "01", " " + head} {
		if _, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{After: after}); err == nil {
			t.Errorf("subscribed after %q", after)
		}
	}
	_ = s
}

func TestCloseEndsSubscriptions(t *testing.T) {
	svc := newService(t, nil)
	woken := make(chan struct{}, 10)
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{Wake: func() { woken <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	svc.Close()
	<-woken
	if _, err := sub.Next(t.Context()); err != chat.ErrClosed {
		t.Fatalf("after Close: %v", err)
	}
}

func TestPresenceExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		svc := chat.New(store, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); svc.Run(ctx) }()

		visitor, _ := newVisitor(t, svc)
		started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Hi"})
		if err != nil {
			t.Fatal(err)
		}
		mara, err := svc.EnsureAgent(ctx, chat.Agent{ID: "u1", Name: "Mara"})
		if err != nil {
			t.Fatal(err)
		}
		svc.Touch(ctx, visitor)
		online := func() bool {
			s, err := svc.Session(ctx, host, started.Session.ID)
			if err != nil {
				t.Fatal(err)
			}
			return s.VisitorOnline
		}
		if !online() || !svc.Online(ctx) {
			t.Fatal("nobody is there at first")
		}
		sub, err := svc.Subscribe(ctx, host, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second)
		svc.Touch(ctx, visitor)
		time.Sleep(40 * time.Second)
		if !online() {
			t.Fatal("the visitor counts as gone 40 s after the last sign of life")
		}
		time.Sleep(11 * time.Second)
		if online() || svc.Online(ctx) {
			t.Fatal("somebody counts as present whose time is up")
		}
		events, err := sub.Next(ctx)
		if err != nil || len(events) == 0 {
			t.Fatal(events, err)
		}
		kinds := map[string]bool{}
		for _, e := range events {
			kinds[e.Type] = true
		}
		if !kinds[chat.EventVisitorOffline] || !kinds[chat.EventAgentPresence] || kinds[chat.EventVisitorOnline] {
			t.Fatalf("told: %v", kinds)
		}
		if _, err := svc.SetAvailability(ctx, chat.AsAgent(mara), chat.Away); err != nil {
			t.Fatal(err)
		}
		if svc.Online(ctx) {
			t.Fatal("an agent who is away counts as answering")
		}
		cancel()
		<-done
		svc.Close()
		store.Close()
	})
}
