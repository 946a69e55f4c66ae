package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// byCookie is a host's own login: the cookie "user" names the agent.
func byCookie(r *http.Request) (chat.Agent, error) {
	c, err := r.Cookie("user")
	if err != nil {
		return chat.Agent{}, err
	}
	switch c.Value {
	case "barred":
		return chat.Agent{}, fmt.Errorf("not in the team: %w", chat.ErrForbidden)
	case "away":
		return chat.Agent{}, fmt.Errorf("directory: %w", chat.ErrUnavailable)
	case "broken":
		return chat.Agent{}, nil
	case "panic":
		panic("the host's directory broke")
	}
	return chat.Agent{ID: c.Value, Name: strings.ToUpper(c.Value), Admin: c.Value == "boss"}, nil
}

func TestKeys(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie, Rates: unlimited})
	reader, writer := s.newKey("read"), s.newKey("write")
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"as a bearer", []string{"Authorization: Bearer " + s.key}, 200},
		{"as a bearer in another case", []string{"Authorization: bEARER " + s.key}, 200},
		{"in its own header", []string{"X-API-Key: " + s.key}, 200},
		{"in both headers", []string{"Authorization: Bearer " + s.key, "X-API-Key: " + s.key}, 200},
		{"two different ones", []string{"Authorization: Bearer " + s.key, "X-API-Key: " + reader}, 401},
		{"twice the same header", []string{"X-API-Key: " + s.key, "X-API-Key: " + s.key}, 401},
		{"twice the Authorization header", []string{"Authorization: Bearer " + s.key, "Authorization: Bearer " + s.key}, 401},
		{"none", nil, 401},
		{"an empty one", []string{"Authorization: Bearer "}, 401},
		{"a wrong one", []string{"Authorization: Bearer peal_0000000000000000000000000000"}, 401},
		{"a wrong one beside a good login", []string{"Authorization: Bearer x", "Cookie: user=mara"}, 401},
		{"one that is cut short", []string{"Authorization: Bearer " + s.key[:len(s.key)-1]}, 401},
		{"another scheme", []string{"Authorization: Basic " + s.key}, 401},
		{"a visitor's token", []string{"Authorization: Bearer " + s.visitor().token}, 401},
		{"the host's login", []string{"Cookie: user=mara"}, 200},
		{"the host's login beside another scheme", []string{"Authorization: Basic eDp5", "Cookie: user=mara"}, 200},
		{"somebody the host does not want", []string{"Cookie: user=barred"}, 403},
		{"while the host cannot tell", []string{"Cookie: user=away"}, 503},
		{"an agent without an id", []string{"Cookie: user=broken"}, 500},
		{"a host that panics", []string{"Cookie: user=panic"}, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			r := s.call("GET", "/api/v1/sessions", "", c.headers...).want(c.status)
			if c.status == 401 {
				r.failed(401, "invalid_api_key", "").has("error", "Invalid API Key")
			}
		})
	}
	s.t = t
	s.call("GET", "/api/v1/sessions", "", "X-API-Key: "+reader).want(200)
	s.call("POST", "/api/v1/sessions", `{"visitor_name":"Ines"}`, "X-API-Key: "+reader).failed(403, "forbidden", "")
	s.call("POST", "/api/v1/sessions", `{"visitor_name":"Ines"}`, "X-API-Key: "+writer).want(201)
	s.call("GET", "/api/v1/api-keys", "", "X-API-Key: "+writer).failed(403, "forbidden", "")
	s.call("GET", "/api/v1/api-keys", "", "Cookie: user=mara").failed(403, "forbidden", "")
	s.call("GET", "/api/v1/api-keys", "", "Cookie: user=boss").want(200)
}

// The life of a key, and that it is shown once.
func TestKeyCalls(t *testing.T) {
	s := newSite(t, Options{})
	made := s.api("POST", "/api-keys", `{"name":"Shop","scopes":["write","read"]}`).want(201).has("name", "Shop", "scopes.0", "read", "scopes.1", "write")
	key, id := made.text("key"), made.text("api_key_id")
	if !strings.HasPrefix(key, "peal_") || !strings.HasPrefix(key, made.text("prefix")) {
		t.Errorf("the key is %s", made.raw)
	}
	list := s.api("GET", "/api-keys", "").want(200).has("api_keys.#", 2)
	if strings.Contains(list.raw, key) {
		t.Error("the list shows the key")
	}
	s.call("GET", "/api/v1/me", "", "X-API-Key: "+key).want(200).has("auth", "api_key", "agent.agent_id", id, "agent.name", "Shop", "scopes.#", 2)
	s.api("DELETE", "/api-keys/"+id, "").want(204)
	s.api("DELETE", "/api-keys/"+id, "").want(204)
	s.api("DELETE", "/api-keys/unknown", "").failed(404, "not_found", "")
	s.call("GET", "/api/v1/me", "", "X-API-Key: "+key).failed(401, "invalid_api_key", "")
}

