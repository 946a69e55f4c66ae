package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
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
	mara.do(chromedp.EmulateViewport(390, 844))
	mara.shoot("visitors-phone")
	mara.do(chromedp.EmulateViewport(1280, 800))

	mara.click("the field", `$('.visitors textarea')`)
	mara.do(chromedp.KeyEvent("Can I help you choose?"))
	mara.click("Send", `labelled('.visitors .solid', 'Send')`)
	mara.wait("the conversation is open", `seen($('.conv .txt'))`)
	v.wait("the visitor reads it", `$('.preview')?.innerText.includes('Can I help you choose?') && $('.badge').dataset.count === '1'`)
	v.shoot("visitors-bubble")
	v.click("the message", `$('.preview .say')`)
	v.wait("the panel is open", `seen($('.panel .ta'))`)
	v.say("Yes, which one is watertight?")
	mara.reads("Yes, which one is watertight?")
	mara.onVisitors()
	mara.wait("the way to the conversation", `labelled('.visitors .act a', 'Open conversation') && $$('.visitors .act button').length === 1`)
}

// TestVisitorsPageWithoutTracking says what it lives on.
func TestVisitorsPageWithoutTracking(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	mara.onVisitors()
	mara.wait("how to switch it on", `labelled('.switched-off', 'Pages are not followed on this site') && labelled('.switched-off code', 'chat.Tracking{On: true}')`)
	mara.shoot("visitors-off")
	mara.axe("visitors, off")
	v := visit(t, s)
	v.openChat()
	mara.wait("who has opened the chat", `$$('.visitors .one').length === 1 && labelled('.visitors .one', 'Opened the chat')`)
}
