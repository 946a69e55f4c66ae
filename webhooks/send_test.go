package webhooks

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func anyClient(timeout time.Duration) *http.Client {
	return newClient(chat.WebhookTargets{Any: true}, timeout, 1)
}

// answering is a receiver that answers with raw bytes and hangs up.
func answering(t *testing.T, write func(io.Writer)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				req, err := http.ReadRequest(bufio.NewReader(c))
				if err == nil {
					io.Copy(io.Discard, req.Body)
					write(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestAnswersThatAreNone(t *testing.T) {
	headers := func(w io.Writer) {
		fmt.Fprint(w, "HTTP/1.1 200 OK\r\n")
		for range 20 << 10 {
			if _, err := fmt.Fprintf(w, "X-A: %s\r\n", strings.Repeat("a", 1<<10)); err != nil {
				return
			}
		}
		fmt.Fprint(w, "\r\n")
	}
	for name, c := range map[string]struct {
		write func(io.Writer)
		want  string
	}{
		"nothing":          {func(io.Writer) {}, "the connection was closed without an answer"},
		"half a line":      {func(w io.Writer) { io.WriteString(w, "HTTP/1.1 20") }, "no answer that can be understood"},
		"no HTTP":          {func(w io.Writer) { io.WriteString(w, "SSH-2.0-OpenSSH_9.2\r\n\r\n") }, "no answer that can be understood"},
		"20 MB of headers": {headers, "no answer that can be understood"},
		"silence":          {func(io.Writer) { time.Sleep(2 * time.Second) }, "no answer in time"},
	} {
		a := post(t, anyClient(300*time.Millisecond), answering(t, c.write))
		if a.status != 0 || a.err == nil || a.delivered() || a.refused() {
			t.Errorf("%s: %+v", name, a)
		} else if got := a.attempt(1).Error; got != c.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, c.want, a.err)
		}
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if a := post(t, anyClient(time.Second), "http://"+closed.Addr().String()); a.attempt(1).Error != "connection refused" {
		t.Errorf("nobody there: %v", a.err)
	}
	if a := post(t, anyClient(time.Second), "http://nowhere.invalid/"); a.attempt(1).Error != "the host name cannot be resolved" {
		t.Errorf("no such name: %v", a.err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = discard
	server.StartTLS()
	defer server.Close()
	if a := post(t, anyClient(time.Second), server.URL); !strings.HasPrefix(a.attempt(1).Error, "the certificate is not good") {
		t.Errorf("a certificate of nobody's: %v", a.err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if a := post(t, anyClient(time.Second), strings.Replace(plain.URL, "http:", "https:", 1)); a.attempt(1).Error != "no TLS connection can be made" {
		t.Errorf("no TLS: %v", a.err)
	}
}

// The status counts once it has come. What follows is read as far as the log
// keeps it, and a little further.
func TestAnswersWithoutEnd(t *testing.T) {
	var written atomic.Int64
	flood := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chunk := bytes.Repeat([]byte("a"), 1<<20)
		for range 1 << 10 {
			n, err := w.Write(chunk)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	}))
	defer flood.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := post(t, anyClient(time.Second), flood.URL)
	runtime.ReadMemStats(&after)
	if !a.delivered() || a.body != strings.Repeat("a", keptResponse) {
		t.Errorf("a gigabyte: status %d, %d bytes kept, %v", a.status, len(a.body), a.err)
	}
	if n := written.Load(); n > 64<<20 {
		t.Errorf("%d bytes were taken", n)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Errorf("%d bytes of memory were used", n)
	}

	drip := answering(t, func(w io.Writer) {
		fmt.Fprint(w, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
		for range 200 {
			if _, err := io.WriteString(w, "."); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	client := anyClient(time.Second)
	a = send(deadline(t, 300*time.Millisecond), client, time.Now, drip, []string{oneSecret}, chat.Delivery{EventID: "k3f9x2ab.1", Attempt: 1}, always)
	if !a.delivered() || a.latency > 2*time.Second || !strings.HasPrefix(a.body, "...") {
		t.Errorf("a byte at a time: %+v", a)
	}
}

// A body that is compressed is not unpacked: a small one could be a large one.
func TestAnswersAreNotUnpacked(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 1<<20))
	z.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Error("compression was asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb.Bytes())
	}))
	defer server.Close()
	if a := post(t, anyClient(time.Second), server.URL); strings.Contains(a.body, "\x00") || len(a.body) > 3*keptResponse {
		t.Errorf("kept %q", a.body)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(bytes.Repeat([]byte("a"), 20<<10))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := anyClient(time.Second)
	for range 20 {
		if a := post(t, client, server.URL); !a.delivered() {
			t.Fatal(a.err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain\n\ttext": "plain\n\ttext", "a\x00b\x1b[31mc\r\n": "ab[31mc\n", "caf\xc3": "caf\ufffd", "\xff\xfe": "\ufffd", "é😀": "é😀", "\u0085\u009b": "",
	} {
		if got := printable([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func always() error { return nil }
