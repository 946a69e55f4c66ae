package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"

	"github.com/pealchat/pealchat/chat"
)

// line makes the tab's network a bad one: with a delay before each answer and
// so many bytes a second, or with nothing at all.
func (b *tab) line(offline bool, delay time.Duration, bytes float64) {
	b.t.Helper()
	ms := float64(delay.Milliseconds())
	b.do(call(network.Enable, network.EnableParams{}),
		call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Offline: offline, Latency: ms, DownloadThroughput: bytes, UploadThroughput: bytes}}}),
		call(network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: offline, Latency: ms, DownloadThroughput: bytes, UploadThroughput: bytes}))
}

// between is what stands between the browser and the site: it may keep answers
// to itself and hold streams back.
type between struct {
	target *url.URL
	srv    *httptest.Server

	lose    atomic.Pointer[string] // requests to this path reach the server, but their answers are lost
	lost    atomic.Int32
	streams atomic.Pointer[string] // "held": not even their headers come; "silent": headers come and nothing else
	waits   atomic.Int32           // long polls
}

func (h *hostSite) behind() *between {
	h.t.Helper()
	target, err := url.Parse(h.srv.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	p := &between{target: target}
	p.srv = httptest.NewServer(p)
	h.t.Cleanup(func() { p.srv.CloseClientConnections(); p.srv.Close() })
	return p
}

func (p *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("wait") {
		p.waits.Add(1)
	}
	forward := &httputil.ReverseProxy{
		Rewrite:       func(pr *httputil.ProxyRequest) { pr.SetURL(p.target); pr.Out.Host = pr.In.Host },
		FlushInterval: -1,
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: func(res *http.Response) error {
			how, path := p.streams.Load(), p.lose.Load()
			switch {
			case how != nil && strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream"):
				held := &silent{ReadCloser: res.Body, until: r.Context().Done()}
				if *how == "held" {
					<-r.Context().Done()
				}
				res.Body = held
			case path != nil && r.Method == "POST" && strings.HasSuffix(r.URL.Path, *path):
				_, _ = io.Copy(io.Discard, res.Body)
				p.lost.Add(1)
				return http.ErrAbortHandler
			}
			return nil
		},
	}
	forward.ServeHTTP(w, r)
}

// silent is a body of which nothing comes.
type silent struct {
	io.ReadCloser
	until <-chan struct{}
}

func (s *silent) Read([]byte) (int, error) {
	<-s.until
	return 0, io.EOF
}

// wantKept checks what the server holds of the one session, in order, and
// that it gave no number twice or none.
func (h *hostSite) wantKept(want ...string) {
	h.t.Helper()
	sessions, err := h.svc.Sessions(h.t.Context(), host, chat.SessionQuery{})
	if err != nil || len(sessions.Sessions) != 1 {
		h.t.Fatalf("%d sessions, want one (%v)", len(sessions.Sessions), err)
	}
	page, err := h.svc.Messages(h.t.Context(), host, chat.MessageQuery{SessionID: sessions.Sessions[0].ID, Page: chat.Page{Limit: 200}})
	if err != nil {
		h.t.Fatal(err)
	}
	var got []string
	for i, m := range page.Messages {
		got = append(got, m.Text)
		if m.Seq != int64(i+1) {
			h.t.Errorf("message %d has seq %d", i+1, m.Seq)
		}
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		h.t.Errorf("the server holds %q, want %q", got, want)
	}
}

// answer writes to the one session as an agent.
func (h *hostSite) answer(text string) {
	h.t.Helper()
	sessions, err := h.svc.Sessions(h.t.Context(), host, chat.SessionQuery{})
	if err != nil || len(sessions.Sessions) != 1 {
		h.t.Fatalf("%d sessions, want one (%v)", len(sessions.Sessions), err)
	}
	if _, err := h.svc.SendMessage(h.t.Context(), host, chat.NewMessage{SessionID: sessions.Sessions[0].ID, Sender: chat.SenderAgent, Text: text}); err != nil {
		h.t.Fatal(err)
	}
}

const allSent = `$$('.msg.me').length && $$('.msg.me').every((el) => !/Waiting|Sending|Not sent/.test(el.innerText)) && !seen($('.banner'))`

// What is written without a network waits, is said to wait, and goes out once
// and in order; what came meanwhile is there.
func TestOffline(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	b := h.open("/")
	b.openChat()
	b.say("One")
	b.expectOffline(true)
	b.line(true, 0, 0)
	b.click("the field", `$('.panel .ta')`)
	for _, text := range []string{"Two", "Three", "Four"} {
		b.write(text)
	}
	b.wait("it is said what is the matter, and that they wait", `/You’re offline/.test($('.banner')?.innerText ?? '') && $$('.msg.me').filter((el) => /Waiting to send/.test(el.innerText)).length === 3 && !/Not sent/.test($('.log').innerText)`)
	b.axe("panel offline")
	h.answer("Are you still there?")
	b.line(false, 0, -1)
	b.wait("all of it went out, and nothing is the matter any more", allSent)
	b.hears("Are you still there?")
	b.wantLines("One", "Are you still there?", "Two", "Three", "Four")
	h.wantKept("One", "Are you still there?", "Two", "Three", "Four")
}

// An agent without a network learns of it before the stream does, and what they
// write goes out afterwards.
func TestTheConsoleOffline(t *testing.T) {
	_, visitor, mara := desk(t, "Is anybody there?")
	mara.expectOffline(true)
	mara.line(true, 0, 0)
	mara.click("the field", `$('.conv .txt')`)
	mara.write("One moment")
	mara.wait("it is said what is the matter, and that it waits", `$('.trouble .banner')?.innerText.trim() === 'You’re offline. What you wrote is sent when you’re back.' && /Waiting to send/.test($$('.thread .msg.me').at(-1).innerText)`)
	mara.shoot("console-offline")
	mara.axe("console offline")
	mara.line(false, 0, -1)
	mara.wait("it went out, and nothing is the matter any more", `!$('.trouble .banner') && /sent|read/i.test($$('.thread .msg.me').at(-1).innerText)`)
	visitor.hears("One moment")

	mara.line(false, 1500*time.Millisecond, -1)
	mara.reload()
	mara.wait("it is said that the messages are on their way", `$('.thread .slow')?.innerText === 'Reading the messages…' && getComputedStyle($('.thread .slow')).opacity === '1'`)
	mara.wait("they have come", `/One moment/.test($('.thread')?.innerText) && !$('.thread .slow')`)
}

// On a slow line messages typed in a rush keep their order, and the answers
// come between them once.
func TestASlowLine(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + `<h1>A shop</h1><p>` + strings.Repeat("with words ", 400) + `</p>`})
	b := newPerson(t)
	b.line(false, 400*time.Millisecond, 50_000)
	b.phone(true)
	b.goTo(h.srv.URL + "/")
	b.wait("the launcher is there", `seen($('.launcher'))`)
	eval[bool](b, `(globalThis.shifts = 0, new PerformanceObserver((list) => { for (const e of list.getEntries()) if (e.sources.some(({ node }) => node && document.contains(node))) shifts += e.value; }).observe({ type: 'layout-shift', buffered: true }), true)`)
	b.click("the launcher", `$('.launcher')`)
	b.wait("one can write", `seen($('.panel .ta'))`)
	b.click("the field", `$('.panel .ta')`)
	var want []string
	for i := range 8 {
		want = append(want, fmt.Sprintf("Line %d", i+1))
		eval[bool](b, `(active().value = `+quote(want[i])+`, active().dispatchEvent(new Event('input', { bubbles: true })), true)`)
		b.wait("it may be sent", `$('.panel .send.ready')`)
		eval[bool](b, `($('.panel form').requestSubmit(), true)`)
	}
	b.wait("all of it went out", allSent+` && $$('.msg.me').length === 8`)
	h.answer("I am reading")
	b.hears("I am reading")
	want = append(want, "I am reading")
	b.wantLines(want...)
	h.wantKept(want...)
	if shifts := eval[float64](b, `shifts`); shifts > 0 {
		t.Errorf("the page's layout has shifted by %v", shifts)
	}
	b.phone(false)
}

