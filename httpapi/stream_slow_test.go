package httpapi

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// smallBuffers makes the kernel hold little, so that a reader who does not
// read is noticed after kilobytes instead of megabytes. With less still, TCP
// waits for acknowledgements that come after 40 ms.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(16 << 10)
	}
	return c, err
}

// listenSmall is listen with small buffers at both ends.
func (r *rig) listenSmall() (network func() (net.Conn, error)) {
	srv := httptest.NewUnstartedServer(r.handler)
	srv.Listener = smallBuffers{srv.Listener}
	srv.Start()
	r.Cleanup(func() {
		r.svc.Close()
		srv.CloseClientConnections()
		srv.Close()
	})
	return func() (net.Conn, error) {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err == nil {
			c.(*net.TCPConn).SetReadBuffer(32 << 10)
		}
		return c, err
	}
}

// Fifty readers who take nothing, for as long as the test lasts, cost the
// others nothing. When the service closes they are cut off.
func TestStreamStalledReadersDelayNobody(t *testing.T) {
	onBothPaths(t, testStreamStalledReadersDelayNobody)
}

func testStreamStalledReadersDelayNobody(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{write: time.Hour})
	session := r.session("Ines")
	network := r.listenSmall()
	for range 50 {
		dial(t, network, "/events").want("ready")
	}
	well := dial(t, network, "/events")
	well.want("ready")
	long := strings.Repeat("x", 3900)
	for i := range 300 {
		r.send(session.ID, fmt.Sprint(i, " ", long))
		if got := well.want("message_sent").field(t, "message"); !strings.HasPrefix(got, fmt.Sprint(i, " ")) {
			t.Fatalf("got %.10s, want %d", got, i)
		}
	}
	eventually(t, "all fifty to stall, without which this shows nothing", func() bool { return writing(r) >= 50 })
	r.svc.Close()
	well.want("bye")
	well.conn.Close()
	checkNoStreams(t, r)
}

// writing counts the streams that are in the middle of a write.
func writing(r *rig) (n int) {
	r.streamer.mu.Lock()
	defer r.streamer.mu.Unlock()
	for _, s := range r.streamer.streams {
		writing := false
		switch c := s.out.(type) {
		case *sseConn:
			c.mu.Lock()
			writing = c.writing
			c.mu.Unlock()
		case *rawConn:
			s.mu.Lock()
			writing = s.owned
			s.mu.Unlock()
		}
		if writing {
			n++
		}
	}
	return n
}

// A reader that pauses for longer than its queue lasts loses nothing.
func TestStreamSlowReaderLosesNothing(t *testing.T) { onBothPaths(t, testStreamSlowReaderLosesNothing) }

func testStreamSlowReaderLosesNothing(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{write: time.Hour})
	session := r.session("Ines")
	c := dial(t, r.listenSmall(), "/events")
	c.want("ready")
	r.sendMany(session.ID, 0, 5)
	c.wantTexts(0, 5)
	if err := r.svc.Typing(context.Background(), r.host, session.ID, true); err != nil {
		t.Fatal(err)
	}
	c.want("typing") // leaves the position where it is
	r.sendMany(session.ID, 5, 1500)
	eventually(t, "a reader who is behind", func() bool { return writing(r) == 1 }) // otherwise the test shows nothing
	c.conn.(*net.TCPConn).SetReadBuffer(1 << 20)
	c.wantTexts(5, 1500)
	r.sendMany(session.ID, 1500, 1510)
	c.wantTexts(1500, 1510)
}

// What happens between the subscription and the first bytes, or while the log
// is being read, waits for its turn.
func TestStreamKeepsOrderWhileItBegins(t *testing.T) {
	onBothPaths(t, testStreamKeepsOrderWhileItBegins)
}

func testStreamKeepsOrderWhileItBegins(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	position := r.head()
	r.sendMany(session.ID, 0, 3)
	srv := httptest.NewUnstartedServer(r.handler)
	if r.streamer.opts.ordinary {
		srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			r.handler.ServeHTTP(&beginningWriter{loggedWriter{w}, func() { r.sendMany(session.ID, 3, 6) }}, req)
		})
	}
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateHijacked {
			r.sendMany(session.ID, 3, 6)
		}
	}
	srv.Start()
	t.Cleanup(func() { r.svc.Close(); srv.CloseClientConnections(); srv.Close() })
	var reads, pages atomic.Int32
	r.store.hook(func(context.Context) error {
		if reads.Add(1) == 1 {
			r.sendMany(session.ID, 6, 9) // in the page, and also live
		}
		return nil
	}, func(context.Context) error {
		if pages.Add(1) == 1 {
			r.sendMany(session.ID, 9, 12) // not in the page
		}
		return nil
	})
	c := dial(t, to(srv), "/events", "Last-Event-ID: "+position)
	c.want("ready")
	c.wantTexts(0, 12)
	r.sendMany(session.ID, 12, 14)
	c.wantTexts(12, 14)
}

// A reader who comes between a commit and its publication has the event from
// the log, or has a position that includes it: not the event once more.
func TestStreamDoesNotRepeatWhatIsBeingPublished(t *testing.T) {
	onBothPaths(t, testStreamDoesNotRepeatWhatIsBeingPublished)
}

