package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// phone makes the tab a phone, or a desk's window again.
func (b *tab) phone(on bool) {
	b.t.Helper()
	if on {
		b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)))
	} else {
		b.do(chromedp.EmulateViewport(1280, 800))
	}
}

type box struct{ X, Y, W, H float64 }

func (b *tab) box(css string) box {
	b.t.Helper()
	return eval[box](b, `((r) => ({ X: r.x, Y: r.y, W: r.width, H: r.height }))($(`+quote(css)+`).getBoundingClientRect())`)
}

func (b *tab) wantNoSideways() {
	b.t.Helper()
	if wide := eval[float64](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		b.t.Errorf("the page is %v px wider than the window", wide)
	}
}

// wantTargets checks that what can be tapped is large enough for a finger.
func (b *tab) wantTargets(scope string) {
	b.t.Helper()
	for _, small := range eval[[]string](b, `$$(`+quote(scope)+`).flatMap((el) => [...el.querySelectorAll('button, a[href], input, textarea, select, [role=button]')])
		.filter((el) => seen(el) && !el.closest('.b, .fine') && !el.classList.contains('sr'))
		.map((el) => [el, el.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24)
		.map(([el, r]) => (el.ariaLabel || el.innerText || el.tagName) + ' ' + Math.round(r.width) + '×' + Math.round(r.height))`) {
		b.t.Errorf("too small for a finger: %s", small)
	}
	for _, small := range eval[[]string](b, `$$(`+quote(scope)+`).flatMap((el) => [...el.querySelectorAll('input:not([type=radio], [type=checkbox]), textarea')])
		.filter((el) => seen(el) && parseFloat(getComputedStyle(el).fontSize) < 16).map((el) => el.ariaLabel || el.name)`) {
		b.t.Errorf("a phone would zoom into the field %s", small)
	}
}

func TestTheChatOnAPhone(t *testing.T) {
	s := startServer(t)
	b := newPerson(t)
	b.phone(true)
	b.goTo(s.url("/products/mug"))
	b.wait("the launcher is there", `seen($('.launcher'))`)
	b.wantNoSideways()
	if l := b.box(".launcher"); l.W < 44 || l.X < 0 || l.X+l.W > 390 || l.Y+l.H > 844 {
		t.Errorf("the launcher is at %+v", l)
	}
	b.shoot("phone-shop")
	b.click("the launcher", `$('.launcher')`)
	b.wait("the panel is there", `seen($('.panel .ta'))`)
	b.wait("it fills the window", `((r) => r.x === 0 && r.y === 0 && r.width === 390 && Math.abs(r.height - 844) < 1)($('.panel').getBoundingClientRect())`)
	b.wantTargets(".panel")
	// On a phone Enter breaks the line, and a tap sends.
	b.click("the field", `$('.panel .ta')`)
	b.write("Does it fit")
	b.write("two fingers?")
	b.click("Send", `labelled('.panel .send', 'Send')`)
	b.wait("it was sent", `/sent|read/.test($('.msg.me')?.innerText) && $('.msg.me .b').innerText === 'Does it fit\ntwo fingers?'`)
	b.wantNoSideways()
	b.shoot("phone-talk")
	b.click("Close", `labelled('.panel button', 'Close chat')`)
	b.wait("the page is back", `!seen($('.panel')) && seen($('.launcher'))`)
}

func TestTheConsoleOnAPhone(t *testing.T) {
	s := startServer(t)
	seed(s)
	b := newPerson(t)
	b.phone(true)
	b.goTo(s.url("/staff"))
	b.click("Mara’s button", `labelled('main button', 'Mara Reyes')`)
	b.wait("the console is there", `seen($('.app'))`)
	b.goTo(s.url("/chat/console/#/open"))
	b.wait("the list is there", `$$('.row').length === 3`)
	b.wantNoSideways()
	b.shoot("phone-list")
	b.pick("Ida Brandt")
	b.wait("the list has made room", `!seen($('.list'))`)
	b.wantNoSideways()
	b.wantTargets(".conv")
	b.shoot("phone-conversation")
	b.click("Back", `$('.conv .back')`)
	b.wait("the list is back", `seen($('.list'))`)
}

