package httpapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCrossOriginReading(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie, AllowedOrigins: []string{"https://www.example.com/", "HTTPS://Shop.Example:8443", "null", "*", "https://*.example.com"}})
	v := s.visitor()
	vary := func(r *reply) {
		t.Helper()
		if r.header.Get("Vary") != "Origin" {
			t.Errorf("%s: Vary %q", r.what, r.header.Get("Vary"))
		}
		if r.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: allows credentials", r.what)
		}
	}
	for _, origin := range []string{"https://www.example.com", "https://shop.example:8443"} {
		r := v.call("GET", "/sessions", "", "Origin: "+origin).want(200)
		if vary(r); r.header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: allowed %q", origin, r.header.Get("Access-Control-Allow-Origin"))
		}
		// Errors can be read as well.
		if r := s.call("GET", "/nope", "", "Origin: "+origin).want(404); r.header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("a 404 cannot be read by %s", origin)
		}
		p := s.call("OPTIONS", "/visitor/v1/messages", "", "Origin: "+origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type").want(204)
		if vary(p); p.header.Get("Access-Control-Allow-Origin") != origin || p.header.Get("Access-Control-Allow-Methods") != "POST" ||
			p.header.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type, Last-Event-ID, If-Match, X-API-Key" {
			t.Errorf("preflight: %v", p.header)
		}
	}
	for _, origin := range []string{"null", "*", "https://evil.example", "https://www.example.com.evil.example", "http://www.example.com", "https://a.example.com", "https://www.example.com:443"} {
		r := v.call("GET", "/sessions", "", "Origin: "+origin).want(200)
		if vary(r); r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is allowed", origin)
		}
		if p := s.call("OPTIONS", "/visitor/v1/messages", "", "Origin: "+origin, "Access-Control-Request-Method: POST").want(405); p.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a preflight of %s is allowed", origin)
		}
	}
	off := newSite(t, Options{})
	r := off.call("GET", "/healthz", "", "Origin: https://www.example.com").want(200)
	if r.header.Get("Access-Control-Allow-Origin") != "" || r.header.Get("Vary") != "" {
		t.Errorf("without AllowedOrigins: %v", r.header)
	}
}

