package apitest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/httpapi"
)

// allocated is how much memory do takes and drops, in bytes.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestCompressedBodies sends bodies of 64 KB that would become 60 MB. They are
// refused by what is said of them, and never unpacked.
func TestCompressedBodies(t *testing.T) {
	s := open(t, setup{})
	f := s.fixture().withFile()
	var bomb bytes.Buffer
	w, _ := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	io.WriteString(w, `{"visitor_name":"`)
	zeros := bytes.Repeat([]byte("0"), 1<<20)
	for range 60 {
		w.Write(zeros)
	}
	io.WriteString(w, `"}`)
	w.Close()
	if bomb.Len() > 64<<10 {
		t.Fatalf("the bomb has %d bytes", bomb.Len())
	}
	tried := 0
	cost := allocated(func() {
		eachOperation(t, func(op *operation) bool { return takesBody(op) || op.form }, func(t *testing.T, op *operation) {
			f := f.on(t)
			kind := "Content-Type: application/json"
			if op.form {
				kind = "Content-Type: multipart/form-data; boundary=peal"
			}
			for _, encoding := range []string{"gzip", "br", "identity, gzip"} {
				tried++
				f.caller(op).do(op.method, f.path(op), bomb.String(), kind, "Content-Encoding: "+encoding).fails(415, "unsupported_media_type", "")
			}
			// Without a word of it they are no JSON, and no form.
			if r := f.caller(op).do(op.method, f.path(op), bomb.String(), kind); r.status != 400 {
				t.Errorf("not said to be compressed: %d %s", r.status, r.raw)
			}
		})
	})
	if each := cost / uint64(tried); each > 1<<20 {
		t.Errorf("each took %d KB", each>>10)
	}
	t.Logf("%d requests of %d KB, which would be 60 MB; each took %d KB, client and judge included", tried, bomb.Len()>>10, cost/uint64(tried)>>10)
}

