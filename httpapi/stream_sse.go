package httpapi

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/r3labs/sse/v2"
)

// sseConn sends a stream through net/http, with an r3labs stream of its own:
// r3labs subscribes, waits, frames and runs the send loop, and this writes
// what comes out of it, with a deadline, in one piece.
//
// Three things about r3labs decide what is done here. It sends ID and Data
// with an id line always, which would make readers forget their position where
// there is none, so batches travel in Comment, of which it makes
// ": <comment>\n\n". An event without Comment ends the connection, so there is
// never one. And when its ServeHTTP returns by a panic, or the stream is removed
// before it returns, a goroutine is left behind, so neither happens.
type sseConn struct {
	w      http.ResponseWriter
	rc     *http.ResponseController
	stream *stream
	server *sse.Server
	id     string // of the r3labs stream
	proto  int    // 1 or 2

	event sse.Event // the batch on its way: never more than one
	out   []byte    // what the next Flush writes

	mu      sync.Mutex
	writing bool
	closed  bool
}

func newSSEConn(s *stream, w http.ResponseWriter, proto int) *sseConn {
	return &sseConn{
		w: w, rc: http.NewResponseController(w), stream: s,
		server: s.streamer.server, id: rand.Text(), proto: proto,
	}
}

// run sends the opening, then the stream, and returns when it is over.
func (c *sseConn) run() {
	r := c.begin()
	defer c.server.RemoveStream(c.id)
	c.server.ServeHTTP(c, r)
}

// begin makes everything ready and returns the request that r3labs gets. It
// is not the reader's: r3labs wants the stream's name in the query, and takes a
// Last-Event-ID that is no number for an error.
func (c *sseConn) begin() *http.Request {
	c.out = c.stream.opening()
	c.server.CreateStream(c.id)
	c.stream.streamer.join(c.stream)
	r := new(http.Request).WithContext(c.stream.ctx)
	r.Method, r.URL, r.Header = http.MethodGet, &url.URL{RawQuery: "stream=" + c.id}, http.Header{}
	return r
}

// send passes the batch to r3labs. Its loop then calls Write and Flush.
func (c *sseConn) send(batch []byte) (sent bool) {
	c.event.Comment = batch[:len(batch)-2] // r3labs adds the last two line ends
	if !c.server.TryPublish(c.id, &c.event) {
		c.close()
	}
	return false
}

// end is close: net/http ends the body when the handler returns.
func (c *sseConn) end() { c.close() }

// close ends r3labs' loop.
func (c *sseConn) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.stream.cancel()
	if c.writing {
		_ = c.rc.SetWriteDeadline(time.Now().Add(-time.Second))
	}
}

// The rest is what r3labs sees as its http.ResponseWriter. All of it is called
// in the handler's goroutine.

func (c *sseConn) Header() http.Header { return c.w.Header() }

// WriteHeader puts the headers right: r3labs has its own.
func (c *sseConn) WriteHeader(status int) {
	setStreamHeaders(c.w.Header(), c.proto)
	c.guard(func() error { c.w.WriteHeader(status); return nil })
}

var commentMark = []byte(": ")

// Write collects what r3labs has framed, without the mark that would make a
// comment of it. It never fails: the loop has to go on until r3labs has
// noticed that the connection is closed.
func (c *sseConn) Write(p []byte) (int, error) {
	if c.out == nil {
		c.out = takeBuffer()
	}
	c.out = append(c.out, bytes.TrimPrefix(p, commentMark)...)
	return len(p), nil
}

// Flush writes what was collected and asks for the next batch. The first call
// finds the opening, and so lets the stream go.
func (c *sseConn) Flush() {
	putBuffer(c.event.Comment)
	c.event.Comment = nil
	c.guard(c.push)
	putBuffer(c.out)
	c.out = nil
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if !closed {
		c.stream.next()
	}
}

// push writes in one piece and flushes. The deadline is renewed before each
// write, because one that has passed while the stream was idle stays passed.
func (c *sseConn) push() error {
	if !c.beginWrite() {
		return nil
	}
	defer c.endWrite()
	_, err := c.w.Write(c.out)
	if err == nil {
		err = c.rc.Flush()
	}
	if !c.cutOff() {
		c.stream.stalled(err)
	}
	return err
}

// cutOff says whether it was close that ended a write.
func (c *sseConn) cutOff() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// beginWrite and endWrite stand around a write. In between close may cut it
// off, and only then: later the deadline may be another request's.
func (c *sseConn) beginWrite() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.writing = true
		_ = c.rc.SetWriteDeadline(time.Now().Add(c.stream.streamer.opts.write))
	}
	return c.writing
}

func (c *sseConn) endWrite() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = false
	if c.proto > 1 && !c.closed {
		// With HTTP/2 a deadline that passes resets the stream, writing or not.
		_ = c.rc.SetWriteDeadline(time.Time{})
	}
}

// guard does something to the connection. An error, or a panic in somebody's
// middleware, closes it: the reader resumes on another.
func (c *sseConn) guard(do func() error) {
	defer func() {
		if v := recover(); v != nil {
			c.stream.streamer.opts.logger.Warn("httpapi: the response writer of an event stream panicked",
				"writer", fmt.Sprintf("%T", c.w), "panic", v)
			c.close()
		}
	}()
	if do() != nil {
		c.close()
	}
}
