package apitest

import (
	"fmt"
	"strings"
	"testing"
)

// TestChangingSessions plays PATCH with and without If-Match.
func TestChangingSessions(t *testing.T) {
	t.Parallel()
	f := open(t, setup{options: hostLogin()}).fixture()
	api, path := f.admin(), "/api/v1/sessions/"+f.session
	f.with("Cookie: login=bob").get("/api/v1/me").is(200)

	read := api.get(path).is(200)
	if got := read.header.Get("ETag"); got != `"1"` || read.number("version") != 1 {
		t.Errorf("ETag %s of version %v", got, read.at("version"))
	}
	patched := api.do("PATCH", path, `{"assignee_id":"bob","department":"Billing","tags":["a","b","a"],"visitor_name":"Ines F.","visitor_email":"i@example.com","custom_data":{"x":1,"y":2}}`, `If-Match: "1"`).is(200)
	patched.has(map[string]any{
		"assignee_id": "bob", "assignee_name": "Bob", "department": "Billing", "visitor_name": "Ines F.", "visitor_email": "i@example.com",
		"custom_data.x": 1, "custom_data.y": 2, "version": 2,
	})
	if got := fmt.Sprint(patched.at("tags")); got != "[a b]" {
		t.Errorf("tags are %s", got)
	}
	if patched.header.Get("ETag") != `"2"` {
		t.Errorf("ETag is %s", patched.header.Get("ETag"))
	}
	f.who.get("/visitor/v1/sessions/" + f.session).is(200).has(map[string]any{"agent.name": "Bob", "department": "Billing", "visitor_name": "Ines F."})

	api.do("PATCH", path, `{"department":"Sales"}`, `If-Match: "1"`).fails(412, "version_mismatch", "")
	for _, bad := range []string{`1`, `"`, `"2" "3"`, `"2", *`, `,`, `w/"2"`} {
		api.do("PATCH", path, `{"department":"Sales"}`, `If-Match: `+bad).fails(400, "invalid_request", "If-Match")
	}
	for _, other := range []string{`"0"`, `"-1"`, `W/"2"`, `"1", "3"`, `"x"`, `""`, `"99999999999999999999"`} {
		api.do("PATCH", path, `{"department":"Sales"}`, `If-Match: `+other).fails(412, "version_mismatch", "")
	}
	api.do("PATCH", path, `{"department":"Sales"}`, `If-Match: "1", "2"`).is(200).has(map[string]any{"version": 3})
	api.do("PATCH", path, `{"custom_data":{"x":null,"z":{"deep":true}}}`).is(200).has(map[string]any{
		"version": 4, "custom_data.x": nil, "custom_data.y": 2, "custom_data.z.deep": true, "department": "Sales",
	})
	api.do("PATCH", path, `{"assignee_id":null}`).is(200).has(map[string]any{"assignee_id": nil, "assignee_name": nil, "version": 5})
	api.do("PATCH", path, `{}`).is(200).has(map[string]any{"version": 5})
	api.do("PATCH", path, `{"department":"Sales"}`).is(200).has(map[string]any{"version": 5})
	api.do("PATCH", path, `{"department":"","visitor_email":"","tags":[]}`).is(200).has(map[string]any{"department": nil, "visitor_email": nil, "version": 6})

	for body, field := range map[string]string{
		`{"assignee_id":"nobody"}`: "assignee_id", `{"visitor_name":" "}`: "visitor_name", `{"tags":["a",""]}`: "tags", `{"tags":null}`: "tags",
		`{"department":null}`: "department", `{"status":"closed"}`: "status", `{"version":1}`: "version", `{"visitor_id":"x"}`: "visitor_id",
		`{"custom_data":null}`: "custom_data",
	} {
		api.do("PATCH", path, body).fails(400, "invalid_request", field)
	}
	// What an agent sets may not grow without end by merging.
	var pairs []string
	for i := range 48 {
		pairs = append(pairs, fmt.Sprintf(`"k%d":1`, i))
	}
	api.do("PATCH", path, `{"custom_data":{`+strings.Join(pairs, ",")+`}}`).fails(400, "invalid_request", "custom_data")
}

