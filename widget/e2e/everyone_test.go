package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/pealchat/pealchat/chat"
)

// media has the browser say what its user prefers.
func (b *tab) media(features ...*emulation.MediaFeature) {
	b.t.Helper()
	b.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}))
}

// back presses Shift and Tab.
func (b *tab) back() {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
		b.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Tab", Code: "Tab", WindowsVirtualKeyCode: 9, Modifiers: 8}))
	}
}

// named is a key that writes nothing.
func (b *tab) named(name string, code int64) {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
		b.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: name, Code: name, WindowsVirtualKeyCode: code}))
	}
}

const everyonesPage = `<main><h1>Alder &amp; Clay</h1><p><a href="#care">Care</a></p><p><a id="talk" href="/contact" data-pealchat-open>Talk to us</a></p></main>`

// A conversation is begun, gone through and ended without a mouse, and the
// focus is never lost.
func TestThePanelNeedsNoMouse(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + everyonesPage})
	b := h.open("/")
	focused := func(what, js string) {
		t.Helper()
		b.wait(what+" has the focus", `active() === (`+js+`)`)
	}
	// The page's own link opens it, says so, and gets the focus back.
	b.press("\t")
	b.press("\t")
	focused("the page's link", `$('#talk')`)
	b.write("")
	b.wait("it is open", `seen($('.panel')) && $('#talk').ariaExpanded === 'true' && $('.launcher').ariaExpanded === 'true' && $('.panel').role === 'dialog' && !$('.panel').ariaModal`)
	focused("the field", `$('.panel .ta')`)
	b.press(escape)
	focused("the page's link again", `$('#talk')`)
	b.wait("the panel is gone", `!$('.panel')`)
	b.press("\t")
	focused("the launcher", `$('.launcher')`)
	b.press(" ")
	focused("the field", `$('.panel .ta')`)
	b.write("Is the sage glaze food safe?")
	b.wait("it was sent", `/sent/.test($$('.msg.me').at(-1)?.innerText ?? '') && active() === $('.panel .ta')`)
	h.answer("Yes, see https://alderclay.example/care")
	b.wait("the answer is there", `$$('.msg.them').length === 1`)

	// From the field forward, around and back: every control can be reached,
	// in the order in which it is seen.
	for _, want := range []string{"Add a file", "Emoji", "Send", "Close chat"} {
		b.press("\t")
		focused(want, `labelled('peal-chat, .panel button, .launcher', `+quote(want)+`) && $$('.panel button, .launcher').find((el) => el === active() && el.ariaLabel.includes(`+quote(want)+`))`)
	}
	eval[bool](b, `($('.panel .ta').focus(), true)`)
	b.back()
	focused("the link in the answer", `$('.log a')`)
	b.back()
	focused("the log", `$('.log')`)
	for _, want := range []string{"Close chat", "Options", "Back"} {
		b.back()
		b.wait(want+" has the focus", `active().ariaLabel === `+quote(want))
	}

	// The menu: arrows move, Escape closes it alone.
	b.press("\t")
	b.press("\r")
	b.wait("the first of the menu has the focus", `active()?.role === 'menuitem' && active().innerText === 'Download conversation'`)
	b.named("ArrowUp", 38)
	b.wait("the last has it", `active().innerText === 'End conversation'`)
	b.press(escape)
	b.wait("the menu is closed, the panel is not", `!$('[role=menu]') && active().ariaLabel === 'Options' && seen($('.panel'))`)
	b.press("\r")
	b.named("End", 35)
	b.wait("the last has the focus", `active().innerText === 'End conversation'`)
	b.press("\r")
	b.wait("it is asked, on the answer that does it", `active()?.innerText === 'End it'`)
	b.press(escape)
	b.wait("it is not asked any more, and one can write", `!$('.ask') && active() === $('.panel .ta')`)
	b.press(escape)
	focused("the launcher", `$('.launcher')`)
}

