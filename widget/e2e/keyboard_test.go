package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/input"
)

// command presses a key together with Ctrl.
func (b *tab) command(key string, code int) {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{"rawKeyDown", "keyUp"} {
		b.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, WindowsVirtualKeyCode: int64(code), Modifiers: 2}))
	}
}

// find does by name what the palette offers first for these letters.
func (b *tab) find(typed, first string) {
	b.t.Helper()
	b.command("k", 75)
	b.wait("the palette is there", `active()?.matches('.palette input')`)
	b.press(typed)
	b.wait("the palette offers "+first, `$('.entry[aria-selected=true]')?.innerText.includes(`+quote(first)+`)`)
	b.do(enter("keyDown"), enter("keyUp"))
	b.wait("the palette is gone", `!$('.palette')`)
}

// A day at the desk without a mouse: two agents, a visitor, every key.
func TestTheConsoleNeedsNoMouse(t *testing.T) {
	s := startServer(t)
	seed(s)
	mara := enterConsole(t, s, "Mara Reyes")
	mara.press("gi")
	mara.wait("the list is full", `$$('.row').length === 3`)

	mara.press("j")
	mara.wait("the first row has the focus", `active() === $$('.row')[0]`)
	mara.press("j")
	mara.wait("the second row has the focus", `active() === $$('.row')[1]`)
	mara.press("k")
	mara.press("o")
	mara.wait("it is open and one can write", `active() === $('.conv .txt') && /Ida Brandt/.test($('.conv h2').innerText)`)

	// Letters are text while something is typed, also those that are keys.
	mara.press("jem?/")
	mara.fieldSays("jem?/")
	mara.wait("nothing else happened", `!$('.help-box') && !$('.toast') && /Ida/.test($('.conv h2').innerText)`)
	eval[bool](mara, `($('.conv .txt').select(), true)`)
	mara.press("\b")
	mara.fieldSays("")
	mara.press(escape)
	mara.wait("the row has the focus", `active()?.matches('.row')`)

	mara.press("m")
	mara.wait("it is hers", `/with you/.test($('.conv header').innerText)`)
	mara.key("n")
	mara.wait("a note is written", `$('.reply.note') && active() === $('.conv .txt')`)
	mara.fieldSays("")
	mara.write("@Jonas can you look?")
	mara.wait("the note is there", `$$('.noteb').length === 1`)
	mara.press(escape)
	mara.key("r")
	mara.wait("a reply is written", `!$('.reply.note') && active() === $('.conv .txt')`)
	mara.write("Yes, every glaze is")
	mara.wait("it was sent", `/sent/.test($$('.thread .msg.me').at(-1)?.innerText ?? '')`)
	mara.press(escape)

	mara.key("t")
	mara.wait("a tag is added", `active()?.matches('.tags input')`)
	mara.write("glaze")
	mara.wait("the tag is there", `said('.tag').includes('glaze')`)
	mara.press(escape)
	eval[bool](mara, `(active()?.blur(), true)`)
	mara.key("a")
	mara.wait("the menu of colleagues is open", `active()?.matches('[role^=menuitem]')`)
	mara.press(escape)
	eval[bool](mara, `(active()?.blur(), true)`)
	mara.key("u")
	mara.wait("it is unread again", `$$('.row.unread').some((r) => /Ida/.test(r.innerText)) && !/Ida/.test($('.conv h2')?.innerText ?? '')`)

	mara.press("/")
	mara.wait("one can search", `active()?.matches('.find input')`)
	mara.press("Porto")
	mara.wait("it is found", `$$('.row.hit').length === 1`)
	mara.press(escape)

	mara.press("?")
	mara.wait("the keys are shown", `seen($('.help-box')) && /Add a tag/.test($('.help-box').innerText)`)
	mara.axe("console keys")
	mara.press(escape)
	mara.wait("they are gone", `!$('.help-box')`)
	mara.press("gv")
	mara.wait("the visitors are shown", `location.hash.startsWith('#/visitors')`)
	mara.press("gi")
	mara.wait("back in the inbox", `location.hash === '#/open' && $$('.row').length === 3`)
	mara.press("2")
	mara.wait("the second list", `location.hash === '#/unassigned'`)

	// Keys can be turned off. What opens them by name still works.
	mara.find("these", "These keys")
	mara.wait("the keys are shown", `seen($('.help-box'))`)
	mara.click("the switch", `$('.help-box .switch input')`)
	mara.press(escape)
	mara.wait("they are gone", `!$('.help-box')`)
	mara.press("?")
	mara.press("3")
	mara.wait("nothing happened", `location.hash === '#/unassigned' && !$('.help-box')`)
}

