package apitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// The tests of this file are about every operation that the document has.
// What they try they take from the document, so that an operation that is
// added to it is tested too.

// TestExamplesWork sends the document's own examples.
func TestExamplesWork(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	answers := func(op *operation) bool { return !op.streams(theDocument(t)) } // streams have tests of their own
	eachOperation(t, answers, func(t *testing.T, op *operation) {
		f := s.fixture().withFile().on(t)
		if op.id == "rateSession" || op.id == "getTranscript" {
			f.admin().post("/api/v1/sessions/"+f.session+"/close", ``).is(200)
		}
		if op.id == "greet" { // a visitor who is on the site and says nothing
			f.admin().do("PUT", "/api/v1/settings", `{"triggers":[{"trigger_id":"prices","name":"Prices","message":"Can I help?","enabled":true}]}`).is(200)
			f.who = f.visitor()
			f.who.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/"}}`).is(200)
		}
		if r := f.caller(op).do(op.method, f.path(op), f.body(op)); r.status >= 300 {
			t.Errorf("status %d\n%s", r.status, r.raw)
		}
	})
}

// TestHeadAnswersAsGet compares HEAD with GET, on streams too, where it
// returns at once.
func TestHeadAnswersAsGet(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture().withFile()
	eachOperation(t, func(op *operation) bool { return op.method == "GET" }, func(t *testing.T, op *operation) {
		f := f.on(t)
		head := f.caller(op).do("HEAD", f.path(op), "").is(200)
		if op.streams(theDocument(t)) {
			if got := head.header.Get("Content-Type"); got != "text/event-stream" {
				t.Errorf("Content-Type of the stream is %q", got)
			}
			return
		}
		get := f.caller(op).do("GET", f.path(op), "").is(200)
		for _, name := range []string{"Content-Type", "Cache-Control", "ETag", "Content-Disposition"} {
			if h, g := head.header.Get(name), get.header.Get(name); h != g {
				t.Errorf("%s of HEAD is %q, of GET %q", name, h, g)
			}
		}
	})
}

// TestWrongMethods tries all that an address does not have. The judge checks
// Allow.
func TestWrongMethods(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture().withFile()
	eachOperation(t, every, func(t *testing.T, op *operation) {
		f := f.on(t)
		path := f.path(op)
		have := theDocument(t).methods(op.path)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "HEAD"} {
			if slices.Contains(have, method) {
				continue
			}
			if method == "HEAD" {
				f.nobody().do(method, path, "").is(405)
				continue
			}
			// Also without credentials: what an address can do is no secret.
			for _, c := range []*client{f.caller(op), f.nobody()} {
				c.do(method, path, "").fails(405, "method_not_allowed", "")
			}
		}
	})
}

// TestCredentials tries each operation as somebody for whom it is not.
func TestCredentials(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture().withFile()
	reader, writer := s.keyed(chat.ScopeRead), s.keyed(chat.ScopeWrite)
	needsSome := func(op *operation) bool { return op.needs() != "" }
	eachOperation(t, needsSome, func(t *testing.T, op *operation) {
		f := f.on(t)
		call := func(c *client, query string) *reply {
			c.site = f.site
			return c.do(op.method, f.query(op, strings.TrimPrefix(query, "?")), f.body(op))
		}
		code, other := "invalid_api_key", f.who.token
		if op.needs() == "visitor" {
			code, other = "invalid_token", s.key
		}
		for _, header := range []string{
			"X-None: ", "Authorization: Bearer ", "Authorization: Bearer wrong", "Authorization: Basic " + s.key, "Authorization: " + s.key,
			"Authorization: Bearer " + other, "Authorization: Bearer " + strings.Repeat("x", 5000), "X-API-Key: wrong", "X-API-Key: " + f.who.token,
			"Cookie: token=" + f.who.token,
		} {
			call(s.with(header), "").fails(401, code, "")
		}
		for _, name := range []string{"token", "access_token", "api_key"} {
			call(s.with(), "?"+name+"="+s.key).fails(401, code, "")
			call(s.with(), "?"+name+"="+f.who.token).fails(401, code, "")
		}
		if code == "invalid_api_key" {
			if got := call(s.with(), "").text("error"); got != "Invalid API Key" {
				t.Errorf("the error is %q", got)
			}
		}
		switch op.needs() {
		case "write":
			call(reader, "").fails(403, "forbidden", "")
		case "admin":
			call(reader, "").fails(403, "forbidden", "")
			call(writer, "").fails(403, "forbidden", "")
		}
	})
}

// TestForbiddenByHost has the host refuse its own user everything.
func TestForbiddenByHost(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: httpapi.Options{Agent: func(*http.Request) (chat.Agent, error) { return chat.Agent{}, chat.ErrForbidden }}})
	f := s.fixture().withFile()
	forAgents := func(op *operation) bool { return op.needs() != "" && op.needs() != "visitor" }
	eachOperation(t, forAgents, func(t *testing.T, op *operation) {
		f := f.on(t)
		f.nobody().do(op.method, f.path(op), f.body(op)).fails(403, "forbidden", "")
	})
}

// unknownIDs are of the form of ids and of other forms. None must get further
// than to a 404.
var unknownIDs = []string{
	"01jq4xv5c8w2r6n0a3k7m9t1ze", "0", "-1", "1%20OR%201=1", "%27", "%00", "..%2f..", "%c3%28", "null", "active'", strings.Repeat("a", 65), strings.Repeat("a", 4000), "%e2%80%8b",
}

// TestUnknownIDs puts ids into addresses that nothing has.
func TestUnknownIDs(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture().withFile()
	hasParameter := func(op *operation) bool { return strings.Contains(op.path, "{") }
	eachOperation(t, hasParameter, func(t *testing.T, op *operation) {
		f := f.on(t)
		for name := range op.pathValues(op.path) {
			var first string
			for _, id := range unknownIDs {
				values := f.values()
				values[name] = id
				r := f.caller(op).do(op.method, fill(op, values), f.body(op))
				r.fails(404, "not_found", "")
				if first == "" {
					first = r.raw
				}
				if isWellFormed(id) && r.raw != first {
					t.Errorf("%s is answered with\n%s\nanother with\n%s", id, r.raw, first)
				}
			}
		}
	})
}

func isWellFormed(id string) bool { return !strings.ContainsAny(id, "%'") && len(id) <= 64 }

// TestUnknownAddresses tries what looks like the API and is not.
func TestUnknownAddresses(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	for _, path := range []string{
		"/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/sessions/", "/api/v1/sessions/active/", "/api/v1//sessions", "/api/v2/sessions", "/api/v1/Sessions",
		"/visitor/v1", "/visitor/v1/", "/visitor/v1/nothing", "/visitor/v1/hello/", "/visitor/v1/api-keys", "/visitor/v1/notes", "/api/v1/hello", "/api/v1/sessions/a/b/c/d/e",
	} {
		for _, method := range []string{"GET", "POST", "HEAD", "DELETE"} {
			r := s.admin().do(method, path, "").is(404)
			if method != "HEAD" {
				r.fails(404, "not_found", "")
			}
		}
	}
}
