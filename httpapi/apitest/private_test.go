package apitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// ears are the judge's: they note everything private that passes in either
// direction, all through the tests, and what a site has logged is held against
// it when the site closes.
type ears struct {
	mu    sync.Mutex
	heard map[string]bool
}

// private are the fields of bodies that hold what somebody wrote, who they
// are, or what opens something.
var private = map[string]bool{
	"message": true, "text": true, "preview": true, "comment": true, "visitor_email": true, "email": true, "token": true, "key": true, "secret": true,
	"identity": true, "visitor_name": true, "external_id": true, "p256dh": true, "auth": true,
}

// credentials are the headers that open something.
var credentials = []string{"Authorization", "X-API-Key", "Cookie"}

const leastPrivate = 6 // letters; shorter words are in any log

// ordinary are words that settings and answers have in those fields.
var ordinary = map[string]bool{"api_key": true, "optional": true, "required": true, "hidden": true}

func (e *ears) hear(r *http.Request, bodies ...[]byte) {
	for _, name := range credentials {
		for _, v := range r.Header.Values(name) {
			_, after, found := strings.Cut(v, " ")
			if !found {
				after = v
			}
			e.note(after)
		}
	}
	for _, body := range bodies {
		var v any
		if json.Unmarshal(body, &v) == nil {
			e.walk("", v)
		}
	}
}

func (e *ears) walk(key string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, each := range v {
			e.walk(k, each)
		}
	case []any:
		for _, each := range v {
			e.walk(key, each)
		}
	case string:
		if private[key] {
			e.note(v)
		}
	}
}

func (e *ears) note(word string) {
	if len(word) < leastPrivate || ordinary[word] {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.heard == nil {
		e.heard = map[string]bool{}
	}
	e.heard[word] = true
}

// compared is how much has been compared in all tests together.
var compared struct{ sites, words, logged atomic.Int64 }

// compare fails the test if the log holds anything that was heard.
func (e *ears) compare(t *testing.T, log string) {
	for _, word := range e.repeated(log) {
		t.Errorf("the log has %.80q:\n%.2000s", word, log)
	}
	compared.sites.Add(1)
	compared.words.Add(int64(len(e.heard)))
	compared.logged.Add(int64(len(log)))
}

// repeated returns what was heard and stands in the log.
func (e *ears) repeated(log string) (words []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for word := range e.heard {
		if strings.Contains(log, word) {
			words = append(words, word)
		}
	}
	return words
}

// TestEarsHear looks that what is private is noted wherever it stands.
func TestEarsHear(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "what the log must not say"})).is(201)
	f.who.do("PATCH", "/visitor/v1/me", "", "Cookie: login=what-the-host-gave")
	for what, word := range map[string]string{"message": "what the log must not say", "token": f.who.token, "key": f.key, "cookie": "login=what-the-host-gave", "note": "secret note"} {
		if !f.ears.heard[word] {
			t.Errorf("the %s was not heard", what)
		}
	}
	if got := f.ears.repeated(`level=INFO msg=x text="what the log must not say" by=nobody`); len(got) != 1 {
		t.Errorf("in a log that says it %q was found", got)
	}
}
