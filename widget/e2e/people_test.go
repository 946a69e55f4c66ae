package e2e

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// visit opens the shop as somebody new.
func visit(t *testing.T, s *server) *tab {
	t.Helper()
	b := newPerson(t)
	b.goTo(s.url("/"))
	b.wait("the launcher is there", `seen($('.launcher'))`)
	return b
}

// openChat opens the panel with the mouse, as a visitor does.
func (b *tab) openChat() {
	b.t.Helper()
	b.click("the launcher", `$('.launcher')`)
	b.wait("one can write", `seen($('.panel .ta')) && active() === $('.panel .ta')`)
}

// say sends a message from the panel and waits until the server has it.
func (b *tab) say(text string) {
	b.t.Helper()
	b.click("the field", `$('.panel .ta')`)
	b.write(text)
	b.wait("it was sent: "+text, `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '') && $$('.msg.me .b').at(-1).innerText === `+quote(text)+` && $('.panel .ta').value === ''`)
}

// hears waits until a message from the other side stands in the panel, once.
func (b *tab) hears(text string) {
	b.t.Helper()
	b.wait("the visitor reads "+text, `$$('.msg.them .b').filter((el) => el.innerText === `+quote(text)+`).length === 1`)
}

// lines is what the panel's log says, both sides in order.
func (b *tab) lines() []string {
	b.t.Helper()
	return eval[[]string](b, `$$('.msg:not(.typing) .b').map((el) => el.innerText)`)
}

func (b *tab) wantLines(want ...string) {
	b.t.Helper()
	// What was just drawn settles first.
	b.wait("the log says "+strings.Join(want, ", "), `$$('.msg:not(.typing) .b').length === `+strconv.Itoa(len(want)))
	if got := b.lines(); strings.Join(got, "|") != strings.Join(want, "|") {
		b.t.Errorf("the log says %q, want %q", got, want)
	}
}

// enterConsole signs somebody of the staff in through the demo's page.
func enterConsole(t *testing.T, s *server, name string) *tab {
	t.Helper()
	b := newPerson(t)
	b.goTo(s.url("/staff"))
	b.prefers(`{ undo: false }`) // replies go out at once
	b.click(name+"’s button", `labelled('main button', `+quote(name)+`)`)
	b.wait("the console is there", `seen($('.app .list'))`)
	return b
}

// prefers sets how whoever uses the browser likes to work in the console. It
// holds from the next time that the console is loaded.
func (b *tab) prefers(js string) {
	b.t.Helper()
	eval[bool](b, `(localStorage.setItem('pealchat:/chat/api/v1:prefs', JSON.stringify(Object.assign({ started: true }, `+js+`))), true)`)
}

// pick opens a conversation from the list.
func (b *tab) pick(name string) {
	b.t.Helper()
	b.click("the row of "+name, `labelled('.row', `+quote(name)+`)`)
	b.wait("the conversation is open", `seen($('.conv .txt'))`)
}

// reply writes to the visitor from the console.
func (b *tab) reply(text string) {
	b.t.Helper()
	b.click("the field", `$('.conv .txt')`)
	b.wait("the field has the focus", `active() === $('.conv .txt')`)
	b.write(text)
	shown := strings.ReplaceAll(text, "https://", "") // as links are written
	b.wait("it was sent: "+text, `$$('.thread .msg.me .b').at(-1)?.innerText === `+quote(shown)+` && !/Sending|Waiting/.test($$('.thread .msg.me').at(-1).innerText) && $('.conv .txt').value === ''`)
}

// reads waits until a visitor's message stands in the console's thread, once.
func (b *tab) reads(text string) {
	b.t.Helper()
	b.wait("the agent reads "+text, `$$('.thread .msg.them .b').filter((el) => el.innerText === `+quote(text)+`).length === 1`)
}

const escape = kb.Escape
