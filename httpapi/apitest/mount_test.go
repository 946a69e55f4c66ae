package apitest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// mount is a way in which a host can put the handler into its server.
type mount struct {
	name  string
	place func(t *testing.T, chat http.Handler) (all http.Handler, base string)
}

func atPrefix(base string, wrap func(http.Handler) http.Handler) func(*testing.T, http.Handler) (http.Handler, string) {
	return func(_ *testing.T, chat http.Handler) (http.Handler, string) {
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "the host's own page", http.StatusTeapot) })
		mux.Handle(base+"/", wrap(chat))
		return mux, base
	}
}

func asIs(h http.Handler) http.Handler { return h }

func strip(prefix string) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler { return http.StripPrefix(prefix, h) }
}

// behindProxy puts the chat at one path of an inner server, and a proxy in
// front that offers it at another.
func behindProxy(inside, outside string) func(*testing.T, http.Handler) (http.Handler, string) {
	return func(t *testing.T, chat http.Handler) (http.Handler, string) {
		inner := chat
		if inside != "" {
			inner, _ = atPrefix(inside, strip(inside))(t, chat)
		}
		srv := httptest.NewServer(inner)
		t.Cleanup(srv.Close)
		target, err := url.Parse(srv.URL + inside)
		if err != nil {
			t.Fatal(err)
		}
		proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Path = strings.TrimPrefix(r.Out.URL.Path, outside)
			r.Out.URL.RawPath = strings.TrimPrefix(r.Out.URL.RawPath, outside)
			r.SetURL(target)
			r.SetXForwarded()
		}}
		return proxy, outside
	}
}

var mounts = []mount{
	{"alone", func(_ *testing.T, chat http.Handler) (http.Handler, string) { return chat, "" }},
	{"chat", atPrefix("/chat", asIs)},
	{"chat, stripped", atPrefix("/chat", strip("/chat"))},
	{"chat, stripped with its slash", atPrefix("/chat", strip("/chat/"))},
	{"deep", atPrefix("/a/b/chat", asIs)},
	{"deep, stripped", atPrefix("/a/b/chat", strip("/a/b/chat"))},
	{"deep, half stripped", atPrefix("/a/b/chat", strip("/a/b"))},
	{"a path like its own", atPrefix("/api/v1", strip("/api/v1"))},
	{"a path like its own, not stripped", atPrefix("/console/visitor/v1", asIs)},
	{"proxy to the root", behindProxy("", "/support/live")},
	{"proxy to a path", behindProxy("/internal/chat", "/support")},
	{"proxy at the root", behindProxy("/internal/chat", "")},
}

// TestMounts plays the same wherever the chat is mounted.
func TestMounts(t *testing.T) {
	t.Parallel()
	for _, m := range mounts {
		t.Run(m.name, func(t *testing.T) {
			s := open(t, setup{mount: func(chat http.Handler) (http.Handler, string) { return m.place(t, chat) }})
			playCalls(t, s)
			playPages(t, s, m.name != "deep, half stripped") // nothing tells the handler that /chat/ is where it begins
		})
	}
}

// playCalls goes through the API and a stream.
func playCalls(t *testing.T, s *site) {
	t.Helper()
	base := strings.TrimPrefix(s.base, s.srv.URL)
	s.nobody().get("/healthz").is(200)
	created := s.admin().post("/api/v1/sessions", `{"visitor_name":"Ines"}`).is(201)
	id := created.text("session_id")
	if at := created.follow(base+"/api/v1/sessions", created.header.Get("Location")); at != base+"/api/v1/sessions/"+id {
		t.Errorf("Location leads to %s", at)
	}
	s.admin().get("/api/v1/sessions/" + id).is(200)
	s.admin().post("/api/v1/sessions/"+id+"/messages", `{"sender":"agent","message":"x"}`).is(201)
	if got := s.admin().get("/api/v1/sessions/active").is(200).list("sessions"); len(got) != 1 {
		t.Errorf("active: %v", got)
	}
	v := s.visitor()
	st := v.stream("/visitor/v1/events")
	st.next("ready")
	own := v.post("/visitor/v1/sessions", `{"message":"Hello"}`).is(201)
	if at := own.follow(base+"/visitor/v1/sessions", own.header.Get("Location")); at != base+"/visitor/v1/sessions/"+own.text("session_id") {
		t.Errorf("Location leads to %s", at)
	}
	if e := st.next("session_started"); e.payload("session_id") != own.text("session_id") {
		t.Errorf("event %s", e.raw)
	}
	st.next("message_sent")
	st.stop()
	s.admin().do("HEAD", "/api/v1/events", "").is(200)
	s.admin().do("DELETE", "/api/v1/sessions", "").fails(405, "method_not_allowed", "")
	s.admin().get("/api/v1/nothing").fails(404, "not_found", "")
	s.admin().get("/api/v1/sessions/%2e%2e").fails(404, "not_found", "")

	document := s.nobody().get("/api/v1/openapi.json").is(200)
	server := document.at("servers").([]any)[0].(object)["url"].(string)
	if at := document.follow(base+"/api/v1/openapi.json", server); at != base+"/" {
		t.Errorf("the document says that the chat is at %s", at)
	}
}

