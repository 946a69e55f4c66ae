//go:build !unix

package httpapi

import (
	"net"
	"syscall"
)

// canProbe says whether readNow can ask the connection. Here none can be: each
// stream has a goroutine that waits for the reader to leave.
func canProbe(net.Conn) bool { return false }

func readNow(net.Conn, []byte) (int, bool) { return 0, false }

// writableNow says that each write may have to wait for the reader.
func writableNow(net.Conn) syscall.RawConn { return nil }

type nowWriter struct{}

func (*nowWriter) write(_ syscall.RawConn, b []byte) (rest []byte, err error) { return b, nil }
