package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// What visitors agree to by writing stands where they write, links included,
// and is kept with what they begin, form or no form, words or a file.
func TestConsent(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	const text = "By writing you agree to our [privacy notice](https://alderclay.example/privacy)."
	const stands = `((el) => el?.innerText === 'By writing you agree to our privacy notice.' && el.querySelector('a').href === 'https://alderclay.example/privacy')($('.fine'))`
	set := func(s chat.Settings) {
		t.Helper()
		if _, err := h.svc.SaveSettings(t.Context(), host, s); err != nil {
			t.Fatal(err)
		}
	}
	agreed := func(n int) string {
		t.Helper()
		page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
		if err != nil || len(page.Sessions) != n {
			t.Fatalf("%d sessions, want %d (%v)", len(page.Sessions), n, err)
		}
		if page.Sessions[0].Consent == nil {
			return ""
		}
		return page.Sessions[0].Consent.Text
	}

	set(chat.Settings{PreChat: chat.PreChat{Consent: text}})
	b := h.open("/")
	b.openChat()
	b.wait("it stands under the field and belongs to it", stands+` && $('.panel .ta').getAttribute('aria-describedby') === $('.fine').id`)
	b.axe("panel consent")
	b.say("Hello")
	b.wait("who is in a conversation is not told again", `!$('.fine')`)
	if got := agreed(1); got != text {
		t.Errorf("agreed to %q", got)
	}

	// The text changes between showing and sending: it is shown anew, and what
	// was written is still there.
	b = h.open("/")
	b.openChat()
	b.wait("the old text", stands)
	set(chat.Settings{PreChat: chat.PreChat{Consent: "Something else."}})
	b.expectOffline(true) // the browser notes every request that is refused
	b.click("the field", `$('.panel .ta')`)
	b.write("Hello again")
	b.wait("the new text is announced, the words are in the field", `$('.fine[role=alert]')?.innerText === 'Something else.' && $('.panel .ta').value === 'Hello again' && !$('.msg')`)
	b.expectOffline(false)
	b.click("the field", `$('.panel .ta')`)
	b.write("")
	b.wait("it was sent", `/sent/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	if got := agreed(2); got != "Something else." {
		t.Errorf("agreed to %q", got)
	}

	set(chat.Settings{PreChat: chat.PreChat{Consent: text, VisitorName: chat.AskRequired}})
	b = h.open("/")
	b.click("the launcher", `$('.launcher')`)
	b.wait("it stands in the form", `$('.form') && `+stands)
	b.wait("keys are the panel's", `active().closest('.panel')`)
	b.axe("panel form with consent")
	b.fill("the name", `$('.form input')`, "Ines")
	b.fill("the message", `$('.form textarea')`, "With a name")
	b.click("Send", `$('.form .btn')`)
	b.wait("it was sent", `/sent/.test($$('.msg.me').at(-1)?.innerText ?? '') && !$('.fine')`)
	b.wait("the form took the focus with it, and the field has it", `active() === $('.panel .ta')`)
	if got := agreed(3); got != text {
		t.Errorf("agreed to %q", got)
	}

	set(chat.Settings{PreChat: chat.PreChat{Consent: text}})
	b = h.open("/")
	b.openChat()
	b.give(`$('.panel .ta')`, "paste", `[new File(['Hello'], 'hello.txt')]`)
	b.wait("it is about to go", `said('.staged bdi').join() === 'hello.txt'`)
	b.click("Send", `$('.panel .send.ready')`)
	b.wait("it was sent", `/sent/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	if got := agreed(4); got != text {
		t.Errorf("with a file agreed to %q", got)
	}
}

// What the host's own code refuses is said in its words, and the visitor can
// mend it.
func TestTheHostRefusesAMessage(t *testing.T) {
	h := startHostSite(t, chat.Options{Hooks: chat.Hooks{BeforeMessage: func(_ context.Context, m *chat.Message) error {
		if strings.Contains(m.Text, "4111") {
			return chat.Refuse("Please leave card numbers out.")
		}
		return nil
	}}}, map[string]string{"/": tag("")})
	b := h.open("/")
	b.openChat()
	b.expectOffline(true) // the browser notes every request that is refused
	for i, first := range []bool{true, false} {
		b.click("the field", `$('.panel .ta')`)
		b.write("My card is 4111")
		b.wait("the host's sentence stands under the message", `$$('.msg.failed .meta').at(-1)?.innerText.startsWith('Not sent. Please leave card numbers out.')`)
		b.wait("and is read out", `$('.logbox > [role=status]').innerText === 'Not sent. Please leave card numbers out.'`)
		if first {
			b.axe("panel refused by the host")
		}
		b.click("Edit", `labelled('.msg.failed button', 'Edit')`)
		b.wait("it is in the field", `$('.panel .ta').value === 'My card is 4111' && !$('.msg.failed')`)
		b.fill("the field", `$('.panel .ta')`, "Can I pay by card?")
		b.write("")
		b.wait("it was sent", `$$('.msg.me').filter((el) => /Can I pay by card/.test(el.innerText)).length === `+[]string{"1", "2"}[i]+` && /sent/.test($$('.msg.me').at(-1).innerText)`)
	}
	b.expectOffline(false)
}

// How soon somebody answers is told from what was measured, and not at all
// where that says nothing.
func TestReplyTimeIsTrueOrNotTold(t *testing.T) {
	for name, sessions := range map[string]int{"four of late": 4, "a fifth": 5} {
		t.Run(name, func(t *testing.T) {
			h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
			mara, err := h.svc.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara Reyes"})
			if err != nil {
				t.Fatal(err)
			}
			for range sessions {
				w, err := h.svc.Hello(t.Context(), chat.Hello{})
				if err != nil {
					t.Fatal(err)
				}
				started, err := h.svc.CreateSession(t.Context(), chat.AsVisitor(w.Visitor), chat.NewSession{Message: "Hello"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := h.svc.SendMessage(t.Context(), chat.AsAgent(mara), chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderAgent, Text: "Hi"}); err != nil {
					t.Fatal(err)
				}
			}
			b := h.open("/")
			b.openChat()
			want := "Mara is here."
			if sessions > 4 {
				want = "Mara is here. We usually reply within 1 minute."
			}
			b.wait(want, `$('.home .lede')?.innerText.trim() === `+quote(want))
		})
	}
}
