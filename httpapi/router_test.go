package httpapi

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// A new route, or one that somebody else may call, is a visible change.
func TestRoutes(t *testing.T) {
	s := newSite(t, Options{})
	var b strings.Builder
	for _, r := range s.handler.(*Handler).routes() {
		limit := ""
		if r.limit.count > 0 {
			limit = fmt.Sprintf("%d in %s a %s", r.limit.count, r.limit.per, r.limit.each)
			if made, ok := strings.CutSuffix(r.limit.name, " asked for"); ok {
				limit = fmt.Sprintf("%d %s made in %s a %s, %d asked for", r.limit.count/attemptsFor, made, r.limit.per, r.limit.each, r.limit.count)
			}
		}
		method, path, _ := strings.Cut(r.pattern, " ")
		b.WriteString(strings.TrimSpace(fmt.Sprintf("%-6s %-60s %-8s %s", method, path, r.who, limit)) + "\n")
	}
	const golden = "testdata/routes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the routes are not those of %s (write it anew with -update):\n%s", golden, b.String())
	}
}

func TestUnknownRoutes(t *testing.T) {
	s := newSite(t, Options{})
	for _, path := range []string{
		"/nope", "/api", "/api/v1", "/api/v1/", "/api/v1/nope", "/api/v1/sessions/", "/api/v1/sessions//messages", "/api/v2/sessions",
		"/api/v1/sessions/..", "/api/v1/sessions/a%2Fb", "/api/v1/sessions/%00", "/api/v1/sessions/" + strings.Repeat("x", 200), "/visitor/v1/", "/assets/",
		// What comes later is not there, rather than there and empty.
		"/api/v1/find", "/api/v1/setting", "/api/v1/analytics/weather",
	} {
		for _, method := range []string{"GET", "POST", "HEAD", "OPTIONS"} {
			s.call(method, path, "").want(404)
		}
	}
	s.call("GET", "/api/v1/nope", "").failed(404, "not_found", "")
}

func TestMethods(t *testing.T) {
	s := newSite(t, Options{})
	for _, c := range []struct{ method, path, allow string }{
		{"PUT", "/api/v1/sessions", "GET, HEAD, POST"},
		{"OPTIONS", "/api/v1/sessions", "GET, HEAD, POST"},
		{"GET", "/api/v1/sessions/x/close", "POST, PUT"},
		{"HEAD", "/api/v1/sessions/x/close", "POST, PUT"},
		{"POST", "/api/v1/sessions/active", "GET, HEAD"},
		{"PATCH", "/api/v1/sessions/active", "GET, HEAD"}, // not the session with the id "active"
		{"PUT", "/api/v1/sessions/x", "GET, HEAD, PATCH"},
		{"GET", "/api/v1/sessions/x/messages/y", "DELETE, PATCH"},
		{"POST", "/visitor/v1/events", "GET, HEAD"},
		{"GET", "/visitor/v1/hello", "POST"},
		{"POST", "/healthz", "GET, HEAD"},
		{"BREW", "/healthz", "GET, HEAD"},
	} {
		r := s.call(c.method, c.path, "")
		if r.want(405); r.header.Get("Allow") != c.allow {
			t.Errorf("%s %s: Allow %q, want %q", c.method, c.path, r.header.Get("Allow"), c.allow)
		}
	}
}

func TestHeadAnswersAsGet(t *testing.T) {
	s := newSite(t, Options{})
	v := s.visitor()
	id := v.session("Hello")
	for _, path := range []string{"/sessions", "/sessions/" + id, "/sessions/" + id + "/messages", "/sessions/" + id + "/transcript", "/events", "/nope"} {
		get, head := "GET", "HEAD"
		if path == "/events" {
			get = "HEAD" // a stream does not end
		}
		g, h := s.api(get, path, ""), s.api(head, path, "")
		if h.raw != "" || h.status != g.status || h.header.Get("Content-Type") != g.header.Get("Content-Type") || h.header.Get("Content-Length") != g.header.Get("Content-Length") {
			t.Errorf("HEAD %s: %d %v %q; GET: %d %v", path, h.status, h.header, h.raw, g.status, g.header)
		}
	}
}

