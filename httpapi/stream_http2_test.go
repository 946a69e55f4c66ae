package httpapi

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"
)

// On HTTP/2 a deadline resets the stream although nothing is being written,
// and Connection: close sends all other requests elsewhere. Neither may happen.
func TestStreamOnHTTP2(t *testing.T) {
	unencrypted := func(srv *http.Server) {
		srv.Protocols = new(http.Protocols)
		srv.Protocols.SetUnencryptedHTTP2(true)
	}
	bubble(t, streamOptions{heartbeat: time.Hour}, unencrypted, func(r *rig, l *pipeListener) {
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		transport := &http.Transport{
			Protocols:   protocols,
			DialContext: func(context.Context, string, string) (net.Conn, error) { return l.dial() },
		}
		defer transport.CloseIdleConnections()
		dials := 0
		ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
			GotConn: func(info httptrace.GotConnInfo) {
				if !info.Reused {
					dials++
				}
			},
		})
		open := func() (*streamReader, func()) {
			req, _ := http.NewRequestWithContext(ctx, "GET", "http://x/events", nil)
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.ProtoMajor != 2 {
				t.Fatal(resp.Proto)
			}
			return newStreamReader(resp.Body), func() { resp.Body.Close() }
		}
		first, closeFirst := open()
		defer closeFirst()
		second, closeSecond := open()
		defer closeSecond()
		session := r.session("Ines")
		for range 3 {
			time.Sleep(time.Minute) // far longer than a write may take
			r.send(session.ID, "hello")
			for _, c := range []*streamReader{first, second} {
				if _, err := c.nextNamed("message_sent"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if dials != 1 {
			t.Errorf("two streams took %d connections", dials)
		}
		closeSecond()
		synctest.Wait()
		r.streamer.mu.Lock()
		defer r.streamer.mu.Unlock()
		if n := len(r.streamer.streams); n != 1 {
			t.Errorf("%d streams are left after one of two was closed", n)
		}
	})
}
