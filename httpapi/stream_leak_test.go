package httpapi

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// checkNoStreams waits until nothing of any stream is left.
func checkNoStreams(t testing.TB, r *rig) {
	t.Helper()
	for range 500 {
		if leftovers(r) == "" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("left behind:\n", leftovers(r))
}

// leftovers names goroutines and entries that a stream has left behind.
func leftovers(r *rig) string {
	var left []string
	r.streamer.mu.Lock()
	if len(r.streamer.streams) > 0 || r.streamer.stop != nil {
		left = append(left, "streams on the clock")
	}
	r.streamer.mu.Unlock()
	buf := make([]byte, 4<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for g := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(g, "r3labs/sse") || strings.Contains(g, "httpapi.(*stream") || strings.Contains(g, "httpapi.(*sseConn") || strings.Contains(g, "httpapi.(*rawConn") {
			left = append(left, g)
		}
	}
	return strings.Join(left, "\n\n")
}

// However streams end, nothing of them stays.
func TestStreamsLeaveNothingBehind(t *testing.T) { onBothPaths(t, testStreamsLeaveNothingBehind) }

func testStreamsLeaveNothingBehind(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	srv := r.listen()
	for i := range 200 {
		c := dial(t, to(srv), "/events")
		switch i % 4 {
		case 0: // before anything is read
			cut(c.conn)
		case 1:
			c.want("ready")
			c.conn.Close()
		case 2:
			c.want("ready")
			r.send(session.ID, "hello")
			cut(c.conn)
		case 3:
			c.conn.Close()
			if resp, err := http.Head(srv.URL + "/events"); err != nil || resp.StatusCode != 200 {
				t.Fatal(resp, err)
			}
			r.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/events?after=x", nil))
		}
	}
	checkNoStreams(t, r)
}
