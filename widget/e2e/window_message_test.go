package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// toWindows are messages to a window such as other widgets take for orders,
// and such as ours has for itself on other ways: between tabs, from its worker.
const toWindows = `[
	'open', 'close', 'pealchat:open', null, 42, [], ['open'], {}, { open: true }, { open: 'https://evil.example/' }, { open: 'javascript:pwned(1)' },
	{ type: 'pealchat:open' }, { type: 'open' }, { cmd: 'destroy' }, { action: 'close' }, { event: 'pealchat:consent' }, { pealchat: { q: [['destroy']] } },
	{ q: [['open'], ['identify', { identity: 'forged' }]] }, { method: 'setLocale', args: ['de'] }, { locale: 'de' }, { identity: 'forged' }, { token: 'forged' },
	{ ask: 1 }, { here: 1 }, { m: { reload: true } }, { m: { message: { message: 'pwned', sender: 'agent' } } }, { words: { message: 'pwned' } },
	{ type: 'resize', height: 9 }, { source: 'pealchat', payload: { messages: [{ message: '<img src=x onerror=pwned(2)>' }] } }, JSON.stringify({ type: 'open' })
]`

// watchListeners notes, before any script of a page runs, who listens for
// messages to its window, and counts those that arrive.
const watchListeners = `
window.heard = 0;
window.listeners = [];
addEventListener('message', () => { heard++; });
const add = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type, ...rest) {
	if (type === 'message' && (!this || this === window)) listeners.push(String(rest[0]));
	return add.call(this, type, ...rest);
};`

// What the widget and the panel in a frame are is all that anybody sees of
// them, where they are, what they have asked for and what they keep.
const whatTheyAre = `JSON.stringify([window, window.panel].map((w) => [
	w.location.href, w.document.title, w.document.activeElement?.tagName, w.document.querySelector('peal-chat').outerHTML, w.document.querySelector('peal-chat').shadowRoot.innerHTML,
	w.Pealchat.state, Object.entries(w.localStorage), Object.entries(w.sessionStorage), w.performance.getEntriesByType('resource').map((e) => e.name).filter((n) => !/events|presence|\/hello/.test(n)),
]))`

// TestMessagesToTheWindowChangeNothing: the widget takes no orders by
// postMessage, from no origin, neither in a page nor in a frame.
func TestMessagesToTheWindowChangeNothing(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>Stranger</title><script>addEventListener('message', () => {
			for (const to of [parent, parent.frames.panel]) for (const order of %s) to.postMessage(order, '*');
		})</script>`, toWindows)
	}))
	t.Cleanup(func() { stranger.CloseClientConnections(); stranger.Close() })
	h := startHostSite(t, chat.Options{}, map[string]string{
		"/": tag("") + `<iframe name="panel" src="/chat/embed" style="width:380px;height:500px"></iframe><iframe name="stranger" src="` + stranger.URL + `"></iframe>`,
	})
	b := h.open("/", watchListeners)
	b.openChat()
	b.say("Hello")
	b.wait("both panels are at rest", `seen($('.panel .ta')) && window.panel.document.querySelector('peal-chat')?.shadowRoot.querySelector('.panel') && /sent/.test($$('.msg.me').at(-1).innerText) && window.panel.Pealchat.state`)
	atRest := func() string {
		t.Helper()
		b.wait("nothing moves", `await (async () => { const was = `+whatTheyAre+`; await new Promise((done) => setTimeout(done, 700)); return was === `+whatTheyAre+`; })()`)
		return eval[string](b, whatTheyAre)
	}
	before := atRest()
	for from, send := range map[string]string{
		"the page's own origin": `([window, window.panel].forEach((to) => ` + toWindows + `.forEach((order) => to.postMessage(order, '*'))), true)`,
		"another origin":        `(window.frames.stranger.postMessage('go', '*'), true)`,
	} {
		eval[bool](b, `(heard = window.panel.heard = 0, true)`)
		eval[bool](b, send)
		b.wait("all have come from "+from, `heard >= `+toWindows+`.length && window.panel.heard >= `+toWindows+`.length`)
		if after := atRest(); after != before {
			t.Errorf("messages from %s have changed something:\n%s\nbefore:\n%s", from, after, before)
		}
	}
	if got := eval[[]string](b, `[...listeners, ...window.panel.listeners, window.onmessage, window.panel.onmessage].filter(Boolean).map(String)`); len(got) > 0 {
		t.Errorf("there are who listen for messages to the window: %q", got)
	}
	b.say("Still here")
	// What would be changed is noticed.
	eval[bool](b, `(window.panel.addEventListener('message', ({ data }) => { if (data?.locale) window.panel.document.querySelector('peal-chat').shadowRoot.querySelector('.panel').lang = data.locale; }), true)`)
	before = atRest()
	eval[bool](b, `(window.panel.postMessage({ locale: 'de' }, '*'), true)`)
	b.wait("an order that is obeyed shows", `(`+whatTheyAre+`) !== `+quote(before))
	if got := eval[int](b, `window.panel.listeners.length`); got != 1 {
		t.Errorf("%d listeners were noticed", got)
	}
}
