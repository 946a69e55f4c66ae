package apitest

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
	"sync"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// unlimited is for tests that are not about limits on how often.
var unlimited = httpapi.Rates{Sessions: -1, Hellos: -1, Pages: -1, Messages: -1, Uploads: -1, VisitorStreams: -1, AddressStreams: -1, FailedLogins: -1}

// setup says what a site is like. The zero value is the plainest one, without
// limits on how often visitors may call.
type setup struct {
	file      string // of the database; empty means a new one
	options   httpapi.Options
	limited   bool // options.Rates holds; otherwise there are no limits
	chat      chat.Options
	untracked bool // no pages are noted
	wrap      func(chat.Store) chat.Store
	// mount returns what the server serves, and under which path a client
	// finds the chat there. Nil means the handler alone.
	mount func(http.Handler) (all http.Handler, base string)
}

// site is a host's server with the chat on a real database.
type site struct {
	t         *testing.T
	file      string
	store     chat.Store
	svc       *chat.Service
	srv       *httptest.Server
	base      string // the chat's address
	http      *http.Client
	transport *http.Transport
	log       *syncBuffer
	ears      *ears
	key       string // may do everything

	close func()
}

// adminKey is brought by the host, so that it is good after a restart too.
const adminKey = "peal_test_key_of_the_host_itself"

func open(t *testing.T, with setup) *site {
	t.Helper()
	s := &site{t: t, file: with.file, log: &syncBuffer{}, ears: &ears{}, key: adminKey}
	if s.file == "" {
		s.file = filepath.Join(t.TempDir(), "chat.db")
	}
	logger := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store, err := sqlite.Open(t.Context(), s.file, &sqlite.Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	if s.store = store; with.wrap != nil {
		s.store = with.wrap(store)
	}
	with.chat.Logger = logger
	if with.chat.ContactPanel == nil {
		with.chat.ContactPanel = aPanel
	}
	with.chat.Tracking.On = !with.untracked
	with.chat.PushKey = cmp.Or(with.chat.PushKey, "the public half")
	s.svc = chat.New(s.store, &with.chat)
	if _, err := s.svc.EnsureAPIKey(t.Context(), s.key, chat.NewAPIKey{Name: "Host", Scopes: []string{chat.ScopeAdmin}}); err != nil {
		t.Fatal(err)
	}
	with.options.Logger = logger
	if !with.limited {
		with.options.Rates = unlimited
	}
	var handler http.Handler = httpapi.New(s.svc, &with.options)
	base := ""
	if with.mount != nil {
		handler, base = with.mount(handler)
	}
	s.srv = httptest.NewServer(handler)
	s.base = s.srv.URL + base
	s.transport = http.DefaultTransport.(*http.Transport).Clone()
	s.transport.DisableCompression = true
	s.http = s.clientFor(t)
	s.close = sync.OnceFunc(func() {
		s.svc.Close()
		s.srv.Close()
		store.Close()
		s.ears.compare(t, s.log.String())
	})
	t.Cleanup(s.close)
	return s
}

// clientFor returns an HTTP client whose judge reports to t.
func (s *site) clientFor(t *testing.T) *http.Client {
	return &http.Client{
		Transport:     s.judge(t),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *site) judge(t *testing.T) *judge {
	return &judge{t: t, doc: theDocument(t), base: strings.TrimPrefix(s.base, s.srv.URL), next: s.transport, ears: s.ears}
}

// syncBuffer is a buffer that several goroutines may write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// client is somebody who calls.
type client struct {
	*site
	headers [][2]string
	id      string // a visitor's
	token   string
	loose   bool // sends parameters that are not in the document
}

func (s *site) with(headers ...string) *client {
	c := &client{site: s}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		c.headers = append(c.headers, [2]string{name, value})
	}
	return c
}

// admin calls with a key that may do everything.
func (s *site) admin() *client { return s.with("Authorization: Bearer " + s.key) }

// nobody calls without credentials.
func (s *site) nobody() *client { return s.with() }

// keyed calls with a new key that has the scope.
func (s *site) keyed(scope string) *client {
	s.t.Helper()
	_, secret, err := s.svc.CreateAPIKey(s.t.Context(), chat.AsHost("host"), chat.NewAPIKey{Name: "Key to " + scope, Scopes: []string{scope}})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.with("Authorization: Bearer " + secret)
}

// visitor is a new visitor.
func (s *site) visitor() *client {
	s.t.Helper()
	hello := s.nobody().post("/visitor/v1/hello", ``).is(200)
	c := s.with("Authorization: Bearer " + hello.text("token"))
	c.id, c.token = hello.text("visitor_id"), hello.text("token")
	return c
}

// reply is an answer.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	raw    string
	body   object // nil where it is not a JSON object
}

