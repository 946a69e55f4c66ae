package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// unlimited is for tests that are not about limits on how often.
var unlimited = Rates{Sessions: -1, Hellos: -1, Pages: -1, Messages: -1, Uploads: -1, VisitorStreams: -1, AddressStreams: -1, FailedLogins: -1}

// site is a host with the handler on a real database.
type site struct {
	t       *testing.T
	store   chat.Store
	svc     *chat.Service
	handler http.Handler
	key     string // of an API key that may do everything
	log     *bytes.Buffer
}

func newSite(t *testing.T, opts Options) *site {
	t.Helper()
	return newSiteOn(t, openIn(t, t.TempDir()), opts)
}

func openIn(t *testing.T, dir string) chat.Store {
	t.Helper()
	store, err := sqlite.Open(context.Background(), filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func newSiteOn(t *testing.T, store chat.Store, opts Options) *site {
	t.Helper()
	s := &site{t: t, store: store, log: &bytes.Buffer{}}
	logger := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.svc = chat.New(store, &chat.Options{Logger: logger})
	t.Cleanup(func() { s.svc.Close(); store.Close() })
	if opts.Logger == nil {
		opts.Logger = logger
	}
	s.handler = New(s.svc, &opts)
	s.key = s.newKey(chat.ScopeAdmin)
	return s
}

func (s *site) newKey(scope string) string {
	s.t.Helper()
	_, secret, err := s.svc.CreateAPIKey(context.Background(), chat.AsHost("test"), chat.NewAPIKey{Name: "test", Scopes: []string{scope}})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// reply is an answer, with what tests look at.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	raw    string
}

// call sends a request. Headers are given as "Name: value".
func (s *site) call(method, path, body string, headers ...string) *reply {
	s.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		switch {
		case name == "Remote":
			r.RemoteAddr = value
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		case name == "Content-Type":
			r.Header.Set(name, value)
		default:
			r.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return &reply{s.t, method + " " + path + " " + body, w.Code, w.Result().Header, w.Body.String()}
}

// api calls as an integration that may do everything.
func (s *site) api(method, path, body string, headers ...string) *reply {
	s.t.Helper()
	return s.call(method, "/api/v1"+path, body, append(headers, "Authorization: Bearer "+s.key)...)
}

// person is a visitor with a token.
type person struct {
	*site
	token, id string
}

func (s *site) visitor() person {
	s.t.Helper()
	r := s.call("POST", "/visitor/v1/hello", `{}`).want(200)
	return person{s, r.text("token"), r.text("visitor_id")}
}

func (p person) call(method, path, body string, headers ...string) *reply {
	p.t.Helper()
	return p.site.call(method, "/visitor/v1"+path, body, append(headers, "Authorization: Bearer "+p.token)...)
}

// session starts a session of the visitor and returns its id.
func (p person) session(message string) string {
	p.t.Helper()
	return p.call("POST", "/sessions", mustJSON(map[string]any{"message": message})).want(201).text("session_id")
}

// want fails the test unless the answer has the status, and checks what all
// answers have in common.
func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: status %d, want %d: %.500q", r.what, r.status, status, r.raw)
	}
	if r.header.Get("X-Content-Type-Options") != "nosniff" {
		r.t.Errorf("%s: no nosniff", r.what)
	}
	if status >= 300 && status != http.StatusSeeOther && status != http.StatusNotModified {
		r.checkFailure()
	}
	return r
}

// checkFailure checks the form that every error has.
func (r *reply) checkFailure() {
	r.t.Helper()
	if ct := r.header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
		r.t.Errorf("%s: Content-Type %q", r.what, ct)
	}
	if cc := r.header.Get("Cache-Control"); cc != "no-store" {
		r.t.Errorf("%s: Cache-Control %q", r.what, cc)
	}
	if strings.HasPrefix(r.what, "HEAD ") {
		return
	}
	if r.text("error") == "" || r.text("code") == "" || r.number("status_code") != r.status {
		r.t.Errorf("%s: not the form of an error: %s", r.what, r.raw)
	}
	switch retry := r.header.Get("Retry-After"); r.status {
	case http.StatusUnauthorized:
		if r.header.Get("WWW-Authenticate") != "Bearer" {
			r.t.Errorf("%s: no WWW-Authenticate", r.what)
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if strings.Trim(retry, "0123456789") != "" || retry == "" || retry[0] == '0' {
			r.t.Errorf("%s: Retry-After %q", r.what, retry)
		}
	}
}

// failed is want for an error with a code and, if not empty, a field.
func (r *reply) failed(status int, code, field string) *reply {
	r.t.Helper()
	r.want(status)
	if r.text("code") != code || r.text("field") != field {
		r.t.Errorf("%s: code %q field %q, want %q %q: %s", r.what, r.text("code"), r.text("field"), code, field, r.raw)
	}
	return r
}

// get returns what stands at a path such as "messages.0.seq", nil if nothing
// does.
func (r *reply) get(path string) any {
	r.t.Helper()
	var v any
	dec := json.NewDecoder(strings.NewReader(r.raw))
	if err := dec.Decode(&v); err != nil {
		r.t.Fatalf("%s: the body is not JSON: %v: %q", r.what, err, r.raw)
	}
	for _, step := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[step]
		case []any:
			i := int(step[0] - '0')
			if step == "#" {
				return float64(len(at))
			}
			if i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func (r *reply) text(path string) string {
	r.t.Helper()
	s, _ := r.get(path).(string)
	return s
}

func (r *reply) number(path string) int {
	r.t.Helper()
	n, ok := r.get(path).(float64)
	if !ok {
		return -1
	}
	return int(n)
}

// has checks values in the body, given as path and value in turn.
func (r *reply) has(pairs ...any) *reply {
	r.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		path, want := pairs[i].(string), pairs[i+1]
		if n, ok := want.(int); ok {
			want = float64(n)
		}
		if got := r.get(path); got != want {
			r.t.Errorf("%s: %s is %v, want %v: %s", r.what, path, got, want, r.raw)
		}
	}
	return r
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// sameBut compares two answers that must not be told apart.
func same(t *testing.T, a, b *reply) {
	t.Helper()
	if a.status != b.status || a.raw != b.raw || cmp.Compare(mustJSON(a.header), mustJSON(b.header)) != 0 {
		t.Errorf("these answers can be told apart:\n%s: %d %v %s\n%s: %d %v %s", a.what, a.status, a.header, a.raw, b.what, b.status, b.header, b.raw)
	}
}
