package storagetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// RunTx tests what a host writes in transactions of its own. open returns a
// fresh store, and begin, which begins a transaction in the same database
// wherever the host might.
func RunTx(t *testing.T, open func(t *testing.T) (store chat.PendingStore, begin func() HostTx)) {
	for name, test := range map[string]func(*hostFixture){
		"CommitAndRollBack": testTxCommit,
		"OnceOverTwoNodes":  testTxOnce,
		"ClosedMeanwhile":   testTxClosed,
		"Refused":           testTxRefused,
		"Erased":            testTxErased,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, begin := open(t)
			test(newHostFixture(t, store, begin))
		})
	}
}

// HostTx is a transaction of the host's.
type HostTx interface {
	Handle() chat.Tx // what the service gets
	Exec(query string) error
	Commit() error
	Rollback() error
}

// SQLTx is the HostTx of a *sql.Tx.
type SQLTx struct{ Tx *sql.Tx }

// Handle implements HostTx, as do the others.
func (t SQLTx) Handle() chat.Tx { return t.Tx }

func (t SQLTx) Exec(query string) error { _, err := t.Tx.Exec(query); return err }
func (t SQLTx) Commit() error           { return t.Tx.Commit() }
func (t SQLTx) Rollback() error         { return t.Tx.Rollback() }

// hostFixture is a service on the store under test, and a session.
type hostFixture struct {
	*testing.T
	store   chat.PendingStore
	begin   func() HostTx
	svc     *chat.Service
	host    chat.Actor
	visitor string
	session string
}

func newHostFixture(t *testing.T, store chat.PendingStore, begin func() HostTx) *hostFixture {
	f := &hostFixture{T: t, store: store, begin: begin, svc: chat.New(store, nil), host: chat.AsHost("Shop")}
	t.Cleanup(func() { f.svc.Close() })
	started, err := f.svc.CreateSession(t.Context(), f.host, chat.NewSession{VisitorName: "Ada", Message: "Hello"})
	f.must(err)
	f.visitor, f.session = started.Session.VisitorID, started.Session.ID
	tx := begin()
	f.exec(tx, "CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT)")
	f.must(tx.Commit())
	return f
}

func (f *hostFixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *hostFixture) exec(tx HostTx, query string) {
	f.Helper()
	f.must(tx.Exec(query))
}

func (f *hostFixture) pending() []chat.Message {
	f.Helper()
	list, err := f.store.Pending(f.Context(), 1000)
	f.must(err)
	return list
}

func (f *hostFixture) send(tx HostTx, text string) (id string) {
	f.Helper()
	id, err := f.svc.SendMessageTx(f.Context(), tx.Handle(), f.host, chat.NewMessage{SessionID: f.session, Sender: chat.SenderAgent, Text: text})
	f.must(err)
	return id
}

func (f *hostFixture) note(tx HostTx, text string) (id string) {
	f.Helper()
	id, err := f.svc.AddNoteTx(f.Context(), tx.Handle(), f.host, f.session, text, "")
	f.must(err)
	return id
}

// run has nodes take what is pending until nothing is, and returns the texts of
// the session.
func (f *hostFixture) run(nodes ...*chat.Service) (texts []string) {
	f.Helper()
	ctx, cancel := context.WithCancel(f.Context())
	var running sync.WaitGroup
	for _, svc := range nodes {
		running.Go(func() { svc.Run(ctx) })
	}
	for end := time.Now().Add(30 * time.Second); len(f.pending()) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			f.Fatalf("still pending: %v", f.pending())
		}
	}
	cancel()
	running.Wait()
	return f.texts()
}

func (f *hostFixture) texts() (texts []string) {
	f.Helper()
	q := chat.MessageQuery{SessionID: f.session, Page: chat.Page{Limit: 200}}
	page, err := f.svc.Messages(f.Context(), f.host, q)
	f.must(err)
	last := int64(0)
	for _, m := range page.Messages {
		if m.Note {
			texts = append(texts, "note: "+m.Text)
			continue
		}
		if last++; m.Seq != last {
			f.Errorf("%q has seq %d, want %d", m.Text, m.Seq, last)
		}
		texts = append(texts, m.Text)
	}
	return texts
}

