package apitest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/httpapi"
)

// shown is all of an answer that a client can see, but for when it was sent.
func (r *reply) shown() string {
	h := r.header.Clone()
	h.Del("Date")
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	fmt.Fprintln(&b, r.status)
	for _, name := range names {
		fmt.Fprintln(&b, name, h[name])
	}
	b.WriteString(r.raw)
	return b.String()
}

// TestAnotherVisitorsSessionIsUnknown asks for another's session, and for one
// that there is not: in every way that there is, with the same answer to the
// byte.
func TestAnotherVisitorsSessionIsUnknown(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	mine, other := s.fixture().withFile(), s.fixture().withFile()
	unknown := map[string]string{"session_id": "01jq4xv5c8w2r6n0a3k7m9t1ze", "message_id": "01jq4xv6a9d3s7p1b4n8q2v5yk", "file_id": "01jq4xv6a9d3s7p1b4n8q2v5yz"}
	aboutSession := func(op *operation) bool {
		return op.needs() == "visitor" && (strings.Contains(op.path, "{session_id}") || strings.Contains(op.path, "{file_id}") || op.hasProperty("session_id"))
	}
	tried := 0
	before := s.admin().get("/api/v1/sessions/" + other.session).is(200).raw
	eachOperation(t, aboutSession, func(t *testing.T, op *operation) {
		mine := mine.on(t)
		ask := func(values map[string]string) *reply {
			body := ""
			if op.form {
				body = aForm
			}
			if op.body != nil {
				example := mine.example(op)
				for name, value := range values {
					if _, ok := example[name]; ok {
						example[name] = value
					}
				}
				body = encode(example)
			}
			return mine.who.do(op.method, fill(op, values), body)
		}
		tried++
		theirs, none := ask(other.values()), ask(unknown)
		theirs.fails(404, "not_found", "")
		// It is there, and not only the path is wrong.
		if op.method == "GET" {
			other.who.do("GET", fill(op, other.values()), "").is(200)
		}
		if theirs.shown() != none.shown() {
			t.Errorf("another's:\n%s\nunknown:\n%s", theirs.shown(), none.shown())
		}
		// With one's own session, but a message of the other's.
		if op.hasProperty("message_id") {
			theirs := ask(map[string]string{"session_id": mine.session, "message_id": other.message})
			none := ask(map[string]string{"session_id": mine.session, "message_id": unknown["message_id"]})
			theirs.fails(404, "not_found", "")
			if theirs.shown() != none.shown() {
				t.Errorf("another's message:\n%s\nunknown:\n%s", theirs.shown(), none.shown())
			}
		}
	})
	if after := s.admin().get("/api/v1/sessions/" + other.session).is(200).raw; after != before {
		t.Errorf("the other session was\n%s\nand is\n%s", before, after)
	}
	t.Logf("%d operations", tried)
	mine.who.loose = true
	for _, query := range []string{"", "?visitor_id=" + other.who.id, "?status=all&assignee=none"} {
		if got := mine.who.get("/visitor/v1/sessions" + query).is(200); strings.Contains(got.raw, other.session) || len(got.list("sessions")) != 1 {
			t.Errorf("the list shows another's session: %s", got.raw)
		}
	}
}

// visitorSees collects everything that a visitor can read about a session.
func visitorSees(f *fixture) map[string]string {
	own := "/visitor/v1/sessions/" + f.session
	seen := map[string]string{}
	for _, path := range []string{
		"/visitor/v1/sessions", own, own + "/messages", own + "/messages?before=latest", own + "/messages?after=0&limit=1", own + "/messages?before=latest&limit=1",
		own + "/transcript", own + "/transcript?format=json", own + "/transcript?format=csv",
	} {
		seen[path] = f.who.get(path).is(200).shown()
	}
	seen["hello"] = f.who.post("/visitor/v1/hello", ``).is(200).shown()
	return seen
}

// TestNotesLeaveNoTrace adds, changes and deletes notes, and compares all
// that the visitor can read before and after, to the byte.
func TestNotesLeaveNoTrace(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := &fixture{site: s, who: s.visitor()}
	started := f.who.post("/visitor/v1/sessions", `{"visitor_name":"Ines","message":"Hello?"}`).is(201)
	f.session, f.message = started.text("session_id"), started.list("messages")[0]["message_id"].(string)
	path := "/api/v1/sessions/" + f.session
	s.admin().post(path+"/messages", `{"sender":"agent","message":"Hello!"}`).is(201)
	before := visitorSees(f)
	same := func(when string) {
		t.Helper()
		for what, now := range visitorSees(f) {
			if now != before[what] {
				t.Errorf("%s: %s was\n%s\nand is\n%s", when, what, before[what], now)
			}
		}
	}
	note := s.admin().post(path+"/notes", `{"message":"SECRET","client_id":"n"}`).is(201).text("message_id")
	same("after a note")
	s.admin().do("PATCH", path+"/messages/"+note, `{"message":"SECRET 2"}`).is(200)
	same("after changing it")
	s.admin().post(path+"/seen", encode(object{"message_id": note})).is(204)
	same("after seeing it")
	s.admin().do("DELETE", path+"/messages/"+note, ``).is(200)
	same("after deleting it")
	s.admin().do("PATCH", path, `{"tags":["SECRET"],"custom_data":{"SECRET":1}}`).is(200)
	same("after tagging")
	for i := range 60 {
		s.admin().post(path+"/notes", fmt.Sprintf(`{"message":"SECRET %d"}`, i)).is(201)
	}
	same("after more notes than a page has")

	// A note's id is like one that there is not.
	for _, id := range []string{note, "01jq4xv6a9d3s7p1b4n8q2v5yk"} {
		r := f.who.post("/visitor/v1/sessions/"+f.session+"/seen", encode(object{"message_id": id}))
		r.fails(404, "not_found", "")
	}
	// What the visitor sends does not run into a note's client_id.
	f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "mine", "client_id": "n"})).is(201).has(map[string]any{"seq": 3})
}

