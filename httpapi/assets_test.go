package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"strings"
	"testing"
)

func TestScript(t *testing.T) {
	s := newSite(t, Options{AllowedOrigins: []string{"https://www.example.com"}})
	plain := s.call("GET", "/chat.js", "").want(200)
	if plain.header.Get("Cache-Control") != "public, max-age=300" || plain.header.Get("Content-Type") != "text/javascript; charset=utf-8" || len(plain.raw) < 1000 {
		t.Errorf("%v, %d bytes", plain.header, len(plain.raw))
	}
	zipped := s.call("GET", "/chat.js", "", "Accept-Encoding: gzip").want(200)
	r, err := gzip.NewReader(bytes.NewReader([]byte(zipped.raw)))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != plain.raw || zipped.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("gzip holds something else (%v): %v", err, zipped.header)
	}
	small := s.call("GET", "/chat.js", "", "Accept-Encoding: gzip, deflate, br").want(200)
	if small.header.Get("Content-Encoding") != "br" || len(small.raw) > len(zipped.raw) {
		t.Errorf("br: %v", small.header)
	}
	for _, form := range []*reply{plain, zipped, small} {
		if vary := strings.Join(form.header.Values("Vary"), ", "); vary != "Origin, Accept-Encoding" {
			t.Errorf("Vary: %q", vary)
		}
	}
	etag := small.header.Get("ETag")
	for _, known := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		if r := s.call("GET", "/chat.js", "", "Accept-Encoding: br", "If-None-Match: "+known).want(304); r.raw != "" || r.header.Get("ETag") != etag {
			t.Errorf("304 with %v and %d bytes", r.header, len(r.raw))
		}
	}
	s.call("GET", "/chat.js", "", "If-None-Match: "+etag).want(200) // of another form
	if r := s.call("HEAD", "/chat.js", "").want(200); r.raw != "" || r.header.Get("Content-Length") != plain.header.Get("Content-Length") {
		t.Errorf("HEAD: %v", r.header)
	}
}

// The console's page and the files it names, under the policy it comes with.
func TestConsole(t *testing.T) {
	s := newSite(t, Options{})
	if r := s.call("GET", "/console", "").want(303); r.header.Get("Location") != "console/" {
		t.Errorf("leads to %q", r.header.Get("Location"))
	}
	page := s.call("GET", "/console/", "").want(200)
	policy := page.header.Get("Content-Security-Policy")
	for _, must := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"} {
		if !strings.Contains(policy, must) {
			t.Errorf("the policy lacks %s: %s", must, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http") {
		t.Errorf("the policy allows too much: %s", policy)
	}
	if page.header.Get("X-Frame-Options") != "DENY" || page.header.Get("Cache-Control") != "no-cache" || page.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("headers %v", page.header)
	}
	if bad := regexp.MustCompile(`(?i)<script[^>]*>[^<]|\son\w+=|\sstyle=|<style|https?:`).FindString(page.raw); bad != "" {
		t.Errorf("the page has %q, which its policy forbids", bad)
	}
	files := regexp.MustCompile(`(?:src|href)="\.\./(assets/[^"]+)"`).FindAllStringSubmatch(page.raw, -1)
	if len(files) < 2 {
		t.Fatalf("the page names no files: %s", page.raw)
	}
	for _, f := range files {
		r := s.call("GET", "/"+f[1], "").want(200)
		if r.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %v", f[1], r.header)
		}
	}
	for _, path := range []string{"/assets/nope.js", "/assets/chat.js", "/assets/healthz", "/assets/manifest.json", "/assets/index.html", "/console/index.html", "/assets/..%2Fmanifest.json", "/manifest.json"} {
		s.call("GET", path, "").want(404)
	}
}

func TestOpenAPI(t *testing.T) {
	s := newSite(t, Options{})
	s.call("GET", "/api/v1/openapi.json", "").want(200).has("openapi", "3.1.0")
	if r := s.call("HEAD", "/api/v1/openapi.json", "").want(200); r.raw != "" || r.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("HEAD: %v", r.header)
	}
}

// Unicode classes are good JSON Schema, but many validators take their patterns
// from a language that has none, and would refuse the whole document.
func TestOpenAPIPatternsArePlain(t *testing.T) {
	doc := newSite(t, Options{}).call("GET", "/api/v1/openapi.json", "").want(200).raw
	if i := strings.Index(doc, `\\p{`); i >= 0 {
		t.Errorf("a Unicode class in a pattern: %s", doc[max(0, i-80):i+20])
	}
}

func TestEmbedMayBeFramedByWhomTheHostNames(t *testing.T) {
	own := newSite(t, Options{}).call("GET", "/embed", "").want(200)
	if policy := own.header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "frame-ancestors 'self'") || own.header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("without a list: %v", own.header)
	}
	s := newSite(t, Options{FrameAncestors: []string{"https://Shop.example/", "https://a.example; script-src *", "*", "https://*.example", "null", "javascript:alert(1)", "https://"}})
	listed := s.call("GET", "/embed", "").want(200)
	policy := listed.header.Get("Content-Security-Policy")
	if !strings.HasSuffix(policy, "frame-ancestors 'self' https://shop.example") || listed.header.Get("X-Frame-Options") != "" {
		t.Errorf("with a list: %v", listed.header)
	}
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || !strings.Contains(listed.raw, "chat.js") {
		t.Errorf("the page: %s\n%s", policy, listed.raw)
	}
	if n := strings.Count(s.log.String(), "Options.FrameAncestors"); n != 6 {
		t.Errorf("%d of 6 wrong entries are logged", n)
	}
	// The console is framed by nobody, whatever the list says.
	if r := s.call("GET", "/console/", "").want(200); r.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(r.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("the console: %v", r.header)
	}
}
