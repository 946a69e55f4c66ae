//go:build unix

package httpapi

import (
	"net"
	"syscall"
)

// canProbe says whether readNow can ask the connection.
func canProbe(conn net.Conn) bool {
	_, ok := conn.(syscall.Conn)
	return ok
}

// readNow reads what is there, without waiting for more. gone says that the
// other side has closed the connection.
func readNow(conn net.Conn, buf []byte) (n int, gone bool) {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return 0, true
	}
	if err := raw.Read(func(fd uintptr) bool {
		n, err = syscall.Read(int(fd), buf) // the runtime has made it non-blocking
		return true
	}); err != nil {
		return 0, true
	}
	switch {
	case err == syscall.EAGAIN, err == syscall.EINTR:
		return 0, false
	case err != nil, n == 0:
		return 0, true
	}
	return n, false
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
