// Hostlogin is a site with a login of its own, an ordinary one with a session
// cookie (github.com/alexedwards/scs): who is signed in to the site is signed
// in to the chat, as a member of the staff in the console and as a customer in
// the widget, and who signs out is out of both, in all open tabs, at once.
//
//	go run .
//
// Sign in at 127.0.0.1:8080 as mara (staff) or ines (a customer); the password
// is the name.
package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// user is what the site knows of somebody.
type user struct {
	ID, Name, Email string
	Staff           bool
}

// users stands for the site's own table of them.
var users = map[string]user{
	"mara": {ID: "1", Name: "Mara Reyes", Email: "mara@alderclay.example", Staff: true},
	"ines": {ID: "2", Name: "Ines Fonseca", Email: "ines@example.com"},
}

// site is the host's program.
type site struct {
	sessions *scs.SessionManager
	chat     *httpapi.Handler
}

func main() {
	store, err := sqlite.Open(context.Background(), "hostlogin.db", nil)
	if err != nil {
		log.Fatal(err)
	}
	svc := chat.New(store, nil)
	go svc.Run(context.Background())
	fmt.Println("http://127.0.0.1:8080")
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", newSite(svc)))
}

func newSite(svc *chat.Service) http.Handler {
	s := &site{sessions: scs.New()}
	s.sessions.Lifetime = 12 * time.Hour
	s.chat = httpapi.New(svc, &httpapi.Options{Agent: s.agent, Visitor: s.visitor, LoginURL: "/?next={return_to}"})

	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", s.home)
	pages.HandleFunc("POST /sign-in", s.signIn)
	pages.HandleFunc("POST /sign-out", s.signOut)

	mux := http.NewServeMux()
	// The session's middleware stands around the pages and not around the chat:
	// it loads the session once, when a request begins, and an event stream is
	// a request that lasts for minutes.
	mux.Handle("/", http.NewCrossOriginProtection().Handler(s.sessions.LoadAndSave(pages)))
	mux.Handle("/chat/", s.chat)
	return mux
}

// current says who is signed in now, each time it is asked. Not from
// r.Context(): what the middleware has put there may be minutes old.
func (s *site) current(r *http.Request) (user, bool) {
	cookie, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil {
		return user{}, false
	}
	ctx, err := s.sessions.Load(context.Background(), cookie.Value)
	if err != nil {
		return user{}, false
	}
	u, known := users[s.sessions.GetString(ctx, "user")]
	return u, known
}

// agent lets the staff in to the console.
func (s *site) agent(r *http.Request) (chat.Agent, error) {
	u, signedIn := s.current(r)
	switch {
	case !signedIn:
		return chat.Agent{}, errors.New("nobody is signed in")
	case !u.Staff:
		return chat.Agent{}, fmt.Errorf("%s is a customer: %w", u.ID, chat.ErrForbidden)
	}
	return chat.Agent{ID: u.ID, Name: u.Name, Email: u.Email, Admin: true}, nil
}

// visitor says which customer writes.
func (s *site) visitor(r *http.Request) (chat.Identity, bool) {
	u, signedIn := s.current(r)
	return chat.Identity{ID: u.ID, Name: u.Name, Email: u.Email}, signedIn
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	_, known := users[name]
	// The password of a real site is hashed; this one's are the names.
	if right := subtle.ConstantTimeCompare([]byte(r.PostFormValue("password")), []byte(name)) == 1; !known || !right {
		http.Error(w, "That is not the password.", http.StatusForbidden)
		return
	}
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		http.Error(w, "Signing in does not work just now.", http.StatusInternalServerError)
		return
	}
	s.sessions.Put(r.Context(), "user", name)
	http.Redirect(w, r, ownPath(r.PostFormValue("next")), http.StatusSeeOther)
}

// ownPath returns an address where somebody asks to be led after signing in, if
// it is a path of this site, else the front page: a link with an address of
// another site would make this one vouch for that.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return next
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	name := s.sessions.GetString(r.Context(), "user")
	if err := s.sessions.Destroy(r.Context()); err != nil {
		http.Error(w, "Signing out does not work just now.", http.StatusInternalServerError)
		return
	}
	s.chat.SignedOut(users[name].ID) // open consoles and widgets hear it now
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

var page = template.Must(template.New("home").Parse(`<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A site with a login</title>
{{.Tag}}
{{with .User.Name}}<p>Signed in as {{.}}. <a href="/chat/console/">The console</a> is for the staff.
<form method="post" action="/sign-out"><button>Sign out</button></form>
{{else}}<form method="post" action="/sign-in"><input type="hidden" name="next" value="{{.Next}}">
<label>Name <input name="name" required></label> <label>Password <input name="password" type="password" required></label>
<button>Sign in</button></form>{{end}}
`))

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	u, _ := s.current(r)
	tag, err := httpapi.Tag{}.HTML(r)
	if err != nil {
		log.Print(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	if err := page.Execute(w, map[string]any{"User": u, "Tag": tag, "Next": r.FormValue("next")}); err != nil {
		log.Print(err)
	}
}
