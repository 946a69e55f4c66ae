package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestSavedReplies adds replies, sends one with the keyboard alone, and changes
// and removes them.
func TestSavedReplies(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Do you ship to Porto?")
	s.call("PATCH", "/sessions/"+s.onlySession().ID, map[string]any{"visitor_name": "Ines Carvalho"}, nil)
	s.call("POST", "/canned-replies", map[string]string{"shortcut": "shipping-uk", "message": "UK orders leave the same day."}, nil)

	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("Saved replies", `labelled('.nav a', 'Saved replies')`)
	mara.wait("the page is there", `said('.saved b').join() === '/shipping-uk'`)
	mara.click("Add", `labelled('.page button', 'Add a reply')`)
	mara.wait("the field has the focus", `active() === $('.fields input')`)
	mara.press("Shipping-UK")
	mara.press(kb.Tab)
	mara.press("{{name}}, orders to the EU take three days. {{agent}}")
	mara.expectOffline(true) // a refusal is meant to come
	mara.click("Save", `labelled('.fields button', 'Save')`)
	mara.wait("it says what is wrong", `said('.fields .wrong').join().includes('has this shortcut') && $('.fields input').ariaInvalid === 'true'`)
	mara.expectOffline(false)
	eval[bool](mara, `($('.fields input').focus(), $('.fields input').select(), true)`)
	mara.press("shipping-eu")
	mara.click("Save", `labelled('.fields button', 'Save')`)
	mara.wait("both are there, by shortcut", `said('.saved b').join() === '/shipping-eu,/shipping-uk'`)
	mara.axe("saved replies")

	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Ines Carvalho")
	mara.click("the field", `$('.conv .txt')`)
	mara.press("Hello /ship")
	mara.wait("both are offered", `$$('.pop [role=option]').length === 2 && $('.pop [aria-selected=true]').innerText.includes('shipping-eu')`)
	mara.axe("saved replies offered")
	mara.press(kb.ArrowDown)
	mara.wait("the next is chosen", `$('#' + $('.conv .txt').getAttribute('aria-activedescendant')).innerText.includes('shipping-uk')`)
	mara.press(kb.ArrowUp)
	mara.press("ping-e")
	mara.wait("one is left", `$$('.pop [role=option]').length === 1`)
	mara.press(kb.Escape)
	mara.wait("they are gone, and the field is not", `!$('.pop') && active() === $('.conv .txt') && $('.conv .txt').value === 'Hello /shipping-e'`)
	mara.press(kb.Backspace)
	mara.press(kb.Backspace)
	mara.wait("they stay away", `$('.conv .txt').value === 'Hello /shipping' && !$('.pop')`)
	mara.press(" /eu")
	mara.wait("another slash brings them back", `$$('.pop [role=option]').length === 1`)
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("it is put in, with the names", `$('.conv .txt').value === 'Hello /shipping Ines, orders to the EU take three days. Mara Reyes' && !$('.pop')`)
	eval[bool](mara, `($('.conv .txt').select(), true)`)
	mara.press("/shipping-eu")
	mara.press(kb.Tab)
	mara.wait("Tab takes it too", `$('.conv .txt').value === 'Ines, orders to the EU take three days. Mara Reyes'`)
	mara.do(enter("keyDown"), enter("keyUp"))
	visitor.hears("Ines, orders to the EU take three days. Mara Reyes")

	mara.click("Saved replies", `labelled('.nav a', 'Saved replies')`)
	mara.click("Remove", `labelled('.saved button', 'Remove shipping-uk')`)
	mara.click("Remove for everyone", `labelled('.saved button', 'Remove for everyone')`)
	mara.wait("it is gone", `said('.saved b').join() === '/shipping-eu'`)
	var left struct {
		Replies []struct{ Shortcut string } `json:"canned_replies"`
	}
	s.call("GET", "/canned-replies", nil, &left)
	if len(left.Replies) != 1 || left.Replies[0].Shortcut != "shipping-eu" {
		t.Errorf("the server keeps %v", left.Replies)
	}
}
