package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// TestALinkInAMailLeadsBack: the visitor goes on in whatever browser they read
// their mail in, and whoever else has a conversation there keeps it.
func TestALinkInAMailLeadsBack(t *testing.T) {
	e := startElsewhere(t)
	ida := e.visit(t, "en")
	ida.openChat()
	ida.say("Where is my bowl?")
	session := e.session(t)
	e.answer(t, "It is on its way.")
	link, err := httpapi.ReturnLink(e.chat.URL, visitorSecret, session, 0)
	if err != nil {
		t.Fatal(err)
	}

	phone := newPerson(t)
	phone.phone(true)
	phone.goTo(link)
	phone.wait("the conversation", `$$('.msg').some((m) => m.innerText.includes('It is on its way.'))`)
	if address := eval[string](phone, `location.href`); address != e.chat.URL+"/embed" {
		t.Errorf("the address still says %s", address)
	}
	phone.shoot("phone-comeback")
	phone.click("the field", `$('.panel .ta')`)
	phone.do(chromedp.KeyEvent("Thank you"))
	phone.click("Send", `labelled('.panel .send', 'Send')`)
	phone.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	phone.reload()
	phone.wait("it is hers from now on", `$$('.msg').some((m) => m.innerText.includes('Thank you'))`)

	// Bob has opened her mail by mistake.
	bob := newPerson(t)
	bob.goTo(e.chat.URL + "/embed")
	bob.wait("the panel", `seen($('.panel .ta'))`)
	bob.say("Do you ship to Norway?")
	other := bob.another()
	other.goTo(link)
	other.wait("her conversation", `$$('.msg').some((m) => m.innerText.includes('It is on its way.')) && !$$('.msg').some((m) => m.innerText.includes('Norway'))`)
	bob.reload()
	bob.wait("his own is still his", `$$('.msg').some((m) => m.innerText.includes('Norway')) && !$$('.msg').some((m) => m.innerText.includes('It is on its way.'))`)

	// What does not lead back leads into the chat all the same.
	old, err := httpapi.ReturnLink(e.chat.URL, "another secret of thirty-two bytes or more", chat.Session{VisitorID: session.VisitorID}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	stranger := newPerson(t)
	stranger.expectOffline(true) // the browser notes a request that is refused
	stranger.goTo(old)
	stranger.wait("an empty chat that says why", `seen($('.panel .ta')) && !$('.msg') && labelled('.note', 'This link no longer works')`)
	stranger.shoot("comeback-lapsed")
	stranger.expectOffline(false)
	stranger.say("Where is my bowl?")
	stranger.wait("said once", `!labelled('.note', 'This link no longer works')`)
}
