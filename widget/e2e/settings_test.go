package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// settings opens a page of the console's settings.
func (b *tab) settings(section string) {
	b.t.Helper()
	b.click("Settings", `labelled('.side a', 'Settings')`)
	b.wait("the settings are there", `seen($('.settings .subnav'))`)
	b.click(section, `labelled('.subnav nav a', `+quote(section)+`)`)
	b.wait(section+" is shown", `$('.subnav nav a[aria-current]')?.innerText === `+quote(section)+` && seen($('.settings .set'))`)
}

// fill puts text into a field, as a person does who selects what is there.
func (b *tab) fill(what, js, text string) {
	b.t.Helper()
	b.click(what, js)
	b.wait(what+" has the focus", `active() === `+js)
	eval[bool](b, `(active().select(), true)`)
	b.do(chromedp.KeyEvent(text))
	b.wait(what+" says it", js+`.value === `+quote(text))
}

func (b *tab) save() {
	b.t.Helper()
	b.click("Save", `labelled('.savebar button', 'Save')`)
	b.wait("it was saved", `labelled('.toast', 'Saved.') && !seen($('.savebar'))`)
}

// TestSettingsReachVisitors: what an admin writes in the console is what the
// next visitor reads.
func TestSettingsReachVisitors(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	mara.settings("General")
	mara.wait("what the shop's code says", `labelled('.settings .field', 'Name').querySelector('input').value === 'Alder & Clay'`)
	mara.fill("the greeting", `labelled('.settings .field', 'Greeting').querySelector('textarea')`, "Hello from the settings")
	mara.shoot("settings-general")
	mara.axe("settings, general")
	mara.save()
	mara.settings("Widget")
	mara.wait("the preview greets", `$('.preview [inert]').shadowRoot.querySelector('h1')?.innerText === 'Hello from the settings'`)
	mara.fill("the colour", `$('.settings .color .in')`, "#ffd400")
	mara.wait("what is read on it", `labelled('.settings .help', 'Text on it is black')`)
	mara.shoot("settings-widget")
	mara.axe("settings, widget")
	mara.save()

	v := visit(t, s)
	v.openChat()
	v.wait("the greeting", `$('.home h1').innerText === 'Hello from the settings'`)
	v.wait("the colour", `getComputedStyle($('.launcher')).backgroundColor === 'rgb(255, 212, 0)'`)
}