func TestCredentialsInURLs(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	v := s.visitor()
	for _, q := range []string{"token=" + v.token, "api_key=" + s.key, "access_token=" + s.key, "token="} {
		s.call("GET", "/api/v1/sessions?"+q, "").failed(401, "invalid_api_key", "")
		s.api("GET", "/sessions?"+q, "").failed(401, "invalid_api_key", "")
		s.call("GET", "/api/v1/events?"+q, "", "Cookie: user=mara").failed(401, "invalid_api_key", "")
		s.call("GET", "/visitor/v1/sessions?"+q, "").failed(401, "invalid_token", "")
		v.call("GET", "/sessions?"+q, "").failed(401, "invalid_token", "")
		v.call("POST", "/hello?"+q, "").failed(401, "invalid_token", "")
	}
	if strings.Contains(s.log.String(), v.token) || strings.Contains(s.log.String(), s.key) {
		t.Error("the log shows a credential")
	}
}

func TestHostsLogin(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	s.call("GET", "/api/v1/me", "", "Cookie: user=mara").want(200).
		has("auth", "host", "agent.agent_id", "mara", "agent.name", "MARA", "agent.admin", false, "agent.online", true, "agent.availability", "available", "scopes.#", 2)
	s.call("PUT", "/api/v1/me/availability", `{"availability":"away"}`, "Cookie: user=mara").want(200).has("availability", "away")
	s.call("PUT", "/api/v1/me/availability", `{"availability":"lunch"}`, "Cookie: user=mara").failed(400, "invalid_request", "availability")
	s.call("GET", "/api/v1/agents", "", "Cookie: user=boss").want(200).has("agents.#", 2, "agents.0.name", "BOSS", "agents.1.availability", "away")

	id := s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).text("session_id")
	s.call("POST", "/api/v1/messages", `{"session_id":"`+id+`","sender":"visitor","message":"Hi"}`, "Cookie: user=mara").failed(403, "forbidden", "")
	s.call("POST", "/api/v1/messages", `{"session_id":"`+id+`","sender":"agent","message":"Hi"}`, "Cookie: user=mara").want(201).
		has("sender_id", "mara", "sender_name", "MARA")
}

