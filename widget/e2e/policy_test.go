package e2e

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// policies are what careful hosts put on their pages. None has anything for
// the chat beside where its script and its requests go to: no style, picture,
// frame or worker, nothing inline, nothing evaluated. CHAT is the origin
// of the chat.
var policies = []struct{ name, policy, at string }{
	{"of the same origin", "default-src 'none'; script-src 'self'; connect-src 'self'", "/chat"},
	{"with trusted types", "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'", "/chat"},
	{"with trusted types of none", "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-src 'none'; worker-src 'none'; " +
		"style-src 'none'; style-src-attr 'none'; font-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'", "/chat"},
	{"with a nonce", "default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'", "/chat"},
	{"of another origin", "default-src 'none'; script-src CHAT; connect-src CHAT; require-trusted-types-for 'script'; trusted-types 'none'", "elsewhere"},
}

// TestTheHostsPolicyNeedsNoException has a visitor talk on pages under each of
// the policies. Any violation is on the browser's console, and fails the test.
func TestTheHostsPolicyNeedsNoException(t *testing.T) {
	needBrowser(t)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	svc := chat.New(store, nil)
	const nonce = "r4nd0mF0rEachPage"
	var elsewhere *httptest.Server
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	handler := httpapi.New(svc, &httpapi.Options{AllowedOrigins: []string{site.URL}, Widget: httpapi.Widget{Name: "Alder & Clay"}})
	elsewhere = httptest.NewServer(handler)
	mux.Handle("/chat/", http.StripPrefix("/chat", handler))
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for i, p := range policies {
		mux.HandleFunc(fmt.Sprintf("/%d", i), func(w http.ResponseWriter, _ *http.Request) {
			at := p.at
			if at == "elsewhere" {
				at = elsewhere.URL
			}
			w.Header().Set("Content-Security-Policy", strings.NewReplacer("CHAT", elsewhere.URL, "NONCE", nonce).Replace(p.policy))
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title><script nonce="%s" defer src="%s/chat.js" data-base="%s"></script><h1>Alder &amp; Clay</h1>`,
				html.EscapeString(p.name), nonce, at, at)
		})
	}
	t.Cleanup(func() {
		svc.Close()
		for _, s := range []*httptest.Server{site, elsewhere} {
			s.CloseClientConnections()
			s.Close()
		}
		store.Close()
	})
	for i, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			b := newPerson(t)
			b.goTo(fmt.Sprintf("%s/%d", site.URL, i))
			b.wait("the launcher is there", `seen($('.launcher'))`)
			b.openChat()
			b.say("Hello under a policy")
			open, err := svc.Sessions(t.Context(), host, chat.SessionQuery{Status: chat.StatusActive})
			if err != nil || len(open.Sessions) == 0 {
				t.Fatal(open, err)
			}
			if _, err := svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: open.Sessions[0].ID, Sender: chat.SenderAgent, SenderName: "Mara", Text: "See https://alderclay.example/care"}); err != nil {
				t.Fatal(err)
			}
			b.hears("See alderclay.example/care")
			b.wait("it has its shape", `(() => { const r = $('.panel').getBoundingClientRect(); return r.width > 300 && r.width < 700 && r.height > 300 && getComputedStyle($('.launcher')).borderRadius !== '0px'; })()`)
			b.say("And once more")
			if said := b.complaints(); len(said) > 0 {
				return // the tab tells
			}
			// What needs an exception is refused, and noticed.
			eval[bool](b, `(document.head.append(Object.assign(document.createElement('style'), { textContent: 'h1 { color: red }' })), true)`)
			b.wait("a style is refused", `getComputedStyle($('h1')).color !== 'rgb(255, 0, 0)'`)
			for start := time.Now(); len(b.complaints()) == 0 && time.Since(start) < patience; {
				time.Sleep(10 * time.Millisecond)
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			if !strings.Contains(strings.Join(b.problems, " "), "style-src") {
				t.Errorf("a style that stands in the page is no violation: %q", b.problems)
			}
			b.problems = nil
		})
	}
}