// What the host writes and what the chat sends are of one transaction.
func testTxCommit(f *hostFixture) {
	tx := f.begin()
	f.exec(tx, "INSERT INTO orders (id, state) VALUES (1, 'refunded')")
	f.note(tx, "never")
	f.must(tx.Rollback())
	if list := f.pending(); len(list) != 0 {
		f.Errorf("pending after a rollback: %v", list)
	}

	tx = f.begin()
	f.exec(tx, "INSERT INTO orders (id, state) VALUES (1, 'refunded')")
	note := f.note(tx, "Order 1 was refunded.")
	sent := f.send(tx, "Your money is on its way. 🍀")
	f.must(tx.Commit())
	want := []string{"Hello", "note: Order 1 was refunded.", "Your money is on its way. 🍀"}
	if got := f.run(f.svc); !slices.Equal(got, want) {
		f.Fatalf("the session has %q, want %q", got, want)
	}
	page, err := f.svc.Messages(f.Context(), f.host, chat.MessageQuery{SessionID: f.session})
	f.must(err)
	if got := page.Messages; got[1].ID != note || got[2].ID != sent || got[2].SenderName != "Shop" || got[2].Sender != chat.SenderAgent {
		f.Errorf("the session has %+v", got)
	}
}

// Two nodes find the same messages at the same time.
func testTxOnce(f *hostFixture) {
	want := []string{"Hello"}
	for i := range 60 {
		tx := f.begin()
		text := fmt.Sprintf("message %d", i)
		f.send(tx, text)
		f.must(tx.Commit())
		want = append(want, text)
	}
	other := chat.New(f.store, nil)
	f.Cleanup(func() { other.Close() })
	if got := f.run(f.svc, other); !slices.Equal(got, want) {
		f.Errorf("the session has %q", got)
	}
}

func testTxClosed(f *hostFixture) {
	tx := f.begin()
	f.send(tx, "too late")
	f.must(tx.Commit())
	_, err := f.svc.CloseSession(f.Context(), f.host, f.session, "")
	f.must(err)
	if got, want := f.run(f.svc), []string{"Hello", "note: too late"}; !slices.Equal(got, want) {
		f.Errorf("the session has %q, want %q", got, want)
	}

	tx = f.begin()
	_, err = f.svc.SendMessageTx(f.Context(), tx.Handle(), f.host, chat.NewMessage{SessionID: f.session, Sender: chat.SenderAgent, Text: "x"})
	if !errors.Is(err, chat.ErrSessionClosed) {
		f.Errorf("a message to a closed session: %v", err)
	}
	f.note(tx, "after")
	f.must(tx.Commit())
	if got := f.run(f.svc); len(got) != 3 || got[2] != "note: after" {
		f.Errorf("the session has %q", got)
	}
}

// A refusal leaves the host's transaction as it was.
func testTxRefused(f *hostFixture) {
	tx := f.begin()
	seq := int64(1)
	for field, in := range map[string]chat.NewMessage{
		"message":       {SessionID: f.session, Sender: chat.SenderAgent, Text: " "},
		"sender":        {SessionID: f.session, Sender: chat.SenderVisitor, Text: "x"},
		"after_seq":     {SessionID: f.session, Sender: chat.SenderAgent, Text: "x", AfterSeq: &seq},
		"quick_replies": {SessionID: f.session, Sender: chat.SenderAgent, Text: "x", QuickReplies: []string{"Yes"}},
		"files":         {SessionID: f.session, Sender: chat.SenderAgent, Text: "x", Files: make([]chat.Upload, 1)},
	} {
		_, err := f.svc.SendMessageTx(f.Context(), tx.Handle(), f.host, in)
		var e *chat.Error
		if !errors.As(err, &e) || e.Field != field {
			f.Errorf("%s: %v", field, err)
		}
	}
	if _, err := f.svc.AddNoteTx(f.Context(), tx.Handle(), f.host, "nothing", "x", ""); !errors.Is(err, chat.ErrUnknownSession) {
		f.Errorf("a note to no session: %v", err)
	}
	if _, err := f.svc.AddNoteTx(f.Context(), "a transaction", f.host, f.session, "x", ""); err == nil {
		f.Error("a string was taken for a transaction")
	}
	f.exec(tx, "INSERT INTO orders (id, state) VALUES (1, 'new')")
	f.must(tx.Commit())
	if list := f.pending(); len(list) != 0 {
		f.Errorf("pending: %v", list)
	}
}

func testTxErased(f *hostFixture) {
	tx := f.begin()
	f.send(tx, "to nobody")
	f.must(tx.Commit())
	f.must(f.svc.EraseVisitor(f.Context(), f.host, f.visitor))
	if list := f.pending(); len(list) != 0 {
		f.Errorf("pending: %v", list)
	}
	tx = f.begin()
	defer tx.Rollback()
	_, err := f.svc.AddNoteTx(f.Context(), tx.Handle(), f.host, f.session, "x", "")
	if !errors.Is(err, chat.ErrUnknownSession) {
		f.Errorf("a note to an erased session: %v", err)
	}
}