// A page of another origin cannot use an agent's cookie; a key is no cookie.
func TestCrossSiteRequests(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	body := `{"visitor_name":"Ines"}`
	for _, headers := range [][]string{
		{"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"}, {"Origin: https://evil.example"}, {"Origin: null"},
	} {
		s.call("POST", "/api/v1/sessions", body, append(headers, "Cookie: user=mara")...).failed(403, "cross_origin", "")
		s.call("PUT", "/api/v1/me/availability", `{"availability":"away"}`, append(headers, "Cookie: user=mara")...).failed(403, "cross_origin", "")
		s.call("POST", "/api/v1/sessions", body, append(headers, "X-API-Key: "+s.key)...).want(201)
		s.call("GET", "/api/v1/sessions", "", append(headers, "Cookie: user=mara")...).want(200) // which no such page sees
		s.call("HEAD", "/api/v1/sessions", "", append(headers, "Cookie: user=mara")...).want(200)
		s.call("GET", "/api/v1/events", "", append(headers, "Cookie: user=mara")...).failed(403, "cross_origin", "")
		s.call("HEAD", "/api/v1/events", "", append(headers, "Cookie: user=mara")...).want(403)
		followed := append(headers, "Cookie: user=mara", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
		s.call("POST", "/api/v1/sessions", body, followed...).failed(403, "cross_origin", "")
	}
	// Nobody has been made to look present by all that.
	s.api("GET", "/agents", "").want(200).has("agents.#", 0)
	s.call("GET", "/api/v1/sessions", "", "Cookie: user=mara").want(200)
	s.api("GET", "/agents", "").want(200).has("agents.#", 1, "agents.0.online", true)
	for _, headers := range [][]string{{}, {"Sec-Fetch-Site: same-origin"}, {"Sec-Fetch-Site: none"}, {"Origin: http://example.com", "Host: example.com"}} {
		s.call("POST", "/api/v1/sessions", body, append(headers, "Cookie: user=mara")...).want(201)
		s.call("GET", "/api/v1/sessions", "", append(headers, "Cookie: user=mara")...).want(200)
	}
}

func TestTokens(t *testing.T) {
	s := newSite(t, Options{})
	v := s.visitor()
	v.call("GET", "/sessions", "").want(200)
	for name, headers := range map[string][]string{
		"none": nil, "wrong": {"Authorization: Bearer " + v.token[1:] + "0"}, "empty": {"Authorization: Bearer"}, "in the wrong header": {"X-API-Key: " + v.token},
		"a key": {"Authorization: Bearer " + s.key}, "twice": {"Authorization: Bearer " + v.token, "Authorization: Bearer " + v.token},
	} {
		if r := s.call("GET", "/visitor/v1/sessions", "", headers...); r.status != 401 || r.text("code") != "invalid_token" {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
}

// Guessing is slowed down before it costs anything, and only for who guesses.
func TestFailedLogins(t *testing.T) {
	for name, path := range map[string]string{"keys": "/api/v1/sessions", "tokens": "/visitor/v1/sessions"} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, Options{})
			v, late, unused := s.visitor(), s.visitor(), "Authorization: Bearer "+s.newKey(chat.ScopeRead)
			v.call("GET", "/sessions", "").want(200)
			s.api("GET", "/sessions", "").want(200)
			for i := range 30 {
				s.call("GET", path, "", fmt.Sprintf("Authorization: Bearer wrong%d", i)).want(401)
			}
			s.call("GET", path, "", "Authorization: Bearer wrong").failed(429, "rate_limited", "")
			s.call("GET", "/api/v1/sessions", "", unused).failed(429, "rate_limited", "")
			s.call("GET", "/api/v1/sessions", "", unused, "Remote: 198.51.100.7:9").want(200)
			s.call("GET", path, "", "Authorization: Bearer wrong", "Remote: 198.51.100.7:9").want(401)
			// Who is known already is not locked out by a neighbour, and neither is who comes new.
			v.call("GET", "/sessions", "").want(200)
			late.call("GET", "/sessions", "").want(200)
			s.visitor().call("GET", "/sessions", "").want(200)
			s.api("GET", "/sessions", "").want(200)
		})
	}
	// A key that was good is a stranger's once it is revoked.
	s := newSite(t, Options{Rates: Rates{FailedLogins: 1}})
	made := s.api("POST", "/api-keys", `{"name":"Shop","scopes":["read"]}`)
	s.call("GET", "/api/v1/sessions", "", "X-API-Key: "+made.text("key")).want(200)
	s.api("DELETE", "/api-keys/"+made.text("api_key_id"), "").want(204)
	s.call("GET", "/api/v1/sessions", "", "X-API-Key: "+made.text("key")).want(401)
	s.call("GET", "/api/v1/sessions", "", "X-API-Key: "+made.text("key")).want(429)

	s = newSite(t, Options{Rates: Rates{FailedLogins: -1}})
	for range 50 {
		s.call("GET", "/api/v1/sessions", "", "X-API-Key: wrong").want(401)
	}
}

// A crowd of guesses at the same moment is made before the first is known to be
// wrong. It pays for that: who comes in crowds guesses no more often in a minute
// than who does not, but for the first time.
func TestGuessingInCrowds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Handler{rules: newRules(Rates{}.withDefaults())}
		asked := 0
		crowd := func() {
			var all sync.WaitGroup
			var mu sync.Mutex
			for range 200 {
				all.Go(func() {
					vouch(h, "192.0.2.1", rand.Text(), func() (int, error) {
						mu.Lock()
						asked++
						mu.Unlock()
						time.Sleep(time.Millisecond) // all of them are on their way
						return 0, chat.ErrUnauthenticated
					})
				})
			}
			all.Wait()
		}
		crowd()
		if asked != 200 {
			t.Fatalf("%d of the first 200 were looked up", asked)
		}
		began := time.Now()
		for time.Since(began) < time.Minute {
			crowd()
			time.Sleep(time.Second)
		}
		if asked != 200 {
			t.Errorf("%d more were looked up within a minute", asked-200)
		}
		err := h.buckets.check(h.rules.failures, "192.0.2.1")
		if f, ok := err.(*failure); ok && (f.retryAfter <= 0 || f.retryAfter > 2*time.Minute) {
			t.Errorf("told to wait for %s", f.retryAfter)
		}
		time.Sleep(2 * time.Minute)
		if err := h.buckets.check(h.rules.failures, "192.0.2.1"); err != nil {
			t.Errorf("still turned away: %v", err)
		}
	})
}

