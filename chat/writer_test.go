package chat_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// gate is a store that can be held up and made to fail.
type gate struct {
	chat.Store
	hold    chan struct{} // if not nil, Append waits for a value
	started chan struct{} // gets a value when Append begins
	fail    atomic.Pointer[func() error]
	batches atomic.Int64
}

func (g *gate) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	g.batches.Add(1)
	if g.hold != nil {
		g.started <- struct{}{}
		<-g.hold
	}
	if fail := g.fail.Load(); fail != nil {
		if err := (*fail)(); err != nil {
			return nil, err
		}
	}
	return g.Store.Append(ctx, ops)
}

func newGate(t *testing.T) (*gate, *chat.Service, chat.Session) {
	g := &gate{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	svc := chat.New(g, nil)
	s := newSession(t, svc)
	g.batches.Store(0)
	return g, svc, s
}

func TestWritesThatWaitAreCommittedTogether(t *testing.T) {
	g, svc, s := newGate(t)
	g.hold, g.started = make(chan struct{}), make(chan struct{}, 100)
	var wg sync.WaitGroup
	wg.Go(func() { send(t, svc, host, s.ID, "first") })
	<-g.started // the first transaction is under way
	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: "taken back"})
		gone <- err
	}()
	for i := range 50 {
		wg.Go(func() { send(t, svc, host, s.ID, fmt.Sprint(i)) })
	}
	giveUp()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("who gave up got %v", err)
	}
	close(g.hold)
	wg.Wait()
	if n := g.batches.Load(); n >= 51 {
		t.Errorf("51 writes took %d transactions", n)
	}
	page, err := svc.Messages(t.Context(), host, chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Limit: 200}})
	if err != nil || len(page.Messages) != 51 {
		t.Fatalf("%d messages, %v", len(page.Messages), err)
	}
	for i, m := range page.Messages {
		if m.Seq != int64(i+1) {
			t.Fatalf("message %d has seq %d", i, m.Seq)
		}
	}
}

func TestAFailedCommitIsNotAcknowledgedNorPublished(t *testing.T) {
	g, svc, s := newGate(t)
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("disk on fire") },
		"panic": func() error { panic("disk on fire") },
	} {
		g.fail.Store(&fail)
		in := chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: name, ClientID: name}
		if _, err := svc.SendMessage(t.Context(), host, in); err == nil {
			t.Fatalf("%s: acknowledged", name)
		}
		if events, _, _ := sub.Take(t.Context()); len(events) > 0 {
			t.Fatalf("%s: published", name)
		}
		g.fail.Store(nil)
		sent, err := svc.SendMessage(t.Context(), host, in)
		if err != nil || sent.Duplicate {
			t.Fatalf("%s: the retry: %+v, %v", name, sent, err)
		}
		if events, _, _ := sub.Take(t.Context()); len(events) != 1 {
			t.Fatalf("%s: the retry was told %d times", name, len(events))
		}
	}
}

func TestCloseWaitsForWhatIsUnderWay(t *testing.T) {
	g, svc, s := newGate(t)
	g.hold, g.started = make(chan struct{}), make(chan struct{}, 100)
	result := make(chan error, 1)
	go func() {
		_, err := svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: "x"})
		result <- err
	}()
	<-g.started
	closed := make(chan struct{})
	go func() { svc.Close(); close(closed) }()
	<-svc.Done()
	select {
	case <-closed:
		t.Fatal("Close returned before the write was committed")
	default:
	}
	close(g.hold)
	<-closed
	if err := <-result; err != nil {
		t.Fatalf("the write under way: %v", err)
	}
}