// Where something on the way holds streams back, answers come by long polls.
func TestAProxyThatBuffers(t *testing.T) {
	for _, how := range []string{"held", "silent"} {
		t.Run(how, func(t *testing.T) {
			h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
			p := h.behind()
			p.streams.Store(&how)
			b := newPerson(t)
			b.goTo(p.srv.URL + "/")
			b.wait("the launcher is there", `seen($('.launcher'))`)
			b.openChat()
			b.say("One")
			other := b.another()
			other.goTo(p.srv.URL + "/")
			other.wait("another tab knows of it", `Pealchat.state.conversation`)
			other.openChat()
			comesTrue(t, "a long poll", func() bool { return p.waits.Load() > 0 })
			h.answer("Two")
			b.hears("Two")
			other.hears("Two")
			b.say("Three")
			h.answer("Four")
			b.hears("Four")
			other.hears("Four")
			want := []string{"One", "Two", "Three", "Four"}
			b.wantLines(want...)
			other.wantLines(want...)
			h.wantKept(want...)
			b.wait("nobody speaks of trouble", `!seen($('.banner'))`)
		})
	}
}

// The server has a message, but its answer is lost and the page is reloaded:
// the message is there once, before what is written after it.
func TestReloadInMidSend(t *testing.T) {
	for name, path := range map[string]string{"the first message": "/visitor/v1/sessions", "another": "/visitor/v1/messages"} {
		t.Run(name, func(t *testing.T) {
			h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
			p := h.behind()
			b := newPerson(t)
			b.goTo(p.srv.URL + "/")
			b.wait("the launcher is there", `seen($('.launcher'))`)
			b.openChat()
			var want []string
			if name == "another" {
				b.say("One")
				want = append(want, "One")
			}
			b.expectOffline(true) // the browser notes what it got no answer to
			p.lose.Store(&path)
			b.click("the field", `$('.panel .ta')`)
			b.write("Is it there?")
			b.write("Or is it not?")
			want = append(want, "Is it there?", "Or is it not?")
			comesTrue(t, "the server has it, and the page does not know", func() bool { return p.lost.Load() > 0 })
			b.reload()
			p.lose.Store(nil)
			b.wait("the launcher is there", `seen($('.launcher'))`)
			b.wait("it goes out by itself", `Pealchat.state.conversation && !JSON.parse(localStorage.getItem('pealchat:' + location.origin + '/chat/')).outbox.length`)
			b.openChat()
			b.wantLines(want...)
			b.expectOffline(false)
			b.say("Now it is")
			h.wantKept(append(want, "Now it is")...)
		})
	}
}