var addresses = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

// playPages loads the browser's programs as a browser does.
func playPages(t *testing.T, s *site, knowsItsRoot bool) {
	t.Helper()
	base := strings.TrimPrefix(s.base, s.srv.URL)
	// Without the slash at its end, and from the place itself.
	for _, path := range []string{"/console", "/"} {
		if path == "/" && !knowsItsRoot {
			continue
		}
		r := s.nobody().get(path)
		if to := r.header.Get("Location"); r.status != 303 || strings.HasPrefix(to, "/") || strings.Contains(to, ":") || r.follow(base+path, to) != base+"/console/" {
			t.Errorf("%s: %d to %s", path, r.status, to)
		}
	}
	page := s.nobody().get("/console/").is(200)
	if policy := page.header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("Content-Security-Policy: %s", policy)
	}
	found := addresses.FindAllStringSubmatch(page.raw, -1)
	if len(found) == 0 {
		t.Errorf("the console loads nothing:\n%s", page.raw)
	}
	for _, m := range found {
		if m[1] == "" || strings.HasPrefix(m[1], "data:") {
			continue
		}
		at := page.follow(base+"/console/", m[1])
		asset, below := strings.CutPrefix(at, base)
		if !below || strings.HasPrefix(m[1], "/") {
			t.Errorf("the console loads %s", m[1])
			continue
		}
		r := s.nobody().get(asset).is(200)
		if !strings.Contains(r.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: Cache-Control %s", asset, r.header.Get("Cache-Control"))
		}
	}
	script := s.nobody().get("/chat.js").is(200)
	if kind := script.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/javascript") {
		t.Errorf("chat.js is %s", kind)
	}
	s.nobody().get("/assets/nothing-00000000.js").fails(404, "not_found", "")
	s.nobody().do("POST", "/chat.js", "").fails(405, "method_not_allowed", "")
}

// TestStreamsThatCannotBe puts middleware round the chat that holds answers
// back: the sentence must say which it is.
func TestStreamsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"http.timeoutWriter": func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "") },
		"apitest.deaf": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(deaf{w}, r) })
		},
	} {
		s := open(t, setup{mount: func(chat http.Handler) (http.Handler, string) { return wrap(chat), "" }})
		f := s.fixture()
		for _, r := range []*reply{f.admin().get("/api/v1/events"), f.admin().get("/api/v1/sessions/" + f.session + "/events"), f.who.get("/visitor/v1/events")} {
			r.fails(500, "streaming_impossible", "")
			if !strings.Contains(r.text("error"), name) {
				t.Errorf("%s is not in %q", name, r.text("error"))
			}
		}
		f.admin().get("/api/v1/sessions/" + f.session + "/messages?after=1&wait=1").is(200) // the way out
	}
}

// deaf is a response writer that has forgotten how to flush.
type deaf struct{ w http.ResponseWriter }

func (d deaf) Header() http.Header         { return d.w.Header() }
func (d deaf) Write(p []byte) (int, error) { return d.w.Write(p) }
func (d deaf) WriteHeader(status int)      { d.w.WriteHeader(status) }