// TestHugeHeaders sends headers of almost a megabyte, which is what net/http
// lets through by itself. They cost little more than they weigh, none is kept,
// and none makes the server stumble.
func TestHugeHeaders(t *testing.T) {
	const size = 900 << 10
	s := open(t, setup{options: httpapi.Options{Agent: hostLogin().Agent, AllowedOrigins: []string{"https://www.example.com"}, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	f := s.fixture()
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	stream, most := "/visitor/v1/events", uint64(0)
	for _, c := range []struct {
		header, path string
		want         int
	}{
		{"User-Agent: " + fill("Mozilla/5.0 "), "/visitor/v1/hello", 200},
		{"Referer: https://evil.example/" + fill("x"), "/visitor/v1/hello", 200},
		{"Accept-Language: " + fill("de,"), "/visitor/v1/hello", 200},
		{"X-Forwarded-For: " + fill("127.0.0.1,") + "203.0.113.9", "/visitor/v1/hello", 200},
		{"X-Forwarded-For: " + fill("127.0.0.1,") + "x", "/visitor/v1/hello", 200},
		{"X-Forwarded-For: " + fill(","), "/visitor/v1/hello", 200},
		{"Origin: https://" + fill("x"), "/visitor/v1/hello", 200},
		{"Content-Type: application/json; " + fill("a=b; ") + "a=c", "/visitor/v1/hello", 415},
		{"Cookie: login=" + fill("x"), "/api/v1/me", 401},
		{"Cookie: " + fill("a=b; ") + "login=ada", "/api/v1/me", 401}, // net/http reads no more than some thousands
		{"Authorization: Bearer " + fill("x"), "/api/v1/me", 401},
		{"X-API-Key: " + fill("x"), "/api/v1/me", 401},
		{"Authorization: Bearer " + fill("."), "/visitor/v1/sessions", 401},
		{"Last-Event-ID: " + fill("0"), stream, 400},
		{"Accept-Encoding: " + fill("gzip;q=0.1,"), "/chat.js", 200},
		{"If-None-Match: " + fill(`W/"x",`), "/chat.js", 200},
		{"If-Match: " + fill(`"9",`), "/api/v1/settings", 412},
	} {
		who := s.nobody()
		switch {
		case c.path == stream, c.path == "/visitor/v1/sessions" && !strings.HasPrefix(c.header, "Authorization"):
			who = f.who
		case c.path == "/api/v1/settings":
			who = s.admin()
		}
		name, _, _ := strings.Cut(c.header, ":")
		t.Run(name, func(t *testing.T) {
			who := who.on(t)
			method, body := "GET", ""
			switch c.path {
			case "/visitor/v1/hello":
				method, body = "POST", `{}`
			case "/api/v1/settings":
				method, body = "PUT", `{}`
			}
			var r *reply
			cost := allocated(func() { r = who.do(method, c.path, body, c.header) })
			if r.status != c.want || len(r.raw) > 64<<10 {
				t.Errorf("%d with %d bytes, want %d: %.300s", r.status, len(r.raw), c.want, r.raw)
			}
			if cost > 64*size {
				t.Errorf("%d KB were allocated", cost>>10)
			}
			most = max(most, cost)
		})
	}
	t.Logf("%d KB were allocated for one at most, client included", most>>10)
	// What was sent is nowhere: each of the new visitors is as small as any.
	if list := s.admin().get("/api/v1/visitors?limit=200").is(200); len(list.raw) > 100<<10 {
		t.Errorf("%d bytes of visitors", len(list.raw))
	}
	if grown := len(s.log.String()); grown > 64<<10 {
		t.Errorf("the log has %d bytes", grown)
	}
	// Twice as much is refused by net/http, before the handler hears of it.
	r := s.nobody().request(t.Context(), "GET", "/healthz", "", "User-Agent: "+strings.Repeat("x", 2<<20))
	res, err := s.transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("two megabytes: %d", res.StatusCode)
	}
}

// on makes somebody who calls report to a part of the test.
func (c *client) on(t *testing.T) *client {
	s := *c.site
	s.t = t
	s.http = s.clientFor(t)
	d := *c
	d.site = &s
	return &d
}

// TestDrippingBodies sends a byte every now and then, and never the last:
// somebody who always sends something has no more time than who sends nothing.
func TestDrippingBodies(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: httpapi.Options{BodyTimeout: 300 * time.Millisecond, FileTimeout: 300 * time.Millisecond}})
	f := s.fixture()
	for _, c := range []struct{ path, kind, head, drop string }{
		{"/visitor/v1/messages", "application/json", `{"session_id":"`, "x"},
		{"/visitor/v1/messages", "application/json", "", " "},
		{"/visitor/v1/sessions/" + f.session + "/files", "multipart/form-data; boundary=peal", strings.TrimSuffix(aForm, "\r\n--peal--\r\n"), "x"},
		{"/visitor/v1/sessions/" + f.session + "/files", "multipart/form-data; boundary=peal", "--peal\r\nX-Header: ", "x"},
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 60000\r\n\r\n%s", c.path, c.kind, f.who.token, c.head)
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			for { // until the server has had enough
				if _, err := io.WriteString(conn, c.drop); err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}()
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", c.path, err)
		}
		if res.StatusCode != http.StatusRequestTimeout || !res.Close {
			t.Errorf("%s %q: %d %v", c.path, c.drop, res.StatusCode, res.Header)
		}
		res.Body.Close()
		conn.Close()
		<-stop
	}
	f.who.get("/visitor/v1/sessions/" + f.session).is(200).has(map[string]any{"message_count": 1})
}

// TestWhatIsGivenOutCannotBeGuessed makes a thousand visitors with a session
// each. Nothing of one token leads to another. An id tells when it was made,
// by the millisecond, and nothing else: what follows is as random.
func TestWhatIsGivenOutCannotBeGuessed(t *testing.T) {
	t.Parallel()
	const made = 1000
	c := newCrowd(t, setup{options: httpapi.Options{Rates: unlimited}})
	tokens, sessions := make([]string, made), make([]string, made)
	inParallel(made, func(i int) {
		tokens[i], _ = c.hello("203.0.113.9")
		_, _, session := c.post("203.0.113.9", tokens[i], "/visitor/v1/sessions", `{}`)
		sessions[i], _ = session["session_id"].(string)
		if len(tokens[i]) != 32 || len(sessions[i]) != 26 {
			t.Errorf("token %q, session %q", tokens[i], sessions[i])
		}
	})
	if t.Failed() {
		return
	}
	const moment = 10 // characters of an id that are the time
	for what, list := range map[string][]string{"tokens": tokens, "sessions": afterFirst(sessions, moment)} {
		rising := 0
		for i := range list[1:] {
			if list[i] < list[i+1] {
				rising++
			}
		}
		if rising < made*4/10 || rising > made*6/10 {
			t.Errorf("%s: %d of %d are greater than the one before", what, rising, made-1)
		}
		slices.Sort(list)
		for i := range list[1:] {
			if list[i][:9] == list[i+1][:9] {
				t.Errorf("%s: %q and %q begin alike", what, list[i], list[i+1])
			}
		}
	}
}

// afterFirst returns what follows the first letters of each.
func afterFirst(list []string, skip int) (rest []string) {
	for _, s := range list {
		rest = append(rest, s[skip:])
	}
	return rest
}
