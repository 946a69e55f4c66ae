package httpapi

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// link makes one, and returns what a browser sends of it.
func link(t *testing.T, secret, visitorID string, ttl time.Duration) string {
	t.Helper()
	address, err := ReturnLink("https://example.com/chat/", secret, chat.Session{VisitorID: visitorID}, ttl)
	if err != nil {
		t.Fatal(err)
	}
	signed, ok := strings.CutPrefix(address, "https://example.com/chat/embed#return=")
	if !ok {
		t.Fatal(address)
	}
	return signed
}

func TestReturnLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, Options{Rates: unlimited, VisitorSecrets: []string{newSecret, oldSecret}, Visitor: func(r *http.Request) (chat.Identity, bool) {
			id := r.Header.Get("X-Customer")
			return chat.Identity{ID: id}, id != ""
		}})
		ida := s.visitor()
		session := ida.call("POST", "/sessions", `{"message":"Where is my bowl?"}`).want(201).text("session_id")
		back := link(t, newSecret, ida.id, time.Hour)
		hello := func(signed string, headers ...string) *reply {
			t.Helper()
			return s.call("POST", "/visitor/v1/hello", mustJSON(map[string]string{"return": signed}), headers...)
		}
		for range 2 { // as often as it is opened
			r := hello(back).want(200).has("visitor_id", ida.id, "session.session_id", session)
			if token := r.text("token"); token == ida.token || !s.may(token) || !s.may(ida.token) {
				t.Error("another browser wants a token of its own beside the first")
			}
		}
		hello(back, "Authorization: Bearer "+ida.token).want(200).has("token", ida.token)
		hello(link(t, oldSecret, ida.id, 0)).want(200).has("visitor_id", ida.id)
		bob := s.visitor()
		bobs := bob.call("POST", "/sessions", `{"message":"Another matter"}`).want(201).text("session_id")
		r := hello(back, "Authorization: Bearer "+bob.token).want(200).has("visitor_id", ida.id)
		s.call("GET", "/visitor/v1/sessions/"+bobs, "", "Authorization: Bearer "+r.text("token")).want(404) // nothing of his became hers
		bob.call("GET", "/sessions/"+bobs, "").want(200)

		known := s.call("POST", "/visitor/v1/hello", "", "X-Customer: 7").want(200).text("visitor_id")
		cut := strings.LastIndexByte(back, '.')
		for what, bad := range map[string]string{
			"one the login knows": link(t, newSecret, known, 0), "nobody": link(t, newSecret, "nobody", 0), "another secret": link(t, newSecret+"x", ida.id, 0),
			"no signature": back[:cut+1], "another purpose": back[:cut+1] + signature(newSecret, identityPurpose, back[:cut]),
			"an identity": sign(t, newSecret, "7"), "no form": "x", "another prefix": "v1." + back[3:],
		} {
			if r := hello(bad); r.status != 401 || r.text("code") != "invalid_return" || r.text("field") != "return" {
				t.Errorf("%s: %d %s", what, r.status, r.raw)
			}
		}
		hello(back, "X-Customer: 7").failed(401, "invalid_return", "return")
		hello(strings.Repeat("x", maxSigned+1)).failed(400, "invalid_request", "return")
		s.api("POST", "/visitors/"+ida.id+"/ban", "").want(204)
		hello(back).failed(403, "banned", "")
		s.api("DELETE", "/visitors/"+ida.id+"/ban", "").want(204)
		time.Sleep(time.Hour + time.Second)
		hello(back).failed(401, "invalid_return", "return")
		s.api("DELETE", "/visitors/"+bob.id, "").want(204)
		hello(link(t, newSecret, bob.id, 0)).failed(401, "invalid_return", "return")
	})
}

func TestReturnLinksAreBounded(t *testing.T) {
	s := newSite(t, Options{Rates: Rates{FailedLogins: 3}, VisitorSecrets: []string{newSecret}})
	for range 3 {
		s.call("POST", "/visitor/v1/hello", `{"return":"r1.x.y"}`).failed(401, "invalid_return", "return")
	}
	s.call("POST", "/visitor/v1/hello", `{"return":"r1.x.y"}`).failed(429, "rate_limited", "")
}

func TestReturnLinkRefusesWhatIsWrong(t *testing.T) {
	for _, base := range []string{"", "/chat", "example.com/chat", "javascript:alert(1)", "https://example.com/chat?x=1", "https://example.com/chat#x"} {
		if got, err := ReturnLink(base, newSecret, chat.Session{VisitorID: "v"}, 0); err == nil {
			t.Errorf("%q: %s", base, got)
		}
	}
	for _, ttl := range []time.Duration{-1, time.Millisecond, 31 * 24 * time.Hour} {
		if got, err := ReturnLink("https://example.com", newSecret, chat.Session{VisitorID: "v"}, ttl); err == nil {
			t.Errorf("%s: %s", ttl, got)
		}
	}
	if _, err := ReturnLink("https://example.com", "short", chat.Session{VisitorID: "v"}, 0); err == nil {
		t.Error("a short secret")
	}
	if _, err := ReturnLink("https://example.com", newSecret, chat.Session{}, 0); err == nil {
		t.Error("a session without a visitor")
	}
}