func testStreamDoesNotRepeatWhatIsBeingPublished(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	position := r.head()
	network := to(r.listen())
	var fresh, resumed *client
	r.store.hookCommit(func(context.Context) error {
		fresh = dial(t, network, "/events")
		if id := fresh.want("ready").id; id != r.head() {
			t.Errorf("ready has id %s, the head is %s", id, r.head())
		}
		resumed = dial(t, network, "/events", "Last-Event-ID: "+position)
		resumed.want("ready")
		resumed.wantTexts(0, 1)
		return nil
	})
	r.sendMany(session.ID, 0, 1)
	r.store.hookCommit(nil)
	r.sendMany(session.ID, 1, 3)
	fresh.wantTexts(1, 3)
	resumed.wantTexts(1, 3)
}

// beginningWriter calls something before the status line goes out.
type beginningWriter struct {
	loggedWriter
	before func()
}

func (w *beginningWriter) WriteHeader(status int) {
	w.before()
	time.Sleep(20 * time.Millisecond) // for whoever would act on it too early
	w.loggedWriter.WriteHeader(status)
}

// An idle stream is woken by each event, also by one that comes in the moment
// in which it becomes idle. No heartbeat comes to its help.
func TestStreamIsWokenByEachEvent(t *testing.T) { onBothPaths(t, testStreamIsWokenByEachEvent) }

func testStreamIsWokenByEachEvent(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{heartbeat: time.Hour})
	session := r.session("Ines")
	c := dial(t, to(r.listen()), "/events")
	c.want("ready")
	messages := make(chan int, 100)
	go func() {
		defer close(messages)
		for e, err := c.next(); err == nil; e, err = c.next() {
			if e.name == "message_sent" {
				n, _ := strconv.Atoi(e.field(t, "message"))
				messages <- n
			}
		}
	}()
	for round := range 40 {
		for range 400 {
			if err := r.svc.Typing(context.Background(), r.host, session.ID, true); err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(rand.N(40 * time.Microsecond)); time.Now().Before(end); { // about as long as a frame takes
			}
		}
		// What was missed would still be waiting, and this behind it.
		r.send(session.ID, strconv.Itoa(round))
		select {
		case got := <-messages:
			if got != round {
				t.Fatalf("got %d, want %d", got, round)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("asleep in round %d", round)
		}
	}
}

// Whoever wakes a stream whose owner has just found nothing keeps it awake.
func TestStreamDoesNotSleepThroughItsWaking(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{})
	session := r.session("Ines")
	s := newStream(t.Context(), r.streamer, r.host, right{})
	sub, err := r.svc.Subscribe(t.Context(), r.host, chat.SubscribeOptions{Wake: s.wake})
	if err != nil {
		t.Fatal(err)
	}
	s.sub = sub
	defer s.leave()
	if batch, ok := s.take(); len(batch) > 0 || !ok {
		t.Fatalf("%q, %v", batch, ok)
	}
	r.send(session.ID, "now")
	if s.rest() {
		t.Fatal("asleep, with an event waiting")
	}
	if batch, ok := s.take(); len(batch) == 0 || !ok {
		t.Fatalf("%q, %v", batch, ok)
	}
	if !s.rest() {
		t.Fatal("awake, with nothing waiting")
	}
}

// The response is not over before everything that may use the request is.
func TestStreamWaitsForItsOwnWork(t *testing.T) {
	r := newRig(t, streamOptions{heartbeat: 15 * time.Millisecond, recheck: time.Millisecond})
	asking := make(chan struct{}, 100)
	var inside, early atomic.Int32
	r.setRecheck(func(ctx context.Context) error {
		inside.Add(1)
		defer inside.Add(-1)
		asking <- struct{}{}
		<-ctx.Done()
		time.Sleep(30 * time.Millisecond)
		return ctx.Err()
	})
	inner, served := r.handler, make(chan struct{}, 1)
	r.handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		inner.ServeHTTP(w, req)
		early.Add(inside.Load())
		served <- struct{}{}
	})
	c := dial(t, to(r.listen()), "/events")
	c.want("ready")
	<-asking
	c.conn.Close()
	<-served
	if early.Load() > 0 {
		t.Error("the handler returned while the reader was still being checked")
	}
}

// Whoever takes nothing for too long is cut off, and counted; whoever hangs up
// is not.
func TestStreamDroppedReadersAreCounted(t *testing.T) {
	onBothPaths(t, testStreamDroppedReadersAreCounted)
}

func testStreamDroppedReadersAreCounted(t *testing.T) {
	r := newRigOn(t, newMemoryStore(), streamOptions{write: 50 * time.Millisecond})
	session := r.session("Ines")
	network := r.listenSmall()
	dial(t, network, "/events").want("ready")
	leaves := dial(t, network, "/events")
	leaves.want("ready")
	leaves.conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	long := strings.Repeat("x", 3900)
	for {
		r.send(session.ID, long)
		s, err := r.svc.Stats(ctx)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		if s.ReadersDropped > 0 && s.AgentStreams == 0 {
			if s.ReadersDropped != 1 {
				t.Errorf("%d readers were dropped, want 1", s.ReadersDropped)
			}
			return
		}
	}
}
