package apitest

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// TestClockPanics has the host's clock panic under every operation: that
// request fails, or does not ask for the time; nobody else notices, a stream
// that is open goes on, and no lock stays taken.
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
	failed := 0
	eachOperation(t, func(op *operation) bool { return !op.streams(theDocument(t)) }, func(t *testing.T, op *operation) {
		f := f.on(t)
		path, body := f.path(op), f.body(op)
		broken.Store(true)
		r := f.caller(op).do(op.method, path, body)
		broken.Store(false)
		if r.status >= 500 {
			failed++
			r.fails(500, "internal", "")
		}
		f.admin().get("/api/v1/me").is(200)
	})
	if failed < 20 {
		t.Errorf("only %d operations ask for the time", failed)
	}
	g := s.fixture()
	g.who.post("/visitor/v1/messages", encode(object{"session_id": g.session, "message": "All is well"})).is(201)
	for e, ok := stream.any(); !strings.Contains(e.raw, "All is well"); e, ok = stream.any() {
		if !ok {
			t.Fatal("the stream has ended")
		}
	}
	t.Logf("%d operations failed with the clock", failed)
}
