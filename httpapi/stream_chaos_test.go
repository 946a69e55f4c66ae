package httpapi

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var chaosTime = flag.Duration("stream.chaos", 2*time.Second, "how long the chaos test of the event streams runs")

// cut ends a connection without a goodbye: the other side gets a reset.
func cut(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// chaosReader follows one stream over one connection after another.
type chaosReader struct {
	t        *testing.T
	network  func() (net.Conn, error)
	path     string
	visitor  string
	position string
	ids      []string
	reads    int
}

// connect reads up to n events, and reports whether it came to the event
// with the id last.
func (c *chaosReader) connect(n int, last string) (done bool) {
	headers := []string{}
	if c.position != "" {
		headers = append(headers, "Last-Event-ID: "+c.position)
	}
	if c.visitor != "" {
		headers = append(headers, "X-Visitor: "+c.visitor)
	}
	conn, err := tryDial(c.network, c.path, headers...)
	if err != nil {
		c.t.Errorf("connect: %v", err)
		return true
	}
	c.reads++
	conn.lastID = c.position
	patience := 30 * time.Second
	if last == "" {
		patience = 300 * time.Millisecond // nothing may be coming any more
	}
	conn.conn.SetReadDeadline(time.Now().Add(patience))
	defer func() {
		c.position = conn.lastID
		if conn.resets > 0 {
			c.t.Errorf("%s: the position was reset %d times", c.path, conn.resets)
		}
		if rand.N(2) == 0 {
			cut(conn.conn)
		} else {
			conn.conn.Close()
		}
	}()
	for range n {
		if last != "" && conn.lastID == last {
			return true
		}
		e, err := conn.next()
		if err != nil {
			if last != "" || !errors.Is(err, os.ErrDeadlineExceeded) {
				c.t.Errorf("%s at %s: %v", c.path, conn.lastID, err)
			}
			return true
		}
		switch {
		case e.name == "reset", e.name == "bye":
			c.t.Errorf("%s: %s %s", c.path, e.name, e.data)
		case e.name == "ready":
			if c.position != "" && e.id != c.position {
				c.t.Errorf("%s: resumed at %s instead of %s", c.path, e.id, c.position)
			}
		case e.name == "typing" && e.id != "":
			c.t.Errorf("%s: typing with the id %s", c.path, e.id)
		case e.id != "":
			c.ids = append(c.ids, e.id)
		}
	}
	return false
}

// Readers come and go in the middle of everything: messages one by one and
// in bursts that overflow their queues, typing, a slow log, slow connections.
// Each must end up with every event once, in order.
func TestStreamChaos(t *testing.T) { onBothPaths(t, testStreamChaos) }

func testStreamChaos(t *testing.T) {
	opts := streamOptions{heartbeat: 15 * time.Millisecond}
	t.Run("sqlite", func(t *testing.T) { chaos(t, newRig(t, opts)) })
	t.Run("memory", func(t *testing.T) { chaos(t, newRigOn(t, newMemoryStore(), opts)) })
}

func chaos(t *testing.T, r *rig) {
	pause := func(context.Context) error { time.Sleep(rand.N(3 * time.Millisecond)); return nil }
	r.store.hook(pause, pause) // what is committed after the read is not in the page
	r.store.hookCommit(pause)  // what is committed is not yet published
	network := slowNetwork(r)

	sessions := []chat.Session{r.session("Ines"), r.session("Bram"), r.session("Chike")}
	start := r.head()
	readers := []*chaosReader{}
	for i := range 10 {
		c := &chaosReader{t: t, network: network, path: "/events"}
		switch session := sessions[i%3]; i {
		case 6, 7:
			c.path = "/sessions/" + session.ID + "/events"
		case 8, 9:
			c.path, c.visitor = "/visitor/events", session.VisitorID
		}
		c.connect(1, "") // learns the position, and is cut before the first event
		readers = append(readers, c)
	}

	var over, taken atomic.Bool
	time.AfterFunc(*chaosTime, func() { over.Store(true) })
	var producers, readersDone sync.WaitGroup
	var sent atomic.Int64
	send := func(session chat.Session) { r.send(session.ID, fmt.Sprint(sent.Add(1))) }
	for i, session := range sessions {
		producers.Go(func() {
			for n := 0; !over.Load(); n++ {
				if err := r.svc.Typing(context.Background(), r.host, session.ID, n%2 == 0); err != nil {
					t.Error(err)
				}
				burst := 1 + rand.N(16)
				if n, _ := takenOver(r); n > 0 {
					taken.Store(true)
				}
				if i == 0 && n%50 == 20 {
					burst = 600 // more than a reader's queue holds
				}
				var sends sync.WaitGroup
				for range burst {
					sends.Go(func() { send(session) })
				}
				sends.Wait()
				time.Sleep(rand.N(4 * time.Millisecond))
			}
		})
	}
	final := make(chan struct{})
	for _, c := range readers {
		readersDone.Go(func() {
			for !over.Load() {
				c.connect(1+rand.N(60), "")
			}
			<-final
			var last string
			for _, e := range r.history() {
				if c.hears(e, sessions) {
					last = e.ID
				}
			}
			for !c.connect(1+rand.N(2000), last) {
			}
		})
	}
	producers.Wait()
	close(final)
	readersDone.Wait()

	connections := 0
	for _, c := range readers {
		connections += c.reads
		c.judge(r.history(), start, sessions)
	}
	t.Logf("%d events, %d connections", sent.Load(), connections)
	if taken.Load() == r.streamer.opts.ordinary {
		t.Error("the streams took the other path")
	}
	r.svc.Close()
	checkNoStreams(t, r)
}

// slowNetwork serves the rig on connections that now and then take nothing: on
// those that are taken over there is no writer that could lag, but the system
// keeps little for the reader.
func slowNetwork(r *rig) func() (net.Conn, error) {
	if r.streamer.opts.ordinary {
		inner := r.handler
		r.handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			inner.ServeHTTP(&laggingWriter{ResponseWriter: w}, req)
		})
		return to(r.listen())
	}
	return r.listenSmall()
}

