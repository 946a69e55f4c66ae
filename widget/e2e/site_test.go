package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// asked are the addresses of the chat that the page has asked for, without
// their hashes.
const asked = `performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname.replace(/-\w{8}(?=\.js)/, '')).filter((p) => p.startsWith('/chat/'))`

// kept is everything that a page can keep in a browser.
const kept = `[document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...(await indexedDB.databases()).map((d) => d.name), ...(await caches.keys())].filter(Boolean)`

// comesTrue waits for what happens on the server.
func comesTrue(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func wantTrail(t *testing.T, h *hostSite, want ...string) {
	t.Helper()
	comesTrue(t, fmt.Sprintf("the trail %q", want), func() bool { return slices.Equal(h.trail(), want) })
}

// nothingHappened checks that the page has asked for one file and kept
// nothing, although somebody moved about in it.
func nothingHappened(t *testing.T, b *tab, h *hostSite) {
	t.Helper()
	eval[bool](b, `(history.pushState({}, '', '/vases'), dispatchEvent(new Event('scroll')), new Promise((done) => requestIdleCallback(() => setTimeout(() => done(true), 1500))))`)
	if got := eval[[]string](b, asked); !slices.Equal(got, []string{"/chat/chat.js"}) {
		t.Errorf("the page asked for %v", got)
	}
	if got := eval[[]string](b, kept); len(got) > 0 {
		t.Errorf("the browser keeps %v", got)
	}
	if here := h.online(); len(here) > 0 {
		t.Errorf("the server knows of %+v", here)
	}
}

func TestNothingBeforeTheVisitorActs(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	nothingHappened(t, h.open("/"), h)
}

func TestWhoIsNotFollowed(t *testing.T) {
	h := startHostSite(t, chat.Options{Tracking: chat.Tracking{On: true}}, map[string]string{"/": tag(""), "/off": tag(`data-track="off"`), "/ask": tag(`data-track="consent"`)})
	const navigatorSays = `Object.defineProperty(Navigator.prototype, '%s', { configurable: true, get: () => %s })`
	for name, b := range map[string]*tab{
		"Do Not Track":           h.open("/", fmt.Sprintf(navigatorSays, "doNotTrack", "'1'")),
		"Global Privacy Control": h.open("/", fmt.Sprintf(navigatorSays, "globalPrivacyControl", "true")),
		"data-track=off":         h.open("/off"),
		"no consent yet":         h.open("/ask"),
	} {
		t.Run(name, func(t *testing.T) { nothingHappened(t, b, h) })
	}
	b := h.open("/ask")
	nothingHappened(t, b, h)
	eval[bool](b, `document.dispatchEvent(new Event('pealchat:consent'))`)
	wantTrail(t, h, "/vases /ask")
}

// TestPagesAreFollowed goes over a site that loads pages and one that only
// changes its address, and back and forth.
func TestPagesAreFollowed(t *testing.T) {
	body := tag("") + `<a id="next" href="/next?q=private&utm_source=letter">Next</a>`
	for name, script := range map[string]string{"navigation": ``, "history": `Object.defineProperty(window, 'navigation', { value: undefined })`} {
		t.Run(name, func(t *testing.T) {
			h := startHostSite(t, chat.Options{Tracking: chat.Tracking{On: true, KeepQuery: []string{"colour"}}}, map[string]string{"/": body, "/next": body})
			b := h.open("/?secret=private&colour=sage#private", script, `window.calls = []; for (const name of ['pushState', 'replaceState']) { const own = History.prototype[name]; History.prototype[name] = function (...args) { calls.push(name); return own.apply(this, args); }; }`)
			wantTrail(t, h, "/?colour=sage /")
			eval[bool](b, `(history.pushState({ a: 1 }, '', '/vases?token=private'), queueMicrotask(() => { document.title = 'Vases'; }), true)`)
			wantTrail(t, h, "/?colour=sage /", "/vases Vases")
			eval[bool](b, `(location.hash = 'reviews', history.replaceState({}, '', '/vases?token=private#more'), history.pushState({}, '', '/redirected'), history.replaceState({}, '', '/bowls'), document.title = 'Bowls', true)`)
			wantTrail(t, h, "/?colour=sage /", "/vases Vases", "/bowls Bowls")
			eval[bool](b, `(document.title = 'Vases again', history.go(-1), true)`)
			wantTrail(t, h, "/?colour=sage /", "/vases Vases", "/bowls Bowls", "/vases Vases again")
			if got := eval[string](b, `calls.join()`); got != "pushState,replaceState,pushState,replaceState" {
				t.Errorf("the page's own functions were called %s", got)
			}
			b.click("a link", `$('#next')`)
			wantTrail(t, h, "/?colour=sage /", "/vases Vases", "/bowls Bowls", "/vases Vases again", "/next?utm_source=letter /next")
			b.reload()
			comesTrue(t, "a reload is a page, too", func() bool { return len(h.trail()) == 6 })
			v := h.online()[0].Visit
			if v.Pages != 6 || v.Returning || v.Landing.Title != "/" || v.Device.Browser != "Chrome" || v.Device.Kind != chat.DeviceDesktop {
				t.Errorf("the visit is %+v", v)
			}
			if got := eval[int](b, `$$('.launcher').length`); got != 1 {
				t.Errorf("%d launchers", got)
			}
			// What was patched is as it was.
			eval[bool](b, `(Pealchat.destroy(), true)`)
			if eval[bool](b, `['pushState', 'replaceState'].some((name) => Object.hasOwn(history, name))`) {
				t.Error("history is not as it was")
			}
			eval[bool](b, `(history.pushState({}, '', '/gone'), new Promise((done) => setTimeout(() => done(true), 700)))`)
			if got := h.trail(); len(got) != 6 {
				t.Errorf("after the end: %q", got)
			}
		})
	}
}

func TestTrailOfThePage(t *testing.T) {
	h := startHostSite(t, chat.Options{Tracking: chat.Tracking{On: true}}, map[string]string{
		"/": tag("") + `<script>window.Pealchat ??= { q: [] }; Pealchat.q.push(['track', 'came_early'])</script>`})
	b := h.open("/")
	wantTrail(t, h, "/ /", "came_early map[]")
	eval[bool](b, `(Pealchat.track('checkout_started', { items: 3 }), Pealchat.track('x'.repeat(200)), Pealchat.track('paid'), true)`)
	b.expectOffline(true) // the browser notes what the server refuses
	wantTrail(t, h, "/ /", "came_early map[]", "checkout_started map[items:3]", "paid map[]")
}

// TestAgentSpeaksFirst has an agent write to somebody who only looks at pages:
// it shows beside the launcher by itself.
func TestAgentSpeaksFirst(t *testing.T) {
	h := startHostSite(t, chat.Options{Tracking: chat.Tracking{On: true}}, map[string]string{"/": tag("") + `<a id="other" data-pealchat-open href="/contact">Talk to us</a>`})
	b := h.open("/")
	wantTrail(t, h, "/ /")
	if got := eval[[]string](b, asked); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "panel") || strings.Contains(s, "events") }) {
		t.Errorf("somebody who only looks has loaded %v", got)
	}
	started, err := h.svc.StartSession(t.Context(), host, h.online()[0].ID, "Can I help you choose?", "")
	if err != nil {
		t.Fatal(err)
	}
	b.wait("the message stands beside the launcher", `seen($('.preview')) && $('.preview').innerText.includes('Can I help you choose?') && $('.badge').dataset.count === '1'`)
	b.wait("every launcher says so", `$('#other').dataset.pealchatUnread === '1' && Pealchat.state.unread === 1`)
	b.click("the message", `$('.preview .say')`)
	b.wait("the conversation is open", `seen($('.panel .ta'))`)
	b.hears("Can I help you choose?") // it has been loaded
	b.say("Yes, please")
	found, err := h.svc.Messages(t.Context(), host, chat.MessageQuery{SessionID: started.Session.ID})
	if err != nil || len(found.Messages) != 2 || found.Messages[1].Text != "Yes, please" {
		t.Errorf("messages %+v, %v", found.Messages, err)
	}
	if all, err := h.svc.Visitors(t.Context(), host, chat.Page{}, chat.VisitorFilter{}); err != nil || len(all.Visitors) != 1 {
		t.Errorf("the panel and what follows pages made %d visitors of one, %v", len(all.Visitors), err)
	}
}

// TestOneVisitorWhateverComesFirst opens the panel while the page is being
// followed for the first time.
func TestOneVisitorWhateverComesFirst(t *testing.T) {
	for name, refuse := range map[string]string{"kept": ``, "storage refused": `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })`} {
		t.Run(name, func(t *testing.T) {
			h := startHostSite(t, chat.Options{Tracking: chat.Tracking{On: true}}, map[string]string{"/": tag("") + `<script>window.Pealchat = { q: [['open']] }</script>`})
			b := h.open("/", refuse)
			b.wait("the panel is open", `seen($('.panel .ta'))`)
			b.say("Hello")
			comesTrue(t, "the page is noted", func() bool { return len(h.online()) == 1 && h.online()[0].Visit != nil })
			wantTrail(t, h, "/ /")
		})
	}
}
