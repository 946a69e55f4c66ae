package apitest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// TestSixCalls plays the product's six calls as an integration makes them.
func TestSixCalls(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	api := s.with("X-API-Key: " + s.key)

	created := api.post("/api/v1/sessions", `{"visitor_name":"Ines Ferreira","visitor_email":"ines@example.com","source":"website","custom_data":{"plan":"pro"}}`).is(201)
	created.has(map[string]any{
		"status": "active", "visitor_name": "Ines Ferreira", "visitor_email": "ines@example.com", "source": "website", "custom_data.plan": "pro",
		"message_count": 0, "unread": 0, "version": 1, "closed_at": nil, "assignee_id": nil,
	})
	id := created.text("session_id")
	if at := created.follow("/api/v1/sessions", created.header.Get("Location")); at != "/api/v1/sessions/"+id {
		t.Errorf("Location leads to %q", at)
	}

	for i, m := range []struct{ path, sender, text string }{
		{"/api/v1/messages", "visitor", "Hello, is anybody there?"},
		{"/api/v1/sessions/" + id + "/messages", "bot", "A person will be with you in a moment."},
		{"/api/v1/messages", "agent", "Hello Ines, how can I help?"},
	} {
		sent := api.post(m.path, encode(object{"session_id": id, "sender": m.sender, "message": m.text})).is(201)
		sent.has(map[string]any{"session_id": id, "sender": m.sender, "message": m.text, "seq": i + 1})
		sent.text("message_id")
		sent.text("timestamp")
	}
	withoutID := api.post("/api/v1/sessions/"+id+"/messages", `{"sender":"agent","message":"One more thing."}`).is(201)
	withoutID.has(map[string]any{"session_id": id, "seq": 4})

	list := api.get("/api/v1/sessions/" + id + "/messages").is(200)
	list.has(map[string]any{"session_id": id, "next_cursor": nil})
	if got := fmt.Sprint(column(list.list("messages"), "seq")); got != "[1 2 3 4]" {
		t.Errorf("seq are %s", got)
	}
	if got := fmt.Sprint(column(list.list("messages"), "sender")); got != "[visitor bot agent agent]" {
		t.Errorf("senders are %s", got)
	}

	one := api.get("/api/v1/sessions/" + id).is(200)
	one.has(map[string]any{"session_id": id, "status": "active", "message_count": 4, "last_message.message": "One more thing.", "last_message.seq": 4, "unread": 0})
	if len(one.list("messages")) != 4 {
		t.Errorf("the session has %d messages", len(one.list("messages")))
	}

	active := api.get("/api/v1/sessions/active").is(200)
	if got := active.list("sessions"); len(got) != 1 || got[0]["session_id"] != id || got[0]["visitor_name"] != "Ines Ferreira" || got[0]["status"] != "active" {
		t.Errorf("active sessions: %s", active.raw)
	}

	closed := api.post("/api/v1/sessions/"+id+"/close", `{"reason":"solved"}`).is(200)
	closed.has(map[string]any{"session_id": id, "status": "closed", "close_reason": "solved"})
	closedAt := closed.text("closed_at")
	for _, again := range []*reply{
		api.post("/api/v1/sessions/"+id+"/close", ``), api.do("PUT", "/api/v1/sessions/"+id+"/close", ``),
		api.do("PUT", "/api/v1/sessions/"+id+"/close", `{}`), api.post("/api/v1/sessions/"+id+"/close", `{"reason":"other"}`),
	} {
		again.is(200).has(map[string]any{"status": "closed", "closed_at": closedAt, "close_reason": "solved"})
	}
	if got := api.get("/api/v1/sessions/active").list("sessions"); len(got) != 0 {
		t.Errorf("still active: %v", got)
	}
}

// follow resolves an address that an answer gave, relative to the request's,
// and returns it below the place where the chat is mounted.
func (r *reply) follow(from, location string) string {
	base, err := url.Parse("http://chat.example" + from)
	if err != nil {
		r.t.Fatal(err)
	}
	to, err := base.Parse(location)
	if err != nil {
		r.t.Fatal(err)
	}
	return to.EscapedPath()
}

// TestPutCloses closes a session with the other method.
func TestPutCloses(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	f.admin().do("PUT", "/api/v1/sessions/"+f.session+"/close", ``).is(200).has(map[string]any{"status": "closed"})
	f.admin().do("DELETE", "/api/v1/sessions/"+f.session+"/close", ``).fails(405, "method_not_allowed", "")
}

// TestSessionIDInTwoPlaces sends a message with the session in the path and
// in the body.
func TestSessionIDInTwoPlaces(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	a, b := s.fixture(), s.fixture()
	path := "/api/v1/sessions/" + a.session + "/messages"
	s.admin().post(path, `{"session_id":`+quote(a.session)+`,"sender":"agent","message":"x"}`).is(201)
	s.admin().post(path, `{"session_id":`+quote(b.session)+`,"sender":"agent","message":"x"}`).fails(400, "invalid_request", "session_id")
	s.admin().post("/api/v1/messages", `{"sender":"agent","message":"x"}`).fails(400, "invalid_request", "session_id")
	s.admin().post("/api/v1/messages", `{"session_id":"01jq4xv5c8w2r6n0a3k7m9t1ze","sender":"agent","message":"x"}`).fails(404, "not_found", "")
}