// TestConcurrentChanges has several change one session at once: with If-Match
// one wins, without it nothing is lost.
func TestConcurrentChanges(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	path := "/api/v1/sessions/" + f.session
	won := 0
	for _, r := range atOnce(8, func(i int) *reply {
		return f.admin().do("PATCH", path, fmt.Sprintf(`{"department":"D%d"}`, i), `If-Match: "1"`)
	}) {
		if r.status == 200 {
			won++
			continue
		}
		r.fails(412, "version_mismatch", "")
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
	atOnce(8, func(i int) *reply {
		return f.admin().do("PATCH", path, fmt.Sprintf(`{"custom_data":{"k%d":%d}}`, i, i)).is(200)
	})
	data := f.admin().get(path).is(200).at("custom_data").(object)
	if len(data) != 8 {
		t.Errorf("custom_data is %v", data)
	}
}

// TestTransfer hands a session on.
func TestTransfer(t *testing.T) {
	t.Parallel()
	f := open(t, setup{options: hostLogin()}).fixture()
	ada, bob := f.with("Cookie: login=ada"), f.with("Cookie: login=bob")
	path := "/api/v1/sessions/" + f.session
	bob.get("/api/v1/me").is(200)
	ada.post(path+"/claim", ``).is(200).has(map[string]any{"assignee_id": "ada"})
	ada.post(path+"/transfer", `{"agent_id":"bob"}`).is(200).has(map[string]any{"assignee_id": "bob", "assignee_name": "Bob"})
	ada.post(path+"/claim", ``).fails(409, "already_claimed", "")
	bob.post(path+"/transfer", `{"department":"Billing"}`).is(200).has(map[string]any{"assignee_id": nil, "department": "Billing"})
	ada.post(path+"/claim", ``).is(200).has(map[string]any{"assignee_id": "ada", "department": "Billing"})
	ada.post(path+"/transfer", `{"agent_id":"nobody"}`).fails(400, "invalid_request", "agent_id")
	ada.post(path+"/transfer", `{}`).fails(400, "invalid_request", "agent_id")
	ada.post(path+"/transfer", `{"agent_id":"bob","department":"Billing"}`).fails(400, "invalid_request", "agent_id")
	ada.post("/api/v1/sessions/01jq4xv5c8w2r6n0a3k7m9t1ze/transfer", `{"agent_id":"bob"}`).fails(404, "not_found", "")
}

// TestEditingMessages changes and deletes messages and notes.
func TestEditingMessages(t *testing.T) {
	t.Parallel()
	f := open(t, setup{options: hostLogin()}).fixture()
	ada, bob := f.with("Cookie: login=ada"), f.with("Cookie: login=bob")
	path := "/api/v1/sessions/" + f.session
	m := bob.post(path+"/messages", `{"sender":"agent","message":"Helo"}`).is(201)
	one := path + "/messages/" + m.text("message_id")

	edited := bob.do("PATCH", one, `{"message":"Hello"}`).is(200).has(map[string]any{"message": "Hello", "seq": 2, "deleted_at": nil, "timestamp": m.text("timestamp")})
	edited.text("edited_at")
	again := bob.do("PATCH", one, `{"message":"Hello"}`).is(200)
	if again.raw != edited.raw {
		t.Errorf("the same text again:\n%s\n%s", edited.raw, again.raw)
	}
	f.who.get("/visitor/v1/sessions/" + f.session).is(200).has(map[string]any{"last_message.message": "Hello"})

	eve := f.with("Cookie: login=eve")
	eve.do("PATCH", one, `{"message":"Evil"}`).fails(403, "forbidden", "")
	eve.do("DELETE", one, ``).fails(403, "forbidden", "")
	other := f.site.fixture()
	ada.do("PATCH", "/api/v1/sessions/"+other.session+"/messages/"+m.text("message_id"), `{"message":"x"}`).fails(404, "not_found", "")
	ada.do("DELETE", "/api/v1/sessions/"+other.session+"/messages/"+m.text("message_id"), ``).fails(404, "not_found", "")

	deleted := ada.do("DELETE", one, ``).is(200).has(map[string]any{"message": "", "seq": 2})
	deleted.text("deleted_at")
	if again := ada.do("DELETE", one, ``).is(200); again.raw != deleted.raw {
		t.Errorf("deleted again:\n%s\n%s", deleted.raw, again.raw)
	}
	ada.do("PATCH", one, `{"message":"back"}`).fails(404, "not_found", "")
	seen := f.who.get("/visitor/v1/sessions/" + f.session + "/messages").is(200)
	if got := seen.list("messages"); len(got) != 2 || got[1]["message"] != "" || got[1]["seq"] != 2.0 {
		t.Errorf("the visitor sees %s", seen.raw)
	}
	ada.post(path+"/messages", `{"sender":"agent","message":"next"}`).is(201).has(map[string]any{"seq": 3})

	note := path + "/messages/" + f.note
	f.admin().do("PATCH", note, `{"message":"other note"}`).is(200).has(map[string]any{"note": true, "message": "other note", "seq": nil})
	f.admin().do("DELETE", note, ``).is(200).has(map[string]any{"note": true, "message": ""})
}

// TestSeenAndUnread counts what was not seen yet.
func TestSeenAndUnread(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	path, own := "/api/v1/sessions/"+f.session, "/visitor/v1/sessions/"+f.session
	second := f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "?"})).is(201).text("message_id")
	waiting := f.admin().get(path).is(200).has(map[string]any{"unread": 2, "agent_seen_seq": 0, "visitor_seen_seq": 2, "first_reply_at": nil})
	if waiting.text("waiting_since") != waiting.list("messages")[0]["timestamp"] {
		t.Error("waiting_since is not when the first message came")
	}
	seen := func(id string) string { return encode(object{"message_id": id}) }
	f.admin().post(path+"/seen", seen(f.message)).is(204)
	f.admin().get(path).is(200).has(map[string]any{"unread": 1, "agent_seen_seq": 1})
	f.who.get(own).is(200).has(map[string]any{"agent_seen_seq": 1})
	f.admin().post(path+"/seen", seen(second)).is(204)
	f.admin().post(path+"/seen", seen(f.message)).is(204)
	f.admin().get(path).is(200).has(map[string]any{"unread": 0, "agent_seen_seq": 2, "version": 1})

	reply := f.admin().post(path+"/messages", `{"sender":"agent","message":"!"}`).is(201).text("message_id")
	f.admin().post(path+"/messages", `{"sender":"bot","message":"!"}`).is(201)
	answered := f.admin().get(path).is(200).has(map[string]any{"waiting_since": nil})
	answered.text("first_reply_at")
	f.who.get(own).is(200).has(map[string]any{"unread": 2, "visitor_seen_seq": 2})
	f.who.post(own+"/seen", seen(reply)).is(204)
	f.who.get(own).is(200).has(map[string]any{"unread": 1, "visitor_seen_seq": 3})
	f.who.post(own+"/seen", seen(f.message)).is(204)
	f.who.get(own).is(200).has(map[string]any{"visitor_seen_seq": 3})

	other := f.site.fixture()
	f.admin().post(path+"/seen", seen(other.message)).fails(404, "not_found", "")
	f.who.post(own+"/seen", seen(other.message)).fails(404, "not_found", "")
}

