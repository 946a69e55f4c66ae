package e2e

import (
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// Visitors choose which department it is for, where the settings ask them.
func TestTheVisitorChoosesADepartment(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + `<main><h1>Alder &amp; Clay</h1></main>`})
	mara, err := h.svc.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara Reyes"})
	if err != nil {
		t.Fatal(err)
	}
	b := h.open("/")
	b.openChat()
	b.press("Do you ship to Porto?")
	for _, name := range []string{"Orders", "Advice"} {
		if _, err := h.svc.CreateDepartment(t.Context(), host, chat.DepartmentChange{Name: &name, AgentIDs: &[]string{mara.ID}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.svc.SaveSettings(t.Context(), host, chat.Settings{PreChat: chat.PreChat{Department: chat.AskRequired}}); err != nil {
		t.Fatal(err)
	}
	b.expectOffline(true) // the browser notes every request that is refused
	b.write("")
	b.wait("the server wants to know which, the words are still there", `$('.form select') && $('.form textarea').value === 'Do you ship to Porto?' && /Choose a department/.test($('.form .wrong')?.innerText ?? '')`)
	b.expectOffline(false)
	b.axe("panel form with departments")
	b.wait("they can be chosen", `[...$('.form select').options].map((o) => o.text).join() === 'Please choose,Advice,Orders'`)
	b.click("Send", `$('.form .btn')`)
	b.wait("the choice is missing", `active() === $('.form select') && $('.form select').getAttribute('aria-invalid') === 'true'`)
	b.press("O")
	b.wait("it is chosen", `$('.form select').value === 'Orders'`)
	b.click("Send", `$('.form .btn')`)
	b.wait("it was sent", `/sent/.test($$('.msg.me').at(-1)?.innerText ?? '') && seen($('.compose'))`)
	page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(page.Sessions) != 1 || page.Sessions[0].Department != "Orders" {
		t.Errorf("sessions %+v (%v)", page.Sessions, err)
	}
	h.wantKept("Do you ship to Porto?")
}
