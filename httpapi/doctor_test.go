package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// examined asks the doctor over a connection and returns what was found, by name.
func (s *site) examined(t *testing.T, srv *httptest.Server, headers ...string) (d diagnosis, by map[string]finding) {
	t.Helper()
	req, err := http.NewRequest("GET", srv.URL+"/api/v1/doctor", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", s.key)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if req.Header.Set(name, value); name == "Host" {
			req.Host = value
		}
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&d); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s, %v", resp.Status, err)
	}
	by = map[string]finding{}
	for _, f := range d.Checks {
		by[f.Name] = f
		if f.Message == "" {
			t.Errorf("%s says nothing", f.Name)
		}
	}
	return d, by
}

func wantFinding(t *testing.T, f finding, state, words string) {
	t.Helper()
	if f.State != state || !strings.Contains(f.Message, words) {
		t.Errorf("%s is %s (%s), want %s with %q", f.Name, f.State, f.Message, state, words)
	}
}

func TestDoctor(t *testing.T) {
	s := newSite(t, Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	srv := httptest.NewUnstartedServer(s.handler)
	srv.Config.ReadHeaderTimeout, srv.Config.IdleTimeout = time.Second, time.Second
	srv.Start()
	defer srv.Close()

	d, by := s.examined(t, srv)
	wantFinding(t, by["streaming"], stateOK, "next to nothing")
	wantFinding(t, by["background"], stateError, "go svc.Run(ctx)")
	wantFinding(t, by["database"], stateOK, "takes writes")
	wantFinding(t, by["proxy"], stateOK, "127.0.0.1")
	wantFinding(t, by["transport"], stateOK, "this machine")
	wantFinding(t, by["server"], stateOK, "bounds")
	if d.OK {
		t.Error("all is well without Service.Run")
	}

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.svc.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	for !s.svc.Running() {
		time.Sleep(time.Millisecond)
	}
	d, by = s.examined(t, srv, "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "Host: chat.example")
	wantFinding(t, by["background"], stateOK, "")
	wantFinding(t, by["proxy"], stateOK, "203.0.113.7")
	wantFinding(t, by["transport"], stateOK, "HTTPS")
	if !d.OK {
		t.Errorf("%+v", d)
	}
	_, by = s.examined(t, srv, "Host: chat.example")
	wantFinding(t, by["transport"], stateWarning, "TLS")
}

func TestDoctorFindsMiddleware(t *testing.T) {
	s := newSite(t, Options{})
	for name, test := range map[string]struct {
		handler      http.Handler
		state, words string
	}{
		"a timeout": {http.TimeoutHandler(s.handler, 5*time.Second, ""), stateError, "*http.timeoutWriter"},
		"opaque": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(opaqueWriter{w}, r) }),
			stateError, "httpapi.opaqueWriter"},
		"unwraps": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(goodWriter{opaqueWriter{w}}, r) }),
			stateOK, "httpapi.goodWriter around *http.response"},
		"a deadline": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
			defer cancel()
			s.handler.ServeHTTP(w, r.WithContext(ctx))
		}), stateWarning, "59s"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(test.handler)
			defer srv.Close()
			_, by := s.examined(t, srv, "X-Forwarded-For: 203.0.113.7")
			wantFinding(t, by["streaming"], test.state, test.words)
			wantFinding(t, by["proxy"], stateWarning, "TrustedProxies")
			wantFinding(t, by["server"], stateWarning, "ReadHeaderTimeout")
		})
	}
	s.key = s.newKey(chat.ScopeAdmin) // that is not known yet
	s.store.Close()
	srv := httptest.NewServer(s.handler)
	defer srv.Close()
	if resp := s.api("GET", "/doctor", ""); resp.status == 200 {
		t.Error("a key was found without a database")
	}
}

func TestDoctorIsForAdmins(t *testing.T) {
	s := newSite(t, Options{})
	key := s.newKey(chat.ScopeRead)
	for _, path := range []string{"/api/v1/doctor", "/api/v1/doctor/stream"} {
		s.call("GET", path, "", "X-API-Key: "+key).failed(403, "forbidden", "")
		s.call("GET", path, "").failed(401, "invalid_api_key", "")
	}
}

// The beats come one by one.
func TestDoctorStream(t *testing.T) {
	s := newSite(t, Options{})
	srv := httptest.NewServer(s.handler)
	defer srv.Close()
	req, _ := http.NewRequest("GET", srv.URL+"/api/v1/doctor/stream", nil)
	req.Header.Set("X-API-Key", s.key)
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines, beats, came := bufio.NewScanner(resp.Body), 0, []time.Time{}
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			beats++
			came = append(came, time.Now())
		}
	}
	if beats != doctorBeats || came[beats-1].Sub(came[0]) < doctorPause {
		t.Errorf("%d beats at %v", beats, came)
	}
}

func TestReference(t *testing.T) {
	s := newSite(t, Options{})
	page := s.call("GET", "/api/v1/reference", "").want(200)
	for _, words := range []string{"/api/v1/sessions/{session_id}/messages", `id="schema-Session"`, "Follow all sessions", `<code>active</code> <code>closed</code>`, "required"} {
		if !strings.Contains(page.raw, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	for _, wrong := range []string{"ZgotmplZ", "<no value>", "%!", "<script"} {
		if strings.Contains(page.raw, wrong) {
			t.Errorf("the page has %q", wrong)
		}
	}
	// Every link leads somewhere.
	for part := range strings.SplitSeq(page.raw, `href="#`) {
		id, _, _ := strings.Cut(part, `"`)
		if !strings.HasPrefix(part, "<!doctype") && !strings.Contains(page.raw, `id="`+id+`"`) {
			t.Errorf("a link leads to #%s, which is not there", id)
		}
	}
}