// TestWhoMaySpeakAsWhom tries senders.
func TestWhoMaySpeakAsWhom(t *testing.T) {
	t.Parallel()
	f := open(t, setup{options: hostLogin()}).fixture()
	body := func(sender string) string {
		return encode(object{"session_id": f.session, "sender": sender, "message": "x"})
	}
	for _, sender := range []string{"agent", "visitor", "bot"} {
		f.admin().post("/api/v1/messages", body(sender)).is(201).has(map[string]any{"sender": sender})
	}
	ada := f.with("Cookie: login=ada")
	ada.post("/api/v1/messages", body("agent")).is(201).has(map[string]any{"sender": "agent", "sender_id": "ada", "sender_name": "Ada"})
	ada.post("/api/v1/messages", body("visitor")).fails(403, "forbidden", "")
	ada.post("/api/v1/messages", body("bot")).fails(403, "forbidden", "")
	f.who.post("/visitor/v1/messages", body("visitor")).is(201)
	f.who.post("/visitor/v1/messages", body("agent")).fails(403, "forbidden", "")
	f.who.post("/visitor/v1/messages", body("system")).fails(403, "forbidden", "")
	f.admin().post("/api/v1/messages", body("system")).fails(400, "invalid_request", "sender")

	named := f.admin().post("/api/v1/messages", encode(object{"session_id": f.session, "sender": "bot", "message": "x", "sender_name": "Robo"})).is(201)
	named.has(map[string]any{"sender_name": "Robo"})
	ada.post("/api/v1/messages", encode(object{"session_id": f.session, "sender": "agent", "message": "x", "sender_name": "Bob"})).fails(400, "invalid_request", "sender_name")
	spoken := f.admin().post("/api/v1/messages", body("visitor")).is(201)
	spoken.has(map[string]any{"sender_id": f.who.id, "sender_name": "Ines"})
}

// TestClosedSession tries everything on a session that is over.
func TestClosedSession(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	api, path := f.admin(), "/api/v1/sessions/"+f.session
	api.post(path+"/close", ``).is(200)
	for _, sender := range []string{"agent", "visitor", "bot"} {
		api.post(path+"/messages", `{"sender":"`+sender+`","message":"late"}`).fails(409, "session_closed", "")
	}
	f.who.post("/visitor/v1/messages", `{"session_id":`+quote(f.session)+`,"message":"late"}`).fails(409, "session_closed", "")
	api.post(path+"/claim", ``).fails(409, "session_closed", "")
	api.post(path+"/transfer", `{"department":"Billing"}`).fails(409, "session_closed", "")
	api.post(path+"/typing", ``).fails(409, "session_closed", "")
	f.who.post("/visitor/v1/sessions/"+f.session+"/typing", ``).fails(409, "session_closed", "")
	api.post(path+"/notes", `{"message":"after the end"}`).is(201)
	api.do("PATCH", path, `{"tags":["done"]}`).is(200)
	f.who.get("/visitor/v1/sessions/" + f.session).is(200).has(map[string]any{"status": "closed"})
	hello := f.who.post("/visitor/v1/hello", ``).is(200)
	hello.has(map[string]any{"session": nil, "visitor_id": f.who.id, "token": f.who.token})
}

// TestDefaults looks at what is there where nothing was said.
func TestDefaults(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	s.admin().post("/api/v1/sessions", `{"visitor_name":"Ines"}`).is(201).has(map[string]any{"source": "api"})
	v := s.visitor()
	for _, body := range []string{``, `{}`} {
		v.post("/visitor/v1/sessions", body).is(201).has(map[string]any{"visitor_name": "Visitor", "status": "active", "message_count": 0, "messages": nil})
	}
	named := v.post("/visitor/v1/sessions", `{"visitor_name":"  Ines \n Ferreira\u202e ","visitor_email":"ines@example.com"}`).is(201)
	if got := named.text("visitor_name"); strings.ContainsAny(got, "\n\u202e") || strings.TrimSpace(got) != got {
		t.Errorf("visitor_name is %q", got)
	}
	v.post("/visitor/v1/sessions", `{}`).fails(409, "too_many_sessions", "")
}

// TestOnlyTheNewestMessagesStandBesideASession checks the 50 at most.
func TestOnlyTheNewestMessagesStandBesideASession(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	v := s.visitor()
	id := v.post("/visitor/v1/sessions", `{}`).is(201).text("session_id")
	for i := range 53 {
		v.post("/visitor/v1/messages", encode(object{"session_id": id, "message": fmt.Sprint(i + 1)})).is(201)
	}
	for _, r := range []*reply{s.admin().get("/api/v1/sessions/" + id), v.get("/visitor/v1/sessions/" + id)} {
		got := r.is(200).list("messages")
		if len(got) != 50 || got[0]["seq"] != 4.0 || got[49]["seq"] != 53.0 {
			t.Errorf("%s: %d messages from %v to %v", r.what, len(got), got[0]["seq"], got[len(got)-1]["seq"])
		}
	}
	if got := v.post("/visitor/v1/hello", ``).is(200).at("session.messages").([]any); len(got) != 50 {
		t.Errorf("hello shows %d messages", len(got))
	}
}