func TestPanicsOfTheHost(t *testing.T) {
	boom := func(r *http.Request) (chat.Identity, bool) {
		if r.Header.Get("X-Abort") != "" {
			panic(http.ErrAbortHandler)
		}
		panic(errors.New("secret of the host"))
	}
	s := newSite(t, Options{Visitor: boom})
	r := s.call("POST", "/visitor/v1/hello", `{}`).failed(500, "internal", "")
	if id := r.text("request_id"); id == "" || !strings.Contains(s.log.String(), id) {
		t.Errorf("the log does not know of request %q: %s", id, s.log)
	}
	if strings.Contains(r.raw, "secret") || !strings.Contains(s.log.String(), "secret of the host") {
		t.Errorf("answered %s, logged %s", r.raw, s.log)
	}
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("recovered %v", v)
		}
	}()
	s.call("POST", "/visitor/v1/hello", `{}`, "X-Abort: yes")
}

// Whoever the host knows is that person, whatever token their browser has.
func TestHostsWordForVisitors(t *testing.T) {
	s := newSite(t, Options{Visitor: func(r *http.Request) (chat.Identity, bool) {
		name := r.Header.Get("X-User")
		return chat.Identity{ID: name, Name: name, Email: name + "@example.com"}, name != ""
	}})
	v := s.visitor()
	id := v.session("Before signing in")
	known := v.call("POST", "/hello", "", "X-User: ines").want(200)
	if known.text("token") == v.token || known.text("visitor_id") == v.id {
		t.Error("the anonymous token went on")
	}
	v.call("GET", "/sessions", "", "X-User: ines").failed(401, "invalid_token", "")
	ines := person{s, known.text("token"), known.text("visitor_id")}
	ines.call("GET", "/sessions/"+id, "", "X-User: ines").want(200)
	ines.call("GET", "/sessions/"+id, "").failed(401, "invalid_token", "") // after signing out
	ines.call("GET", "/sessions/"+id, "", "X-User: jonas").failed(401, "invalid_token", "")
	if r := ines.call("POST", "/hello", "", "X-User: jonas").want(200); r.text("visitor_id") == ines.id || r.get("session") != nil {
		t.Errorf("another person was welcomed as %s", r.raw)
	}
	got, err := s.svc.Visitor(context.Background(), chat.AsHost(""), ines.id)
	if err != nil || !got.Verified || got.Email != "ines@example.com" || got.ExternalID != "ines" {
		t.Errorf("kept as %+v, %v", got, err)
	}
	// What somebody types opens nothing.
	stranger := s.visitor()
	stranger.call("POST", "/sessions", `{"visitor_name":"ines","visitor_email":"ines@example.com","message":"It is me"}`).want(201)
	stranger.call("GET", "/sessions", "").want(200).has("sessions.#", 1)
	stranger.call("GET", "/sessions/"+id, "").failed(404, "not_found", "")
}

// A page of another origin may have a browser say hello with the login that it
// has for the host. Whose that is it does not count for.
func TestHostsWordIsNotForOtherOrigins(t *testing.T) {
	s := newSite(t, Options{AllowedOrigins: []string{"https://www.example.com"}, Visitor: func(r *http.Request) (chat.Identity, bool) {
		c, err := r.Cookie("customer")
		return chat.Identity{ID: "7", Name: "Ines"}, err == nil && c.Value == "7"
	}})
	for _, headers := range [][]string{
		{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, {"Sec-Fetch-Site: same-site", "Origin: https://www.example.com"}, {"Sec-Fetch-Site: cross-site", "Origin: null"},
	} {
		s.call("POST", "/visitor/v1/hello", "", append(headers, "Cookie: customer=7")...).want(200).has("verified", false, "session", nil)
	}
	if r := s.api("GET", "/visitors", "").want(200); strings.Contains(r.raw, "Ines") {
		t.Errorf("the customer is among those who are here: %s", r.raw)
	}
	known := s.call("POST", "/visitor/v1/hello", "", "Cookie: customer=7", "Sec-Fetch-Site: same-origin").want(200).has("verified", true).text("token")
	at := []string{"Cookie: customer=7", "Authorization: Bearer " + known}
	s.call("GET", "/visitor/v1/sessions", "", append(at, "Sec-Fetch-Site: same-origin")...).want(200)
	s.call("GET", "/visitor/v1/sessions", "", append(at, "Sec-Fetch-Site: cross-site")...).failed(401, "invalid_token", "")
}