// TestRating rates, changes it, and starts the next session.
func TestRating(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	own := "/visitor/v1/sessions/" + f.session
	f.who.post(own+"/close", `{"reason":"done"}`).is(200)
	f.who.post(own+"/rating", `{"score":2,"comment":"slow"}`).is(200).has(map[string]any{"rating.score": 2, "rating.comment": "slow"})
	f.who.post(own+"/rating", `{"score":5}`).is(200).has(map[string]any{"rating.score": 5, "rating.comment": nil})
	f.admin().get("/api/v1/sessions/" + f.session).is(200).has(map[string]any{"rating.score": 5, "close_reason": "done"})
	f.who.post(own+"/rating", `{"score":4.5}`).fails(400, "invalid_request", "score")
	f.who.post("/visitor/v1/sessions", `{}`).is(201)
	f.who.post(own+"/rating", `{"score":1}`).fails(409, "conflict", "")
}

// TestAvailability has an agent come and go.
func TestAvailability(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: hostLogin()})
	s.nobody().post("/visitor/v1/hello", ``).is(200).has(map[string]any{"online": false})
	ada := s.with("Cookie: login=ada")
	ada.get("/api/v1/me").is(200).has(map[string]any{"auth": "host", "agent.agent_id": "ada", "agent.name": "Ada", "agent.admin": true, "agent.availability": "available", "agent.online": true})
	hello := s.nobody().post("/visitor/v1/hello", ``).is(200).has(map[string]any{"online": true})
	if got := fmt.Sprint(hello.at("config.people")); got != "[map[name:Ada]]" {
		t.Errorf("people are %s", got)
	}
	ada.do("PUT", "/api/v1/me/availability", `{"availability":"away"}`).is(200).has(map[string]any{"agent_id": "ada", "availability": "away", "online": true})
	s.nobody().post("/visitor/v1/hello", ``).is(200).has(map[string]any{"online": false})

	key := s.keyed("write")
	me := key.get("/api/v1/me").is(200).has(map[string]any{"auth": "api_key", "agent.name": "Key to write", "agent.admin": false, "agent.online": false})
	if got := fmt.Sprint(me.at("scopes")); got != "[read write]" {
		t.Errorf("scopes are %s", got)
	}
	s.nobody().post("/visitor/v1/hello", ``).is(200).has(map[string]any{"online": false}) // a program is nobody who answers
	key.do("PUT", "/api/v1/me/availability", `{"availability":"available"}`).is(200).has(map[string]any{"online": true})
	s.nobody().post("/visitor/v1/hello", ``).is(200).has(map[string]any{"online": true})
	if got := fmt.Sprint(column(key.get("/api/v1/agents").is(200).list("agents"), "name")); got != "[Ada Key to write]" {
		t.Errorf("agents are %s", got)
	}
}

