package httpapi

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// pipeSite is a site that listens on the bubble's clock, below a prefix.
func pipeSite(t *testing.T, opts Options) (*site, *pipeListener) {
	s := newSite(t, opts)
	l := newPipeListener()
	mux := http.NewServeMux()
	mux.Handle("/a/chat/", http.StripPrefix("/a/chat", s.handler))
	srv := &http.Server{Handler: mux}
	go srv.Serve(l)
	t.Cleanup(func() { s.svc.Close(); srv.Close() })
	return s, l
}

func TestStreamsOfAgentAndVisitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := pipeSite(t, Options{})
		ines := s.visitor()
		theirs := dial(t, l.dial, "/a/chat/visitor/v1/events", "Authorization: Bearer "+ines.token)
		theirs.want("ready")
		ours := dial(t, l.dial, "/a/chat/api/v1/events", "X-API-Key: "+s.key)
		ours.want("ready")

		id := ines.session("Do you deliver on Saturdays?")
		for _, c := range []*client{ours, theirs} {
			c.want("session_started")
			if got := c.want("message_sent").field(t, "message"); got != "Do you deliver on Saturdays?" {
				t.Errorf("got %q", got)
			}
		}
		s.api("POST", "/sessions/"+id+"/notes", `{"message":"asks every week"}`).want(201)
		s.api("POST", "/sessions/"+id+"/messages", `{"sender":"agent","message":"We do."}`).want(201)
		ours.want("note_added")
		for _, c := range []*client{ours, theirs} {
			e := c.want("message_sent")
			if e.field(t, "message") != "We do." || strings.Contains(e.data, "asks every week") {
				t.Errorf("got %s", e.data)
			}
			if c.resets > 0 {
				t.Error("the position was reset")
			}
		}
	})
}

// Whoever may listen no longer is told so within the time of a recheck, and
// with a bye.
func TestStreamEndsForWhomItIsOver(t *testing.T) {
	var signedIn atomic.Bool
	for _, test := range []struct {
		name string
		end  func(s *site, p person)
		path string
		head func(s *site, p person) string
	}{
		{"a revoked key", func(s *site, _ person) {
			key, err := s.svc.APIKeyBySecret(context.Background(), s.key)
			if err == nil {
				err = s.svc.RevokeAPIKey(context.Background(), chat.AsHost("test"), key.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "/api/v1/events", func(s *site, _ person) string { return "X-API-Key: " + s.key }},
		{"an erased visitor", func(s *site, p person) { p.call("DELETE", "/me", "").want(204) },
			"/visitor/v1/events", func(_ *site, p person) string { return "Authorization: Bearer " + p.token }},
		{"an agent who signed out of the host", func(*site, person) { signedIn.Store(false) },
			"/api/v1/events", func(*site, person) string { return "Cookie: user=mara" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signedIn.Store(true)
				s, l := pipeSite(t, Options{Agent: func(r *http.Request) (chat.Agent, error) {
					if !signedIn.Load() {
						return chat.Agent{}, http.ErrNoCookie
					}
					return byCookie(r)
				}})
				p := s.visitor()
				c := dial(t, l.dial, "/a/chat"+test.path, test.head(s, p))
				c.patience = time.Minute
				c.want("ready")
				time.AfterFunc(100*time.Millisecond, func() { test.end(s, p) })
				start := time.Now()
				bye, err := c.nextNamed("bye")
				if err != nil || bye.field(t, "reason") != "unauthorized" {
					t.Fatalf("%+v, %v", bye, err)
				}
				if d := time.Since(start); d > 31*time.Second {
					t.Errorf("it took %v", d)
				}
				if _, err := c.rest(); err != nil {
					t.Errorf("after bye: %v", err)
				}
			})
		})
	}
}

// Whose right is taken away over HTTP hears nothing of what happens after the
// answer.
func TestStreamEndsWithTheAnswer(t *testing.T) {
	for _, test := range []struct {
		name, path string
		end        func(s *site, p person, keyID string)
		head       func(p person, key string) string
	}{
		{"a revoked key", "/api/v1/events",
			func(s *site, _ person, keyID string) { s.api("DELETE", "/api-keys/"+keyID, "").want(204) },
			func(_ person, key string) string { return "X-API-Key: " + key }},
		{"a visitor who erases themselves", "/visitor/v1/events",
			func(_ *site, p person, _ string) { p.call("DELETE", "/me", "").want(204) },
			func(p person, _ string) string { return "Authorization: Bearer " + p.token }},
		{"a visitor who is erased", "/visitor/v1/events",
			func(s *site, p person, _ string) { s.api("DELETE", "/visitors/"+p.id, "").want(204) },
			func(p person, _ string) string { return "Authorization: Bearer " + p.token }},
		{"a visitor who is banned", "/visitor/v1/events",
			func(s *site, p person, _ string) { s.api("POST", "/visitors/"+p.id+"/ban", "").want(204) },
			func(p person, _ string) string { return "Authorization: Bearer " + p.token }},
		{"a visitor whose address is banned", "/visitor/v1/events",
			func(s *site, p person, _ string) { s.api("POST", "/bans", `{"address":"203.0.113.0/24"}`).want(201) },
			func(p person, _ string) string { return "Authorization: Bearer " + p.token }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, l := pipeSite(t, Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
				ines, other := s.visitor(), s.visitor()
				key, secret, err := s.svc.CreateAPIKey(t.Context(), chat.AsHost("test"), chat.NewAPIKey{Name: "Till", Scopes: []string{chat.ScopeRead}})
				if err != nil {
					t.Fatal(err)
				}
				theirs := dial(t, l.dial, "/a/chat"+test.path, test.head(ines, secret), "X-Forwarded-For: 203.0.113.7")
				theirs.want("ready")
				stays := dial(t, l.dial, "/a/chat/api/v1/events", "X-API-Key: "+s.key)
				stays.want("ready")

				start := time.Now()
				test.end(s, ines, key.ID)
				other.session("Is anybody there?")
				if e := theirs.want("bye"); e.field(t, "reason") != "unauthorized" {
					t.Errorf("got %s", e.data)
				}
				if d := time.Since(start); d != 0 {
					t.Errorf("it took %v", d)
				}
				if _, err := stays.nextNamed("session_started"); err != nil {
					t.Errorf("somebody else's stream: %v", err)
				}
			})
		})
	}
}