// What is said to those who cannot see it: replies once they are there, not
// history, not one's own words, not that somebody is typing; and that a message
// was not sent.
func TestWhatIsReadOut(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + everyonesPage})
	b := h.open("/")
	b.openChat()
	b.say("One")
	h.answer("Two")
	b.hears("Two")
	b.reload()
	b.wait("the launcher is there", `seen($('.launcher'))`)
	// Whatever is put into a live region is noted, as a screen reader hears it.
	eval[bool](b, `(globalThis.spoken = [], globalThis.listening = setInterval(() => {
		const root = $('peal-chat').shadowRoot;
		if (!root.querySelector('.panel')) return;
		clearInterval(listening);
		new MutationObserver((changes) => {
			for (const { addedNodes } of changes) for (const node of addedNodes) {
				const el = node.nodeType === 1 ? node : node.parentElement;
				const region = el?.closest('[aria-live], [role=log], [role=status], [role=alert]');
				if (region && region.ariaLive !== 'off' && node.textContent.trim()) spoken.push(node.textContent.trim());
			}
		}).observe(root, { childList: true, subtree: true });
	}, 1), true)`)
	b.openChat()
	b.wantLines("One", "Two")
	b.wait("the log listens", `$('.log').role === 'log' && $('.log').ariaLabel === 'Messages' && $('.log').tabIndex === 0`)
	b.say("Three")
	// Who is here is said once, as the panel opens.
	b.wait("nothing is said without need", `spoken.every((text) => /^Nobody is here/.test(text)) && spoken.length <= 1`)
	eval[bool](b, `(spoken.length = 0, true)`)
	page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil {
		t.Fatal(err)
	}
	mara, err := h.svc.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara Reyes"})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.svc.Typing(t.Context(), chat.AsAgent(mara), page.Sessions[0].ID, true); err != nil {
		t.Fatal(err)
	}
	b.wait("somebody is typing", `seen($('.msg.typing'))`)
	h.answer("Four")
	b.hears("Four")
	b.wait("the reply is said, once", `spoken.filter((text) => text.includes('Four')).length === 1`)
	if spoken := eval[[]string](b, `spoken`); len(spoken) > 1 {
		t.Errorf("said beside it: %q", spoken)
	}
	b.wait("the launcher's name says what it does", `$('.launcher').ariaLabel === 'Close chat'`)
	waitFor(t, "the reply counts as seen", func() bool { // once it has been painted
		page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
		return err == nil && page.Sessions[0].VisitorSeen == page.Sessions[0].MessageCount
	})
	b.press(escape)
	h.answer("Five")
	b.wait("the launcher's name says what waits", `$('.launcher').ariaLabel === '1 unread message. Open chat'`)
}

// At twice and four times the size, and with the page's own type made large,
// everything can still be reached.
func TestZoom(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + `<style>html { font-size: 200%; }</style>` + everyonesPage})
	b := h.open("/")
	for _, size := range [][2]int64{{640, 400}, {320, 256}} { // 1280×800 at 200 %, 1280×1024 at 400 %
		b.do(chromedp.EmulateViewport(size[0], size[1]))
		b.wait("the window is small", `innerWidth < 700`)
		b.openChat()
		b.say("Is the sage glaze food safe, and may it go into the dishwasher?")
		b.wantNoSideways()
		b.wait("what one writes with is on the screen", `$$('.compose, .panel .head').every((el) => ((r) => r.top >= 0 && r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight)(el.getBoundingClientRect()))`)
		b.wait("what was said is, too", `((r) => r.height > 30 && r.bottom <= innerHeight)($('.log').getBoundingClientRect())`)
		b.axe("zoomed")
		b.click("Close", `$$('.panel .head button').at(-1)`)
		b.wait("the panel is closed", `!seen($('.panel'))`)
	}
}

// With the system's own colours borders say where things are, and the focus
// can be seen.
func TestForcedColours(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + everyonesPage})
	b := h.open("/")
	b.media(&emulation.MediaFeature{Name: "forced-colors", Value: "active"}, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	b.wait("colours are forced", `matchMedia('(forced-colors: active)').matches`)
	const edge = `(el) => { const s = getComputedStyle(el); return s.borderTopStyle !== 'none' && parseFloat(s.borderTopWidth) > 0 || s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0; }`
	b.wait("the launcher has an edge", `(`+edge+`)($('.launcher'))`)
	b.openChat()
	b.say("Hello")
	h.answer("Hello")
	b.wait("the answer is there", `$$('.msg.them').length === 1`)
	for _, css := range []string{".panel", ".msg.me .b", ".msg.them .b", ".compose"} {
		b.wait(css+" has an edge", `(`+edge+`)($(`+quote(css)+`))`)
	}
	b.press("\t")
	b.wait("the focus can be seen", `((s) => s.outlineStyle === 'solid' && parseFloat(s.outlineWidth) >= 2)(getComputedStyle(active()))`)
	b.shoot("forced-colours")
}

// Whoever wants little motion gets none that lasts.
func TestReducedMotion(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + everyonesPage})
	b := h.open("/")
	b.media(&emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	eval[bool](b, `(globalThis.moved = new Set(), function look() {
		for (const a of document.querySelector('peal-chat').shadowRoot.getAnimations()) if (a.effect.getComputedTiming().activeDuration > 20) moved.add((a.animationName ?? a.transitionProperty) + ' of ' + a.effect.target?.className);
		requestAnimationFrame(look);
	}(), true)`)
	b.openChat()
	b.say("Hello")
	b.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	b.press(escape)
	b.click("the emoji button", `labelled('.emojibox > button', 'Emoji')`)
	b.press(escape)
	h.answer("Hello")
	b.wait("the answer is there", `$$('.msg.them').length === 1`)
	b.press(escape)
	b.wait("the panel is closed", `!seen($('.panel'))`)
	if moved := eval[[]string](b, `[...moved]`); len(moved) > 0 {
		t.Errorf("in motion: %q", moved)
	}
}