// A page has the heading of the window over it: nothing of it runs under who
// is here, however far it is scrolled, and a section begins at its beginning.
func TestThePagesOfTheConsoleOnAPhone(t *testing.T) {
	s := startServer(t)
	seed(s)
	mara := enterConsole(t, s, "Mara Reyes")
	mara.phone(true)
	for _, page := range []string{"settings/general", "settings/developers", "visitors", "saved", "reports", "start"} {
		mara.goTo(s.url("/chat/console/#/" + page))
		mara.wait(page+" is there", `seen($('.settings .set, .page .sheet > header')) && location.hash === '#/`+page+`'`)
		eval[bool](mara, `($$('.settings, .page .scroll').forEach((el) => { el.scrollTop = 200; }), true)`)
		mara.wait("it stands below the heading", `((bar) => bar.height > 0 && $$('.settings, .page').every((el) => el.getBoundingClientRect().top >= bar.bottom - 1))($('.myself').getBoundingClientRect())`)
		mara.wait("the heading says where one is", `seen($('.myself .place')) && /Settings|Visitors|Saved replies|Reports|First steps/.test($('.myself .place').innerText)`)
		mara.wantNoSideways()
	}
	mara.goTo(s.url("/chat/console/#/settings/privacy"))
	mara.wait("it is long", `$('.settings')?.scrollHeight > $('.settings').clientHeight + 200`)
	eval[bool](mara, `($('.settings').scrollTop = 200, true)`)
	mara.goTo(s.url("/chat/console/#/settings/widget"))
	mara.wait("the other one is at its beginning", `/Colour/.test($('.settings .body').innerText) && $('.settings').scrollTop === 0`)
	mara.goTo(s.url("/chat/console/#/settings/hours"))
	mara.click("hours", `labelled('.settings .tick', 'Open at certain hours only')`)
	mara.wait("they begin with a working week", `$$('.weekday input[type=time]').length === 10 && $$('.weekday .faint').length === 2`)
	mara.click("Discard", `labelled('.savebar button', 'Discard')`)
	mara.goTo(s.url("/chat/console/#/open"))
	mara.wait("a list has its own heading", `seen($('.list h2')) && !seen($('.myself .place'))`)
}

// A phone that is turned lays the conversation out anew: whoever was at its end
// stays there, and whoever reads further up is not taken away.
func TestATurnedPhoneStaysAtTheEnd(t *testing.T) {
	s, visitor, mara := desk(t, "Message 0")
	id := s.onlySession().ID
	for i := range 40 {
		s.call("POST", "/messages", map[string]any{"session_id": id, "sender": []string{"visitor", "agent"}[i/2%2], "message": fmt.Sprintf("Message %d. %s", i+1, strings.Repeat("Some words. ", 12))}, nil)
	}
	for _, who := range []struct {
		*tab
		box string
	}{{visitor, ".log"}, {mara, ".thread"}} {
		drawn := func() { // nobody turns a phone twice between two frames
			eval[bool](who.tab, `await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
		}
		end := `((b) => b.scrollHeight > 2 * b.clientHeight && b.scrollHeight - b.clientHeight - b.scrollTop < 3)($(` + quote(who.box) + `))`
		who.wait("the end", `/Message 40/.test($(`+quote(who.box)+`).innerText) && `+end)
		for _, size := range [][2]int64{{390, 844}, {844, 390}, {390, 844}, {1280, 800}} {
			who.do(chromedp.EmulateViewport(size[0], size[1]))
			drawn()
			who.wait(fmt.Sprintf("the end, %d wide", size[0]), fmt.Sprintf(`innerWidth === %d && `, size[0])+end)
		}
		eval[bool](who.tab, `($(`+quote(who.box)+`).scrollTop = 0, true)`)
		drawn()
		who.wait("the beginning", `/Message 0/.test($$('.msg .b')[0].innerText) && !`+end)
		who.do(chromedp.EmulateViewport(844, 390))
		who.wait("not the end", `innerWidth === 844 && !`+end)
	}
}
