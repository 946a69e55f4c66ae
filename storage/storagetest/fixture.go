package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// fixture is a store with a clock and ids that count up, and short ways to
// change and read it that end the test when they fail.
type fixture struct {
	testing.TB
	store chat.Store
	ctx   context.Context
	now   time.Time
	ids   int
}

func newFixture(t testing.TB, store chat.Store) *fixture {
	return &fixture{TB: t, store: store, ctx: t.Context(), now: time.Date(2026, 11, 23, 9, 30, 0, 123e6, time.UTC)}
}

// tick moves the clock on and returns the time.
func (f *fixture) tick() time.Time {
	f.now = f.now.Add(1001 * time.Millisecond)
	return f.now
}

func (f *fixture) id(prefix string) string {
	f.ids++
	return fmt.Sprintf("%s-%04d", prefix, f.ids)
}

// append carries out ops together.
func (f *fixture) append(ops ...chat.Op) []chat.OpResult {
	f.Helper()
	res, err := f.store.Append(f.ctx, ops)
	if err != nil {
		f.Fatalf("Append: %v", err)
	}
	if len(res) != len(ops) {
		f.Fatalf("Append returned %d results for %d ops", len(res), len(ops))
	}
	return res
}

// do carries out one op that must change something.
func (f *fixture) do(op chat.Op) chat.OpResult {
	f.Helper()
	res := f.append(op)[0]
	if res.Err != nil {
		f.Fatalf("%T: %v", op, res.Err)
	}
	if res.Duplicate {
		f.Fatalf("%T: a duplicate, want a change", op)
	}
	return res
}

// duplicate carries out one op that must change nothing and add no event.
func (f *fixture) duplicate(op chat.Op) chat.OpResult {
	f.Helper()
	before := f.log()
	res := f.append(op)[0]
	if res.Err != nil {
		f.Fatalf("%T: %v", op, res.Err)
	}
	if !res.Duplicate || len(res.Events) != 0 {
		f.Fatalf("%T: duplicate %v with %d events, want a duplicate without", op, res.Duplicate, len(res.Events))
	}
	f.equal("the log", f.log(), before)
	return res
}

// fails carries out one op that must fail with want, and change nothing.
func (f *fixture) fails(op chat.Op, want error) {
	f.Helper()
	before := f.log()
	res := f.append(op)[0]
	if !errors.Is(res.Err, want) {
		f.Fatalf("%T: error %v, want %v", op, res.Err, want)
	}
	res.Err = nil
	f.equal("the result of a failed op", res, chat.OpResult{})
	f.equal("the log", f.log(), before)
}

func (f *fixture) wantErr(what string, err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("%s: error %v, want %v", what, err, want)
	}
}

func (f *fixture) noErr(what string, err error) {
	f.Helper()
	if err != nil {
		f.Fatalf("%s: %v", what, err)
	}
}

// of is what a result points to. Nothing counts as empty, which then is not as it
// should be.
func of[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// equal compares deeply. Times are equal when they are the same moment, empty
// and nil lists are the same.
func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	if d := difference(got, want); d != "" {
		f.Fatalf("%s: %s", what, d)
	}
}

func (f *fixture) visitor() chat.Visitor {
	f.Helper()
	id := f.id("visitor")
	return f.do(chat.OpSaveVisitor{Visitor: chat.Visitor{ID: id, Name: "Name of " + id, CreatedAt: f.tick(), LastSeenAt: f.now}}).Visitor
}

// newSession returns a session of the visitor that is not stored yet.
func (f *fixture) newSession(visitorID string) chat.Session {
	return chat.Session{ID: f.id("session"), VisitorID: visitorID, VisitorName: "Visitor", CreatedAt: f.tick(), UpdatedAt: f.now, Version: 1, Status: chat.StatusActive}
}

// start stores a new session, of a visitor of its own if visitorID is empty.
func (f *fixture) start(visitorID string) chat.Session {
	f.Helper()
	if visitorID == "" {
		visitorID = f.visitor().ID
	}
	return f.do(chat.OpCreateSession{Session: f.newSession(visitorID)}).Session
}

