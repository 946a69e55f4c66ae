package httpapi

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// takenOver counts the streams on connections that net/http no longer has.
func takenOver(r *rig) (taken, all int) {
	r.streamer.mu.Lock()
	defer r.streamer.mu.Unlock()
	for _, s := range r.streamer.streams {
		if s.raw != nil {
			taken++
		}
	}
	return taken, len(r.streamer.streams)
}

// A connection is taken over only where nobody else would miss it.
func TestStreamTakesOverOnlyWhatItMay(t *testing.T) {
	plain := func(h http.Handler) http.Handler { return h }
	for _, test := range []struct {
		name       string
		opts       streamOptions
		middleware func(http.Handler) http.Handler
		tls        bool
		taken      int
	}{
		{"plain", streamOptions{}, plain, false, 1},
		{"max bytes", streamOptions{}, func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1<<20) }, false, 1},
		{"switched off", streamOptions{ordinary: true}, plain, false, 0},
		{"TLS", streamOptions{}, plain, true, 0},
		{"a writer in between", streamOptions{}, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(loggedWriter{w}, r) })
		}, false, 0},
		{"a deadline", streamOptions{}, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
				defer cancel()
				h.ServeHTTP(w, r.WithContext(ctx))
			})
		}, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, test.opts)
			srv := httptest.NewUnstartedServer(test.middleware(r.handler))
			if srv.Start(); test.tls {
				srv.Close()
				srv = httptest.NewTLSServer(r.handler)
			}
			t.Cleanup(func() { r.svc.Close(); srv.CloseClientConnections(); srv.Close() })
			resp, err := srv.Client().Get(srv.URL + "/events")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			in := newStreamReader(resp.Body)
			if e, err := in.next(); err != nil || e.name != "ready" {
				t.Fatal(e, err)
			}
			if taken, all := takenOver(r); taken != test.taken || all != 1 {
				t.Errorf("%d of %d streams are taken over, want %d", taken, all, test.taken)
			}
			r.session("Ines")
			if e, err := in.next(); err != nil || e.name != "session_started" {
				t.Error(e, err)
			}
		})
	}
}

// Whoever leaves is noticed while nothing is written, and has a free slot at
// once to come back to.
func TestStreamNoticesWhoLeaves(t *testing.T) {
	r := newRig(t, streamOptions{heartbeat: time.Hour})
	srv := r.listen()
	released := make(chan struct{}, 1)
	release := sync.OnceFunc(func() { close(released) })
	r.handler.(*http.ServeMux).HandleFunc("/released", func(w http.ResponseWriter, req *http.Request) {
		r.streamer.serve(w, req, r.host, chat.Topic{}, right{}, release)
	})
	c := dial(t, to(srv), "/released")
	c.want("ready")
	if taken, _ := takenOver(r); taken != 1 {
		t.Fatal("not taken over: the test shows nothing")
	}
	select {
	case <-released:
		t.Fatal("released while the stream is open")
	default:
	}
	c.conn.Close()
	select {
	case <-released:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody noticed")
	}
	checkNoStreams(t, r)
}

// A reader that talks where it should listen is borne for a while.
func TestStreamThrowsAwayWhatReadersSend(t *testing.T) {
	r := newRig(t, streamOptions{})
	c := dial(t, to(r.listen()), "/events")
	c.want("ready")
	if _, err := io.WriteString(c.conn, "GET /again HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(probeEvery + 2*time.Second) // until it was looked at
	r.session("Ines")
	c.want("session_started")
	go io.Copy(c.conn, endless{})
	if _, err := c.rest(); err == nil {
		t.Error("the stream should be cut off")
	}
	checkNoStreams(t, r)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// What was set on the way in goes out with the stream, as it would otherwise.
func TestStreamHeadIsTheServersOwn(t *testing.T) {
	heads := map[bool]http.Header{}
	for _, ordinary := range []bool{false, true} {
		r := newRig(t, streamOptions{ordinary: ordinary})
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2")
			w.Header().Set("X-Frame-Options", "DENY\r\nX-Evil: 1")
			r.handler.ServeHTTP(w, req)
		}))
		t.Cleanup(func() { r.svc.Close(); srv.CloseClientConnections(); srv.Close() })
		c := dial(t, func() (net.Conn, error) { return net.Dial("tcp", srv.Listener.Addr().String()) }, "/events")
		c.want("ready")
		if c.resp.Header.Get("Date") == "" || len(c.resp.TransferEncoding) != 1 || c.resp.TransferEncoding[0] != "chunked" || !c.resp.Close {
			t.Errorf("ordinary %v: %+v", ordinary, c.resp)
		}
		c.resp.Header.Del("Date")
		heads[ordinary] = c.resp.Header
	}
	if len(heads[true]) != len(heads[false]) {
		t.Errorf("taken over %v, ordinary %v", heads[false], heads[true])
	}
	for name, want := range heads[true] {
		if got := heads[false][name]; len(got) != len(want) || got[0] != want[0] {
			t.Errorf("%s is %q, ordinarily %q", name, got, want)
		}
	}
}