// TestBannedAddressIsShutOut: from there nobody says hello, and no token
// opens anything; agents and everybody else go on.
func TestBannedAddressIsShutOut(t *testing.T) {
	s := newSite(t, Options{})
	p := s.visitor()
	id := p.session("Hello")
	ban := s.api("POST", "/bans", `{"address":"203.0.113.7","reason":"Spam"}`).want(201)
	s.call("POST", "/visitor/v1/hello", `{}`, "Remote: 203.0.113.7:1").failed(403, "banned", "")
	p.call("GET", "/sessions", "", "Remote: 203.0.113.7:1").failed(403, "banned", "")
	p.call("GET", "/sessions", "", "Remote: 203.0.113.8:1").want(200)
	s.call("POST", "/visitor/v1/hello", `{}`, "Remote: 198.51.100.1:1", "X-Forwarded-For: 203.0.113.7").want(200) // it only says so
	s.api("GET", "/sessions/"+id, "", "Remote: 203.0.113.7:1").want(200)
	s.api("DELETE", "/bans/"+ban.text("ban_id"), "").want(204)
	p.call("GET", "/sessions", "", "Remote: 203.0.113.7:1").want(200)
}

// TestBanFromAnotherProcess: a stream that this process serves ends when
// another one bans its visitor or their address.
func TestBanFromAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := pipeSite(t, Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
		other := chat.New(s.store, nil)
		defer other.Close()
		p := s.visitor()
		c := dial(t, l.dial, "/a/chat/visitor/v1/events", "Authorization: Bearer "+p.token, "X-Forwarded-For: 203.0.113.7")
		c.want("ready")
		start := time.Now()
		if _, err := other.BanAddress(t.Context(), chat.AsHost("other"), chat.NewAddressBan{Address: "203.0.113.7"}); err != nil {
			t.Fatal(err)
		}
		c.want("bye")
		if d := time.Since(start); d > time.Second {
			t.Errorf("it took %v", d)
		}
	})
}
