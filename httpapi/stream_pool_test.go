package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// A reader whose socket is full in the middle of an event gets the rest of it
// before anything else.
func TestStreamGoesOnInTheMiddleOfAnEvent(t *testing.T) {
	onBothPaths(t, testStreamGoesOnInTheMiddleOfAnEvent)
}

func testStreamGoesOnInTheMiddleOfAnEvent(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{write: time.Hour})
	session := r.session("Ines")
	c := dial(t, r.listenSmall(), "/events")
	c.want("ready")
	text := func(i int) string { return strings.Repeat(fmt.Sprint(i, " "), 900) }
	sent := 0
	for end := time.Now().Add(20 * time.Second); writing(r) == 0 || sent < 30; sent++ {
		r.send(session.ID, text(sent))
		if time.Now().After(end) {
			t.Fatal("the reader is never behind: the test shows nothing")
		}
	}
	for range 5 { // while the socket is full
		r.send(session.ID, text(sent))
		sent++
	}
	c.conn.(*net.TCPConn).SetReadBuffer(1 << 20) // spares time
	for i := range sent {
		if got := c.want("message_sent").field(t, "message"); got != text(i) {
			t.Fatalf("message %d came as %.40q, %d bytes", i, got, len(got))
		}
	}
}

// What a connection takes at once is written, and the rest is returned.
func TestNowWriter(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	reader, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if askable(conn) == nil {
		t.Skip("nothing is written at once on this system")
	}
	raw := writableNow(conn)
	if raw == nil {
		t.Fatal("a connection of net's own cannot be written to at once")
	}
	all := make([]byte, 64<<20)
	for i := range all {
		all[i] = byte(i / 1000)
	}
	var w nowWriter
	rest, err := w.write(raw, all)
	if err != nil || len(rest) == 0 || len(rest) == len(all) {
		t.Fatalf("%d of %d bytes left, %v", len(rest), len(all), err)
	}
	written := len(all) - len(rest)
	got := make([]byte, written)
	if _, err := io.ReadFull(reader, got); err != nil || !bytes.Equal(got, all[:written]) {
		t.Error("what was read is not what was written", err)
	}
	conn.Close()
	if _, err := w.write(raw, all[:1]); err == nil {
		t.Error("no error on a connection that is closed")
	}
}

// countedConn is a connection of a host that does something of its own in
// Write.
type countedConn struct {
	*net.TCPConn
	written *atomic.Int64
}

func (c countedConn) Write(b []byte) (int, error) {
	n, err := c.TCPConn.Write(b)
	c.written.Add(int64(n))
	return n, err
}

type countedListener struct {
	net.Listener
	written atomic.Int64
}

func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{c.(*net.TCPConn), &l.written}, nil
}

// Nothing is written past a connection that is more than the network's own.
func TestStreamWritesNothingPastTheHostsConnection(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	srv := httptest.NewUnstartedServer(r.handler)
	l := &countedListener{Listener: srv.Listener}
	srv.Listener = l
	srv.Start()
	t.Cleanup(func() { r.svc.Close(); srv.CloseClientConnections(); srv.Close() })
	c := dial(t, to(srv), "/events")
	c.want("ready")
	if taken, _ := takenOver(r); taken != 1 {
		t.Fatal("not taken over: the test shows nothing")
	}
	before := l.written.Load()
	r.send(session.ID, "counted")
	e := c.want("message_sent")
	for end := time.Now().Add(20 * time.Second); l.written.Load()-before < int64(len(e.data)); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the host's connection saw %d bytes of an event of %d", l.written.Load()-before, len(e.data))
		}
	}
}

// panickingStore has the next message be one that nothing can encode.
type panickingStore struct {
	*memoryStore
	next atomic.Bool
}

type unencodable struct{}

func (unencodable) MarshalJSON() ([]byte, error) { panic("as a host's type may") }

func (s *panickingStore) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	results, err := s.memoryStore.Append(ctx, ops)
	if s.next.Swap(false) {
		results[0].Events[0].Data = unencodable{}
	}
	return results, err
}

// A panic ends the stream in which it happens, and not the pool's work.
func TestStreamSurvivesAPanickingEvent(t *testing.T) {
	onBothPaths(t, testStreamSurvivesAPanickingEvent)
}

func testStreamSurvivesAPanickingEvent(t *testing.T) {
	store := &panickingStore{memoryStore: newMemoryStore()}
	r := newRigOn(t, store, streamOptions{})
	session := r.session("Ines")
	network := to(r.listen())
	c := dial(t, network, "/events")
	c.want("ready")
	store.next.Store(true)
	r.send(session.ID, "boom")
	if e, err := c.next(); err == nil {
		t.Errorf("got %s, want the stream to end", e.name)
	}
	c = dial(t, network, "/events")
	c.want("ready")
	r.sendMany(session.ID, 0, 3)
	c.wantTexts(0, 3)
	r.svc.Close()
	c.want("bye")
	checkNoStreams(t, r)
}