// TestAgentsSeeNotes is the other half: they are there, among the messages.
func TestAgentsSeeNotes(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	path := "/api/v1/sessions/" + f.session
	f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "next"})).is(201)
	for _, r := range []*reply{f.admin().get(path), f.admin().get(path + "/messages"), f.admin().get(path + "/transcript?format=json")} {
		list := r.is(200).list("messages")
		if len(list) != 3 || list[1]["note"] != true || list[1]["message"] != "secret note" || list[1]["seq"] != nil || list[2]["seq"] != 2.0 {
			t.Errorf("%s: %s", r.what, r.raw)
		}
	}
	f.admin().get(path).is(200).has(map[string]any{"message_count": 2, "last_message.message": "next"})
}

// TestVisitorsLearnLittleOfAgents looks for what is none of their business.
func TestVisitorsLearnLittleOfAgents(t *testing.T) {
	t.Parallel()
	f := open(t, setup{options: hostLogin()}).fixture()
	ada := f.with("Cookie: login=ada")
	path := "/api/v1/sessions/" + f.session
	ada.post(path+"/claim", ``).is(200)
	ada.post(path+"/messages", `{"sender":"agent","message":"Hello","client_id":"ada-1"}`).is(201)
	f.admin().do("PATCH", path, `{"tags":["vip"],"custom_data":{"risk":9}}`).is(200)
	for what, shown := range visitorSees(f) {
		for _, word := range []string{`ada@example.com`, `"ada"`, `ada-1`, "vip", "risk", "assignee", "sender_id\":\"ada", "version", "custom_data", "tags", "visitor_id\":\"0"} {
			if strings.Contains(shown, word) && !(what == "hello" && strings.HasPrefix(word, "visitor_id")) {
				t.Errorf("%s shows %s:\n%s", what, word, shown)
			}
		}
	}
	f.who.get("/visitor/v1/sessions/" + f.session).is(200).has(map[string]any{"agent.name": "Ada", "last_message.sender_name": "Ada"})
}

// TestLimitsOfVisitors calls one time more than each limit takes.
func TestLimitsOfVisitors(t *testing.T) {
	t.Parallel()
	count := func(t *testing.T, want int, call func() *reply) {
		t.Helper()
		for i := range want {
			if r := call(); r.status == 429 {
				t.Fatalf("call %d of %d was refused: %s", i+1, want, r.raw)
			}
		}
		// What was used up comes back by and by: on a slow machine some more
		// may pass before one is refused.
		for range 5 * want {
			if r := call(); r.status == 429 {
				r.fails(429, "rate_limited", "")
				return
			}
		}
		t.Errorf("%d calls and none was refused", 6*want)
	}
	limited := setup{limited: true, options: httpapi.Options{Agent: hostLogin().Agent}}
	t.Run("hellos", func(t *testing.T) {
		s := open(t, limited)
		count(t, 60, func() *reply { return s.nobody().post("/visitor/v1/hello", ``) })
	})
	t.Run("sessions", func(t *testing.T) {
		s := open(t, limited)
		count(t, 10, func() *reply {
			v := s.visitor()
			return v.post("/visitor/v1/sessions", `{}`)
		})
		s.admin().post("/api/v1/sessions", `{"visitor_name":"x"}`).is(201)
	})
	t.Run("messages", func(t *testing.T) {
		s := open(t, limited)
		a, b := s.fixture(), s.fixture()
		send := func(f *fixture) *reply {
			return f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "x"}))
		}
		count(t, 20, func() *reply { return send(a) })
		send(b).is(201)
		for range 25 { // an integration is not held to the visitors' limit
			s.admin().post("/api/v1/messages", encode(object{"session_id": a.session, "sender": "visitor", "message": "x"})).is(201)
		}
	})
	t.Run("wrong credentials", func(t *testing.T) {
		s := open(t, limited)
		v := s.visitor()
		n := 0
		count(t, 30, func() *reply {
			if n++; n%2 == 0 {
				return s.with(fmt.Sprint("X-API-Key: wrong", n)).get("/api/v1/me")
			}
			return s.with(fmt.Sprint("Authorization: Bearer wrong", n)).get("/visitor/v1/sessions")
		})
		v.post("/visitor/v1/hello", ``).is(200)
		// A header that anybody can write does not make another address of it.
		s.with("X-API-Key: wrong", "X-Forwarded-For: 203.0.113.9", "X-Real-IP: 203.0.113.9", "Forwarded: for=203.0.113.9").get("/api/v1/me").fails(429, "rate_limited", "")
	})
	t.Run("streams", func(t *testing.T) {
		s := open(t, limited)
		v := s.visitor()
		for range 5 {
			st := v.stream("/visitor/v1/events")
			st.next("ready")
		}
		v.get("/visitor/v1/events").fails(429, "rate_limited", "")
		id := v.post("/visitor/v1/sessions", `{}`).is(201).text("session_id")
		v.get("/visitor/v1/sessions/"+id+"/messages?wait=1").fails(429, "rate_limited", "")
		for range 3 { // 20 an address: five each of four visitors
			w := s.visitor()
			for range 5 {
				w.stream("/visitor/v1/events").next("ready")
			}
		}
		s.visitor().get("/visitor/v1/events").fails(429, "rate_limited", "")
		for range 25 {
			s.admin().stream("/api/v1/events").next("ready")
		}
	})
}
