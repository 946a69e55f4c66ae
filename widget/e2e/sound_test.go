package e2e

import (
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// A reply makes a sound where the visitor has switched that on: one, however
// many tabs they have, and none where they are reading.
func TestSound(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	// Notes are counted where every tab sees them.
	const count = `{ const own = OscillatorNode.prototype.start; OscillatorNode.prototype.start = function (...args) { localStorage.setItem('note' + Math.random(), ''); return own.apply(this, args); }; }`
	const notes = `Object.keys(localStorage).filter((key) => key.startsWith('note')).length`
	b := h.open("/", count)
	b.openChat()
	b.say("Hello")
	page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(page.Sessions) != 1 {
		t.Fatalf("%d sessions (%v)", len(page.Sessions), err)
	}
	send := func(text string, tabs ...*tab) {
		t.Helper()
		if _, err := h.svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: page.Sessions[0].ID, Sender: chat.SenderAgent, Text: text}); err != nil {
			t.Fatal(err)
		}
		for _, b := range tabs {
			b.wait("it is heard of", `heard.includes(`+quote(text)+`)`)
			eval[bool](b, `new Promise((done) => setTimeout(() => done(true), 400))`) // long enough for a second sound
		}
	}
	const listens = `(globalThis.heard = [], Pealchat.on('message', (m) => heard.push(m.text)), true)`
	eval[bool](b, listens)
	other := b.another()
	other.goTo(h.srv.URL + "/")
	other.wait("it knows the conversation", `Pealchat.state.conversation`)
	eval[bool](other, listens)
	other.click("the page", `document.documentElement`)
	b.press(escape)
	b.wait("the panel is closed", `!seen($('.panel'))`)

	send("One", b, other)
	if n := eval[int](b, notes); n != 0 {
		t.Errorf("%d notes although nobody has asked for a sound", n)
	}
	b.openChat()
	b.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	b.click("Turn sound on", `labelled('[role=menuitem]', 'Turn sound on')`)
	b.wait("it sounds like this", notes+` === 2`)
	send("Two", b, other)
	if n := eval[int](b, notes); n != 2 {
		t.Errorf("%d notes, want none while one is reading", n-2)
	}
	b.press(escape)
	b.wait("the panel is closed", `!seen($('.panel'))`)
	send("Three", b, other)
	if n := eval[int](b, notes); n != 4 {
		t.Errorf("%d notes, want the two of one sound", n-2)
	}
	other.openChat()
	other.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	other.axe("panel menu with sound on")
	other.click("Turn sound off", `labelled('[role=menuitem]', 'Turn sound off')`)
	other.press(escape)
	send("Four", b, other)
	if n := eval[int](b, notes); n != 4 {
		t.Errorf("%d notes after it was switched off", n-4)
	}
}