func TestThePaletteReachesEverything(t *testing.T) {
	s := startServer(t)
	seed(s)
	s.call("POST", "/canned-replies", map[string]any{"shortcut": "shipping-eu", "message": "Hello {{name}}, orders to the EU arrive in three working days."}, nil)
	enterConsole(t, s, "Jonas Oduya")
	mara := enterConsole(t, s, "Mara Reyes")
	mara.wait("the list is full", `$$('.row').length === 3`)

	mara.command("k", 75)
	mara.wait("the palette is there", `active()?.matches('.palette input')`)
	mara.wait("it offers things to do", `said('.palette .group').includes('Conversations') && said('.palette .group').includes('Go to')`)
	mara.axe("console palette")
	mara.press(escape)
	mara.wait("it is gone", `!$('.palette')`)

	mara.find("aiko", "Aiko Tanaka")
	mara.wait("the conversation is open", `/Aiko/.test($('.conv h2')?.innerText)`)
	mara.toField()
	mara.press("one moment")
	mara.find("shipping", "/shipping-eu")
	mara.wait("the saved reply is in the field, with the name", `$('.conv .txt').value.startsWith('Hello Aiko, orders') && $('.conv .txt').value.endsWith('one moment') && active() === $('.conv .txt')`)
	mara.find("assign to jonas", "Assign to Jonas")
	mara.wait("it is his", `/with Jonas/.test($('.conv header').innerText)`)
	mara.find("take it", "Take it")
	mara.wait("it is hers", `/with you/.test($('.conv header').innerText)`)
	// What only the server knows is found too.
	mara.find("chip in the rim", "Tom Walsh")
	mara.wait("the conversation is open", `/Tom/.test($('.conv h2')?.innerText)`)
	mara.find("saved repl", "Saved replies")
	mara.wait("the page is there", `location.hash === '#/saved' && seen($('.page h2'))`)
	mara.find("hours", "Hours")
	mara.wait("the section is there", `location.hash === '#/settings/hours'`)
	mara.find("unass", "Unassigned")
	mara.wait("the list is there", `location.hash === '#/unassigned'`)
	mara.find("go away", "Go away")
	mara.wait("she is away", `/Away/.test($('.myself').innerText)`)
	mara.find("be avail", "Be available")
	mara.wait("she is back", `/Available/.test($('.myself').innerText)`)
	mara.find("how you", "How you like")

	mara.wait("the preferences are there", `seen($('.help-box .pref'))`)
	mara.axe("console preferences")
	mara.press(escape)

	mara.phone(true)
	mara.wait("the window is narrow", `innerWidth === 390`)
	mara.click("More", `labelled('.myself button', 'More')`)
	mara.click("Find or do", `labelled('[role=menuitem]', 'Find or do')`)
	mara.wait("the palette is there", `active()?.matches('.palette input')`)
	mara.press("re")
	mara.axe("phone palette")
}

// shift presses a key together with Shift.
func (b *tab) shift(key string, code int) {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{"rawKeyDown", "keyUp"} {
		b.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, WindowsVirtualKeyCode: int64(code), Modifiers: 8}))
	}
}

// chosen waits until so many conversations are chosen.
func (b *tab) chosen(n string) {
	b.t.Helper()
	b.wait(n+" are chosen", `$('.bulk p')?.innerText === '`+n+` chosen' && $$('.pick:checked').length === `+n)
}

