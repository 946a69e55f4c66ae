package httpapi

import (
	"bytes"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// rawConn sends a stream on a connection that was taken over from net/http.
// What net/http holds for a connection (a goroutine, two buffers of 4 KB, the
// request) is given back, and while there is nothing to send the stream has no
// goroutine at all. The bytes are the same as on the ordinary path.
type rawConn struct {
	conn    net.Conn
	now     syscall.RawConn // the same, where it can be written to without waiting; or nil
	stream  *stream
	release func() // of the reader's slots

	asked   syscall.RawConn // the same, where it can be asked whether the reader is still there; otherwise watch waits
	probeAt time.Time       // for the clock
	strayed int             // bytes that came where a reader has nothing to say
	over    sync.Once
}

const (
	// probeEvery is how long a reader who has closed the connection may go
	// unnoticed while nothing is written to it.
	probeEvery = 2 * time.Second
	// maxStray is how many bytes a reader may send on a stream. They are
	// thrown away; with more the connection is closed.
	maxStray = 4 << 10
)

// mayTakeOver says whether the connection of a request may be taken over.
// Nothing of the host's may stand between it and us: middleware that counts,
// logs or changes what is written would miss all of it. TLS has buffers of its
// own, and HTTP/2 one connection for many requests.
func (st *streamer) mayTakeOver(w http.ResponseWriter, r *http.Request) bool {
	if st.opts.ordinary || r.TLS != nil || r.ProtoMajor != 1 || r.ProtoMinor < 1 || r.Method != http.MethodGet || r.ContentLength != 0 {
		return false
	}
	if _, limited := r.Context().Deadline(); limited {
		return false
	}
	if own, ok := w.(*startedWriter); ok {
		w = own.ResponseWriter
	}
	// The type of net/http's own writer cannot be named, so it is told by its name.
	t := reflect.TypeOf(w)
	return t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "net/http" && t.Elem().Name() == "response"
}

// takeOver takes the connection of s over and starts sending. Without ok
// nothing has happened. Afterwards w and the request belong to nobody, and
// release is called when the stream is over.
func (st *streamer) takeOver(s *stream, w http.ResponseWriter, release func()) (ok bool) {
	header := w.Header()
	setStreamHeaders(header, 1)
	header.Del("Content-Length")
	head := responseHead(header, st.opts.now())
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	c := &rawConn{conn: conn, now: writableNow(conn), stream: s, release: release}
	c.probeAt = time.Now().Add(between(0, probeEvery)) // so that not all are looked at in one tick
	s.out, s.raw = c, c
	if c.asked = askable(conn); c.asked == nil {
		go c.watch()
	}
	st.join(s)
	s.begin(func() { c.write(appendChunk(head, s.opening())) })
	return true
}

// responseHead is what net/http would have sent.
func responseHead(h http.Header, now time.Time) []byte {
	if _, given := h["Date"]; !given {
		h.Set("Date", now.UTC().Format(http.TimeFormat))
	}
	h.Set("Transfer-Encoding", "chunked")
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\n")
	h.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}

// appendChunk appends a part of a body whose length is not known beforehand. An
// empty one ends the body.
func appendChunk(b, part []byte) []byte {
	b = strconv.AppendInt(b, int64(len(part)), 16)
	b = append(b, "\r\n"...)
	b = append(b, part...)
	return append(b, "\r\n"...)
}

// send writes the batch. It is called by the stream's owner, who has nothing
// else to do meanwhile.
func (c *rawConn) send(batch []byte) (sent bool) {
	out := appendChunk(takeBuffer(), batch)
	putBuffer(batch)
	c.write(out)
	putBuffer(out)
	return true
}

// end tells the reader that the body is complete.
func (c *rawConn) end() {
	if c.stream.ctx.Err() == nil {
		c.write(appendChunk(nil, nil))
	}
	c.close()
}

// write writes all of it. There is a deadline only while the reader has to be
// waited for, because to set one costs as much as a short write does, and one
// that has passed stays in the way of later writes.
func (c *rawConn) write(b []byte) {
	var err error
	if c.now != nil {
		var now nowWriter
		if b, err = now.write(c.now, b); err == nil && len(b) == 0 {
			return
		}
	}
	if err == nil {
		_ = c.conn.SetWriteDeadline(time.Now().Add(c.stream.streamer.opts.write))
		_, err = c.conn.Write(b)
	}
	if err != nil {
		c.stream.stalled(err)
		c.close()
		return
	}
	_ = c.conn.SetWriteDeadline(time.Time{})
}

// close closes the connection and ends the stream. The reader's slots are free
// when it returns; the rest is done by a goroutine, because close may be
// called by the stream's own, which that waits for, or by the clock.
func (c *rawConn) close() {
	c.over.Do(func() {
		c.stream.cancel()
		c.conn.Close()
		c.release()
		go c.stream.leave()
	})
}

// watch notices that the reader has left, on connections that cannot be asked.
func (c *rawConn) watch() {
	buf := make([]byte, 256)
	for {
		n, err := c.conn.Read(buf)
		if err != nil || c.stray(n) {
			c.close()
			return
		}
	}
}

// stray counts what a reader sends, and says whether it is too much.
func (c *rawConn) stray(n int) bool {
	c.strayed += n
	return c.strayed > maxStray
}

// probe asks now and then whether the reader has left. For the clock.
func (c *rawConn) probe(now time.Time, r *nowReader) {
	if c.asked == nil || now.Before(c.probeAt) {
		return
	}
	c.probeAt = now.Add(probeEvery)
	for more := true; more; {
		var n int
		var gone bool
		if n, more, gone = r.read(c.asked); gone || c.stray(n) {
			c.close()
			return
		}
	}
}
