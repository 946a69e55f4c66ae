package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// crowd sends requests from any address, past the network.
type crowd struct {
	*site
	handler http.Handler
}

func newCrowd(t *testing.T, with setup) *crowd {
	with.options.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")} // what httptest calls from
	with.limited = true
	s := open(t, with)
	return &crowd{s, s.srv.Config.Handler}
}

// post sends a body as somebody at the address; header has a forged one.
func (c *crowd) post(from, token, path, body string) (status int, header http.Header, answer map[string]any) {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("X-Forwarded-For", "8.8.8.8, "+from)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, w.Header(), answer
}

// hello is somebody who opens the chat.
func (c *crowd) hello(from string) (token string, status int) {
	status, _, answer := c.post(from, "", "/visitor/v1/hello", `{}`)
	token, _ = answer["token"].(string)
	return token, status
}

// honest is somebody of good will: they begin, and write, and are heard.
func (c *crowd) honest(n int) error {
	from := fmt.Sprintf("203.0.%d.%d", 113+n/200, n%200)
	token, status := c.hello(from)
	if status != http.StatusOK {
		return fmt.Errorf("hello of an honest visitor: %d", status)
	}
	status, _, session := c.post(from, token, "/visitor/v1/sessions", `{"message":"Do you ship to Portugal?"}`)
	if status != http.StatusCreated {
		return fmt.Errorf("session of an honest visitor: %d %v", status, session)
	}
	for i := range 3 {
		if status, _, answer := c.post(from, token, "/visitor/v1/messages", encode(object{"session_id": session["session_id"], "message": fmt.Sprint("And ", i)})); status != http.StatusCreated {
			return fmt.Errorf("message of an honest visitor: %d %v", status, answer)
		}
	}
	page, err := c.svc.Messages(c.t.Context(), chat.AsHost("Test"), chat.MessageQuery{SessionID: session["session_id"].(string)})
	if err != nil || len(page.Messages) != 4 {
		return fmt.Errorf("%d messages of an honest visitor are there: %v", len(page.Messages), err)
	}
	return nil
}

// held is the memory in use, in bytes.
func held() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// inParallel calls f with 0 to n-1.
func inParallel(n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// TestOneAttacker has one attacker, who has an IPv6 network and as many
// visitors as they can get, ask for 100,000 sessions. They get what the limits
// give, and are told; nothing is kept of the rest, and others notice nothing.
func TestOneAttacker(t *testing.T) {
	const asked = 100_000
	c := newCrowd(t, setup{options: httpapi.Options{Rates: httpapi.Rates{Hellos: 60, Sessions: 10}}})
	from := func(i int) string { return fmt.Sprintf("2001:db8:1:2:%x::%x", i%65536, i) }
	token, status := c.hello(from(0))
	if status != http.StatusOK {
		t.Fatal(status)
	}
	if err := c.honest(0); err != nil {
		t.Fatal(err)
	}
	var made, refused, untold atomic.Int64
	attack := func(first, n int) {
		inParallel(n, func(i int) {
			i += first
			path, body, bearer := "/visitor/v1/sessions", `{"message":"Buy now"}`, token
			if i%2 == 1 {
				path, body, bearer = "/visitor/v1/hello", `{}`, ""
			}
			switch status, header, answer := c.post(from(i), bearer, path, body); status {
			case http.StatusCreated:
				made.Add(1)
			case http.StatusTooManyRequests:
				refused.Add(1)
				if s, err := strconv.Atoi(header.Get("Retry-After")); err != nil || s < 1 || s > 61 || answer["code"] != "rate_limited" {
					untold.Add(1)
				}
			}
		})
	}
	attack(0, asked/10)
	before := held()
	for part := 1; part < 10; part++ {
		attack(part*asked/10, asked/10)
		if err := c.honest(part); err != nil {
			t.Error(err)
		}
	}
	grown := held() - before
	if made.Load() > 30 || refused.Load() < asked*9/10 || untold.Load() > 0 {
		t.Errorf("%d sessions were made, %d requests refused, %d of these without a word of when to come back", made.Load(), refused.Load(), untold.Load())
	}
	if grown > 4<<20 {
		t.Errorf("memory has grown by %d KB", grown>>10)
	}
	t.Logf("%d asked for, %d sessions made, %d refused, memory %+d KB", asked, made.Load(), refused.Load(), grown>>10)
}

// TestManyAddresses is the same from as many addresses as there are sessions,
// which no limit by address can hold back: PEALCHAT_ATTACK of them, 2,000 if
// it is not set. What stays in memory of each is little, and others go on.
func TestManyAddresses(t *testing.T) {
	asked := 2000
	if n, err := strconv.Atoi(os.Getenv("PEALCHAT_ATTACK")); err == nil {
		asked = n
	}
	c := newCrowd(t, setup{})
	var made atomic.Int64
	attack := func(first, n int) {
		inParallel(n, func(i int) {
			i += first
			from := fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)
			token, _ := c.hello(from)
			if status, _, _ := c.post(from, token, "/visitor/v1/sessions", `{"message":"Buy now"}`); status == http.StatusCreated {
				made.Add(1)
			}
		})
	}
	attack(0, asked/10)
	before := held()
	for part := 1; part < 10; part++ {
		attack(part*asked/10, asked/10)
		if err := c.honest(part); err != nil {
			t.Error(err)
		}
	}
	each := (held() - before) / int64(asked*9/10)
	if made.Load() != int64(asked) {
		t.Errorf("%d of %d sessions were made: the test shows nothing", made.Load(), asked)
	}
	if each > 4<<10 {
		t.Errorf("each session keeps %d bytes of memory", each)
	}
	agent := c.admin()
	if list := agent.get("/api/v1/sessions/active?limit=200").is(200).list("sessions"); len(list) != 200 {
		t.Errorf("agents see %d sessions", len(list))
	}
	t.Logf("%d sessions of as many addresses, %d bytes of memory each", made.Load(), each)
}