func (c *chaosReader) hears(e *chat.Event, sessions []chat.Session) bool {
	for _, s := range sessions {
		if c.path == "/sessions/"+s.ID+"/events" {
			return e.SessionID == s.ID
		}
		if c.visitor == s.VisitorID {
			return e.VisitorID == s.VisitorID
		}
	}
	return true
}

// judge compares what the reader got with the log.
func (c *chaosReader) judge(history []*chat.Event, start string, sessions []chat.Session) {
	c.t.Helper()
	var want []string
	begun := false
	for _, e := range history {
		if begun && c.hears(e, sessions) {
			want = append(want, e.ID)
		}
		begun = begun || e.ID == start
	}
	got := map[string]int{}
	for _, id := range c.ids {
		got[id]++
	}
	lost, doubled, reordered := 0, 0, 0
	for _, id := range want {
		if got[id] == 0 {
			lost++
		}
		doubled += max(got[id]-1, 0)
		delete(got, id)
	}
	place := map[string]int{}
	for i, id := range want {
		place[id] = i
	}
	for i := 1; i < len(c.ids); i++ {
		if place[c.ids[i]] < place[c.ids[i-1]] {
			reordered++
		}
	}
	if lost+doubled+reordered+len(got) > 0 {
		c.t.Errorf("%s: of %d events %d lost, %d doubled, %d reordered, %d foreign", c.path, len(want), lost, doubled, reordered, len(got))
	}
}

// laggingWriter is a slow connection now and then.
type laggingWriter struct {
	http.ResponseWriter
	writes int
}

func (w *laggingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *laggingWriter) Write(p []byte) (int, error) {
	if w.writes++; rand.N(20) == 0 {
		time.Sleep(rand.N(20 * time.Millisecond))
	}
	return w.ResponseWriter.Write(p)
}
