package e2e

import "testing"

// events is what the lines about the open conversation say, without the times.
const events = `$$('.thread .event').map((el) => el.innerText.replace(/, [^,]*\d:\d\d.*$/, ''))`

func (b *tab) wantEvents(last string, n string) {
	b.t.Helper()
	b.wait("the log's last line is "+last, `(() => { const all = `+events+`; return all.length === `+n+` && all.at(-1) === `+quote(last)+`; })()`)
}

// Whatever is done to a conversation stands in it for everybody who reads it,
// now and later, and the visitor sees nothing of it.
func TestTheConversationSaysWhoHadIt(t *testing.T) {
	s, visitor, mara := desk(t, "Hello")
	jonas := enterConsole(t, s, "Jonas Oduya")
	jonas.openOnly()
	mara.wantEvents("Visitor started a conversation", "1")

	mara.press(escape)
	mara.key("m")
	mara.wantEvents("You took it", "2")
	jonas.wantEvents("Mara took it", "2")
	mara.click("who has it", `$('.conv .hands')`)
	mara.click("Jonas", `labelled('.menu [role^=menuitem]', 'Jonas Oduya')`)
	mara.wantEvents("You assigned it to Jonas", "3")
	jonas.wantEvents("Mara assigned it to you", "3")
	jonas.reply("One moment")
	jonas.press(escape)
	jonas.key("h")
	jonas.click("When they reply", `labelled('dialog.later button', 'When they reply')`)
	jonas.wantEvents("You put it off until they reply", "4")
	visitor.say("Still there?")
	jonas.wantEvents("Visitor wrote, so it is back", "5")
	mara.wantEvents("Visitor wrote, so it is back", "5")
	mara.shoot("history")
	jonas.key("e")
	jonas.wantEvents("You closed it", "6")
	mara.reload()
	mara.wantEvents("Jonas closed it", "6")
	mara.axe("a conversation with its history")
	mara.dark(true)
	mara.shoot("history dark")
	if got := eval[bool](visitor, `/assigned|took it|put it off/.test($('.panel').innerText)`); got {
		t.Error("the visitor reads who had it")
	}
}