// Two tabs of one visitor write in turn, while answers are lost now and then:
// both show the same, and so does the server.
func TestTwoTabsWrite(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	p := h.behind()
	first := newPerson(t)
	first.goTo(p.srv.URL + "/")
	first.wait("the launcher is there", `seen($('.launcher'))`)
	first.openChat()
	first.say("Zero")
	second := first.another()
	second.goTo(p.srv.URL + "/")
	second.wait("it knows the conversation", `Pealchat.state.conversation`)
	second.openChat()
	path := "/visitor/v1/messages"
	n := 1
	for round := range 3 {
		for _, b := range []*tab{first, second} {
			b.expectOffline(true)
			if round == 1 {
				p.lose.Store(&path)
			}
			b.click("the field", `$('.panel .ta')`)
			b.write(fmt.Sprintf("From one tab, %d", n))
			n++
		}
		if round == 1 {
			comesTrue(t, "an answer is lost", func() bool { return p.lost.Load() > 0 })
			p.lose.Store(nil)
		}
	}
	for _, b := range []*tab{first, second} {
		b.wait("all of it went out", allSent+` && $$('.msg.me').length === 7`)
	}
	h.answer("So many")
	first.hears("So many")
	second.hears("So many")
	want := first.lines()
	second.wantLines(want...)
	h.wantKept(want...)
	for i := range 6 {
		if text := fmt.Sprintf("From one tab, %d", i+1); strings.Count(strings.Join(want, "|")+"|", text+"|") != 1 {
			t.Errorf("%q is not there once: %q", text, want)
		}
	}
}

// A browser that refuses to keep anything, or has no room left, loses nothing
// for as long as the page lives.
func TestStorageIsRefused(t *testing.T) {
	for name, script := range map[string]string{
		"refused": `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })`,
		// What browsers do that refuse cookies, to all pages or in frames of other sites.
		"refused, and locks": `for (const kind of ['localStorage', 'sessionStorage']) Object.defineProperty(window, kind, { get() { throw new DOMException('no', 'SecurityError'); } });
			LockManager.prototype.request = LockManager.prototype.query = () => Promise.reject(new DOMException('The request was denied.', 'SecurityError'))`,
		"full": `Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); }`,
	} {
		t.Run(name, func(t *testing.T) {
			h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
			b := h.open("/", script)
			b.openChat()
			b.say("One")
			b.expectOffline(true)
			b.line(true, 0, 0)
			b.click("the field", `$('.panel .ta')`)
			b.write("Two")
			b.press("Thr")
			b.wait("it waits", `/Waiting|Sending/.test($$('.msg.me').at(-1).innerText)`)
			b.press(escape)
			b.wait("the panel is closed", `!seen($('.panel'))`)
			h.answer("Hello")
			b.line(false, 0, -1)
			b.wait("the answer is announced", `Pealchat.state.unread === 1 && $('.badge').dataset.count === '1'`)
			b.openChat()
			b.wait("what was begun is in the field", `$('.panel .ta').value === 'Thr'`)
			b.write("ee")
			b.wait("all of it went out", allSent)
			b.expectOffline(false)
			b.wait("the answer is there", `$$('.msg.them').length === 1`)
			page := b.lines()
			h.wantKept(page...)
			if got := strings.Join(page, "|"); got != "One|Hello|Two|Three" && got != "One|Two|Hello|Three" {
				t.Errorf("the log says %q", got)
			}
			b.reload()
			b.wait("the launcher is there", `seen($('.launcher'))`)
			b.openChat()
			b.wantLines()
		})
	}
}
