package apitest

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// TestClockPanics has the host's clock panic under every operation, and under
// everything that works in the background: the machine's clock is asked
// instead, the log says so, and nobody notices anything.
func TestClockPanics(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	s := open(t, setup{chat: chat.Options{Now: func() time.Time {
		if broken.Load() {
			panic("SELECT the clock")
		}
		return time.Now()
	}}})
	f := s.fixture().withFile()
	stream := f.admin().stream("/api/v1/events")
	stream.next("ready")
	eachOperation(t, func(op *operation) bool { return !op.streams(theDocument(t)) }, func(t *testing.T, op *operation) {
		f := f.on(t)
		path, body := f.path(op), f.body(op)
		broken.Store(true)
		r := f.caller(op).do(op.method, path, body)
		broken.Store(false)
		if r.status >= 500 {
			t.Errorf("status %d\n%s", r.status, r.raw)
		}
		f.admin().get("/api/v1/me").is(200)
	})
	broken.Store(true)
	g := s.fixture()
	g.who.post("/visitor/v1/messages", encode(object{"session_id": g.session, "message": "All is well"})).is(201)
	for e, ok := stream.any(); !strings.Contains(e.raw, "All is well"); e, ok = stream.any() {
		if !ok {
			t.Fatal("the stream has ended")
		}
	}
	if log := s.log.String(); !strings.Contains(log, "Options.Now panicked") || strings.Count(log, "Options.Now panicked") > 5 {
		t.Errorf("the log says it %d times", strings.Count(log, "Options.Now panicked"))
	}
}