// do sends a request. path is below the place where the chat is mounted; a
// body goes out as JSON unless a header says otherwise.
func (c *client) do(method, path, body string, headers ...string) *reply {
	c.t.Helper()
	ctx := c.t.Context()
	if c.loose {
		ctx = context.WithValue(ctx, loose{}, true)
	}
	return c.send(c.request(ctx, method, path, body, headers...))
}

// send sends a request that was made beforehand.
func (c *client) send(r *http.Request) *reply {
	c.t.Helper()
	what := r.Method + " " + strings.TrimPrefix(r.URL.String(), c.base)
	res, err := c.http.Do(r)
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	out := &reply{t: c.t, what: what, status: res.StatusCode, header: res.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &out.body)
	return out
}

func (c *client) request(ctx context.Context, method, path, body string, headers ...string) *http.Request {
	c.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, in)
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if strings.HasPrefix(body, "--peal") {
		r.Header.Set("Content-Type", "multipart/form-data; boundary=peal")
	}
	for _, h := range c.headers {
		r.Header.Add(h[0], h[1])
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

func (c *client) get(path string, headers ...string) *reply {
	c.t.Helper()
	return c.do("GET", path, "", headers...)
}

func (c *client) post(path, body string, headers ...string) *reply {
	c.t.Helper()
	return c.do("POST", path, body, headers...)
}

// is ends the test unless the status is the one given.
func (r *reply) is(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: status %d, want %d\n%s", r.what, r.status, status, r.raw)
	}
	return r
}

// fails checks an error: its status, code and field, which is empty where
// there must be none.
func (r *reply) fails(status int, code, field string) *reply {
	r.t.Helper()
	gotCode, _ := r.body["code"].(string)
	gotField, _ := r.body["field"].(string)
	if r.status != status || gotCode != code || gotField != field {
		r.t.Errorf("%s: %d %q field %q, want %d %q field %q\n%s", r.what, r.status, gotCode, gotField, status, code, field, r.raw)
	}
	if said, _ := r.body["error"].(string); field != "" && !strings.Contains(said, field) && code == "invalid_request" {
		r.t.Errorf("%s: the sentence does not name the field %s: %q", r.what, field, said)
	}
	return r
}

// at returns what stands at a path of keys such as "rating.score", nil if
// there is nothing.
func (r *reply) at(path string) any {
	var v any = r.body
	for key := range strings.SplitSeq(path, ".") {
		o, _ := v.(object)
		v = o[key]
	}
	return v
}

// text is at for what must be a string.
func (r *reply) text(path string) string {
	r.t.Helper()
	s, ok := r.at(path).(string)
	if !ok {
		r.t.Fatalf("%s: %s is %v, not a string\n%s", r.what, path, r.at(path), r.raw)
	}
	return s
}

// number is at for what must be a number.
func (r *reply) number(path string) int {
	r.t.Helper()
	n, ok := r.at(path).(float64)
	if !ok {
		r.t.Fatalf("%s: %s is %v, not a number\n%s", r.what, path, r.at(path), r.raw)
	}
	return int(n)
}

// list is at for what must be an array of objects.
func (r *reply) list(path string) []object {
	r.t.Helper()
	array, ok := r.at(path).([]any)
	if !ok {
		r.t.Fatalf("%s: %s is %v, not an array\n%s", r.what, path, r.at(path), r.raw)
	}
	var list []object
	for _, e := range array {
		list = append(list, e.(object))
	}
	return list
}

// has checks values by their paths.
func (r *reply) has(want map[string]any) *reply {
	r.t.Helper()
	for path, w := range want {
		if n, ok := w.(int); ok {
			w = float64(n)
		}
		if got := r.at(path); got != w {
			r.t.Errorf("%s: %s is %v, want %v\n%s", r.what, path, got, w, r.raw)
		}
	}
	return r
}

// quote returns a string as JSON.
func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// column returns one field of each element.
func column(list []object, field string) []any {
	out := []any{}
	for _, o := range list {
		out = append(out, o[field])
	}
	return out
}
