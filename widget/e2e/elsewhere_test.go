package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

const visitorSecret = "the secret of the browser tests, of 32 bytes or more"

// elsewhere is a site whose pages are of another origin than its chat, under
// a policy that allows nothing more than they need.
type elsewhere struct {
	chat, site *httptest.Server
	svc        *chat.Service
}

func startElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	needBrowser(t)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	e := &elsewhere{svc: chat.New(store, nil)}
	e.site = httptest.NewServer(http.HandlerFunc(e.page))
	e.chat = httptest.NewServer(httpapi.New(e.svc, &httpapi.Options{
		AllowedOrigins: []string{e.site.URL}, VisitorSecrets: []string{visitorSecret},
		Widget: httpapi.Widget{Name: "Alder & Clay"},
	}))
	t.Cleanup(func() {
		e.svc.Close()
		for _, s := range []*httptest.Server{e.chat, e.site} {
			s.CloseClientConnections()
			s.Close()
		}
		store.Close()
	})
	return e
}

// page is any page of the site; /who vouches for whom the cookie names.
func (e *elsewhere) page(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/who":
		cookie, err := r.Cookie("customer")
		if err != nil {
			return // nobody
		}
		signed, err := httpapi.SignVisitor(visitorSecret, chat.Identity{ID: cookie.Value, Name: "Ida " + cookie.Value}, 0)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprint(w, signed)
	case "/who.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `(window.Pealchat ??= { q: [] }).q.push(['identify', () => fetch('/who').then((r) => r.text())]);`)
	default:
		lang := strings.Trim(r.URL.Path, "/")
		dir := "ltr"
		if lang == "ar" {
			dir = "rtl"
		}
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src 'self' %s; connect-src 'self' %s; img-src data:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'", e.chat.URL, e.chat.URL))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="%s" dir="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Alder &amp; Clay</title><link rel="icon" href="data:,">
<script src="/who.js"></script><script defer src="%s/chat.js" data-base="%s"></script><main><h1>Alder &amp; Clay</h1></main>`, html.EscapeString(lang), dir, e.chat.URL, e.chat.URL)
	}
}

func (e *elsewhere) visit(t *testing.T, lang string) *tab {
	t.Helper()
	b := newPerson(t)
	b.goTo(e.site.URL + "/" + lang)
	b.wait("the launcher is there", `seen($('.launcher'))`)
	return b
}

// session is the one that is open.
func (e *elsewhere) session(t *testing.T) chat.Session {
	t.Helper()
	found, err := e.svc.Sessions(context.Background(), chat.AsHost("test"), chat.SessionQuery{Status: chat.StatusActive})
	if err != nil || len(found.Sessions) != 1 {
		t.Fatalf("sessions: %v %v", found.Sessions, err)
	}
	return found.Sessions[0]
}

func (e *elsewhere) answer(t *testing.T, text string) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"session_id": e.session(t).ID, "sender": "agent", "message": text})
	_, secret, err := e.svc.CreateAPIKey(t.Context(), chat.AsHost("test"), chat.NewAPIKey{Name: "Mara", Scopes: []string{chat.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", e.chat.URL+"/api/v1/messages", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 201 {
		t.Fatalf("the answer: status %d", res.StatusCode)
	}
}

func TestAPageOfAnotherOriginKnowsItsVisitor(t *testing.T) {
	e := startElsewhere(t)
	b := e.visit(t, "en")
	b.openChat()
	b.say("Who am I?")
	if s := e.session(t); s.VisitorName != "Visitor" && s.VisitorName != "" {
		t.Errorf("a stranger is called %q", s.VisitorName)
	}
	if eval[bool](b, `Pealchat.state.identified`) {
		t.Error("a stranger is identified")
	}

	// Signing in takes the conversation along.
	eval[bool](b, `(document.cookie = 'customer=7', true)`)
	b.reload()
	b.wait("the page knows them", `globalThis.Pealchat?.state?.identified`)
	b.wait("the conversation is open again", `Pealchat.state.conversation`)
	e.answer(t, "You are Ida.")
	b.wait("the answer is announced", `Pealchat.state.unread === 1`)
	b.click("the launcher", `$('.launcher')`)
	b.hears("You are Ida.")
	first := e.session(t)
	v, err := e.svc.Visitor(t.Context(), chat.AsHost("test"), first.VisitorID)
	if err != nil || v.ExternalID != "7" || !v.Verified || v.Name != "Ida 7" {
		t.Errorf("the visitor is %+v (%v)", v, err)
	}

	// From another browser the same person finds it; somebody else does not.
	other := newPerson(t)
	other.goTo(e.site.URL + "/en")
	eval[bool](other, `(document.cookie = 'customer=7', true)`)
	other.reload()
	other.openChat()
	other.hears("You are Ida.")
	eval[bool](other, `(document.cookie = 'customer=8', Pealchat.identify(() => fetch('/who').then((r) => r.text())), true)`)
	other.wait("somebody else begins anew", `Pealchat.state.identified && !Pealchat.state.conversation && !$('.msg')`)

	// Signing out leaves nothing behind.
	eval[bool](b, `(document.cookie = 'customer=; max-age=0', Pealchat.reset(), true)`)
	b.wait("the conversation is gone", `!$('.msg') && !Pealchat.state.identified && !Pealchat.state.conversation`)
	if kept := eval[string](b, `JSON.stringify(localStorage)`); strings.Contains(kept, "token") {
		t.Errorf("kept after signing out: %s", kept)
	}
}

func TestThePanelSpeaksThePagesLanguage(t *testing.T) {
	e := startElsewhere(t)
	for lang, want := range map[string]struct{ launcher, write, send string }{
		"de": {"Chat", "Nachricht schreiben", ", gesendet"},
		"ar": {"محادثة", "اكتب رسالة", "أُرسلت"},
		"ja": {"チャット", "メッセージを入力", "送信済み"},
	} {
		t.Run(lang, func(t *testing.T) {
			b := e.visit(t, lang)
			if name := eval[string](b, `$('.launcher').ariaLabel`); name != want.launcher {
				t.Errorf("the launcher is called %q", name)
			}
			b.openChat()
			b.wait("one is greeted in "+lang, `$('.panel .ta').placeholder === `+quote(want.write))
			if lang == "ar" {
				if dir := eval[string](b, `getComputedStyle($('.panel')).direction`); dir != "rtl" {
					t.Errorf("the panel is written %s", dir)
				}
				if !eval[bool](b, `$('.launcher').getBoundingClientRect().left < innerWidth / 2`) {
					t.Error("the launcher stands at the wrong end")
				}
			}
			b.axe("language " + lang + " home")
			b.click("the field", `$('.panel .ta')`)
			b.write("¿?")
			b.wait("it was sent", `$$('.msg.me').at(-1)?.innerText.includes(`+quote(want.send)+`)`)
			b.axe("language " + lang + " talk")
			eval[bool](b, `(Pealchat.locale('fr'), true)`)
			b.wait("the page changes its mind", `$('.panel .ta').placeholder === 'Écrire un message' && getComputedStyle($('.panel')).direction === 'ltr'`)
		})
	}
}

func TestThePanelAsAPage(t *testing.T) {
	e := startElsewhere(t)
	b := newPerson(t)
	b.goTo(e.chat.URL + "/embed?locale=de&topic=Glasur&message=Hallo")
	b.wait("one can write, in German", `active() === $('.panel .ta') && $('.panel .ta').placeholder === 'Nachricht schreiben' && $('.panel .ta').value === 'Hallo'`)
	const fills = `((r) => r.x === 0 && r.y === 0 && r.width === innerWidth && r.height === innerHeight)($('.panel').getBoundingClientRect())`
	b.wait("it fills the window", fills)
	if lang := eval[string](b, `document.documentElement.lang`); lang != "de" {
		t.Errorf("the page's language is %q", lang)
	}
	if eval[bool](b, `seen($('.launcher')) || !!labelled('.head button', 'Chat schließen')`) {
		t.Error("one can close what nothing is behind")
	}
	if eval[int](b, `$$('.msg').length`) != 0 {
		t.Error("the address has sent a message")
	}
	b.axe("embed home")
	b.press(escape)
	b.wait("it is still there", fills+` && seen($('.panel .ta'))`)
	b.click("the field", `$('.panel .ta')`)
	b.write("!")
	b.wait("it was sent", `$$('.msg.me').at(-1)?.innerText.includes(', gesendet')`)
	e.answer(t, "Guten Tag")
	b.hears("Guten Tag")
	b.axe("embed talk")
	b.phone(true)
	b.wait("it fills a phone", `innerWidth === 390 && `+fills)
	b.phone(false)
}
