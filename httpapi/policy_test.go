package httpapi

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/widget"
)

// forbiddenInPages is what no page of ours may have: scripts and styles that
// stand in it, and whatever runs by itself.
var forbiddenInPages = regexp.MustCompile(`(?i)<script[^>]*>[^<]|<[^>]+\son[a-z]+\s*=|<[^>]+\sstyle\s*=|javascript:|<base|<meta[^>]+http-equiv|srcdoc`)

// TestEveryPageComesUnderAPolicy asks for everything that can be asked for
// without a body, and for much that there is not, signed in or not. What a
// browser would show as a page is under a policy and framed by nobody whom the
// host has not named; all else is no page, and what is not there least of all.
func TestEveryPageComesUnderAPolicy(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie, FrameAncestors: []string{"https://www.example.com"}})
	v := s.visitor()
	id := v.session(`<script>alert(1)</script>`)
	paths := []string{
		"/", "", "/console", "/console/x", "/console/index.html", "/console/../console/", "/embed/", "/assets/", "/assets/<script>", "/assets/x.html", "/api", "/api/v1/", "/visitor/v1/",
		"/api/v1/<img src=x onerror=alert(1)>", "/chat.js/", "/index.html", "/favicon.ico", "/.well-known/security.txt", "//evil.example/", "/console//evil.example", "/%3Cscript%3E", "/healthz/x",
	}
	for _, r := range s.handler.(*Handler).routes() {
		if path, isGet := strings.CutPrefix(r.pattern, "GET "); isGet && !strings.HasSuffix(path, "/events") && !strings.HasSuffix(path, "/stream") {
			ids := regexp.MustCompile(`{[a-z_]+}`)
			paths = append(paths, ids.ReplaceAllString(path, "nope"), ids.ReplaceAllString(strings.ReplaceAll(path, "{session_id}", id), "nope"))
		}
	}
	pages, asked := map[string]bool{}, 0
	for _, path := range paths {
		for _, headers := range [][]string{{"Accept: text/html"}, {"Accept: text/html", "Cookie: user=boss"}, {"Accept: text/html", "X-API-Key: " + s.key}, {"Accept: text/html", "Authorization: Bearer " + v.token}} {
			r := s.call("GET", strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20").Replace("/"+strings.TrimPrefix(path, "/")), "", headers...)
			asked++
			h := r.header
			kind, policy := h.Get("Content-Type"), h.Get("Content-Security-Policy")
			if h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: may be sniffed", path)
			}
			if strings.HasPrefix(kind, "application/json") && strings.ContainsAny(r.raw, "<>") {
				t.Errorf("%s: JSON with markup: %.200s", path, r.raw)
			}
			switch {
			case r.status >= 400 && kind != "application/json; charset=utf-8", r.status == 200 && kind == "":
				t.Errorf("%s: %d of the type %q", path, r.status, kind)
			case r.status >= 300 && r.status < 400 && strings.Contains(h.Get("Location"), "evil"):
				t.Errorf("%s leads to %s", path, h.Get("Location"))
			case strings.HasPrefix(kind, "text/html"), strings.Contains(kind, "xml"), strings.Contains(kind, "svg"):
				pages[path] = true
				for _, must := range []string{"default-src 'none'; ", "base-uri 'none'; ", "form-action '", "frame-ancestors '"} {
					if !strings.Contains(policy+"; ", must) {
						t.Errorf("%s: the policy lacks %s: %s", path, must, policy)
					}
				}
				framed := strings.HasPrefix(path, "/embed")
				if !framed && (!strings.Contains(policy+";", "frame-ancestors 'none';") || h.Get("X-Frame-Options") != "DENY") {
					t.Errorf("%s may be framed: %v", path, h)
				}
				if framed && !strings.HasSuffix(policy, "frame-ancestors 'self' https://www.example.com") {
					t.Errorf("%s may be framed by others than the host's: %v", path, h)
				}
				if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || h.Get("Referrer-Policy") == "" {
					t.Errorf("%s: %v", path, h)
				}
				if bad := forbiddenInPages.FindString(r.raw); bad != "" {
					t.Errorf("%s has %q", path, bad)
				}
			}
		}
	}
	if len(pages) < 3 {
		t.Errorf("only %v are pages", pages)
	}
	t.Logf("%d requests for %d addresses, %d of them pages", asked, len(paths), len(pages))
}

// TestTheConsolesPolicy is that of the design, to the letter: each word more
// is something that a stranger's text could use.
func TestTheConsolesPolicy(t *testing.T) {
	const want = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; " +
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	if got := newSite(t, Options{}).call("GET", "/console/", "").want(200).header.Get("Content-Security-Policy"); got != want {
		t.Errorf("the policy is\n%s\nwant\n%s", got, want)
	}
	store := openIn(t, t.TempDir())
	svc := chat.New(store, &chat.Options{PushKey: "a public key"})
	t.Cleanup(func() { svc.Close(); store.Close() })
	pushing := &site{t: t, svc: svc, handler: New(svc, nil)}
	if got := pushing.call("GET", "/console/", "").want(200).header.Get("Content-Security-Policy"); got != strings.TrimSuffix(want, "'none'")+"pealchat-worker" {
		t.Errorf("with push messages the policy is\n%s", got)
	}
}

// TestCachesKeepOnlyWhatIsForAll: a file under the name that its content gives
// it may be kept for ever, and no other. That everything of the API may be kept
// by nobody is looked at with each of its answers, in apitest.
func TestCachesKeepOnlyWhatIsForAll(t *testing.T) {
	s := newSite(t, Options{})
	all, err := widget.Load()
	if err != nil {
		t.Fatal(err)
	}
	forEver := 0
	for _, name := range all.Names() {
		switch r := s.call("GET", "/"+name, ""); {
		case strings.HasPrefix(name, "assets/"):
			forEver++
			if r.status != 200 || r.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s: %d %v", name, r.status, r.header)
			}
			if !regexp.MustCompile(`-[0-9A-Z]{8}\.[a-z0-9]+$`).MatchString(name) {
				t.Errorf("%s is kept for ever, and its name does not change with what is in it", name)
			}
		case strings.Contains(r.header.Get("Cache-Control"), "immutable"):
			t.Errorf("%s: %v", name, r.header)
		}
	}
	if forEver < 20 {
		t.Errorf("%d files", forEver)
	}
	t.Logf("%d files may be kept for ever", forEver)
}
