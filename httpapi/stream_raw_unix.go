//go:build unix

package httpapi

import (
	"net"
	"syscall"
)

// askable returns what nowReader needs to ask a connection, or nil.
func askable(conn net.Conn) syscall.RawConn {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// nowReader reads what is there, without waiting for more. One that is used
// again spares the making of its function.
type nowReader struct {
	buf [512]byte
	n   int
	err error
	do  func(fd uintptr) bool
}

// read throws away what has come, and says how much that was and whether there
// may be more. gone says that the other side has closed the connection.
func (r *nowReader) read(conn syscall.RawConn) (n int, more, gone bool) {
	if r.do == nil {
		r.do = func(fd uintptr) bool {
			r.n, r.err = syscall.Read(int(fd), r.buf[:]) // the runtime has made it non-blocking
			return true
		}
	}
	if err := conn.Read(r.do); err != nil {
		return 0, false, true
	}
	switch {
	case r.err == syscall.EAGAIN, r.err == syscall.EINTR:
		return 0, false, false
	case r.err != nil, r.n == 0:
		return 0, false, true
	}
	return r.n, r.n == len(r.buf), false
}

// writableNow returns what is needed to write to a connection without waiting
// for its reader. Only net's own connections are asked: another type may do
// more in its Write than write.
func writableNow(conn net.Conn) syscall.RawConn {
	var raw syscall.RawConn
	var err error
	switch c := conn.(type) {
	case *net.TCPConn:
		raw, err = c.SyscallConn()
	case *net.UnixConn:
		raw, err = c.SyscallConn()
	}
	if err != nil {
		return nil
	}
	return raw
}

// nowWriter writes what a connection takes at once. One that is used again
// spares the making of its function.
type nowWriter struct {
	b   []byte
	n   int
	err error
	do  func(fd uintptr) bool
}

// write returns what the connection has not taken.
func (w *nowWriter) write(conn syscall.RawConn, b []byte) (rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil
	}
	if w.do == nil {
		w.do = func(fd uintptr) bool {
			w.n, w.err = syscall.Write(int(fd), w.b) // the runtime has made it non-blocking
			return true
		}
	}
	w.b = b
	err = conn.Write(w.do)
	w.b = nil
	switch {
	case err != nil:
		return b, err
	case w.err == nil:
		return b[w.n:], nil
	case w.err == syscall.EAGAIN, w.err == syscall.EINTR:
		return b, nil
	}
	return b, w.err
}
