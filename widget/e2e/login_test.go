package e2e

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

func TestTheConsoleLeadsToTheHostsLoginAndBack(t *testing.T) {
	needBrowser(t)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	svc := chat.New(store, nil)
	handler := httpapi.New(svc, &httpapi.Options{LoginURL: "/login?next={return_to}", Agent: func(r *http.Request) (chat.Agent, error) {
		if _, err := r.Cookie("staff"); err != nil {
			return chat.Agent{}, errors.New("nobody is signed in")
		}
		return chat.Agent{ID: "1", Name: "Mara Reyes", Admin: true}, nil
	}})
	mux := http.NewServeMux()
	mux.Handle("/chat/", handler)
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>Login</title><link rel="icon" href="data:,"><p id="next">%s</p><a id="in" href="%[1]s" onclick="document.cookie='staff=1;path=/'">Sign in</a>`,
			html.EscapeString(r.FormValue("next")))
	})
	srv := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); svc.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		svc.Close()
		srv.CloseClientConnections()
		srv.Close()
		store.Close()
	})
	started, err := svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines & Co", Message: "Is it glazed?"})
	if err != nil {
		t.Fatal(err)
	}

	b := newPerson(t)
	b.expectOffline(true) // the browser logs the 401 that says who is not signed in
	place := "/chat/console/#/open/" + started.Session.ID
	b.goTo(srv.URL + place)
	b.wait("it leads to the login", `seen($('.door a.solid')) && seen($('#key'))`)
	b.picture("console-login")
	b.click("the link to the login", `$('.door a.solid')`)
	b.wait("the login knows where to lead back", `$('#next')?.innerText === `+quote(place))
	b.click("sign in", `$('#in')`)
	b.wait("the conversation is open", `seen($('.conv .txt')) && location.pathname + location.hash === `+quote(place))

	// Who is signed out of the host while they write finds the way back in, and
	// what they wrote.
	b.click("the field", `$('.conv .txt')`)
	b.do(chromedp.KeyEvent("It is"))
	eval[bool](b, `(document.cookie = 'staff=; path=/; max-age=0', true)`)
	handler.SignedOut("1")
	b.wait("it says so", `/signed out/.test($('.door .lede')?.innerText) && $('.door a.solid').getAttribute('href') === '/login?next=' + encodeURIComponent(`+quote(place)+`)`)
	b.click("the link to the login", `$('.door a.solid')`)
	b.click("sign in", `$('#in')`)
	b.wait("what was written is there", `$('.conv .txt')?.value === 'It is'`)
}
