package e2e

import (
	"testing"
	"time"

	permission "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// ears count the sounds and the notifications of a page.
const ears = `globalThis.rung = 0; globalThis.shown = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...a) { if (this.frequency.value > 800) globalThis.rung++; return start.apply(this, a); };
const System = globalThis.Notification;
globalThis.Notification = class { constructor(title, options) { globalThis.shown.push(title + ': ' + options.body); globalThis.last = this; } close() { globalThis.shown.push('closed'); } static get permission() { return System.permission; } static requestPermission() { return System.requestPermission(); } };`

// listenIn opens the console with ears, and presses a key in it: before that a
// browser lets no page be heard.
func listenIn(b *tab, url string) {
	b.t.Helper()
	b.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: ears}))
	b.goTo("about:blank") // so that it is loaded anew
	b.goTo(url)
	b.wait("the console is there", `seen($('.app'))`)
	b.press("3")
}

// lookAway is what happens when somebody turns to another window.
func (b *tab) lookAway(away bool) {
	b.t.Helper()
	b.do(call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: !away}))
	eval[bool](b, `(document.hasFocus = () => `+map[bool]string{true: "false", false: "true"}[away]+`, dispatchEvent(new Event(`+map[bool]string{true: "'blur'", false: "'focus'"}[away]+`)), true)`)
}

func TestWhoeverLooksAwayIsCalledOnce(t *testing.T) {
	s, visitor, mara := desk(t, "Hello")
	mara.prefers(`{ undo: false, sound: true, notify: true }`)
	mara.allow(s, "notifications")
	tabs := []*tab{mara, mara.another(), mara.another()}
	for _, b := range tabs {
		listenIn(b, s.url("/chat/console/#/open"))
	}
	sum := func(js string) (n int) {
		for _, b := range tabs {
			n += eval[int](b, js)
		}
		return n
	}

	// While one of them is looked at, nothing is heard and nothing shown.
	for _, b := range tabs[1:] {
		b.lookAway(true)
	}
	visitor.say("Somebody looks at this")
	for _, b := range tabs {
		b.wait("the tab knows", `/Somebody looks/.test($('.row').innerText)`)
	}
	if n := sum(`rung + shown.length`); n != 0 {
		t.Errorf("%d calls although somebody looks", n)
	}

	// When nobody does, one tab calls, and goes on calling.
	mara.lookAway(true)
	visitor.say("Is anybody there?")
	waitFor(t, "a sound and a notification", func() bool { return sum(`rung`) > 0 && sum(`shown.length`) > 0 })
	for _, b := range tabs {
		b.wait("the count is in the title", `document.title.startsWith('(1)')`)
		b.wait("and in the icon", `document.querySelector('link[rel=icon]').href.startsWith('data:image/png')`)
	}
	if n := sum(`shown.length`); n != 1 {
		t.Errorf("%d notifications, want one", n)
	}
	if n := sum(`rung`); n != 1 {
		t.Errorf("%d sounds, want one", n)
	}
	for _, b := range tabs {
		for _, said := range eval[[]string](b, `shown`) {
			if said != "New message from Visitor: Is anybody there?" {
				t.Errorf("the notification says %q", said)
			}
		}
	}
	waitFor(t, "the sound again", func() bool { return sum(`rung`) == 2 })

	// A look ends it, wherever the one that calls is.
	tabs[2].lookAway(false)
	waitFor(t, "the notification is taken back", func() bool { return sum(`shown.filter((s) => s === 'closed').length`) == 1 })
	before := sum(`rung`)
	tabs[2].lookAway(true)

	// So does a colleague's look.
	visitor.say("Still there?")
	waitFor(t, "a sound", func() bool { return sum(`rung`) == before+1 })
	jonas := enterConsole(t, s, "Jonas Oduya")
	jonas.openOnly()
	waitFor(t, "the notification is taken back", func() bool { return sum(`shown.filter((s) => s === 'closed').length`) == 2 })

	// What is with a colleague calls nobody else; a note that mentions her does.
	jonas.press(escape)
	jonas.key("m")
	jonas.wait("it is his", `/with you/.test($('.conv header').innerText)`)
	heard := sum(`rung + shown.length`)
	visitor.say("This is for Jonas")
	for _, b := range tabs {
		b.wait("the tab knows", `/This is for Jonas/.test($('.row').innerText)`)
	}
	if n := sum(`rung + shown.length`); n != heard {
		t.Errorf("called %d times for what is a colleague's", n-heard)
	}
	jonas.key("n")
	jonas.wait("a note is written", `active() === $('.conv .txt')`)
	jonas.press("@mara")
	jonas.wait("she is offered", `/Mara Reyes/.test($('.pop')?.innerText)`)
	jonas.write("")
	jonas.fieldSays("@Mara Reyes ")
	jonas.write("can you look?")
	waitFor(t, "she is called", func() bool {
		return sum(`shown.filter((s) => s === 'Jonas Oduya asks you to look: @Mara Reyes can you look?').length`) == 1
	})

	// A press on it opens the conversation.
	for _, b := range tabs {
		eval[bool](b, `(globalThis.last?.onclick?.(), true)`)
	}
	waitFor(t, "it is open", func() bool {
		n := 0
		for _, b := range tabs {
			if eval[bool](b, `location.hash.includes('/`+s.onlySession().ID+`/') && /can you look/.test($('.thread')?.innerText ?? '')`) {
				n++
			}
		}
		return n > 0
	})
}

// waitFor asks several tabs until all is as it should be.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// allow gives the console what a person would be asked for.
func (b *tab) allow(s *server, name string) { b.t.Helper(); b.allowOn(s.url(""), name) }

func (b *tab) allowOn(origin, name string) {
	b.t.Helper()
	b.do(call(permission.SetPermission, permission.SetPermissionParams{
		Permission: &permission.PermissionDescriptor{Name: name}, Setting: permission.PermissionSettingGranted,
		Origin: origin, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	}))
}