// Several conversations are chosen, assigned, tagged, put off and closed with
// the keys alone.
func TestSeveralAtOnceNeedNoMouse(t *testing.T) {
	s := startServer(t)
	for _, name := range []string{"Ana", "Ben", "Cleo", "Dora"} {
		s.call("POST", "/sessions", map[string]any{"visitor_name": name}, nil)
	}
	enterConsole(t, s, "Jonas Oduya")
	mara := enterConsole(t, s, "Mara Reyes")
	mara.press("gi")
	mara.wait("the list is full", `$$('.row').length === 4`)

	// A range by the arrows: it grows, shrinks, and grows again.
	mara.press("j")
	mara.wait("the first row has the focus", `active() === $$('.row')[0]`)
	mara.shift("ArrowDown", 40)
	mara.chosen("2")
	mara.shift("ArrowDown", 40)
	mara.chosen("3")
	mara.wait("the third row has the focus", `active() === $$('.row')[2]`)
	mara.shift("ArrowUp", 38)
	mara.chosen("2")
	mara.press(escape)
	mara.wait("none is chosen", `!$('.bulk')`)

	// One by one, and everything between: assign them.
	mara.press("x")
	mara.chosen("1")
	mara.press("jj")
	mara.wait("the last row has the focus", `active() === $$('.row')[3]`)
	mara.shift("X", 88)
	mara.chosen("3")
	mara.key("a")
	mara.wait("the menu of colleagues is open", `active()?.matches('.bulk [role^=menuitem]')`)
	mara.named("ArrowDown", 40)
	mara.wait("a colleague is offered", `/Jonas|Mara/.test(active()?.innerText)`)
	for range 4 {
		if eval[bool](mara, `/Jonas/.test(active().innerText)`) {
			break
		}
		mara.named("ArrowDown", 40)
	}
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("it is said", `/3 conversations assigned to Jonas/.test($('.foot').innerText)`)
	mara.wait("the keyboard stays in the list", `!$('.bulk') && active()?.matches('.row')`)

	// All of the list: taken, tagged.
	mara.press("x")
	mara.chosen("1")
	mara.shift("A", 65)
	mara.chosen("4")
	mara.key("m")
	mara.wait("it is said", `/4 conversations assigned to you/.test($('.foot').innerText)`)
	mara.counts("Mine", "4")
	mara.wait("the keyboard stays in the list", `!$('.bulk') && active()?.matches('.row')`)
	mara.press("x")
	mara.chosen("1")
	mara.key("t")
	mara.wait("the tag can be typed", `active() === $('.bulk input')`)
	mara.write("xmas")
	mara.wait("it is said", `/One conversation tagged xmas/.test($('.foot').innerText)`)

	// Put off two, close two: what is about to be closed can be kept.
	mara.wait("the keyboard stays in the list", `!$('.bulk') && active()?.matches('.row')`)
	mara.press("kkk")
	mara.wait("the first row has the focus", `active() === $$('.row')[0]`)
	mara.shift("ArrowDown", 40)
	mara.chosen("2")
	mara.key("h")
	mara.wait("the times are there", `seen($('dialog.later'))`)
	mara.key("1")
	mara.counts("Later", "2")
	mara.wait("two are left", `$$('.row').length === 2 && !$('.bulk')`)
	mara.press("j")
	mara.wait("a row has the focus", `active()?.matches('.row')`)
	mara.press("x")
	mara.chosen("1")
	mara.shift("A", 65)
	mara.chosen("2")
	mara.key("e")
	mara.wait("they are about to be closed", `/Closing 2 conversations/.test($('.bulk').innerText)`)
	mara.key("z")
	mara.chosen("2")
	mara.key("e")
	mara.counts("All open", "0")

	mara.press("?")
	mara.wait("the keys are shown", `/Choose everything from the last choice to here/.test($('.help-box')?.innerText ?? '')`)
	mara.shoot("console-keys")
}
