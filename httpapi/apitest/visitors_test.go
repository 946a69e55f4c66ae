package apitest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// mayBeRefused are the operations that a banned visitor cannot call.
var mayBeRefused = []string{"hello", "startSession", "visitorTyping", "visitorSeen", "closeOwnSession", "putOwnSessionClosed", "rateSession", "noteRatingRequest", "sendOwnFile", "streamOwnEvents", "sendOwnMessage", "visitPage", "beHere", "addTrailLine", "greet"}

// TestBannedVisitor tries every operation of the visitor's side: what a
// visitor would say is refused, what is theirs stays readable and can be
// erased, and agents go on as before.
func TestBannedVisitor(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture().withFile()
	admin := s.admin()
	admin.post("/api/v1/visitors/"+f.who.id+"/ban", `{"reason":"Spam of the worst kind"}`).is(204)
	for _, path := range []string{"/api/v1/visitors/" + f.who.id, "/api/v1/sessions/" + f.session} {
		if ban := admin.get(path).is(200).at("banned").(object); ban["reason"] != "Spam of the worst kind" || ban["until"] != nil || ban["by"] == nil {
			t.Errorf("%s: the ban is %v", path, ban)
		}
	}
	if got := admin.get("/api/v1/visitors?banned=true").is(200).list("visitors"); len(got) != 1 {
		t.Errorf("banned visitors are %v", got)
	}
	eachOperation(t, func(op *operation) bool { return op.needs() == "visitor" || op.id == "hello" }, func(t *testing.T, op *operation) {
		f := f.on(t)
		switch {
		case op.id == "eraseMe":
		case slices.Contains(mayBeRefused, op.id):
			f.who.do(op.method, f.path(op), f.body(op)).fails(403, "banned", "")
		default:
			f.who.do(op.method, f.path(op), f.body(op)).is(200)
		}
	})
	admin.get("/api/v1/sessions/" + f.session).is(200)
	admin.post("/api/v1/visitors/"+f.who.id+"/sessions", "").fails(409, "banned", "")
	s.admin().do("DELETE", "/api/v1/visitors/"+f.who.id+"/ban", "").is(204)
	f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "Back"})).is(201)
	if v := admin.get("/api/v1/visitors/" + f.who.id).is(200); v.at("banned") != nil {
		t.Errorf("still banned: %s", v.raw)
	}
	for _, body := range []string{`{"until":"tomorrow"}`, `{"until":"2001-01-01T00:00:00Z"}`, `{"until":1}`} {
		admin.post("/api/v1/visitors/"+f.who.id+"/ban", body).fails(400, "invalid_request", "until")
	}
}

// TestBannedAddress tries every operation of the visitor's side from an
// address that is banned; agents are not kept out.
func TestBannedAddress(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture().withFile()
	ban := s.admin().post("/api/v1/bans", `{"address":"127.0.0.0/8","reason":"Spam"}`).is(201)
	s.admin().post("/api/v1/bans", `{"address":"::1"}`).is(201) // where the tests have no other
	ban.has(map[string]any{"address": "127.0.0.0/8", "reason": "Spam", "until": nil})
	eachOperation(t, func(op *operation) bool { return op.needs() == "visitor" || op.id == "hello" }, func(t *testing.T, op *operation) {
		f := f.on(t)
		f.who.do(op.method, f.path(op), f.body(op)).fails(403, "banned", "")
	})
	for _, b := range s.admin().get("/api/v1/bans").is(200).list("bans") {
		s.admin().do("DELETE", "/api/v1/bans/"+b["ban_id"].(string), "").is(204)
	}
	f.who.get("/visitor/v1/sessions").is(200)
	for _, body := range []string{`{"address":"0.0.0.0/0"}`, `{"address":"somewhere"}`, `{"address":""}`, `{"address":7}`} {
		s.admin().post("/api/v1/bans", body).fails(400, "invalid_request", "address")
	}
	s.admin().post("/api/v1/bans", `{"address":"203.0.113.7","until":"yesterday"}`).fails(400, "invalid_request", "until")
}

