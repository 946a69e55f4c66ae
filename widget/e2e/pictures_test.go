package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestAMorningInTheShop is the scene of the README's pictures: several people
// wait, one is being helped, and both sides agree on what was said.
func TestAMorningInTheShop(t *testing.T) {
	s := startServer(t)
	seed(s)
	mara := enterConsole(t, s, "Mara Reyes")
	visitor := newPerson(t)
	for _, b := range []*tab{mara, visitor} {
		b.do(call(emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en_GB"}))
	}
	visitor.goTo(s.url("/products/serving-bowl"))
	mara.do(chromedp.EmulateViewport(1280, 800))
	visitor.do(chromedp.EmulateViewport(1280, 800))

	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("somebody is said to be there", `/Mara is here/.test($('.panel').innerText)`)
	visitor.wait("one can write", `active() === $('.panel .ta')`)
	visitor.say("Is the sage glaze food safe?")
	var open struct{ Sessions []session }
	s.call("GET", "/sessions/active?limit=1", nil, &open)
	s.call("PATCH", "/sessions/"+open.Sessions[0].ID, map[string]any{
		"visitor_name": "Lena Kowalski", "visitor_email": "lena@example.com", "tags": []string{"glaze", "wholesale"},
		"custom_data": map[string]any{"since": 2019, "orders": 4},
	}, nil)
	mara.goTo(s.url("/chat/console/#/open"))
	mara.pick("Lena Kowalski")
	mara.click("Claim", `labelled('.conv button', 'Claim')`)
	mara.wait("it is hers", `/with you/.test($('.conv header').innerText)`)
	mara.reply("Yes, every glaze is lead free.")
	mara.reply("Care notes: https://alderclay.example/care")
	visitor.hears("Yes, every glaze is lead free.")
	visitor.say("Perfect, thank you. I’ll order the set.")
	mara.reads("Perfect, thank you. I’ll order the set.")
	mara.wait("the list leads with it", `$$('.row').length === 4 && $('.row').innerText.includes('order the set')`)
	visitor.wait("it was read", `/read/.test($$('.msg.me').at(-1).innerText)`)
	mara.wait("the counts are right", `/All open\s*4/.test($('.nav').innerText) && /Mine\s*1/.test($('.nav').innerText)`)

	visitor.click("the field", `$('.panel .ta')`)
	visitor.do(chromedp.KeyEvent("Do you ship to Porto?"))
	mara.wait("Mara sees that the visitor writes", `/is writing/.test($('.conv header').innerText)`)
	visitor.shoot("widget")
	mara.shoot("console")
}
