package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/pealchat/pealchat/chat"
)

// soundBook writes down, where every tab sees it, each note that is made, by
// the message that was heard of last, and each time that a tab has decided
// whether it is the one that rings.
const soundBook = `{
	const write = (what) => localStorage.setItem('book ' + what + ' ' + Math.random(), '');
	globalThis.heard = [];
	const start = OscillatorNode.prototype.start;
	OscillatorNode.prototype.start = function (...args) { write('note ' + (heard.at(-1) ?? 'nothing')); return start.apply(this, args); };
	const request = LockManager.prototype.request;
	LockManager.prototype.request = function (name, options, fn) {
		if (!options.ifAvailable) return request.apply(this, arguments);
		return request.call(this, name, options, (lock) => { const held = fn(lock); write('decided ' + heard.at(-1)); return held; });
	};
}`

// booked counts what was written down of a message.
func booked(what string) string {
	return `Object.keys(localStorage).filter((key) => key.startsWith(` + quote("book "+what+" ") + `)).length`
}

// A reply makes a sound where the visitor has switched that on: one, however
// many tabs they have, and none where they are reading.
func TestSound(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	b := h.open("/", soundBook)
	b.openChat()
	b.say("Hello")
	found, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(found.Sessions) != 1 {
		t.Fatalf("%d sessions (%v)", len(found.Sessions), err)
	}
	const listens = `(Pealchat.on('message', (m) => heard.push(m.text)), true)`
	eval[bool](b, listens)
	other := b.another()
	other.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: soundBook}))
	other.goTo(h.srv.URL + "/")
	other.wait("it knows the conversation", `Pealchat.state.conversation`)
	eval[bool](other, listens)
	other.click("the page", `document.documentElement`)

	send := func(text string) {
		t.Helper()
		if _, err := h.svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: found.Sessions[0].ID, Sender: chat.SenderAgent, Text: text}); err != nil {
			t.Fatal(err)
		}
		for _, tab := range []*tab{b, other} {
			tab.wait("it is heard of", `heard.includes(`+quote(text)+`)`)
		}
	}
	leave := func(b *tab) {
		t.Helper()
		b.press(escape)
		b.wait("the panel is closed", `!seen($('.panel'))`)
	}
	menu := func(b *tab) {
		t.Helper()
		b.openChat()
		b.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	}
	// The other tab learns of it by itself, a moment later.
	knows := func(b *tab, choice string) {
		t.Helper()
		menu(b)
		b.wait("it is offered to "+choice, `labelled('[role=menuitem]', `+quote(choice)+`)`)
		b.press(escape)
		b.wait("the menu is closed", `!$('[role=menuitem]')`)
		leave(b)
	}
	leave(b)

	send("One") // nobody has asked for a sound
	menu(b)
	b.click("Turn sound on", `labelled('[role=menuitem]', 'Turn sound on')`)
	b.wait("it sounds like this", booked("note One")+` === 2`)
	leave(b)
	knows(other, "Turn sound off")
	b.openChat()
	send("Two") // one is reading
	b.wait("both tabs have decided", booked("decided Two")+` === 2`)
	leave(b)
	send("Three")
	b.wait("both tabs have decided", booked("decided Three")+` === 2`)

	menu(other)
	other.axe("panel menu with sound on")
	other.click("Turn sound off", `labelled('[role=menuitem]', 'Turn sound off')`)
	leave(other)
	knows(b, "Turn sound on")
	send("Four")
	menu(other)
	other.click("Turn sound on", `labelled('[role=menuitem]', 'Turn sound on')`)
	leave(other)
	knows(b, "Turn sound off")
	send("Five") // after it nothing can come any more of what was before
	b.wait("both tabs have decided", booked("decided Five")+` === 2`)
	for text, want := range map[string]int{
		"One": 2, // the sample of what was switched on: a sound has two notes
		"Two": 0, "Three": 2,
		"Four": 2, // the sample again
		"Five": 2,
	} {
		if n := eval[int](b, booked("note "+text)); n != want {
			t.Errorf("%d notes after %q, want %d", n, text, want)
		}
	}
	if n := eval[int](b, booked("note")); n != 8 {
		t.Errorf("%d notes in all, want 8", n)
	}
}