// However many streams an event wakes, a few goroutines write to them.
func TestStreamPoolIsSmall(t *testing.T) {
	var p streamPool
	p.workers = 1 << 20 // as if they were all at work
	s := &stream{}
	for range 1000 {
		p.add(s)
	}
	var round [poolRound]*stream
	n, rounds := 0, 0
	for taken := p.take(&round); taken > 0; taken = p.take(&round) {
		n, rounds = n+taken, rounds+1
	}
	if n != 1000 || rounds != (1000+poolRound-1)/poolRound || p.workers != 1<<20-1 || p.awake != nil {
		t.Errorf("%d streams in %d rounds; %d workers", n, rounds, p.workers)
	}
}

// The bytes that a worker keeps for the next reader are for readers of the same
// kind: agents see what a visitor has not sent yet, visitors never.
func TestStreamPoolKeepsAgentsAndVisitorsApart(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{})
	agent := newStream(t.Context(), r.streamer, r.host, right{})
	visitor := newStream(t.Context(), r.streamer, chat.AsVisitor(chat.Visitor{ID: "v"}), right{})
	events := []*chat.Event{{Type: chat.EventTyping, Data: chat.Typing{Sender: chat.SenderAgent, SenderID: "agent_7", Typing: true}}}
	var w poolWorker
	for range 2 {
		if got := string(w.encode(agent, events)); !strings.Contains(got, "agent_7") {
			t.Errorf("the agent got %q", got)
		}
		if got := string(w.encode(visitor, events)); strings.Contains(got, "agent_7") || !strings.Contains(got, chat.EventTyping) {
			t.Errorf("the visitor got %q", got)
		}
	}
	agent.due, visitor.due = 0, 0
	events = []*chat.Event{{Type: chat.EventSessionUpdated, Data: chat.Session{Banned: &chat.Ban{}}}}
	w.encode(agent, events)
	w.encode(visitor, events)
	if agent.due != 0 || visitor.due != dutyCheck {
		t.Errorf("on a ban the agent owes %d, the visitor %d", agent.due, visitor.due)
	}
}

// wakingContext wakes a stream once, when its owner asks whether the reader is
// still there: after it has noted that nothing new has come, and before it has
// looked for it.
type wakingContext struct {
	context.Context
	wake func()
}

func (c *wakingContext) Err() error {
	if wake := c.wake; wake != nil {
		c.wake = nil
		wake()
	}
	return c.Context.Err()
}

// Whoever is woken while they give a stream up keeps it, and looks again:
// otherwise it had an owner for ever who does nothing, and its reader heard
// nothing more.
func TestStreamIsGivenUpOnlyWhenNothingCame(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{})
	for name, work := range map[string]func(*stream){
		"its own goroutine": func(s *stream) { s.next() },
		"the pool":          func(s *stream) { s.feeders++; new(poolWorker).feed(s) },
	} {
		s := newStream(t.Context(), r.streamer, r.host, right{})
		var err error
		if s.sub, err = r.svc.Subscribe(t.Context(), r.host, chat.SubscribeOptions{}); err != nil {
			t.Fatal(err)
		}
		defer s.sub.Close()
		woken := 0
		s.due, s.ctx = 0, &wakingContext{t.Context(), func() { woken++; s.wake() }}
		work(s)
		s.mu.Lock()
		if woken != 1 || s.owned || s.again || s.feeders != 0 {
			t.Errorf("%s: woken %d times; the stream has an owner: %t; something came: %t; %d goroutines", name, woken, s.owned, s.again, s.feeders)
		}
		s.mu.Unlock()
	}
}

// What a worker of the pool cannot write at once is written by the stream's own
// goroutine, before anything else.
func TestStreamPoolLeavesTheRestToTheStream(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{write: time.Hour})
	session := r.session("Ines")
	c := dial(t, r.listenSmall(), "/events")
	c.want("ready")
	var s *stream
	for end := time.Now().Add(20 * time.Second); s == nil; time.Sleep(time.Millisecond) {
		r.streamer.mu.Lock()
		for _, idle := range r.streamer.streams {
			idle.mu.Lock()
			if !idle.owned && idle.raw != nil {
				s = idle
				s.owned = true
				s.feeders++
			}
			idle.mu.Unlock()
		}
		r.streamer.mu.Unlock()
		if time.Now().After(end) {
			t.Fatal("the stream is never idle")
		}
	}
	if s.raw.now == nil {
		t.Skip("nothing is written at once on this system")
	}
	text := func(i int) string { return strings.Repeat(fmt.Sprint(i, " "), 900) }
	const sent = 200 // more than the socket takes, and fewer than wait in memory
	for i := range sent {
		r.send(session.ID, text(i))
	}
	new(poolWorker).feed(s)
	if writing(r) != 1 {
		t.Fatal("the socket took all of it: the test shows nothing")
	}
	c.conn.(*net.TCPConn).SetReadBuffer(1 << 20) // spares time
	for i := range sent {
		if got := c.want("message_sent").field(t, "message"); got != text(i) {
			t.Fatalf("message %d came as %.40q, %d bytes", i, got, len(got))
		}
	}
}
