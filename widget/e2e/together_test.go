package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const held = `$$('.thread .msg.me').some((el) => /Goes out in a moment/.test(el.innerText))`

// desk is a visitor who has written, and an agent who has it open.
func desk(t *testing.T, text string) (s *server, visitor, mara *tab) {
	t.Helper()
	s = startServer(t)
	visitor = visit(t, s)
	visitor.openChat()
	visitor.say(text)
	mara = enterConsole(t, s, "Mara Reyes")
	mara.openOnly()
	return s, visitor, mara
}

// openOnly opens the only conversation there is.
func (b *tab) openOnly() {
	b.t.Helper()
	b.click("All open", `labelled('.nav a', 'All open')`)
	b.wait("the row is there", `$$('.row').length === 1`)
	b.click("the row", `$('.row')`)
	b.toField()
}

// toField puts the focus into the console's field.
func (b *tab) toField() {
	b.t.Helper()
	b.click("the field", `$('.conv .txt')`)
	b.wait("the field has the focus", `active() === $('.conv .txt')`)
}

// fieldSays waits until this stands in the console's field.
func (b *tab) fieldSays(text string) {
	b.t.Helper()
	b.wait("the field says "+text, `$('.conv .txt')?.value === `+quote(text))
}

func TestASendCanBeTakenBack(t *testing.T) {
	s, visitor, mara := desk(t, "Hello")
	mara.prefers(`{}`)
	mara.reload()
	mara.toField()

	mara.write("Oops")
	mara.wait("it is held", held)
	mara.axe("reply held")
	mara.click("Undo", `labelled('.thread button', 'Undo')`)
	mara.fieldSays("Oops")
	mara.wait("nothing is left of it", `$$('.thread .msg.me').length === 0`)

	// The key does it too, once the field is left.
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("it is held", held)
	mara.press(escape)
	mara.key("z")
	mara.fieldSays("Oops")

	// Another message sends the one before at once; a press sends the last.
	eval[bool](mara, `($('.conv .txt').select(), true)`)
	mara.write("First")
	mara.wait("it is held", held)
	mara.write("Second")
	visitor.hears("First")
	mara.click("Send now", `labelled('.thread button', 'Send now')`)
	visitor.hears("Second")

	// Left to itself it goes out.
	mara.write("Third")
	visitor.hears("Third")
	s.wantMessages("Hello", "First", "Second", "Third")
}

// A page that is closed sends what it held; one that crashes leaves it to the
// next.
func TestAHeldSendOutlivesItsPage(t *testing.T) {
	s, visitor, mara := desk(t, "Hello")
	mara.prefers(`{}`)
	mara.reload()
	mara.toField()
	mara.write("Closing the laptop")
	mara.wait("it is held", held)
	mara.goTo("about:blank")
	visitor.hears("Closing the laptop")

	mara.goTo(s.url("/chat/console/#/open/" + s.onlySession().ID))
	mara.toField()
	mara.write("Before the crash")
	mara.wait("it is held", held)
	again := mara.another()
	crash(mara)
	again.goTo(s.url("/chat/console/"))
	visitor.hears("Before the crash")
	again.wait("nothing is left to send", `!Object.keys(localStorage).some((k) => k.includes(':outbox:'))`)
	s.wantMessages("Hello", "Closing the laptop", "Before the crash")
}

// crash ends the tab's process.
func crash(b *tab) {
	b.crashed = true
	ctx := b.ctx
	go chromedp.Do(ctx, call(page.Crash, cdp.Empty{})) // it never answers
	time.Sleep(300 * time.Millisecond)
}

func TestDraftsFollowTheirWriter(t *testing.T) {
	s, visitor, mara := desk(t, "Hello")
	mara.press("Let me look that up")
	mara.click("Note", `labelled('.tabs label', 'Note')`)
	mara.click("the field", `$('.conv .txt')`)
	mara.press("a regular")
	mara.reload()
	mara.fieldSays("a regular")
	mara.click("Reply", `labelled('.tabs label', 'Reply')`)
	mara.fieldSays("Let me look that up")

	laptop := enterConsole(t, s, "Mara Reyes")
	laptop.openOnly()
	laptop.fieldSays("Let me look that up")
	jonas := enterConsole(t, s, "Jonas")
	jonas.openOnly()
	if got := eval[string](jonas, `$('.conv .txt').value`); got != "" {
		t.Errorf("a colleague’s field says %q", got)
	}

	laptop.press(kb.End)
	laptop.write(", one moment")
	visitor.hears("Let me look that up, one moment")
	mara.click("Saved replies", `labelled('.nav a', 'Saved replies')`)
	mara.wait("the server has forgotten it", `(await (await fetch('../api/v1/sessions/`+s.onlySession().ID+`/draft')).json()).message === ''`)
	mara.openOnly()
	mara.fieldSays("")
	mara.click("Note", `labelled('.tabs label', 'Note')`)
	mara.fieldSays("a regular")
}

