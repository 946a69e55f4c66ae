package httpapi

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The writers that middleware makes, in all the ways they come.
type (
	opaqueWriter struct{ inner http.ResponseWriter } // neither flushes nor unwraps
	lyingWriter  struct{ opaqueWriter }              // says that it flushes
	goodWriter   struct{ opaqueWriter }              // unwraps
	loggedWriter struct{ http.ResponseWriter }       // unwraps, and flushes in the old way
	panicWriter  struct{ goodWriter }                // as echo's when what it wraps cannot flush
)

func (w opaqueWriter) Header() http.Header         { return w.inner.Header() }
func (w opaqueWriter) Write(p []byte) (int, error) { return w.inner.Write(p) }
func (w opaqueWriter) WriteHeader(status int)      { w.inner.WriteHeader(status) }
func (w lyingWriter) Flush()                       {}
func (w goodWriter) Unwrap() http.ResponseWriter   { return w.inner }
func (w loggedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
func (w loggedWriter) Flush()                      { w.ResponseWriter.(http.Flusher).Flush() }
func (w panicWriter) Flush()                       { panic("response writer flushing is not supported") }

func TestStreamJudgesMiddleware(t *testing.T) {
	wrap := func(f func(http.ResponseWriter) http.ResponseWriter) func(http.Handler) http.Handler {
		return func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(f(w), r) })
		}
	}
	timeout := func(h http.Handler) http.Handler { return http.TimeoutHandler(h, 5*time.Second, "too late") }
	chain := func(outer, inner func(http.Handler) http.Handler) func(http.Handler) http.Handler {
		return func(h http.Handler) http.Handler { return outer(inner(h)) }
	}
	opaque := wrap(func(w http.ResponseWriter) http.ResponseWriter { return opaqueWriter{w} })
	lying := wrap(func(w http.ResponseWriter) http.ResponseWriter { return lyingWriter{opaqueWriter{w}} })
	good := wrap(func(w http.ResponseWriter) http.ResponseWriter { return goodWriter{opaqueWriter{w}} })
	logged := wrap(func(w http.ResponseWriter) http.ResponseWriter { return loggedWriter{w} })
	for _, test := range []struct {
		name       string
		middleware func(http.Handler) http.Handler
		culprit    string // in the refusal; empty: it streams
	}{
		{"none", func(h http.Handler) http.Handler { return h }, ""},
		{"unwraps", good, ""},
		{"twice", chain(logged, good), ""},
		{"max bytes", func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 100) }, ""},
		{"cross-origin protection", http.NewCrossOriginProtection().Handler, ""},
		{"TimeoutHandler", timeout, "*http.timeoutWriter"},
		{"TimeoutHandler below", chain(timeout, good), "*http.timeoutWriter"},
		{"TimeoutHandler behind one that says it flushes", chain(timeout, lying), "httpapi.lyingWriter"},
		{"opaque", opaque, "httpapi.opaqueWriter"},
		{"opaque below", chain(opaque, good), "httpapi.opaqueWriter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, streamOptions{})
			r.handler = test.middleware(r.handler)
			c := dial(t, to(r.listen()), "/events")
			if test.culprit == "" {
				c.want("ready")
				r.session("Ines")
				c.want("session_started")
				return
			}
			body := make([]byte, 400)
			n, _ := c.resp.Body.Read(body)
			if got := string(body[:n]); c.resp.StatusCode != 500 || !strings.Contains(got, test.culprit) || !strings.Contains(got, "Streaming is impossible: ") {
				t.Errorf("got %d %s", c.resp.StatusCode, got)
			}
		})
	}
}

// A writer that panics when it flushes ends its own stream and nothing else.
func TestStreamSurvivesAPanickingFlush(t *testing.T) {
	r := newRig(t, streamOptions{})
	inner := r.handler
	r.handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Query().Has("panic") {
			w = panicWriter{goodWriter{opaqueWriter{w}}}
		}
		inner.ServeHTTP(w, req)
	})
	srv := r.listen()
	well := dial(t, to(srv), "/events")
	well.want("ready")
	c := dial(t, to(srv), "/events?panic")
	if _, err := c.rest(); err != nil {
		t.Errorf("the stream should end: %v", err)
	}
	r.session("Ines")
	well.want("session_started")
	well.conn.Close()
	checkNoStreams(t, r)
}

// A store that panics ends the stream that asked it.
func TestStreamSurvivesAPanickingStore(t *testing.T) {
	onBothPaths(t, testStreamSurvivesAPanickingStore)
}

func testStreamSurvivesAPanickingStore(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	position := r.head()
	r.sendMany(session.ID, 0, 3)
	srv := r.listen()
	well := dial(t, to(srv), "/events")
	well.want("ready")
	r.store.hook(nil, func(context.Context) error { panic("disk on fire") })
	c := dial(t, to(srv), "/events", "Last-Event-ID: "+position)
	c.want("ready")
	if rest, err := c.rest(); err != nil || len(rest) > 0 {
		t.Errorf("the stream should end: %v, %v", rest, err)
	}
	r.store.hook(nil, nil)
	r.sendMany(session.ID, 3, 4)
	well.wantTexts(3, 4)
	well.conn.Close()
	checkNoStreams(t, r)
}

// Where deadlines cannot be set a stream still runs.
func TestStreamRunsWithoutDeadlines(t *testing.T) {
	r := newRig(t, streamOptions{})
	inner := r.handler
	r.handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		inner.ServeHTTP(flushOnly{opaqueWriter{w}, w.(http.Flusher)}, req)
	})
	c := dial(t, to(r.listen()), "/events")
	c.want("ready")
	r.session("Ines")
	c.want("session_started")
}

type flushOnly struct {
	opaqueWriter
	http.Flusher
}
