package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// user and the two functions stand for the host's own login.
type user struct {
	ID, Name, Email string
	IsAdmin         bool
}

func currentUser(r *http.Request) (user, error) {
	if c, err := r.Cookie("login"); err == nil && c.Value == "mara" {
		return user{ID: "7", Name: "Mara"}, nil
	}
	return user{}, errors.New("not signed in")
}

func currentCustomer(r *http.Request) (user, bool) {
	c, err := r.Cookie("customer")
	if err != nil {
		return user{}, false
	}
	return user{ID: c.Value, Name: "Ines"}, true
}

// open returns a service over a store of its own.
func open() (svc *chat.Service, end func()) {
	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	store, err := sqlite.Open(context.Background(), filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	svc = chat.New(store, nil)
	return svc, func() {
		svc.Close()
		store.Close()
		os.RemoveAll(dir)
	}
}

// The host's login says who is an agent, and who the visitor is.
func ExampleOptions() {
	svc, end := open()
	defer end()

	handler := httpapi.New(svc, &httpapi.Options{
		Agent: func(r *http.Request) (chat.Agent, error) {
			user, err := currentUser(r) // your session cookie, your proxy's header …
			if err != nil {
				return chat.Agent{}, err // 401
			}
			return chat.Agent{ID: user.ID, Name: user.Name, Admin: user.IsAdmin}, nil
		},
		Visitor: func(r *http.Request) (chat.Identity, bool) {
			customer, ok := currentCustomer(r)
			return chat.Identity{ID: customer.ID, Name: customer.Name, Email: customer.Email}, ok
		},
		Widget: httpapi.Widget{Name: "Alder & Clay", Greeting: "Ask us anything.", Topics: []string{"An order", "Care"}},
	})

	r := httptest.NewRequest("GET", "/chat/api/v1/inbox", nil)
	r.Header.Set("Cookie", "login=mara")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output: 200
}

// The console leads somebody who is not signed in to the host's own sign-in,
// which leads back.
func ExampleNew_signIn() {
	svc, end := open()
	defer end()
	whoIs := func(r *http.Request) (chat.Agent, error) {
		user, err := currentUser(r)
		return chat.Agent{ID: user.ID, Name: user.Name}, err
	}

	handler := httpapi.New(svc, &httpapi.Options{
		Agent:    whoIs,
		LoginURL: "/sign-in?next={return_to}",
	})

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/chat/api/v1/me", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 401 {"error":"Invalid API Key","status_code":401,"code":"invalid_api_key","login_url":"/sign-in?next={return_to}"}
}

// Who signs out of the host is out of the chat, in tabs that are open too.
func ExampleHandler_SignedOut() {
	svc, end := open()
	defer end()
	handler := httpapi.New(svc, nil)

	signOut := func(w http.ResponseWriter, r *http.Request) {
		user, err := currentUser(r)
		if err != nil {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "login", MaxAge: -1}) // end the session first, on the server too
		handler.SignedOut(user.ID)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
	http.HandleFunc("POST /sign-out", signOut)
}

// The tag carries the nonce of the page's Content-Security-Policy, where that
// allows no scripts without one.
func ExampleTag_nonce() {
	type nonceKey struct{} // under which your middleware keeps it
	tag := httpapi.Tag{Nonce: func(r *http.Request) string {
		nonce, _ := r.Context().Value(nonceKey{}).(string)
		return nonce
	}}

	r := httptest.NewRequest("GET", "/", nil)
	html, err := tag.HTML(r.WithContext(context.WithValue(r.Context(), nonceKey{}, "r4nd0m")))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(html)
	// Output: <script defer src="/chat/chat.js" nonce="r4nd0m"></script>
}

// Pages of another origin, which no cookie reaches: the page asks its own
// server for a signature, and gives it to Pealchat.identify.
func ExampleSignVisitor() {
	svc, end := open()
	defer end()
	secret := strings.Repeat("s", 32) // rather: os.Getenv("CHAT_SECRET"), 32 random bytes or more

	// Where the chat is:
	handler := httpapi.New(svc, &httpapi.Options{
		AllowedOrigins: []string{"https://www.example.com"},
		VisitorSecrets: []string{secret},
	})
	http.Handle("/chat/", handler)

	// Where the pages are:
	http.HandleFunc("GET /chat-identity", func(w http.ResponseWriter, r *http.Request) {
		customer, ok := currentCustomer(r)
		if !ok {
			return // an empty answer means nobody
		}
		signed, err := httpapi.SignVisitor(secret, chat.Identity{ID: customer.ID, Name: customer.Name}, 0)
		if err != nil {
			http.Error(w, "cannot sign", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, signed)
	})
}

// A mail about an answer leads back into the conversation, in any browser.
func ExampleReturnLink() {
	svc, end := open()
	defer end()
	ctx, stop := context.WithTimeout(context.Background(), time.Millisecond)
	defer stop()
	secret := strings.Repeat("s", 32) // one of Options.VisitorSecrets

	err := svc.RunMail(ctx, "shop", func(ctx context.Context, m chat.Mail) error {
		if m.Kind != chat.MailAnswer {
			return nil
		}
		link, err := httpapi.ReturnLink("https://example.com/chat", secret, m.Session, 0)
		if err != nil {
			return chat.GiveUp(err)
		}
		return send(ctx, m.To, "You have an answer", link)
	}, nil)
	if ctx.Err() == nil {
		log.Fatal(err) // it runs until its context ends
	}
}

// send stands for the host's mailer.
func send(ctx context.Context, to, subject, text string) error { return nil }

// Behind a reverse proxy the chat has to know which addresses are the proxy's.
func ExampleOptions_behindAProxy() {
	svc, end := open()
	defer end()

	handler := httpapi.New(svc, &httpapi.Options{
		TrustedProxies: []netip.Prefix{
			netip.MustParsePrefix("127.0.0.0/8"), // nginx or Caddy on the same machine
			netip.MustParsePrefix("10.0.0.0/16"), // the load balancer's network
		},
	})
	http.Handle("/support/", handler)
}

// Event streams never end by themselves: closing the service ends them, with a
// farewell after which clients come back to the next process.
func ExampleNew_shutdown() {
	svc, end := open()
	defer end()
	mux := http.NewServeMux()
	mux.Handle("/chat/", httpapi.New(svc, nil))

	serve := func() error {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		srv := &http.Server{Addr: "127.0.0.1:8080", Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
		srv.RegisterOnShutdown(func() { svc.Close() }) // without it Shutdown would wait for the streams in vain

		failed := make(chan error, 1)
		go func() { failed <- srv.ListenAndServe() }()
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
		}
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return srv.Shutdown(ending) // then close the store
	}
	_ = serve
}
