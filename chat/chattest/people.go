package chattest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/client"
)

// Site is the host's handler, served on a loopback address until the test ends.
type Site struct {
	Handler http.Handler // nil for one that At was given
	URL     string       // of the chat, with a slash at its end

	t testing.TB
}

// Start serves handler, below whose prefix, such as "/chat/", the chat is
// mounted.
func Start(t testing.TB, handler http.Handler, prefix string) *Site {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(func() {
		srv.CloseClientConnections() // event streams end with their clients
		srv.Close()
	})
	return &Site{Handler: handler, URL: srv.URL + "/" + strings.Trim(prefix, "/") + "/", t: t}
}

// At is a site whose chat is already served at url, such as behind a proxy.
func At(t testing.TB, url string) *Site {
	return &Site{URL: strings.TrimRight(url, "/") + "/", t: t}
}

// Person is a visitor or an agent of the site, with an event stream open. A
// failure of what they do fails the test.
type Person struct {
	Client *client.Client // for what has no method here

	t      testing.TB
	name   string
	sender string
	stream *client.Stream
}

// Visitor opens the site's widget, so to speak: somebody new, or whoever the
// host knows by header, such as a cookie of its login, if one is given.
func (s *Site) Visitor(header ...http.Header) *Person {
	s.t.Helper()
	opts := client.Options{}
	for _, h := range header {
		opts.Header = h
	}
	p := s.person("the visitor", "", opts)
	if _, err := p.Client.Hello(s.t.Context()); err != nil {
		s.t.Fatal("chattest: hello:", err)
	}
	return p.listen()
}

// Agent opens the site's console as whoever the host's login knows by header.
func (s *Site) Agent(header http.Header) *Person {
	s.t.Helper()
	return s.person("the agent", chat.SenderAgent, client.Options{Agent: true, Header: header}).listen()
}

// Integration calls the site's API with a key.
func (s *Site) Integration(key string) *Person {
	s.t.Helper()
	return s.person("the integration", chat.SenderAgent, client.Options{Key: key}).listen()
}

func (s *Site) person(name, sender string, opts client.Options) *Person {
	s.t.Helper()
	c, err := client.New(s.URL, opts)
	if err != nil {
		s.t.Fatal("chattest:", err)
	}
	return &Person{Client: c, t: s.t, name: name, sender: sender}
}

// listen returns when nothing that happens from now on can be missed.
func (p *Person) listen() *Person {
	p.t.Helper()
	p.stream = p.Client.Events(context.Background(), "")
	p.t.Cleanup(p.stream.Close)
	p.Expects("ready")
	return p
}

// Asks starts a session with a first message and returns its id. Visitors only.
func (p *Person) Asks(text string) (sessionID string) {
	p.t.Helper()
	session, err := p.Client.CreateSession(p.t.Context(), client.NewSession{Message: text})
	if err != nil {
		p.t.Fatalf("chattest: %s asks %q: %v", p.name, text, err)
	}
	return session.ID
}

// Says sends a message in a session.
func (p *Person) Says(sessionID, text string) chat.Message {
	p.t.Helper()
	m, err := p.Client.SendMessage(p.t.Context(), client.NewMessage{SessionID: sessionID, Sender: p.sender, Message: text})
	if err != nil {
		p.t.Fatalf("chattest: %s says %q: %v", p.name, text, err)
	}
	return m
}

// Hears waits for a message with exactly this text, one's own included, and
// passes over everything before it.
func (p *Person) Hears(text string) chat.Message {
	p.t.Helper()
	for {
		var m chat.Message
		if err := p.expects(chat.EventMessageSent, text).Decode(&m); err != nil {
			p.t.Fatal("chattest:", err)
		}
		if m.Text == text {
			return m
		}
	}
}

// Expects waits for an event of a type, such as chat.EventSessionClosed, and
// passes over everything before it.
func (p *Person) Expects(kind string) client.Event {
	p.t.Helper()
	return p.expects(kind, "")
}

func (p *Person) expects(kind, text string) client.Event {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), Patience)
	defer cancel()
	for {
		e, err := p.stream.Next(ctx)
		if err != nil {
			p.t.Fatalf("chattest: %s waits for %s %s: %v", p.name, kind, text, err)
		}
		if e.Type == kind {
			return e
		}
	}
}