func TestAddresses(t *testing.T) {
	behind := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		trusted   []netip.Prefix
		peer      string
		forwarded []string
		want      string
	}{
		{nil, "203.0.113.9:1234", nil, "203.0.113.9"},
		{nil, "203.0.113.9:1234", []string{"198.51.100.1"}, "203.0.113.9"},
		{nil, "[2001:db8:1:2:3:4:5:6]:1234", nil, "2001:db8:1:2::/64"},
		{nil, "[::ffff:203.0.113.9]:1234", nil, "203.0.113.9"},
		{nil, "[fe80::1%eth0]:1234", nil, "fe80::/64"},
		{nil, "@", nil, ""},
		{behind, "203.0.113.9:1234", []string{"198.51.100.1"}, "203.0.113.9"},
		{behind, "10.0.0.1:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{behind, "10.0.0.1:1234", []string{"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
		{behind, "10.0.0.1:1234", []string{"1.2.3.4", "198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{behind, "10.0.0.1:1234", []string{"198.51.100.1:5678"}, "198.51.100.1"},
		{behind, "10.0.0.1:1234", []string{"[2001:db8::1]:5678"}, "2001:db8::/64"},
		{behind, "[fd00::1]:1234", []string{"2001:db8::1"}, "2001:db8::/64"},
		{behind, "10.0.0.1:1234", []string{"1.2.3.4, evil"}, "10.0.0.1"},
		{behind, "10.0.0.1:1234", []string{"evil, 198.51.100.1"}, "198.51.100.1"},
		{behind, "10.0.0.1:1234", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{behind, "10.0.0.1:1234", nil, "10.0.0.1"},
		{behind, "@", []string{"198.51.100.1"}, "198.51.100.1"},
	} {
		h := &Handler{opts: Options{TrustedProxies: c.trusted}}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := addressGroup(h.clientIP(r)); got != c.want {
			t.Errorf("%s, forwarded for %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}

// Each limit as api.md has it, one call over.
func TestLimits(t *testing.T) {
	s := newSite(t, Options{})
	for i := range 60 {
		s.call("POST", "/visitor/v1/hello", "", fmt.Sprintf("Remote: [2001:db8::%d]:9", i)).want(200)
	}
	s.call("POST", "/visitor/v1/hello", "", "Remote: [2001:db8::ffff]:9").failed(429, "rate_limited", "")
	s.call("POST", "/visitor/v1/hello", "", "Remote: [2001:db8:0:1::1]:9").want(200)
	s.call("POST", "/visitor/v1/hello", "", "Remote: [2001:db8::ffff]:9", "X-Forwarded-For: 1.2.3.4").want(429)

	for i := range 4 { // three sessions are what one visitor may have open
		v := s.visitor()
		for range 3 {
			if i == 3 {
				v.call("POST", "/sessions", `{}`).want(201)
				v.call("POST", "/sessions", `{}`, "Remote: 192.0.2.200:9").want(201)
				v.call("POST", "/sessions", `{}`).failed(429, "rate_limited", "")
				break
			}
			v.call("POST", "/sessions", `{}`).want(201)
		}
	}

	v := s.visitor()
	id := v.call("POST", "/sessions", `{}`, "Remote: 192.0.2.201:9").want(201).text("session_id")
	message := mustJSON(map[string]any{"session_id": id, "message": "Hello"})
	for i := range 20 {
		v.call("POST", "/messages", message, fmt.Sprintf("Remote: 192.0.2.%d:9", i)).want(201)
	}
	v.call("POST", "/messages", message).failed(429, "rate_limited", "")
	for range 40 {
		s.api("POST", "/messages", mustJSON(map[string]any{"session_id": id, "sender": "visitor", "message": "Hello"})).want(201)
	}
}

// What counts is what a visitor has made. Calls that are refused or repeated
// cost nothing, up to a bound.
func TestRepetitionsDoNotCount(t *testing.T) {
	s := newSite(t, Options{})
	v := s.visitor()
	id := v.call("POST", "/sessions", `{"client_id":"first"}`).want(201).text("session_id")
	for range 30 {
		v.call("POST", "/sessions", `{"client_id":"first"}`).want(200).has("session_id", id)
		v.call("POST", "/sessions", `{"visitor_email":"x"}`).failed(400, "invalid_request", "visitor_email")
	}
	say := func(text, clientID string) string {
		return mustJSON(map[string]any{"session_id": id, "message": text, "client_id": clientID})
	}
	// Fifty at the same moment, of which one makes the message.
	var calls sync.WaitGroup
	answers := make(chan int, 50)
	for range cap(answers) {
		calls.Go(func() { answers <- v.call("POST", "/messages", say("Hello", "one")).status })
	}
	calls.Wait()
	close(answers)
	made := map[int]int{}
	for status := range answers {
		made[status]++
	}
	if made[201] != 1 || made[200] != 49 {
		t.Fatalf("fifty at once: %v", made)
	}
	for i := range 30 {
		v.call("POST", "/messages", say("Hello", "one")).want(200)
		v.call("POST", "/messages", say("Other", "one")).failed(409, "client_id_reused", "client_id")
		v.call("POST", "/messages", say("", fmt.Sprint("empty", i))).failed(400, "invalid_request", "message")
	}
	n := 1
	for v.call("POST", "/messages", say("Hello", fmt.Sprint("more", n))).status == 201 {
		n++
	}
	if n < 20 || n > 100 { // two a second come back meanwhile
		t.Fatalf("%d messages were accepted", n)
	}
	v.call("POST", "/messages", say("Hello", "")).failed(429, "rate_limited", "")
	// Each call has a limit too, however it is answered.
	for n = 0; v.call("POST", "/messages", say("", "")).status != 429; n++ {
		if n > 2000 {
			t.Fatal("refused calls have no bound")
		}
	}
}

// Two sends of one message, of which now the one and now the other makes it,
// pay for it.
func TestSpendingIsNotForFree(t *testing.T) {
	h := &Handler{}
	r := rule{"messages", "visitor", 5, time.Hour}
	for i := range 5 {
		id := fmt.Sprint(i)
		first, err := h.spend(r, "v", "v", id)
		if err != nil {
			t.Fatal(err)
		}
		second, err := h.spend(r, "v", "v", id)
		if err != nil {
			t.Fatal(err)
		}
		first(i%2 == 0)
		second(i%2 == 1)
	}
	if _, err := h.spend(r, "v", "v", "6"); err == nil {
		t.Fatal("a sixth")
	}
	if len(h.spending.open) != 0 {
		t.Fatalf("%d are kept", len(h.spending.open))
	}
	again := rule{"again", "visitor", 2, time.Hour}
	for range 10 {
		for _, id := range []string{"", "x"} {
			settle, err := h.spend(again, "v", "v", id)
			if err != nil {
				t.Fatal(err)
			}
			settle(false)
		}
	}
	for range 2 { // it has not become more than full
		if _, err := h.spend(again, "v", "v", ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.spend(again, "v", "v", ""); err == nil {
		t.Fatal("a third of two")
	}
}

func TestLimitOfKeys(t *testing.T) {
	s := newSite(t, Options{Rates: Rates{KeyCalls: 3}})
	other := s.newKey("read")
	for range 3 {
		s.api("GET", "/sessions", "").want(200)
	}
	s.api("GET", "/sessions", "").failed(429, "rate_limited", "")
	s.call("GET", "/api/v1/sessions", "", "X-API-Key: "+other).want(200)
}

// A bucket fills up again in its time, says how long that takes, and is then
// forgotten.
func TestBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b buckets
		r := rule{"messages", "visitor", 20, 10 * time.Second}
		for range 20 {
			if err := b.take(r, "a"); err != nil {
				t.Fatal(err)
			}
		}
		f, ok := b.take(r, "a").(*failure)
		if !ok || f.retryAfter <= 0 || f.retryAfter > 500*time.Millisecond {
			t.Fatalf("the 21st: %+v", f)
		}
		if err := b.take(r, "b"); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		time.Sleep(500 * time.Millisecond)
		if err := b.check(r, "a"); err != nil {
			t.Errorf("half a second later: %v", err)
		}
		if b.take(r, "a") != nil || b.take(r, "a") == nil {
			t.Error("half a second is worth one message")
		}
		time.Sleep(10 * time.Second)
		for range 20 {
			if err := b.take(r, "a"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Minute)
		b.take(r, "c")
		if len(b.of) != 1 {
			t.Errorf("%d buckets are kept", len(b.of))
		}
	})
}

// However many addresses somebody has, the memory for their counts is bounded.
func TestBucketsAreBounded(t *testing.T) {
	var b buckets
	r := rule{"hellos", "address", 60, 24 * time.Hour}
	for i := range 3 * maxBuckets / 2 {
		b.take(r, fmt.Sprint(i))
	}
	if len(b.of) > maxBuckets {
		t.Errorf("%d buckets", len(b.of))
	}
}

func TestSlots(t *testing.T) {
	var s slots
	mine, ours := claim{bucketKey{"visitor", "a"}, 2}, claim{bucketKey{"address", "x"}, 3}
	first, err1 := s.take(mine, ours)
	_, err2 := s.take(mine, ours)
	_, err3 := s.take(mine, ours)
	if err1 != nil || err2 != nil || err3 == nil {
		t.Fatal(err1, err2, err3)
	}
	other := claim{bucketKey{"visitor", "b"}, 2}
	if _, err := s.take(other, ours); err != nil { // nothing was taken by the third
		t.Fatal(err)
	}
	if _, err := s.take(other, ours); err == nil {
		t.Fatal("four at one address")
	}
	first()
	first()
	if _, err := s.take(other, ours); err != nil {
		t.Fatal(err)
	}
	if _, err := s.take(other, ours); err == nil {
		t.Fatal("releasing twice gave two slots back")
	}
}

// A visitor has five streams, and they are free again when they end.
func TestStreamLimits(t *testing.T) {
	s := newSite(t, Options{Rates: Rates{VisitorStreams: 2, AddressStreams: 3}})
	srv := httptest.NewServer(s.handler)
	defer srv.Close()
	defer srv.CloseClientConnections()
	open := func(p person) (int, func()) {
		t.Helper()
		req, _ := http.NewRequest("GET", srv.URL+"/visitor/v1/events", nil)
		req.Header.Set("Authorization", "Bearer "+p.token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, func() { resp.Body.Close() }
	}
	a, b := s.visitor(), s.visitor()
	code1, end := open(a)
	code2, _ := open(a)
	code3, _ := open(a)
	code4, _ := open(b)
	code5, _ := open(b)
	if got := fmt.Sprint(code1, code2, code3, code4, code5); got != "200 200 429 200 429" {
		t.Fatalf("two of one visitor, three of one address: %s", got)
	}
	id := a.session("Hello")
	if r := a.call("GET", "/sessions/"+id+"/messages?after=0&wait=1", "", "Remote: 192.0.2.1:9"); r.want(429).text("code") != "rate_limited" {
		t.Error("a long poll is a stream as well")
	}
	end()
	deadline := time.Now().Add(10 * time.Second)
	for {
		code, _ := open(a)
		if code == 200 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a stream that ended is still counted")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
