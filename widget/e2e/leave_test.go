package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"github.com/pealchat/pealchat/chat"
)

// A visitor takes their conversation with them and has everything about them
// deleted: on the server, in this tab and in the others.
func TestTakeAwayAndErase(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("") + everyonesPage})
	b := h.open("/")
	dir := t.TempDir()
	b.do(call(cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: "allow", DownloadPath: dir, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID}))
	b.openChat()
	b.say("Is the sage glaze food safe?")
	h.answer("Yes, **every** glaze is.")
	b.hears("Yes, every glaze is.")
	other := b.another()
	other.goTo(h.srv.URL + "/")
	other.wait("another tab knows of it", `Pealchat.state.conversation`)
	other.openChat()
	other.hears("Yes, every glaze is.")

	b.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	b.click("Download conversation", `labelled('[role=menuitem]', 'Download conversation')`)
	var text []byte
	comesTrue(t, "the file is there", func() bool {
		var err error
		text, err = os.ReadFile(filepath.Join(dir, "conversation.txt"))
		return err == nil && len(text) > 0
	})
	for _, want := range []string{"Is the sage glaze food safe?", "every", "Alder & Clay"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the transcript lacks %q:\n%s", want, text)
		}
	}

	b.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	b.click("Delete my data", `labelled('[role=menuitem]', 'Delete my data')`)
	for _, b := range []*tab{b, other} {
		b.expectOffline(true) // one of them may ask for news once more, and be refused
	}
	b.click("Delete it all", `labelled('.ask .btn', 'Delete it all')`)
	for _, b := range []*tab{b, other} {
		b.wait("nothing is left in the panel", `seen($('.home h1')) && !$('.msg') && !Pealchat.state.conversation && !$('.home .resume')`)
	}
	b.expectOffline(false)
	if kept := eval[string](b, `JSON.stringify(localStorage)`); strings.Contains(kept, "token") || strings.Contains(kept, "glaze") {
		t.Errorf("the browser keeps %s", kept)
	}
	sessions, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(sessions.Sessions) != 0 {
		t.Errorf("the server keeps %d sessions (%v)", len(sessions.Sessions), err)
	}
	b.wait("one can write anew", `seen($('.panel .ta'))`)
	b.say("Hello again")
	h.wantKept("Hello again")
}