// newMessage returns a message that is not stored yet.
func (f *fixture) newMessage(sessionID, sender, text string) chat.Message {
	return chat.Message{ID: f.id("message"), SessionID: sessionID, Sender: sender, SenderID: "some-" + sender, SenderName: "Some " + sender, Text: text, At: f.tick()}
}

func (f *fixture) say(sessionID, sender, text string) chat.Message {
	f.Helper()
	return f.do(chat.OpAppendMessage{Message: f.newMessage(sessionID, sender, text)}).Message
}

func (f *fixture) jot(sessionID, text string) chat.Message {
	f.Helper()
	return f.do(chat.OpAppendNote{Message: f.newMessage(sessionID, chat.SenderAgent, text)}).Message
}

// file adds a file that no message has yet, with parts that spell its id.
func (f *fixture) file(name string) chat.Attachment {
	f.Helper()
	a := chat.Attachment{FileID: f.id("file"), Name: name, ContentType: "text/plain"}
	f.do(chat.OpAddFile{FileID: a.FileID, At: f.tick()})
	for n, part := range []string{a.FileID[:4], a.FileID[4:]} {
		f.do(chat.OpAddFileChunk{FileID: a.FileID, N: n, Data: []byte(part)})
	}
	a.Size = int64(len(a.FileID))
	return a
}

func (f *fixture) agent(name string) chat.Agent {
	f.Helper()
	return of(f.do(chat.OpSaveAgent{Agent: chat.Agent{ID: f.id("agent"), Name: name}}).Agent)
}

func (f *fixture) session(id string) chat.Session {
	f.Helper()
	s, err := f.store.Session(f.ctx, id)
	f.noErr("Session", err)
	return s
}

func (f *fixture) messages(q chat.MessageQuery) chat.MessagePage {
	f.Helper()
	p, err := f.store.Messages(f.ctx, q)
	f.noErr("Messages", err)
	return p
}

func (f *fixture) sessions(q chat.SessionQuery) chat.SessionPage {
	f.Helper()
	p, err := f.store.Sessions(f.ctx, q)
	f.noErr("Sessions", err)
	return p
}

func (f *fixture) events(q chat.EventQuery) []*chat.Event {
	f.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	events, err := f.store.Events(f.ctx, q)
	f.noErr("Events", err)
	return events
}

func (f *fixture) log() chat.EventLog {
	f.Helper()
	l, err := f.store.Log(f.ctx)
	f.noErr("Log", err)
	return l
}

// eventTypes lists events as "session_started message_sent".
func eventTypes(events []*chat.Event) string {
	var types []string
	for _, e := range events {
		types = append(types, e.Type)
	}
	return strings.Join(types, " ")
}

// wantEvents checks the events of a result: their types, that they are in the
// log as they are here, and that their envelope is complete.
func (f *fixture) wantEvents(res chat.OpResult, types string) {
	f.Helper()
	if got := eventTypes(res.Events); got != types {
		f.Fatalf("events %q, want %q", got, types)
	}
	if len(res.Events) == 0 {
		return
	}
	logged := f.events(chat.EventQuery{After: res.Events[0].Position - 1})
	if len(logged) < len(res.Events) {
		f.Fatalf("the log has %d events from the first of the result on, want %d", len(logged), len(res.Events))
	}
	for i, e := range res.Events {
		f.equal(fmt.Sprintf("event %d in the log", i), logged[i], e)
		f.equal("event id", e.ID, fmt.Sprintf("%s.%d", f.store.Identity(), e.Position))
		switch d := e.Data.(type) {
		case chat.Session:
			f.equal("event's session", [2]string{e.SessionID, e.VisitorID}, [2]string{d.ID, d.VisitorID})
		case chat.Message:
			f.equal("event's session", e.SessionID, d.SessionID)
			f.equal("event's visitor", e.VisitorID, f.session(d.SessionID).VisitorID)
		default:
			f.Fatalf("event %s has data of type %T", e.Type, e.Data)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// wantUnavailable may be called from any goroutine.
func (f *fixture) wantUnavailable(err error) {
	f.Helper()
	if !errors.Is(err, chat.ErrUnavailable) {
		f.Errorf("error %v, want %v", err, chat.ErrUnavailable)
	}
}