// TestVisitors lists, reads and erases visitors.
func TestVisitors(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	f.who.post("/visitor/v1/hello", `{"page":{"url":"https://www.example.com/pricing","title":"Pricing","referrer":"https://search.example"},"locale":"pt-BR"}`, "User-Agent: Test/1").is(200)
	v := s.admin().get("/api/v1/visitors/" + f.who.id).is(200).has(map[string]any{
		"visitor_id": f.who.id, "name": "Ines", "verified": false, "locale": "pt-BR", "user_agent": "Test/1", "online": true,
		"page.url": "https://www.example.com/pricing", "page.title": "Pricing", "page.referrer": "https://search.example",
	})
	offline := s.admin().post("/api/v1/sessions", `{"visitor_name":"By post"}`).is(201).text("visitor_id")
	ids := func(query string) string {
		return fmt.Sprint(column(s.admin().get("/api/v1/visitors"+query).is(200).list("visitors"), "visitor_id"))
	}
	if got := ids("?online=true"); got != "["+f.who.id+"]" {
		t.Errorf("online: %s", got)
	}
	if got := ids(""); !strings.Contains(got, offline) || !strings.Contains(got, v.text("visitor_id")) {
		t.Errorf("all: %s", got)
	}
	for _, page := range []string{`{"url":"javascript:alert(1)"}`, `{"url":"//x"}`, `{"url":"data:,x"}`, `{"url":"/here"}`} {
		f.who.post("/visitor/v1/hello", `{"page":`+page+`}`).fails(400, "invalid_request", "page.url")
	}
	f.who.post("/visitor/v1/hello", `{"page":{"url":"https://x.example","title":"`+strings.Repeat("x", 501)+`"}}`).fails(400, "invalid_request", "page.title")

	s.admin().do("DELETE", "/api/v1/visitors/"+f.who.id, ``).is(204)
	s.admin().get("/api/v1/visitors/"+f.who.id).fails(404, "not_found", "")
	s.admin().do("DELETE", "/api/v1/visitors/"+f.who.id, ``).fails(404, "not_found", "")
	s.admin().get("/api/v1/sessions/"+f.session).fails(404, "not_found", "")
	f.who.get("/visitor/v1/sessions").fails(401, "invalid_token", "")
}

// TestEraseMe has a visitor erase themselves.
func TestEraseMe(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	a, b := s.fixture(), s.fixture()
	a.who.do("DELETE", "/visitor/v1/me", ``).is(204)
	a.who.get("/visitor/v1/sessions").fails(401, "invalid_token", "")
	a.who.do("DELETE", "/visitor/v1/me", ``).fails(401, "invalid_token", "")
	s.admin().get("/api/v1/sessions/"+a.session).fails(404, "not_found", "")
	hello := a.who.post("/visitor/v1/hello", ``).is(200)
	if hello.text("visitor_id") == a.who.id || hello.text("token") == a.who.token || hello.at("session") != nil {
		t.Errorf("remembered: %s", hello.raw)
	}
	b.who.get("/visitor/v1/sessions/" + b.session).is(200)
}
