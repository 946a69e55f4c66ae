package e2e

import (
	"context"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// TestBothReadTheirOwnLanguage: the visitor and the agent read the host's
// translation of what the other writes, and the original on request.
func TestBothReadTheirOwnLanguage(t *testing.T) {
	dictionary := map[string]string{"Wo ist meine Schale?": "Where is my bowl?", "It is on its **way**": "Sie ist **unterwegs**"}
	h := startHostSite(t, chat.Options{Hooks: chat.Hooks{
		Translate: func(_ context.Context, m chat.Message, _ chat.Visitor) (string, error) {
			return dictionary[m.Text], nil
		},
	}}, map[string]string{"/": tag(`data-locale="de"`)})
	_, key, err := h.svc.CreateAPIKey(t.Context(), host, chat.NewAPIKey{Name: "Mara", Scopes: []string{chat.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	v := h.open("/")
	v.click("the launcher", `$('.launcher')`)
	v.wait("the field", `seen($('.panel .ta'))`)
	v.click("the field", `$('.panel .ta')`)
	v.write("Wo ist meine Schale?")
	v.wait("it was sent", `/gesendet|gelesen/.test($('.msg.me')?.innerText ?? '')`)

	mara := newPerson(t)
	mara.goTo(h.srv.URL + "/")
	eval[bool](mara, `(sessionStorage.setItem('pealchat:/chat/api/v1:key', JSON.stringify(`+quote(key)+`)), localStorage.setItem('pealchat:/chat/api/v1:prefs', '{"undo":false}'), true)`)
	mara.goTo(h.srv.URL + "/chat/console#/open")
	mara.click("the conversation", `$('.row')`)
	mara.wait("her language", `$('.msg.them .b').innerText.startsWith('Where is my bowl?')`)
	mara.click("the original", `labelled('.tongue', 'Show original')`)
	mara.wait("his words", `$('.msg.them .b').innerText.startsWith('Wo ist meine Schale?') && labelled('.tongue', 'Show translation')`)
	mara.click("the field", `$('.conv .txt')`)
	mara.write("It is on its **way**")
	mara.wait("what she wrote", `$('.msg.me .b')?.innerText.startsWith('It is on its way') && $('.msg.me .tongue')?.innerText === 'Show translation'`)
	mara.axe("a translated conversation")
	mara.shoot("translation-console")

	v.wait("his language", `$('.msg.them .b')?.innerText.startsWith('Sie ist unterwegs') && $('.msg.them strong').innerText === 'unterwegs'`)
	v.axe("a translated answer")
	v.shoot("translation")
	v.click("the original", `labelled('.tongue', 'Original zeigen')`)
	v.wait("her words", `$('.msg.them .b').innerText.startsWith('It is on its way') && !$('.msg.me .tongue')`)
}
