package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/pealchat/pealchat/chat"
)

// TestIdentityInWords: what anybody vouches for is told from what was only
// typed; what the site said, tags, earlier conversations and bans stand there
// as text, and can be used.
func TestIdentityInWords(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	ctx := t.Context()
	welcome := func(id *chat.Identity) chat.Actor {
		w, err := h.svc.Hello(ctx, chat.Hello{Identity: id})
		if err != nil {
			t.Fatal(err)
		}
		return chat.AsVisitor(w.Visitor)
	}
	say := func(who chat.Actor, in chat.NewSession) chat.Session {
		started, err := h.svc.CreateSession(ctx, who, in)
		if err != nil {
			t.Fatal(err)
		}
		return started.Session
	}
	known := welcome(&chat.Identity{ID: "cus-20418", Name: "Ines Duarte", Email: "ines@example.com", CustomData: map[string]any{"plan": "Studio", "<b>seats</b>": 12}})
	earlier := say(known, chat.NewSession{Message: "Is the old invoice paid?"})
	if _, err := h.svc.CloseSession(ctx, host, earlier.ID, ""); err != nil {
		t.Fatal(err)
	}
	say(known, chat.NewSession{Message: "Where is my bowl?"})
	say(welcome(nil), chat.NewSession{VisitorName: "Theo", VisitorEmail: "ines@example.com", Message: "I am Ines, really"})

	mara := h.console()
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Theo")
	mara.wait("it was only typed", `$('.about .typed')?.innerText === 'Typed by the visitor, not verified' && $('.about .mail').innerText === 'ines@example.com' && !$('.about .vouched')`)
	mara.pick("Ines Duarte")
	mara.wait("the site vouches", `$('.about .vouched')?.innerText === 'Verified by your site' && !$('.about .typed')`)
	mara.wait("the customer's number", `/Customer\s+cus-20418, verified/.test($('.about dl').innerText)`)
	mara.wait("what the site said, as text", `/plan\s+Studio/.test($('.about').innerText) && labelled('.about dt', '<b>seats</b>')`)
	mara.wait("the earlier conversation", `labelled('.about .past a', 'Is the old invoice paid?')`)
	mara.click("add a tag", `$('.about .tags .add')`)
	mara.wait("the tag is asked", `active()?.matches('.tags input')`)
	mara.write("vip")
	mara.wait("the tag", `labelled('.about .tag', 'vip')`)
	mara.press(kb.Escape)
	mara.axe("a verified visitor")

	mara.click("Ban", within("Ban…"))
	mara.wait("the reason is asked", `active()?.closest('.act') && active().type === 'text'`)
	eval[bool](mara, `(($('.act select').value = 'week'), $('.act select').dispatchEvent(new Event('change', { bubbles: true })), true)`)
	mara.axe("banning a visitor")
	mara.write("Abusive")
	mara.wait("until when, and why", `/^Banned until (?!somebody)/.test($('.about .kept-out')?.innerText ?? '') && labelled('.about .kept-out p', 'Abusive')`)
	v, err := h.svc.Visitor(ctx, host, known.ID())
	if err != nil || v.Banned == nil || v.Banned.Until.IsZero() || v.Banned.Reason != "Abusive" {
		t.Errorf("the ban is %+v, %v", v.Banned, err)
	}
	mara.click("lift", `labelled('.about .kept-out .text', 'Lift the ban')`)
	mara.wait("they may come again", `!$('.about .kept-out') && seen(`+within("Ban…")+`)`)

	mara.click("the earlier conversation", `labelled('.about .past a', 'Is the old invoice paid?')`)
	mara.reads("Is the old invoice paid?")
	mara.wait("the other one is beside it", `labelled('.about .past a', 'Where is my bowl?')`)
	mara.phone(true)
	mara.wait("the window is narrow", `innerWidth === 390`)
	mara.click("about", `$('.about-open')`)
	mara.wait("who it is", `seen($('.about .vouched'))`)
	mara.wantNoSideways()
	mara.shoot("phone-about")
	mara.axe("phone about")
}