func TestRepliesDoNotCrossUnnoticed(t *testing.T) {
	s, visitor, mara := desk(t, "Do you ship to Porto?")
	jonas := enterConsole(t, s, "Jonas")
	jonas.openOnly()
	mara.wait("Mara sees that Jonas reads", `/Jonas is reading too/.test($('.conv header').innerText)`)
	jonas.wait("and Jonas that Mara does", `/Mara is reading too/.test($('.conv header').innerText)`)
	mara.shoot("reading-too")

	mara.press("Yes, in three days")
	jonas.wait("Jonas sees that Mara writes", `/Mara is writing here too/.test($('.conv header').innerText)`)
	jonas.press("Yes")
	jonas.do(enter("keyDown"), enter("keyUp"))
	jonas.wait("he is asked", `/Mara is writing to them too/.test($('.ask')?.innerText)`)
	jonas.axe("asked while somebody writes")
	jonas.click("Send anyway", `labelled('.ask button', 'Send anyway')`)
	visitor.hears("Yes")

	mara.wait("Mara has it in sight", `$$('.thread .msg.me').length === 1`)
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("she is asked once", `/Jonas replied (just now|\d+ s ago):\s*Yes/.test($('.ask')?.innerText) && $('.conv .txt').value === 'Yes, in three days'`)
	mara.axe("asked about a crossing")
	mara.click("Keep editing", `labelled('.ask button', 'Keep editing')`)
	mara.wait("the question is gone", `!$('.ask') && active() === $('.conv .txt')`)
	mara.press(", as Jonas said")
	mara.do(enter("keyDown"), enter("keyUp"))
	visitor.hears("Yes, in three days, as Jonas said")
	s.wantMessages("Do you ship to Porto?", "Yes", "Yes, in three days, as Jonas said")
}

// What the page did not know of, the server does: the reply is refused, and
// nothing of it is lost.
func TestTheServerRefusesAReplyThatCrosses(t *testing.T) {
	s, visitor, mara := desk(t, "Do you ship to Porto?")
	mara.prefers(`{}`)
	mara.reload()
	mara.toField()
	mara.write("Yes, in three days")
	mara.wait("it is held", held)
	s.call("POST", "/messages", map[string]any{"session_id": s.onlySession().ID, "sender": "agent", "message": "From the desk", "sender_name": "Tess"}, nil)
	mara.expectOffline(true) // a refusal is meant to come
	mara.wait("she is asked", `/Tess replied/.test($('.ask')?.innerText)`)
	mara.expectOffline(false)
	mara.fieldSays("Yes, in three days")
	mara.wait("it is not on its way", `!/moment|Sending/.test($('.thread').innerText)`)
	mara.click("Send anyway", `labelled('.ask button', 'Send anyway')`)
	mara.click("Send now", `labelled('.thread button', 'Send now')`)
	visitor.hears("Yes, in three days")
	s.wantMessages("Do you ship to Porto?", "From the desk", "Yes, in three days")
}

// key presses a key as a keyboard does, whose letter comes only where the page
// has not taken the key.
func (b *tab) key(name string) {
	b.t.Helper()
	params := input.DispatchKeyEventParams{Type: "keyDown", Key: name, Text: name}
	b.do(call(input.DispatchKeyEvent, params))
	params.Type, params.Text = "keyUp", ""
	b.do(call(input.DispatchKeyEvent, params))
}

// sendAndClose presses Enter with the keys that send and close.
func (b *tab) sendAndClose() {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
		b.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Modifiers: 2 | 8}))
	}
}

func TestSendAndClose(t *testing.T) {
	_, visitor, mara := desk(t, "Thanks, that is all")
	mara.press("You are welcome")
	mara.sendAndClose()
	visitor.hears("You are welcome")
	visitor.wait("it was closed", `/closed this conversation|was closed/.test($('.panel').innerText)`)
}