// mounts are the ways in which hosts mount the handler.
func mounts(t *testing.T, h http.Handler) map[string]http.Handler {
	behindProxy := func(prefix, upstream string, inner http.Handler) http.Handler {
		srv := httptest.NewServer(inner)
		target, _ := url.Parse(srv.URL)
		proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Path = upstream + strings.TrimPrefix(r.In.URL.Path, prefix)
			r.SetURL(target)
		}}
		t.Cleanup(srv.Close)
		mux := http.NewServeMux()
		mux.Handle(prefix+"/", proxy)
		return mux
	}
	mux := func(pattern string, h http.Handler) http.Handler {
		m := http.NewServeMux()
		m.Handle(pattern, h)
		return m
	}
	return map[string]http.Handler{
		"/ itself":                    h,
		"/ in a mux":                  mux("/", h),
		"/chat/ stripped":             mux("/chat/", http.StripPrefix("/chat", h)),
		"/chat/ whole":                mux("/chat/", h),
		"/chat/ itself":               h,
		"/a/b/chat/ stripped":         mux("/a/b/chat/", http.StripPrefix("/a/b/chat", h)),
		"/a/b/chat/ whole":            mux("/a/b/chat/", h),
		"/t/acme/chat/ wildcard":      mux("/t/{tenant}/chat/", h),
		"/api/v1/chat/ whole":         mux("/api/v1/chat/", h),
		"/visitor/v1/chat/ whole":     mux("/visitor/v1/chat/", h),
		"/a/chat/ stripped twice":     mux("/a/", http.StripPrefix("/a", mux("/chat/", http.StripPrefix("/chat", h)))),
		"/support/ proxied to /chat/": behindProxy("/support", "/chat", mux("/chat/", http.StripPrefix("/chat", h))),
		"/support/ proxied to /":      behindProxy("/support", "", h),
	}
}

// The handler works under any prefix, without being told.
func TestMounts(t *testing.T) {
	s := newSite(t, Options{})
	for name, mounted := range mounts(t, s.handler) {
		t.Run(name, func(t *testing.T) {
			base, _, _ := strings.Cut(name, " ")
			srv := httptest.NewServer(mounted)
			defer srv.Close()
			get := func(ref string) (*http.Response, string) {
				t.Helper()
				req, err := http.NewRequest("GET", ref, nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("X-API-Key", s.key)
				resp, err := srv.Client().Do(req) // follows redirects
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body, _ := io.ReadAll(resp.Body)
				return resp, string(body)
			}
			for _, path := range []string{"healthz", "api/v1/sessions", "api/v1/me"} {
				if resp, body := get(srv.URL + base + path); resp.StatusCode != 200 {
					t.Errorf("%s: %d %s", path, resp.StatusCode, body)
				}
			}
			if resp, body := get(srv.URL + base + "nope"); resp.StatusCode != 404 || !strings.Contains(body, `"not_found"`) {
				t.Errorf("nope: %d %s", resp.StatusCode, body)
			}
			req, _ := http.NewRequest("POST", srv.URL+base+"api/v1/sessions", strings.NewReader(`{"visitor_name":"Ines"}`))
			req.Header.Set("X-API-Key", s.key)
			req.Header.Set("Content-Type", "application/json")
			resp, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			where, err := resp.Location()
			if err != nil {
				t.Fatalf("%d: %v", resp.StatusCode, err)
			}
			if !strings.HasPrefix(where.Path, base+"api/v1/sessions/") {
				t.Errorf("Location leads to %s", where)
			}
			if resp, body := get(where.String()); resp.StatusCode != 200 || !strings.Contains(body, "Ines") {
				t.Errorf("%s: %d %s", where, resp.StatusCode, body)
			}
			bases := []string{base}
			if strings.HasSuffix(name, "wildcard") || strings.HasSuffix(name, "whole") || strings.HasSuffix(name, "stripped") { // the host's mux adds the slash
				bases = append(bases, strings.TrimSuffix(base, "/"))
			}
			for _, b := range bases {
				resp, body := get(srv.URL + b)
				if resp.StatusCode != 200 || resp.Request.URL.Path != base+"console/" {
					t.Errorf("%s leads to %s: %d %s", b, resp.Request.URL, resp.StatusCode, body)
				}
			}
		})
	}
}

// A handler that a host mounts at the base without its slash as well.
func TestBaseWithoutSlash(t *testing.T) {
	s := newSite(t, Options{})
	h := http.StripPrefix("/a/chat", s.handler)
	for _, path := range []string{"/a/chat", "/a/chat?x=1"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if got := w.Header().Get("Location"); w.Code != 303 || got != "./chat/console/" {
			t.Errorf("%s: %d to %q", path, w.Code, got)
		}
	}
	s.call("POST", "/", "").failed(404, "not_found", "")
}

// Routers say in different ways where they have mounted the handler.
func TestBaseOfAMount(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/support/", "/support/", true}, {"/support", "/support/", true}, {"/support/*", "/support/", true}, {"/deep/er//*", "/deep/er/", true},
		{"/support/{rest...}", "/support/", true}, {"GET /{tenant}/chat/", "/shop/chat/", true}, {"", "/support/", true},
		{"/support/*", "/support/console/", false}, {"/support", "/support/console/", false}, {"/support/*", "/support", false},
		{"", "/support/console/", false}, {"", "/support/api/", false}, {"/other/*", "/support/", false},
	} {
		r := httptest.NewRequest("GET", c.path, nil)
		r.Pattern = c.pattern
		if got := isBase(r); got != c.want {
			t.Errorf("mounted as %q, %q is the base: %t, want %t", c.pattern, c.path, got, c.want)
		}
	}
}
