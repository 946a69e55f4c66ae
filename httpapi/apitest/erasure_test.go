package apitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/webhooks"
)

// trace is in everything that the visitor of TestErasedWithoutTrace says, is
// or does. Small letters only, as the search index has.
const trace = "willowherb"

// traces counts it in the files of the database.
func traces(t *testing.T, file string) (n int) {
	t.Helper()
	files, _ := filepath.Glob(file + "*")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(strings.ToLower(string(b)), trace)
	}
	return n
}

// TestErasedWithoutTrace has one visitor leave a word in everything that the
// API takes, while webhooks are told of it and answer with it, while calls
// fail with it in them, and while the service does its work in the background.
// Once the visitor is erased the word is in no file of the database, and it
// never was in the log.
func TestErasedWithoutTrace(t *testing.T) {
	t.Parallel()
	var told atomic.Int64
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if told.Add(1)%3 == 0 {
			w.WriteHeader(http.StatusInternalServerError) // what is to be tried again is kept as well
		}
		io.WriteString(w, trace)
	}))
	defer hook.Close()
	s := open(t, setup{
		options: hostLogin(),
		chat: chat.Options{
			WebhookTargets: chat.WebhookTargets{Any: true},
			Place:          func(netip.Addr) chat.Place { return chat.Place{City: trace, Company: trace} },
			Tracking:       chat.Tracking{Addresses: chat.AddressesWhole},
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	running := make(chan error, 2)
	go func() { running <- s.svc.Run(ctx) }()
	go func() { running <- webhooks.New(s.svc, nil).Run(ctx) }()
	defer func() { stop(); <-running; <-running }()
	admin := s.admin()
	admin.post("/api/v1/webhooks", encode(object{"url": hook.URL, "events": []string{"*"}})).is(201)
	id := leaveTraces(t, s)
	fails(s, trace)
	waitFor(t, "a webhook has been told", func() bool { return told.Load() > 3 })
	admin.get("/api/v1/search?q=" + trace).is(200) // brings the index up to date
	if n := traces(t, s.file); n < 50 {
		t.Fatalf("the files hold the word %d times only: the test tests nothing", n)
	}

	admin.do("DELETE", "/api/v1/visitors/"+id, "").is(204)
	admin.get("/api/v1/visitors/" + id).is(404)
	if r := admin.get("/api/v1/search?q=" + trace).is(200); strings.Contains(strings.Replace(r.raw, `"query":"`+trace, "", 1), trace) {
		t.Errorf("the search finds %s", r.raw)
	}
	// What is on its way to a webhook, or being read, ends soon.
	waitFor(t, "the files hold nothing of the visitor", func() bool { return traces(t, s.file) == 0 })
	stop()
	s.close()
	if n := traces(t, s.file); n > 0 {
		t.Errorf("once closed the files hold the word %d times", n)
	}
	if log := s.log.String(); strings.Contains(strings.ToLower(log), trace) {
		t.Errorf("the log has the word:\n%s", log)
	}
}

// leaveTraces does what a visitor, and agents about one, can do, and returns
// the visitor's id.
func leaveTraces(t *testing.T, s *site) string {
	t.Helper()
	page := object{"url": "https://shop.example/" + trace + "?utm_source=" + trace, "title": trace, "referrer": "https://" + trace + ".example/"}
	hello := s.with("User-Agent: "+trace).post("/visitor/v1/hello", encode(object{"page": page, "time_zone": "Europe/" + trace})).is(200)
	v := s.with("Authorization: Bearer "+hello.text("token"), "User-Agent: "+trace)
	id := hello.text("visitor_id")
	v.post("/visitor/v1/pages", encode(page)).is(204)
	v.post("/visitor/v1/trail", encode(object{"name": trace, "data": object{trace: trace}})).is(204)
	v.post("/visitor/v1/presence", encode(object{"page": page})).is(200)
	admin, ada := s.admin(), s.with("Cookie: login=ada")
	for n := range 3 {
		session := v.post("/visitor/v1/sessions", encode(object{
			"visitor_name": trace, "visitor_email": trace + "@example.com", "message": "I am " + trace, "client_id": fmt.Sprint(trace, n),
			"page": page, "custom_data": object{trace: trace},
		})).is(201)
		path := "/api/v1/sessions/" + session.text("session_id")
		own := "/visitor/v1/sessions/" + session.text("session_id")
		sent := v.post("/visitor/v1/messages", encode(object{"session_id": session.text("session_id"), "message": strings.Repeat(trace+" ", 300)})).is(201)
		v.post(own+"/typing", encode(object{"preview": trace}))
		v.post(own+"/files", strings.NewReplacer("a.txt", trace+".txt", "Hello", strings.Repeat(trace, 500)).Replace(aForm)).is(201)
		answer := ada.post(path+"/messages", encode(object{"sender": "agent", "message": trace, "quick_replies": []string{trace}})).is(201)
		ada.do("PATCH", path+"/messages/"+answer.text("message_id"), encode(object{"message": trace + " changed"})).is(200)
		admin.do("DELETE", path+"/messages/"+sent.text("message_id"), "").is(200)
		ada.post(path+"/notes", encode(object{"message": trace})).is(201)
		ada.do("PUT", path+"/draft", encode(object{"message": trace, "note": true})).is(200)
		admin.do("PATCH", path, encode(object{"tags": []string{trace}, "department": trace, "custom_data": object{trace: trace}, "visitor_name": trace + " the second"})).is(200)
		admin.get(path + "/transcript").is(200)
		v.get(own + "/transcript").is(200)
		admin.post(path+"/close", encode(object{"reason": trace})).is(200)
		v.post(own+"/rating", encode(object{"score": 1, "comment": trace})).is(200)
	}
	admin.post("/api/v1/visitors/"+id+"/ban", encode(object{"reason": trace, "with_address": true})).is(204)
	admin.get("/api/v1/visitors/" + id + "/export").is(200)
	return id
}

// fails makes calls fail with the word in every part of them, as a caller's
// mistake and as one of ours.
func fails(s *site, word string) {
	s.t.Helper()
	admin := s.admin()
	admin.loose = true
	for _, path := range []string{"/api/v1/sessions/" + word, "/api/v1/sessions?after=" + word, "/api/v1/" + word, "/api/v1/visitors/" + word} {
		if r := admin.get(path); r.status < 400 || r.status >= 500 {
			s.t.Errorf("%s: status %d", path, r.status)
		}
	}
	admin.post("/api/v1/sessions", `{"visitor_name":"`+word).is(400)
	admin.post("/api/v1/sessions", encode(object{word: word})).is(400)
	s.with("Authorization: Bearer " + word).get("/api/v1/me").is(401)
	s.with("X-API-Key: "+word, "Cookie: login="+word, "Referer: https://example.com/"+word).get("/api/v1/me").is(401)

	broken := open(s.t, setup{options: httpapi.Options{Visitor: func(*http.Request) (chat.Identity, bool) { panic("no") }}, chat: chat.Options{
		Hooks: chat.Hooks{BeforeMessage: func(_ context.Context, m *chat.Message) error { return errors.New("the host's own trouble") }},
	}})
	broken.with("User-Agent: "+word).post("/visitor/v1/hello", encode(object{"page": object{"url": "https://example.com/" + word}})).is(500)
	session := broken.admin().post("/api/v1/sessions", encode(object{"visitor_name": word})).is(201).text("session_id")
	broken.admin().post("/api/v1/messages", encode(object{"session_id": session, "sender": "visitor", "message": word})).is(500)
	if log := broken.log.String(); strings.Contains(log, word) || !strings.Contains(log, "panicked") || !strings.Contains(log, "the host's own trouble") {
		s.t.Errorf("the log of what failed:\n%s", log)
	}
}

// waitFor waits for what happens in the background.
func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}