// TestTooManyBannedAddresses: the list that every request is held against
// stays short.
func TestTooManyBannedAddresses(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	var all sync.WaitGroup
	for n := range chat.MaxAddressBans {
		all.Go(func() {
			_, err := s.svc.BanAddress(t.Context(), chat.AsHost("host"), chat.NewAddressBan{Address: fmt.Sprintf("198.51.%d.%d", n/250, n%250)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.admin().post("/api/v1/bans", `{"address":"203.0.113.7"}`).fails(409, "too_many_bans", "")
}

// TestExportHasEverything looks for all that a visitor and the agents said, of
// this visitor and of nobody else.
func TestExportHasEverything(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture().withFile()
	s.fixture() // somebody else
	s.admin().post("/api/v1/sessions/"+f.session+"/messages", `{"sender":"agent","message":"Yes"}`).is(201)
	for range 2 { // and older ones than are read at a time
		for range 2 {
			s.admin().post("/api/v1/visitors/"+f.who.id+"/sessions", `{"message":"Anything else?"}`).is(201)
		}
		for _, o := range s.admin().get("/api/v1/sessions?status=active&visitor_id=" + f.who.id).is(200).list("sessions") {
			s.admin().post("/api/v1/sessions/"+o["session_id"].(string)+"/close", "").is(200)
		}
	}
	for range 20 {
		id := s.admin().post("/api/v1/visitors/"+f.who.id+"/sessions", "").is(201).text("session_id")
		s.admin().post("/api/v1/sessions/"+id+"/close", "").is(200)
	}
	r := s.admin().get("/api/v1/visitors/" + f.who.id + "/export").is(200)
	if got := r.header.Get("Content-Disposition"); got != `attachment; filename="visitor-`+f.who.id+`.json"` {
		t.Errorf("Content-Disposition %q", got)
	}
	sessions := r.list("sessions")
	if len(sessions) != 25 {
		t.Fatalf("%d sessions", len(sessions))
	}
	first := sessions[24]
	messages, notes := first["messages"].([]any), first["notes"].([]any)
	if len(messages) != 3 || len(notes) != 1 || first["session"].(object)["session_id"] != f.session {
		t.Errorf("the first session is exported as %v", first)
	}
	if id := notes[0].(object)["message_id"]; id != f.note {
		t.Errorf("the note is %v, want %s", id, f.note)
	}
	if id := messages[1].(object)["attachments"].([]any)[0].(object)["file_id"]; id != f.file {
		t.Errorf("the file is %v, want %s", id, f.file)
	}
	if r.at("visitor").(object)["visitor_id"] != f.who.id {
		t.Errorf("the visitor is %v", r.at("visitor"))
	}
}

// TestPages follows a visitor over the site.
func TestPages(t *testing.T) {
	t.Parallel()
	s := open(t, setup{chat: chat.Options{Tracking: chat.Tracking{KeepQuery: []string{"utm_source"}}}})
	v, other := s.visitor(), s.visitor()
	visit := func(url, title string) {
		v.post("/visitor/v1/pages", encode(object{"url": url, "title": title, "referrer": "https://search.example/?q=private#x"})).is(204)
	}
	visit("https://u:p@shop.example/?utm_source=letter&token=private#private", "Shop")
	visit("https://shop.example/vases?colour=private", "Vases")
	other.post("/visitor/v1/pages", `{"url":"https://shop.example/other"}`).is(204)
	path := "/api/v1/visitors/" + v.id + "/pages"
	r := s.admin().get(path).is(200)
	if strings.Contains(r.raw, "private") || len(r.list("pages")) != 2 {
		t.Fatalf("pages are %s", r.raw)
	}
	latest, first := r.list("pages")[0], r.list("pages")[1]
	if latest["url"] != "https://shop.example/vases" || latest["title"] != "Vases" || latest["referrer"] != "https://search.example/" || first["url"] != "https://shop.example/?utm_source=letter" {
		t.Errorf("pages are %s", r.raw)
	}
	one := s.admin().get(path + "?limit=1").is(200)
	if rest := s.admin().get(path + "?limit=1&after=" + one.text("next_cursor")).is(200).list("pages"); len(rest) != 1 || rest[0]["url"] != first["url"] {
		t.Errorf("the second page is %v", rest)
	}
	if got := s.admin().get("/api/v1/visitors/" + v.id).is(200).at("page").(object)["url"]; got != latest["url"] {
		t.Errorf("the visitor is on %v", got)
	}
	for _, body := range []string{`{}`, `{"url":""}`, `{"url":"javascript:alert(1)"}`} {
		v.post("/visitor/v1/pages", body).fails(400, "invalid_request", "url")
	}
	v.do("DELETE", "/visitor/v1/me", "").is(204)
	s.admin().get(path).is(404)
	off := open(t, setup{untracked: true})
	off.visitor().post("/visitor/v1/pages", `{"url":"https://shop.example/"}`).fails(403, "tracking_off", "")
}

// TestTooManyPages has one visitor rush over the site. Others do not notice.
func TestTooManyPages(t *testing.T) {
	t.Parallel()
	s := open(t, setup{limited: true, options: httpapi.Options{Rates: httpapi.Rates{Pages: 2}}})
	v, other := s.visitor(), s.visitor()
	for range 2 {
		v.post("/visitor/v1/pages", `{"url":"https://shop.example/"}`).is(204)
	}
	v.post("/visitor/v1/pages", `{"url":"https://shop.example/"}`).fails(429, "rate_limited", "")
	other.post("/visitor/v1/pages", `{"url":"https://shop.example/"}`).is(204)
}
