package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// listens writes down what the page is told: by functions given to `on`, and
// by events on document.
const listens = `
window.told = []; window.events = [];
for (const name of ['ready', 'open', 'close', 'message', 'unread', 'status', 'conversation', 'error']) {
	(window.Pealchat ??= { q: [] }).q.push(['on', name, (detail) => told.push([name, detail])]);
	document.addEventListener('pealchat:' + name, (e) => events.push([name, e.detail]));
}`

// heard are the names of what the page was told.
const heard = `told.map(([name]) => name).join(' ')`

func shop(body string) string {
	return `<style>body { font: 16px sans-serif }</style>` + body + `<main><h1>Alder &amp; Clay</h1></main>`
}

// TestCallsBeforeTheScript: the page need not wait for the script.
func TestCallsBeforeTheScript(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": `<script>` + listens + `
		Pealchat.q.push(['set', { order: 1, plan: 'pro' }], ['open', { message: 'Hello', topic: 'Glazes' }], ['theme', 'dark']);
		Pealchat.q.push(['set', { plan: null }]);</script>` + shop(tag(""))})
	b := h.open("/")
	b.wait("it is open, with the words in the field", `seen($('.panel')) && $('.panel .ta')?.value === 'Hello' && labelled('.topic', 'Glazes')`)
	b.wait("it was told", heard+`.startsWith('ready') && `+heard+`.includes('open')`)
	b.wait("it is dark", `$('.corner').classList.contains('dark')`)
	if n := eval[int](b, `$$('.msg').length`); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
	b.click("the field", `$('.panel .ta')`)
	b.write("")
	b.wait("the conversation", `Pealchat.state.conversation`)
	page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(page.Sessions) != 1 || fmt.Sprint(page.Sessions[0].CustomData) != "map[order:1 topic:Glazes]" {
		t.Errorf("sessions %+v, %v", page.Sessions, err)
	}
}

// TestEveryCall goes through the page's API in one conversation.
func TestEveryCall(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": `<script>` + listens + `</script>` + shop(tag(""))})
	b := h.open("/")
	b.wait("ready", heard+` === 'ready'`)
	want := func(what, js string) { t.Helper(); b.wait(what, js) }
	call := func(js string) { t.Helper(); eval[bool](b, `(`+js+`, true)`) }
	if got := eval[string](b, `JSON.stringify(Pealchat.state)`); got != `{"open":false,"unread":0,"online":false,"identified":false,"conversation":null}` {
		t.Errorf("the state is %s", got)
	}

	call(`Pealchat.open()`)
	want("open", `seen($('.panel')) && Pealchat.state.open`)
	call(`Pealchat.open({ message: 'Is it safe?' })`)
	want("the words", `$('.panel .ta').value === 'Is it safe?'`)
	call(`Pealchat.close()`)
	want("closed", `!seen($('.panel')) && !Pealchat.state.open`)
	call(`Pealchat.toggle()`)
	want("open again, the words are still there", `seen($('.panel')) && $('.panel .ta').value === 'Is it safe?'`)
	call(`Pealchat.toggle()`)
	want("closed again", `!seen($('.panel'))`)
	want("it was told, once each", heard+` === 'ready open close open close'`)

	call(`Pealchat.set({ order: 20418 })`)
	call(`Pealchat.set({ plan: 'pro', seen: null })`)
	call(`Pealchat.open()`)
	b.click("the field", `$('.panel .ta')`)
	b.write("")
	want("the conversation", `Pealchat.state.conversation && told.some(([name, d]) => name === 'conversation' && d.id === Pealchat.state.conversation && d.state === 'open')`)
	page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(page.Sessions) != 1 || fmt.Sprint(page.Sessions[0].CustomData) != "map[order:20418 plan:pro]" {
		t.Fatalf("sessions %+v, %v", page.Sessions, err)
	}
	session := page.Sessions[0]

	// A hidden launcher still hears replies.
	call(`Pealchat.close()`)
	call(`Pealchat.hide()`)
	want("hidden", `!seen($('.launcher'))`)
	mara, err := h.svc.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara"})
	if err != nil {
		t.Fatal(err)
	}
	h.svc.Touch(t.Context(), chat.AsAgent(mara))
	want("somebody is here", `told.some(([name, d]) => name === 'status' && d.online) && Pealchat.state.online`)
	if _, err := h.svc.SendMessage(t.Context(), chat.AsAgent(mara), chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: "Yes, it is"}); err != nil {
		t.Fatal(err)
	}
	want("the reply", `told.some(([name, d]) => name === 'message' && d.from === 'agent' && d.text === 'Yes, it is' && d.id) && told.some(([name, d]) => name === 'unread' && d.count === 1) && Pealchat.state.unread === 1`)
	want("without a preview", `!$('.preview')`)
	call(`Pealchat.show()`)
	want("shown", `seen($('.launcher')) && $('.badge').dataset.count === '1'`)

	call(`Pealchat.theme('dark')`)
	want("dark", `$('.corner').classList.contains('dark')`)
	call(`Pealchat.theme('light')`)
	want("light", `!$('.corner').classList.contains('dark')`)
	call(`Pealchat.theme('auto'), document.documentElement.classList.add('dark')`)
	want("as the page", `$('.corner').classList.contains('dark')`)
	call(`document.documentElement.classList.remove('dark'), document.documentElement.dataset.theme = 'dark'`)
	want("as the page says in another way", `$('.corner').classList.contains('dark')`)
	call(`Pealchat.locale('pt')`)
	want("Portuguese", `$('.corner').lang === 'pt' && $('.launcher').ariaLabel.includes('não lida')`)
	call(`Pealchat.locale('auto'), document.documentElement.lang = 'ar'`)
	want("the page's language", `$('.corner').dir === 'rtl'`)
	call(`document.documentElement.lang = 'en'`)

	call(`window.more = [], window.off = Pealchat.on('open', () => more.push('open')), Pealchat.open()`)
	want("read", `Pealchat.state.unread === 0`)
	call(`off(), Pealchat.close(), Pealchat.open()`)
	want("whoever does not want to hear does not", `seen($('.panel')) && more.length === 1`)
	if got := eval[bool](b, `JSON.stringify(told.filter(([name]) => name !== 'ready')) === JSON.stringify(events.filter(([name]) => name !== 'ready'))`); !got {
		t.Errorf("functions heard %s, document %s", eval[string](b, `JSON.stringify(told)`), eval[string](b, `JSON.stringify(events)`))
	}

	call(`Pealchat.reset()`)
	want("forgotten", `!$('.msg') && !Pealchat.state.conversation && !JSON.stringify(localStorage).includes('token')`)

	call(`window.old = Pealchat, Pealchat.destroy()`)
	want("gone", `!document.querySelector('peal-chat') && !window.Pealchat`)
	b.wait("a new one can begin", `await new Promise((done) => { const s = document.createElement('script'); s.src = '/chat/chat.js'; s.onload = () => done(true); document.head.append(s); })`)
	want("it works", `seen($('.launcher')) && Pealchat !== old`)
	call(`Pealchat.open()`)
	want("it opens", `seen($('.panel .ta'))`)
	call(`console.warn = (...said) => told.push(['warn', said.join(' ')]), Pealchat.q.push(['shout'])`)
	want("what it cannot do it says", `told.some(([name, said]) => name === 'warn' && said.includes('shout'))`)
}

func TestDataSettings(t *testing.T) {
	pages := map[string]string{
		"/":     shop(tag(`data-color="#7a2d5c" data-position="start" data-theme="dark" data-locale="fr" data-label="Parler à Alder"`)),
		"/auto": shop(tag(`data-color="rgb(250 220 80)" data-locale="auto"`)),
		"/off":  shop(tag(`data-launcher="off"`)) + `<button data-pealchat-open>Talk to us</button>`,
		"/two":  `<script>console.warn = (...said) => (window.said ??= []).push(said.join(' '))</script>` + shop(tag("")) + tag(`data-color="#ff0000"`),
	}
	h := startHostSite(t, chat.Options{}, pages)
	b := h.open("/")
	b.wait("the colour", `getComputedStyle($('.launcher')).backgroundColor === 'rgb(122, 45, 92)'`)
	b.wait("the place, the theme, the language, the name", `$('.launcher').getBoundingClientRect().left === 20 && $('.corner').classList.contains('dark') && $('.corner').lang === 'fr' && $('.launcher').ariaLabel === 'Parler à Alder'`)
	b.click("the launcher", `$('.launcher')`)
	b.wait("it speaks French", `$('.panel .ta')?.placeholder === 'Écrire un message' && $('.panel').getBoundingClientRect().left === 20`)

	b.goTo(h.srv.URL + "/auto")
	b.wait("black on what is light", `seen($('.launcher')) && getComputedStyle($('.launcher')).color !== 'rgb(255, 255, 255)' && $('.corner').lang === 'en'`)

	b.goTo(h.srv.URL + "/off")
	b.wait("no launcher", `document.querySelector('peal-chat') && !seen($('.launcher'))`)
	b.click("the page's own", `$('button[data-pealchat-open]')`)
	b.wait("it opens", `seen($('.panel .ta'))`)

	b.goTo(h.srv.URL + "/two")
	b.wait("one of two, and one warning", `$$('peal-chat').length === 1 && said.length === 1 && getComputedStyle($('.launcher')).backgroundColor === 'rgb(31, 106, 108)'`)
}

// TestAnyElementIsALauncher also when it comes later.
func TestAnyElementIsALauncher(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/contact": shop("Contact"), "/": shop(tag("")) + `
		<button id="ask" data-pealchat-open data-pealchat-topic="Glazes" data-pealchat-message="Is it safe?"><b>Ask us</b></button>
		<a id="link" href="/contact" data-pealchat-open>Talk to us</a>
		<button id="mine" data-pealchat-open onclick="event.preventDefault()">Not now</button>`})
	b := h.open("/")
	b.wait("they say that they open something", `['ask', 'link', 'mine'].every((id) => document.getElementById(id).ariaExpanded === 'false')`)
	b.click("not now", `$('#mine')`)
	b.click("a part of the button", `$('#ask b')`)
	b.wait("it is open, with the words", `seen($('.panel')) && $('.panel .ta')?.value === 'Is it safe?' && labelled('.topic', 'Glazes') && $('#ask').ariaExpanded === 'true' && $('#link').ariaExpanded === 'true'`)
	b.press(escape)
	b.wait("the focus is back", `!seen($('.panel')) && document.activeElement === $('#ask')`)
	b.click("the link", `$('#link')`)
	b.wait("it is open", `seen($('.panel')) && location.pathname === '/'`)
	b.click("the link again", `$('#link')`)
	b.wait("it is closed", `!seen($('.panel'))`)

	eval[bool](b, `(document.querySelector('main').insertAdjacentHTML('beforeend', '<button id="late" data-pealchat-open>Later</button>'), true)`)
	b.click("one that came later", `$('#late')`)
	b.wait("it is open", `seen($('.panel')) && $('#late').ariaExpanded === 'true'`)
	b.write("")
	b.wait("the conversation", `Pealchat.state.conversation`)
	b.press(escape)
	page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(page.Sessions) != 1 {
		t.Fatalf("sessions %+v, %v", page.Sessions, err)
	}
	if _, err := h.svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: page.Sessions[0].ID, Sender: chat.SenderAgent, Text: "It is"}); err != nil {
		t.Fatal(err)
	}
	b.wait("all say how much is unread", `['ask', 'link', 'mine', 'late'].every((id) => document.getElementById(id).dataset.pealchatUnread === '1')`)
	eval[bool](b, `(document.addEventListener('click', (e) => { window.alone = !e.defaultPrevented; e.preventDefault(); }), $('#link').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ctrlKey: true })), true)`)
	b.wait("a new tab is the browser's", `alone && !seen($('.panel'))`)
}

// TestTheBodyIsSwapped as frameworks do that load pages into the one that
// there is: the conversation goes on, and what was being written is there.
func TestTheBodyIsSwapped(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": `<script>window.loads = (window.loads ?? 0) + 1</script>` + shop(tag("")) + `<button data-pealchat-open>Ask</button>`})
	const next = `'<main><h1>Next</h1><button id="next" data-pealchat-open>Ask</button></main>'`
	for name, swap := range map[string]string{
		"body replaced":     `(() => { const body = document.createElement('body'); body.innerHTML = ` + next + `; document.body.replaceWith(body); })()`,
		"body's content":    `document.body.innerHTML = ` + next,
		"morphed":           `document.body.replaceChildren(...new DOMParser().parseFromString(` + next + `, 'text/html').body.childNodes)`,
		"head and body":     `(() => { const doc = new DOMParser().parseFromString('<title>Next</title>' + ` + next + `, 'text/html'); document.documentElement.replaceChildren(document.adoptNode(doc.head), document.adoptNode(doc.body)); })()`,
		"a view transition": `document.startViewTransition(() => { document.body.innerHTML = ` + next + `; }).finished`,
		"with the script":   `(() => { console.warn = (said) => { window.said = said; }; document.body.innerHTML = ` + next + `; const s = document.createElement('script'); s.src = '/chat/chat.js'; document.body.append(s); })()`,
	} {
		t.Run(name, func(t *testing.T) {
			b := h.open("/")
			b.openChat()
			b.say("Hello")
			b.press("One more th")
			eval[bool](b, `(history.pushState({}, '', '/next'), await (`+swap+`), true)`)
			b.wait("the new page", `seen($('#next'))`)
			b.wait("the chat is as it was", `seen($('.panel')) && $('.panel .ta').value === 'One more th' && $$('.msg.me').length === 1 && $$('peal-chat').length === 1`)
			b.wait("the new launcher is one", `$('#next').ariaExpanded === 'true'`)
			b.click("the field", `$('.panel .ta')`)
			b.write("ing")
			b.wait("it was sent", `$$('.msg.me').length === 2 && /sent|read/.test($$('.msg.me').at(-1).innerText)`)
			b.click("the new launcher", `$('#next')`)
			b.wait("closed", `!seen($('.panel'))`)
			if n := eval[int](b, `loads`); n != 1 {
				t.Errorf("the page was loaded %d times", n)
			}
		})
	}
}

// TestHostileCSS puts the widget on a page whose sheet reaches for everything.
func TestHostileCSS(t *testing.T) {
	measure := `[$('.launcher'), $('.panel'), $('.panel .ta'), $('.home h1'), $('.panel .send')].map((el) => { const r = el.getBoundingClientRect(), s = getComputedStyle(el); return [el.className, r.x, r.y, r.width, r.height, s.color, s.backgroundColor, s.fontFamily, s.fontSize, s.letterSpacing, s.direction, s.textTransform, s.opacity, s.visibility, s.cursor].join(); })`
	hostile := map[string]string{
		"/plain": ``,
		"/*":     `html { font-size: 62.5%; letter-spacing: 4px; direction: rtl } * { color: red !important; font: italic 40px/3 serif !important; letter-spacing: 12px !important; box-sizing: border-box !important; margin: 30px !important; padding: 30px !important; text-transform: uppercase !important; text-align: right !important; cursor: none !important; direction: rtl !important; visibility: hidden !important; transition: all 9s !important; animation: none !important; line-height: 5 !important; writing-mode: vertical-rl !important; user-select: none !important; white-space: pre !important; word-spacing: 40px !important; text-shadow: 0 0 9px red !important }`,
		"/boxes": `:not(html) { display: block !important; position: relative !important; transform: rotate(3deg) !important; filter: blur(3px) !important; opacity: .2 !important; overflow: hidden !important; width: 50px !important; height: 50px !important; contain: strict !important; float: left !important; will-change: transform !important; z-index: 1 !important; clip-path: circle(1px) !important; pointer-events: none !important; perspective: 10px !important }`,
		"/parts": `button, textarea, div, span, ul, li, svg, path, input { display: none !important } .launcher, .panel, .corner, .home, .ta, .send { background: lime !important; width: 300px !important; height: 300px !important } button { all: unset !important }`,
		"/body":  `body { transform: scale(.5) rotate(90deg); filter: blur(4px); opacity: .3; zoom: 2; overflow: hidden; height: 10px } html { scroll-behavior: smooth; overscroll-behavior: none }`,
	}
	pages := map[string]string{}
	for path, css := range hostile {
		pages[path] = `<style>` + css + `</style>` + tag("") + `<main><h1>Shop</h1></main><script>window.keys = []; for (const type of ['keydown', 'keyup', 'keypress']) document.addEventListener(type, (e) => keys.push(e.key));</script>`
	}
	h := startHostSite(t, chat.Options{}, pages)
	look := func(path string) []string {
		b := newPerson(t)
		b.goTo(h.srv.URL + path)
		b.wait("the launcher is there", `seen($('.launcher'))`)
		b.click("the launcher", `$('.launcher')`)
		b.wait("one can write", `active() === $('.panel .ta')`)
		b.press("hello j k ? /")
		if keys := eval[string](b, `keys.join('')`); keys != "" {
			t.Errorf("%s: the page's shortcuts heard %q", path, keys)
		}
		b.wait("the words", `$('.panel .ta').value === 'hello j k ? /'`)
		b.wait("the field has its buttons", `seen($('.panel .attach')) && seen($('.emojibox > button'))`) // one waits for the first answer
		b.wait("transitions are over", `$('.home h1') && document.querySelector('peal-chat').shadowRoot.getAnimations().length === 0`)
		b.shoot("hostile" + strings.ReplaceAll(strings.ReplaceAll(path, "*", "all"), "/", "-"))
		return eval[[]string](b, measure)
	}
	want := look("/plain")
	for path := range hostile {
		if got := look(path); !slices.Equal(got, want) {
			t.Errorf("%s reaches the widget:\n%s\nwant\n%s", path, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
