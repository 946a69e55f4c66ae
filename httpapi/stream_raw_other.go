//go:build !unix

package httpapi

import (
	"net"
	"syscall"
)

// askable says that no connection can be asked: each stream has a goroutine that
// waits for the reader to leave.
func askable(net.Conn) syscall.RawConn { return nil }

type nowReader struct{}

func (*nowReader) read(syscall.RawConn) (n int, more, gone bool) { return 0, false, false }

// writableNow says that each write may have to wait for the reader.
func writableNow(net.Conn) syscall.RawConn { return nil }

type nowWriter struct{}

func (*nowWriter) write(_ syscall.RawConn, b []byte) (rest []byte, err error) { return b, nil }