// TestRequiredEmail: the form stands where the composer was, says in words
// what is missing, and is not shown twice.
func TestRequiredEmail(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	v := visit(t, s)
	v.openChat() // before anything is asked
	s.call("PUT", "/settings", map[string]any{"name": "Alder & Clay", "topics": []string{"Orders"},
		"pre_chat": map[string]string{"visitor_email": "required", "visitor_name": "optional", "consent": "Only to answer you."}}, nil)
	v.expectOffline(true) // the browser notes every request that is refused
	v.click("the field", `$('.panel .ta')`)
	v.write("Is the sage glaze food safe?")
	v.wait("the server wants to know more", `seen($('.form')) && $('.form textarea').value === 'Is the sage glaze food safe?'`)
	v.expectOffline(false)

	w := visit(t, s)
	w.click("the launcher", `$('.launcher')`)
	w.wait("the form", `seen($('.form')) && !$('.compose')`)
	w.wait("the consent line", `labelled('.form .fine', 'Only to answer you.')`)
	w.click("a topic", `$('.topics button')`)
	w.wait("the topic is in the form", `labelled('.form .topic', 'Orders')`)
	w.click("Send", `$('.form .btn')`)
	w.wait("what is missing", `labelled('.form .wrong', 'Tell us your e-mail address.') && active() === $('.form input[type=email]')`)
	w.do(chromedp.KeyEvent("ines"))
	w.click("Send", `$('.form .btn')`)
	w.wait("what is wrong", `labelled('.form .wrong', 'not a whole e-mail address')`)
	w.axe("the form")
	w.shoot("pre-chat")
	w.fill("the address", `$('.form input[type=email]')`, "ines@example.com")
	w.click("the message", `$('.form textarea')`)
	w.do(chromedp.KeyEvent("Where is my bowl?"))
	w.click("Send", `$('.form .btn')`)
	w.wait("the conversation", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '') && seen($('.compose'))`)
	w.wantLines("Where is my bowl?")
	if got := s.onlySession(); got.Email != "ines@example.com" {
		t.Errorf("the e-mail address is %q", got.Email)
	}
	w.reload()
	w.click("the launcher", `$('.launcher')`)
	w.wait("nobody is asked twice", `seen($('.compose')) && !$('.form')`)
	mara.wait("it arrives", `seen($('.row'))`)
}

// TestClosedHours: outside the opening hours the widget says when somebody is
// back, asks for an address once, and keeps the conversation.
func TestClosedHours(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	tomorrow := strings.ToLower(time.Now().UTC().AddDate(0, 0, 1).Weekday().String())
	s.call("PUT", "/settings", map[string]any{"away": map[string]string{"visitor_email": "required"},
		"hours": map[string]any{"enabled": true, "time_zone": "UTC", "weekly": map[string]any{tomorrow: []map[string]string{{"from": "09:00", "to": "17:00"}}}}}, nil)
	v := visit(t, s)
	v.click("the launcher", `$('.launcher')`)
	v.wait("when somebody is back", `/^We’re back (tomorrow|today|in 2 days|on \w+) at 0?9(:00| AM)/.test($('.home h1')?.innerText ?? '') && seen($('.form'))`)
	v.axe("away")
	v.shoot("away")
	v.fill("the address", `$('.form input[type=email]')`, "ines@example.com")
	v.click("the message", `$('.form textarea')`)
	v.do(chromedp.KeyEvent("I will be here"))
	v.click("Leave a message", `$('.form .btn')`)
	v.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	mara.pick("Visitor")
	mara.reads("I will be here")
	mara.reply("We found your bowl")
	v.hears("We found your bowl")

	mara.settings("Hours")
	mara.wait("the week", `$$('.weekday').length === 7`)
	mara.axe("settings, hours")
	mara.shoot("settings-hours")
	mara.click("always open", `$('.settings .tick')`)
	mara.save()
	w := visit(t, s)
	w.openChat()
	w.wait("somebody is here", `/is here|are here/.test($('.home .lede')?.innerText ?? '')`)
}

// TestKeysInTheConsole: a key is shown once, works, and does not once it is
// revoked.
func TestKeysInTheConsole(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	mara.settings("Developers")
	mara.click("New key", `labelled('.settings .ghost', 'New key')`)
	mara.wait("the name is asked", `active()?.placeholder === 'Order bot'`)
	mara.write("Night shift")
	mara.wait("the key is shown", `/^peal_[0-9a-z]{32}$/.test($('.secret code')?.innerText ?? '') && labelled('.settings td', 'Night shift') && labelled('.settings td', 'Never') && $$('.settings th').some((th) => th.innerText === 'Made')`)
	mara.click("New webhook", `labelled('.settings .ghost', 'New webhook')`)
	mara.wait("the address is asked", `active()?.type === 'url'`)
	mara.write("https://hooks.example.com/chat")
	mara.wait("its secret is shown", `$$('.secret code').some((el) => el.innerText.startsWith('whsec_')) && labelled('.state', 'Working')`)
	mara.axe("settings, developers")
	mara.shoot("settings-developers")
	mara.click("Revoke", `$('[aria-label="Revoke Night shift"]')`)
	mara.click("Revoke now", `labelled('.settings .text', 'Revoke now')`)
	mara.wait("it is gone", `!labelled('.settings td', 'Night shift') && !$$('.secret code').some((el) => el.innerText.startsWith('peal_'))`)

	jonas := enterConsole(t, s, "Jonas")
	if got := eval[bool](jonas, `!!labelled('.side a', 'Settings')`); got {
		t.Error("somebody who is no admin is shown the settings")
	}
}
