package e2e

import (
	"fmt"
	"testing"
)

// A browser opens six connections to an HTTP/1.1 server at most. If each tab
// held a stream, the sixth would freeze the host's whole site.
func TestEightTabsStayResponsive(t *testing.T) {
	s := startServer(t)
	first := visit(t, s)
	first.openChat()
	first.say("I open many tabs")
	tabs := []*tab{first}
	for i := range 7 {
		b := first.another()
		b.goTo(s.url([]string{"/", "/vases", "/tableware", "/studio"}[i%4]))
		b.wait("the launcher is there", `seen($('.launcher'))`)
		tabs = append(tabs, b)
	}
	for i, b := range tabs {
		if !eval[bool](b, `fetch('/static/shop.css?`+fmt.Sprint(i)+`', { signal: AbortSignal.timeout(5000) }).then((r) => r.ok, () => false)`) {
			t.Fatalf("tab %d: the site does not answer any more", i)
		}
		b.wait(fmt.Sprintf("tab %d knows the conversation", i), `Pealchat.state.conversation`)
		eval[bool](b, `globalThis.heard = [], Pealchat.on('message', (m) => heard.push(m.text)), true`)
	}
	say := func(text string) {
		s.call("POST", "/messages", map[string]any{"session_id": s.onlySession().ID, "sender": "agent", "message": text}, nil)
	}
	say("So I see")
	for i, b := range tabs {
		b.wait(fmt.Sprintf("tab %d hears of it", i), `heard.includes('So I see')`)
	}

	// The tab that holds the stream goes away: another takes over.
	first.goTo("about:blank")
	say("Still there?")
	for i, b := range tabs[1:] {
		b.wait(fmt.Sprintf("tab %d hears of the second", i+1), `heard.includes('Still there?')`)
		if heard := eval[[]string](b, `heard`); len(heard) != 2 {
			t.Errorf("tab %d heard %q", i+1, heard)
		}
	}
}

// Nothing is stored and no stream is opened before somebody writes.
func TestAPageThatNobodyChatsOnIsLeftAlone(t *testing.T) {
	s := startServer(t)
	b := visit(t, s)
	if requests := eval[[]string](b, `performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname).filter((p) => p.startsWith('/chat/'))`); len(requests) != 1 || requests[0] != "/chat/chat.js" {
		t.Errorf("the page asked the chat for %q", requests)
	}
	b.openChat()
	if kept := eval[string](b, `JSON.stringify(localStorage) + document.cookie`); kept != "{}" {
		t.Errorf("an open chat keeps %s", kept)
	}
	if streams := eval[int](b, `performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/events')).length`); streams != 0 {
		t.Errorf("an open chat has %d streams", streams)
	}
	b.press(escape)
	b.wait("Escape closes it and the launcher has the focus", `!seen($('.panel')) && active() === $('.launcher')`)
}
