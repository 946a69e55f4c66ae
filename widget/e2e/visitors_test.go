package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pealchat/pealchat/chat"
)

// onVisitors opens the console's page of visitors.
func (b *tab) onVisitors() {
	b.t.Helper()
	b.click("Visitors", `labelled('.side a', 'Visitors')`)
	b.wait("the page is there", `seen($('.visitors h2'))`)
}

// TestVisitorsPage: an agent sees who is on the site, live, and begins to talk
// with somebody who has not written.
func TestVisitorsPage(t *testing.T) {
	s := startServer(t, "-tracking")
	mara := enterConsole(t, s, "Mara")
	mara.onVisitors()
	mara.wait("nobody is here", `labelled('.nobody', 'Nobody is on the site right now')`)
	mara.shoot("visitors-nobody")
	mara.axe("visitors, nobody")

	v := visit(t, s)
	mara.wait("somebody has come", `$$('.visitors .one').length === 1 && labelled('.visitors .line', 'Directly') && labelled('.visitors .line', 'First visit')`)
	v.goTo(s.url("/vases?utm_source=letter"))
	mara.wait("they went on", `labelled('.visitors .where', '/vases') && $('.visitors .pages').innerText === '2'`)
	other := newPerson(t)
	other.goTo(s.url("/tableware?utm_source=spring+letter&utm_campaign=sage"))
	mara.wait("somebody else has come", `$$('.visitors .one').length === 2 && labelled('.visitors .from', 'spring letter')`)
	mara.shoot("visitors")
	mara.axe("visitors")

	mara.click("the first one's row", `labelled('.visitors .one', '/vases').querySelector('.name')`)
	mara.wait("where they were", `$$('.visitors .looked li').length === 2 && labelled('.visitors dd', 'Chrome')`)
	mara.shoot("visitors-open")
	mara.axe("visitors, one open")
	mara.dark(true)
	mara.shoot("visitors-dark")
	mara.dark(false)
	eval[bool](mara, `(document.documentElement.dir = 'rtl', true)`)
	mara.shoot("visitors-rtl")
	eval[bool](mara, `(document.documentElement.dir = 'ltr', true)`)
	mara.do(chromedp.EmulateViewport(390, 844))
	mara.shoot("visitors-phone")
	mara.axe("visitors, phone")
	mara.wantNoSideways()
	mara.do(chromedp.EmulateViewport(1280, 800))

	mara.click("the field", `$('.visitors textarea')`)
	mara.do(chromedp.KeyEvent("Can I help you choose?"))
	mara.click("Send", `labelled('.visitors .solid', 'Send')`)
	mara.wait("the conversation is open", `seen($('.conv .txt'))`)
	third := newPerson(t)
	third.goTo(s.url("/vases"))
	mara.wait("the navigation counts who comes", `/^3\b/.test(labelled('.side a', 'Visitors').querySelector('b')?.innerText)`)
	v.wait("the visitor reads it", `$('.preview')?.innerText.includes('Can I help you choose?') && $('.badge').dataset.count === '1'`)
	v.shoot("visitors-bubble")
	v.click("the message", `$('.preview .say')`)
	v.wait("the panel is open", `seen($('.panel .ta'))`)
	v.say("Yes, which one is watertight?")
	mara.reads("Yes, which one is watertight?")
	mara.onVisitors()
	mara.wait("the way to the conversation", `labelled('.visitors .act a', 'Open conversation') && $$('.visitors .act button').length === 2`)
}

// TestVisitorsPageWithoutTracking says what it lives on.
func TestVisitorsPageWithoutTracking(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	mara.onVisitors()
	mara.wait("how to switch it on", `labelled('.switched-off', 'Pages are not followed on this site') && labelled('.switched-off code', 'chat.Tracking{On: true}')`)
	mara.wait("nobody is counted", `!$('.side .live') && !labelled('.side a', 'Visitors').querySelector('b')`)
	mara.shoot("visitors-off")
	mara.axe("visitors, off")
	v := visit(t, s)
	v.openChat()
	mara.wait("who has opened the chat", `$$('.visitors .one').length === 1 && labelled('.visitors .one', 'Opened the chat')`)
}

// TestAThousandVisitors has a thousand people on the site, of whom a hundred
// move on every second, while an agent opens one's row and another hundred.
func TestAThousandVisitors(t *testing.T) {
	h := startHostSite(t, chat.Options{Tracking: chat.Tracking{On: true}}, nil)
	people := make([]chat.Actor, 1000)
	see := func(i, page int) {
		_, err := h.svc.ReportPresence(t.Context(), people[i], chat.Presence{UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
			Page: &chat.PageRef{URL: fmt.Sprintf("https://shop.example/pages/%d", page), Title: fmt.Sprintf("Page %d", page)}})
		if err != nil {
			t.Error(err)
		}
	}
	for i := range people {
		w, err := h.svc.Hello(t.Context(), chat.Hello{})
		if err != nil {
			t.Fatal(err)
		}
		people[i] = chat.AsVisitor(w.Visitor)
		see(i, i)
	}
	_, secret, err := h.svc.CreateAPIKey(t.Context(), host, chat.NewAPIKey{Name: "Mara", Scopes: []string{chat.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	b := newPerson(t)
	b.expectOffline(true) // the browser notes the 401 that says who is not signed in
	b.goTo(h.srv.URL + "/chat/console/")
	b.click("the field", `$('#key')`)
	b.write(secret)
	b.onVisitors()
	b.wait("all are counted, the first are listed", `$('.visitors .count')?.innerText === '1,000 on the site' && $$('.visitors .one').length === 100`)

	stop, moving := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-moving })
	go func() {
		defer close(moving)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				see(n*7%len(people), 1000+n)
			}
		}
	}()
	eval[bool](b, `(window.gaps = [], window.long = [], new PerformanceObserver((l) => long.push(...l.getEntries().map((e) => Math.round(e.duration)))).observe({ type: 'longtask' }), requestAnimationFrame(function frame(at) { if (window.before) gaps.push(at - before); window.before = at; requestAnimationFrame(frame); }), true)`)
	b.wait("they move", `$$('.visitors .where').filter((el) => /Page \d{4}/.test(el.innerText)).length > 10`)
	third := eval[string](b, `$$('.visitors .name')[2].id = 'third'`)
	b.click("a row", `$('#`+third+`')`)
	b.wait("it is open", `$('#third').ariaExpanded === 'true' && active() === $('.visitors textarea')`)
	b.do(chromedp.KeyEvent("Can I help"))
	b.wait("one can write", `$('.visitors textarea').value === 'Can I help'`)
	b.click("more", `labelled('.visitors .ghost', 'Show more')`)
	b.wait("two hundred", `$$('.visitors .one').length === 200 && $('.visitors textarea').value === 'Can I help'`)
	b.shoot("visitors-thousand")
	time.Sleep(3 * time.Second)
	b.wait("nothing was lost", `$$('.visitors .one').length === 200 && $('.visitors textarea').value === 'Can I help'`)
	t.Logf("with a hundred moves a second: %s", eval[string](b, `((g) => g.length + ' frames, half under ' + Math.round(g[g.length >> 1]) + ' ms, 99 of 100 under ' + Math.round(g[Math.floor(g.length * .99)]) + ' ms; ' + long.length + ' tasks over 50 ms, the longest ' + Math.max(0, ...long) + ' ms')(gaps.sort((a, b) => a - b))`))
}
