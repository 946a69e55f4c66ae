package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestGreetingFromTheConsole: an admin writes a greeting, tries it on those
// who are on the site, and the next visitor reads it.
func TestGreetingFromTheConsole(t *testing.T) {
	s := startServer(t, "-tracking")
	mara := enterConsole(t, s, "Mara")
	looker := newPerson(t)
	looker.goTo(s.url("/vases"))
	looker.wait("the launcher is there", `seen($('.launcher'))`)
	mara.onVisitors()
	mara.wait("somebody is on the site", `labelled('.visitors .where', '/vases')`)

	mara.settings("Greetings")
	mara.wait("there are none", `labelled('.set', 'There are none yet.') && !$('.settings .notice')`)
	mara.axe("settings, no greetings")
	mara.click("Add a greeting", `labelled('.settings .ghost', 'Add a greeting')`)
	mara.wait("the words are asked", `active()?.placeholder === 'Can I help you choose?'`)
	mara.do(chromedp.KeyEvent("May I show you around?"))
	mara.fill("the name", `labelled('.trigger .field', 'Name, for your team').querySelector('input')`, "Tableware")
	mara.fill("the page", `labelled('.trigger .field', 'On the page').querySelector('input')`, "/vases")
	mara.click("Try it", `labelled('.try button', 'Try it')`)
	mara.wait("for whom it would be", `/It fits 1 of [12] on/.test($('.try [role=status]')?.innerText) && labelled('.try li', '/vases')`)
	mara.fill("another page", `labelled('.trigger .field', 'On the page').querySelector('input')`, "/tableware*")
	mara.wait("what was tried is gone", `!$('.try li')`)
	mara.click("Try it", `labelled('.try button', 'Try it')`)
	mara.wait("for nobody", `/It fits 0 of [12] on/.test($('.try [role=status]')?.innerText)`)
	mara.wait("in words", `$('.triggers .head').innerText.includes('On /tableware*')`)
	mara.click("Add a detail", `labelled('.trigger .ghost', 'Add a detail')`)
	mara.shoot("settings-greetings")
	mara.axe("settings, greetings")
	mara.phone(true)
	mara.wait("the window is narrow", `innerWidth === 390`)
	mara.shoot("settings-greetings-phone")
	mara.phone(false)
	mara.save()

	looker.goTo(s.url("/tableware"))
	looker.wait("the greeting", `$('.preview')?.innerText.includes('May I show you around?')`)

	mara.onVisitors()
	mara.click("the one who was greeted", `labelled('.visitors .one', '/tableware').querySelector('.name')`)
	mara.wait("that they were", `labelled('.looked .did', 'Was greeted: “May I show you around?”')`)
	mara.settings("Greetings")
	mara.click("the greeting", `$('.triggers .head')`)

	// What the server does not take is shown where it stands.
	mara.expectOffline(true)
	mara.fill("a bad page", `labelled('.trigger .field', 'On the page').querySelector('input')`, "https://a.example/")
	mara.click("Save", `labelled('.savebar button', 'Save')`)
	mara.wait("what is wrong", `labelled('.trigger .field .wrong', 'This is a pattern such as')`)
	mara.expectOffline(false)
	mara.click("Discard", `labelled('.savebar button', 'Discard')`)
	mara.wait("it is as it was", `labelled('.trigger .field', 'On the page').querySelector('input').value === '/tableware*'`)

	mara.click("Add a greeting", `labelled('.settings .ghost', 'Add a greeting')`)
	mara.wait("the words are asked", `active()?.placeholder === 'Can I help you choose?' && !active().value`)
	mara.do(chromedp.KeyEvent("Welcome"))
	mara.click("Put first", `labelled('.trigger .ghost', 'Put first')`)
	mara.wait("it is the first", `$$('.triggers .head')[0].innerText.includes('Welcome') && $$('.triggers .head').length === 2`)
	mara.click("off", `$$('.triggers .item input')[0]`)
	mara.save()
	mara.reload()
	mara.wait("it is kept", `$$('.triggers .head')[0]?.innerText.includes('Welcome') && !$$('.triggers .item input')[0].checked && $$('.triggers .item input')[1].checked`)
	mara.click("the second", `$$('.triggers .head')[1]`)
	mara.click("Remove", `labelled('.trigger .ghost', 'Remove')`)
	mara.wait("it is gone", `$$('.triggers .head').length === 1`)
	mara.save()
}

// TestGreetingsWithoutTracking says that nobody is greeted, and why.
func TestGreetingsWithoutTracking(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	mara.settings("Greetings")
	mara.wait("nobody is followed", `labelled('.settings .notice', 'nobody is greeted yet')`)
	mara.axe("settings, greetings off")
}
