package chat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// tally is a host's monitoring, of a clumsy kind.
type tally struct {
	mu              sync.Mutex
	commits, ops    int
	failed, readers int
	panics          bool
}

func (m *tally) Committed(ops int, took time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	m.ops += ops
	if err != nil {
		m.failed++
	}
	if took < 0 || m.panics {
		panic("clumsy")
	}
}

func (m *tally) ReaderDropped() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.readers++
	panic("clumsy")
}

func TestStats(t *testing.T) {
	ctx := t.Context()
	g := &gate{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	var log bytes.Buffer
	m := &tally{}
	svc := chat.New(g, &chat.Options{Metrics: m, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	t.Cleanup(func() { svc.Close() })
	stats := func() chat.Stats {
		t.Helper()
		s, err := svc.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	visitor, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Hello"})
	if err != nil {
		t.Fatal(err)
	}
	id := started.Session.ID
	if s := stats(); s.OpenSessions != 1 || s.Waiting != 1 || s.Commits < 2 || s.CommitsFailed != 0 || s.CommitTime <= 0 || s.Queue != 0 {
		t.Errorf("%+v", s)
	}
	send(t, svc, host, id, "Hello") // nobody has taken it, but nobody waits
	if s := stats(); s.OpenSessions != 1 || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}

	agent, err := svc.Subscribe(ctx, host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	own, err := svc.Subscribe(ctx, visitor, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s := stats(); s.AgentStreams != 1 || s.VisitorStreams != 1 {
		t.Errorf("%+v", s)
	}
	for i := range 300 { // more than wait for a subscriber
		send(t, svc, host, id, fmt.Sprint(i))
	}
	if s := stats(); s.ReadersBehind != 2 || s.ReadersDropped != 0 {
		t.Errorf("%+v", s)
	}
	own.Drop()
	own.Drop()
	own.Close()
	agent.Close()
	agent.Close()
	if s := stats(); s.AgentStreams != 0 || s.VisitorStreams != 0 || s.ReadersDropped != 1 || m.readers != 1 {
		t.Errorf("%+v, %d", s, m.readers)
	}
	if !strings.Contains(log.String(), "Options.Metrics panicked") {
		t.Errorf("the log says %q", log.String())
	}

	m.mu.Lock()
	m.panics = true
	m.mu.Unlock()
	send(t, svc, host, id, "in spite of it")
	before := stats()
	broken := func() error { return errors.New("disk on fire") }
	g.fail.Store(&broken)
	if _, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: id, Sender: "agent", Text: "lost"}); err == nil {
		t.Error("it was sent")
	}
	if s := stats(); s.CommitsFailed != 1 || s.Commits != before.Commits+1 || m.failed != 1 || int64(m.commits) != s.Commits || m.ops < m.commits {
		t.Errorf("%+v, %+v", s, m)
	}
}

// TestStatsQueue counts what waits behind a transaction.
func TestStatsQueue(t *testing.T) {
	g, svc, session := newGate(t)
	g.hold, g.started = make(chan struct{}), make(chan struct{}, 100)
	var wg sync.WaitGroup
	wg.Go(func() { send(t, svc, host, session.ID, "first") })
	<-g.started
	for range 3 {
		wg.Go(func() { send(t, svc, host, session.ID, "more") })
	}
	for {
		s, err := svc.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Queue == 3 {
			break
		}
	}
	close(g.hold)
	wg.Wait()
}

func TestStatsAreForAdministrators(t *testing.T) {
	svc := newService(t, nil)
	visitor, _ := newVisitor(t, svc)
	for _, by := range []chat.Actor{visitor, chat.AsAPIKey(chat.APIKey{ID: "k", Scopes: []string{chat.ScopeRead, chat.ScopeWrite}})} {
		if _, err := svc.StatsFor(t.Context(), by); !errors.Is(err, chat.ErrForbidden) {
			t.Errorf("%v", err)
		}
	}
	s, err := svc.StatsFor(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	s.CommitTime = 1500 * time.Millisecond
	text, err := json.Marshal(s)
	if err != nil || !bytes.Contains(text, []byte(`"commit_time_s":1.5`)) || !bytes.Contains(text, []byte(`"open_sessions":0`)) {
		t.Errorf("%s %v", text, err)
	}
}

// stubborn is a store that does not answer.
type stubborn struct {
	chat.Store
	ping  atomic.Value  // of chan struct{}; closed: it answers
	write chan struct{} // closed: it writes
}

func (s *stubborn) Ping(context.Context) error {
	<-s.ping.Load().(chan struct{})
	return nil
}

func (s *stubborn) Append(_ context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	<-s.write
	return make([]chat.OpResult, len(ops)), nil
}

// TestPingAnswersInTime: whoever asks is about to decide something.
func TestPingAnswersInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ping := make(chan struct{})
		store := &stubborn{write: make(chan struct{})}
		store.ping.Store(ping)
		svc := chat.New(store, &chat.Options{WriteTimeout: 10 * time.Second})
		began := time.Now()
		if err := svc.Ping(t.Context()); !errors.Is(err, chat.ErrUnavailable) || time.Since(began) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		close(ping)
		if err := svc.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		// A transaction that does not end, on a store that takes others.
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = svc.BanAddress(context.Background(), host, chat.NewAddressBan{Address: "203.0.113.7"})
		}()
		time.Sleep(9 * time.Second)
		if err := svc.Ping(t.Context()); err != nil {
			t.Errorf("within the time that it may take: %v", err)
		}
		time.Sleep(2 * time.Second)
		if err := svc.Ping(t.Context()); !errors.Is(err, chat.ErrUnavailable) {
			t.Errorf("a transaction that does not end: %v", err)
		}
		close(store.write)
		<-done
		if err := svc.Ping(t.Context()); err != nil {
			t.Errorf("once it has ended: %v", err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		ping = make(chan struct{})
		store.ping.Store(ping)
		if err := svc.Ping(cancelled); !errors.Is(err, context.Canceled) {
			t.Errorf("who gives up: %v", err)
		}
		close(ping)
	})
}

// TestBadRatingIsTold: the host hears of bad ratings, whatever it makes of them.
func TestBadRatingIsTold(t *testing.T) {
	ctx := t.Context()
	told := make(chan chat.Session, 9)
	var do func(context.Context)
	svc := withHooks(t, chat.Hooks{Timeout: 20 * time.Millisecond, BadRating: func(ctx context.Context, s chat.Session) error {
		does := do
		told <- s
		does(ctx)
		return errors.New("no mail today")
	}})
	visitor, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Hello"})
	if err != nil {
		t.Fatal(err)
	}
	rate := func(score int, comment string, does func(context.Context)) {
		t.Helper()
		do = does
		if s, err := svc.RateSession(ctx, visitor, started.Session.ID, score, comment); err != nil || s.Rating.Score != score {
			t.Fatalf("%+v %v", s.Rating, err)
		}
	}
	nothing := func(context.Context) {}
	rate(5, "", nothing)
	rate(3, "", nothing)
	rate(2, "slow", nothing)
	if s := <-told; s.Rating.Score != 2 || s.Rating.Comment != "slow" || s.ID != started.Session.ID {
		t.Errorf("%+v", s)
	}
	rate(2, "slow", func(context.Context) { t.Error("told again of what has not changed") })
	rate(1, "slow", func(context.Context) { panic("no such table") })
	<-told
	var gaveUp sync.WaitGroup
	gaveUp.Add(1)
	rate(1, "slower", func(ctx context.Context) { <-ctx.Done(); gaveUp.Done() })
	<-told
	if err := svc.Close(); err != nil { // waits for it
		t.Fatal(err)
	}
	gaveUp.Wait()
	if len(told) != 0 {
		t.Errorf("told of a rating of %d, too", (<-told).Rating.Score)
	}
}
