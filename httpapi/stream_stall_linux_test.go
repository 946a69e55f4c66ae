package httpapi

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A thousand readers who take nothing cost the one who writes and the one who
// reads nothing but memory, and of that little. At the deadline of their writes
// they are cut off, and nothing of them stays, although their ends of the
// connections are still open.
func TestStreamThousandStalledReaders(t *testing.T) { onBothPaths(t, testStreamThousandStalledReaders) }

func testStreamThousandStalledReaders(t *testing.T) {
	const stalled, messages = 1000, 100
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < 2*stalled+200 {
		t.Skipf("this process may open %d files only", files.Cur)
	}
	r := newRigOn(t, newMemoryStore(), streamOptions{write: time.Second})
	session := r.session("Ines")
	network := r.listenSmall()
	well := dial(t, network, "/events")
	well.want("ready")
	baseline := runtime.NumGoroutine()
	ends := make([]net.Conn, stalled)
	for i := range ends {
		ends[i] = silent(t, network)
	}
	defer func() {
		for _, c := range ends {
			c.Close()
		}
	}()
	before := liveHeap()
	long := strings.Repeat("x", 3900)
	var took []time.Duration
	most := before
	for i := range messages {
		began := time.Now()
		r.send(session.ID, fmt.Sprint(i, " ", long))
		took = append(took, time.Since(began))
		if got := well.want("message_sent").field(t, "message"); !strings.HasPrefix(got, fmt.Sprint(i, " ")) {
			t.Fatalf("got %.10s, want %d", got, i)
		}
		if i%50 == 49 {
			most = max(most, liveHeap())
		}
	}
	if grown := most - before; grown > 32<<20 {
		t.Errorf("the heap has grown by %d MiB, want 32 at most", grown>>20)
	}
	var dropped int64
	eventually(t, "the stalled readers are cut off", func() bool {
		s, err := r.svc.Stats(t.Context())
		dropped = s.ReadersDropped
		return err == nil && s.AgentStreams == 1
	})
	if dropped != stalled {
		t.Errorf("%d readers were cut off, want %d", dropped, stalled)
	}
	left := 0
	eventually(t, "their goroutines are gone", func() bool {
		left = runtime.NumGoroutine() - baseline
		return left <= 5
	})
	r.send(session.ID, "still there")
	if got := well.want("message_sent").field(t, "message"); got != "still there" {
		t.Errorf("got %q", got)
	}
	slices.Sort(took)
	t.Logf("%d messages beside %d stalled readers: sending took %v, p99 %v; the heap grew by %d KiB, and by %d when they were gone; %d goroutines more than before",
		messages, stalled, took[messages/2], took[messages*99/100], (most-before)>>10, (liveHeap()-before)>>10, left)
}

// silent is a connection whose stream has begun and of which nothing more is
// ever read.
func silent(t *testing.T, network func() (net.Conn, error)) net.Conn {
	t.Helper()
	conn, err := network()
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 64)
	if _, err := fmt.Fprint(conn, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(head); err != nil || !strings.HasPrefix(string(head[:n]), fmt.Sprint("HTTP/1.1 ", http.StatusOK)) {
		t.Fatalf("%q, %v", head[:n], err)
	}
	return conn
}

// liveHeap is how many bytes are in use once all garbage is gone.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // what pools keep goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
