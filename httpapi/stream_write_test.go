package httpapi

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// writesCounted counts the writes to a connection, each a call of the system.
type writesCounted struct {
	net.Conn
	writes atomic.Int64
}

func (c *writesCounted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// What has queued while a reader was being written to goes out in one write:
// under load that is what makes an event cheap.
func TestStreamWritesWhatQueuedAtOnce(t *testing.T) {
	onBothPaths(t, testStreamWritesWhatQueuedAtOnce)
}

func testStreamWritesWhatQueuedAtOnce(t *testing.T) {
	const queued = 40
	most := int64(1)
	if strings.HasSuffix(t.Name(), "/ordinary") {
		most = 3 // the buffer of net/http is filled up, what it does not hold is written, and then the end of the chunk
	}
	bubble(t, streamOptions{heartbeat: time.Hour}, nil, func(r *rig, l *pipeListener) {
		reader, conn := net.Pipe()
		counted := &writesCounted{Conn: conn}
		c := dial(r, func() (net.Conn, error) { l.conns <- counted; return reader, nil }, "/events")
		c.want("ready")
		session := r.session("Ines")
		c.want("session_started")
		synctest.Wait()
		r.send(session.ID, "0")
		synctest.Wait() // nobody reads, so it is being written until then
		before := counted.writes.Load()
		r.sendMany(session.ID, 1, 1+queued)
		c.wantTexts(0, 1+queued)
		synctest.Wait()
		if n := counted.writes.Load() - before; n < 1 || n > most {
			t.Errorf("%d events that waited were written in %d pieces, want %d at most", queued, n, most)
		}
	})
}
