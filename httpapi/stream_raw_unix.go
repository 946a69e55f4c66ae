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
