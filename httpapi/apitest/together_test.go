package apitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// team is a site with two agents of the host's own, who say who they are in a
// header.
func team(t *testing.T) (s *site, ada, bob *client) {
	t.Helper()
	s = open(t, setup{options: httpapi.Options{Agent: func(r *http.Request) (chat.Agent, error) {
		name := r.Header.Get("X-Agent")
		if name == "" {
			return chat.Agent{}, chat.ErrUnauthenticated
		}
		return chat.Agent{ID: strings.ToLower(name), Name: name}, nil
	}}})
	ada, bob = s.with("X-Agent: Ada"), s.with("X-Agent: Bob")
	ada.get("/api/v1/me").is(200)
	bob.get("/api/v1/me").is(200)
	return s, ada, bob
}

// TestDrafts keeps drafts of two agents and both kinds apart.
func TestDrafts(t *testing.T) {
	t.Parallel()
	s, ada, bob := team(t)
	path := "/api/v1/sessions/" + s.fixture().session + "/draft"
	ada.get(path).is(200).has(map[string]any{"message": "", "note": false})
	ada.do("PUT", path, `{"message":"Let me\nlook"}`).is(200).has(map[string]any{"message": "Let me\nlook", "note": false})
	ada.do("PUT", path, `{"message":"among us","note":true}`).is(200)
	bob.get(path).is(200).has(map[string]any{"message": ""})
	bob.do("PUT", path, `{"message":"Bob’s"}`).is(200)
	if ada.get(path).is(200).has(map[string]any{"message": "Let me\nlook"}).text("updated_at") == "" {
		t.Error("a draft without a time")
	}
	ada.do("DELETE", path, ``).is(204)
	ada.do("DELETE", path, ``).is(204)
	ada.get(path).is(200).has(map[string]any{"message": ""})
	ada.get(path + "?note=true").is(200).has(map[string]any{"message": "among us", "note": true})
	bob.get(path).is(200).has(map[string]any{"message": "Bob’s"})
	ada.get(path+"?note=yes").fails(400, "invalid_request", "note")
	ada.do("DELETE", path+"?note=yes", ``).fails(400, "invalid_request", "note")
	ada.do("PUT", path, encode(object{"message": strings.Repeat("x", 12_001)})).fails(400, "invalid_request", "message")
	ada.do("PUT", path, encode(object{"message": strings.Repeat("x", 12_000)})).is(200)
}

// TestCrossingReplies lets two agents answer the same person.
func TestCrossingReplies(t *testing.T) {
	t.Parallel()
	s, ada, bob := team(t)
	f := s.fixture()
	path := "/api/v1/sessions/" + f.session + "/messages"
	bobs := bob.post(path, `{"sender":"agent","message":"From Bob","after_seq":1}`).is(201).text("message_id")
	mine := `{"sender":"agent","message":"From Ada","after_seq":1,"client_id":"c1"}`
	ada.post(path, mine).fails(409, "conflict", "after_seq").has(map[string]any{"latest.message_id": bobs, "latest.sender_name": "Bob", "latest.seq": 2})
	ada.post(path, `{"sender":"agent","message":"From Ada","client_id":"c1"}`).is(201)
	ada.post(path, mine).is(200) // it is there now: to ask again would be too late
	ada.post("/api/v1/messages", `{"session_id":"`+f.session+`","sender":"agent","message":"One’s own","after_seq":2}`).is(201)
	s.admin().post(path, `{"sender":"bot","message":"x","after_seq":1}`).fails(409, "conflict", "after_seq")
	s.admin().post(path, `{"sender":"visitor","message":"x","after_seq":1}`).fails(400, "invalid_request", "after_seq")
	ada.post(path, `{"sender":"agent","message":"x","after_seq":-1}`).fails(400, "invalid_request", "after_seq")
}

// TestHistory hands a session round, and finds who had it.
func TestHistory(t *testing.T) {
	t.Parallel()
	s, ada, bob := team(t)
	f := s.fixture()
	path := "/api/v1/sessions/" + f.session
	before := len(ada.get(path + "/history").is(200).list("history"))
	ada.post(path+"/claim", "").is(200)
	bob.post(path+"/claim", "").fails(409, "already_claimed", "")
	ada.post(path+"/transfer", `{"agent_id":"bob"}`).is(200)
	bob.post(path+"/snooze", `{"until":"reply"}`).is(200)
	f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "Back"})).is(201)
	bob.post(path+"/transfer", `{"department":"Billing"}`).is(200)
	s.admin().do("PATCH", path, `{"tags":["x"],"assignee_id":"ada"}`).is(200)
	f.who.post("/visitor/v1/sessions/"+f.session+"/close", "").is(200)

	answer := ada.get(path + "/history?limit=7").is(200)
	var got []string
	for _, e := range answer.list("history") {
		line := ""
		for _, key := range []string{"by", "by_id", "action", "agent_id", "agent_name", "department", "until"} {
			if v, ok := e[key].(string); ok && (key != "by_id" || e["by"] == "agent") {
				line += v + " "
			}
		}
		got = append(got, strings.TrimSpace(line))
	}
	want := []string{
		"visitor closed", "api_key assigned ada Ada", "agent bob transferred Billing", "visitor woken", "agent bob snoozed reply",
		"agent ada assigned bob Bob", "agent ada assigned ada Ada",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the history is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := len(ada.get(path + "/history").is(200).list("history")); n != before+7 {
		t.Errorf("%d entries, want %d", n, before+7)
	}
	ada.get(path+"/history?after=x").fails(400, "invalid_cursor", "after")
	ada.get("/api/v1/sessions/unknown/history").is(404)
	f.who.get(path + "/history").is(401)
	if raw := ada.get("/api/v1/visitors/" + f.who.id + "/export").is(200).raw; !strings.Contains(raw, `"history":[{"action":"closed"`) {
		t.Errorf("the export is %s", raw)
	}
}

// TestMentions mentions agents in notes, and finds the notes again.
func TestMentions(t *testing.T) {
	t.Parallel()
	s, ada, bob := team(t)
	f := s.fixture()
	all, own := ada.stream("/api/v1/events"), f.who.stream("/visitor/v1/events")
	all.next("ready")
	own.next("ready")
	path := "/api/v1/sessions/" + f.session
	note := ada.post(path+"/notes", `{"message":"@Bob, SECRET","mentions":["bob","bob"],"client_id":"c1"}`).is(201)
	if list, _ := note.at("mentions").([]any); len(list) != 1 || list[0] != "bob" {
		t.Errorf("the note mentions %v", note.at("mentions"))
	}
	if e := all.next("note_added"); e.payload("mentions").([]any)[0] != "bob" {
		t.Errorf("the event is %s", e.raw)
	}
	ada.post(path+"/notes", `{"message":"@Bob, SECRET","mentions":["bob"],"client_id":"c1"}`).is(200)
	ada.post(path+"/notes", `{"message":"@Bob, SECRET","client_id":"c1"}`).fails(409, "client_id_reused", "client_id")
	ada.post(path+"/notes", `{"message":"x","mentions":["bob","nobody"]}`).fails(400, "invalid_request", "mentions[1]")
	ada.post(path+"/notes", encode(object{"message": "x", "mentions": make([]string, 21)})).fails(400, "invalid_request", "mentions")
	if list := bob.get("/api/v1/me/mentions").is(200).list("mentions"); len(list) != 1 || list[0]["visitor_name"] != "Ines" {
		t.Errorf("Bob finds %v", list)
	}
	if list := ada.get("/api/v1/me/mentions").is(200).list("mentions"); len(list) != 0 {
		t.Errorf("Ada finds %v", list)
	}
	ada.post(path+"/messages", `{"sender":"agent","message":"Hello"}`).is(201)
	if e := own.next("message_sent"); strings.Contains(e.raw, "bob") {
		t.Errorf("the visitor hears %s", e.raw)
	}
}

// TestWhoIsReading tells colleagues what an agent looks at.
func TestWhoIsReading(t *testing.T) {
	t.Parallel()
	s, ada, bob := team(t)
	f := s.fixture()
	all := bob.stream("/api/v1/events")
	all.next("ready")
	ada.do("PUT", "/api/v1/me/viewing", `{"session_id":"`+f.session+`"}`).is(204)
	for {
		if e := all.next("agent_presence"); e.payload("agent_id") == "ada" && e.payload("viewing") == f.session {
			break
		}
	}
	for _, a := range bob.get("/api/v1/agents").is(200).list("agents") {
		if want := map[string]any{"ada": f.session}[a["agent_id"].(string)]; a["viewing"] != want {
			t.Errorf("%v looks at %v", a["name"], a["viewing"])
		}
	}
	ada.do("PUT", "/api/v1/me/viewing", `{"session_id":null}`).is(204)
	for {
		if e := all.next("agent_presence"); e.payload("agent_id") == "ada" && e.payload("viewing") == nil {
			break
		}
	}
	ada.do("PUT", "/api/v1/me/viewing", `{}`).fails(400, "invalid_request", "session_id")
	ada.do("PUT", "/api/v1/me/viewing", `{"session_id":"nothing"}`).fails(404, "not_found", "")
}

// TestTypingPreview shows agents what a visitor writes, where that is switched
// on, and nobody else.
func TestTypingPreview(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	features := func() any { return f.who.post("/visitor/v1/hello", `{}`).is(200).at("config.features.typing_preview") }
	if features() != false {
		t.Error("it is on before anybody has switched it on")
	}
	all, own := s.admin().stream("/api/v1/events"), f.who.stream("/visitor/v1/events")
	all.next("ready")
	own.next("ready")
	path := "/visitor/v1/sessions/" + f.session + "/typing"
	heard := func(preview any) {
		t.Helper()
		f.who.post(path, `{"typing":true,"preview":"My order num"}`).is(204)
		if e := all.next("typing"); e.payload("preview") != preview {
			t.Errorf("agents hear %s, want preview %v", e.raw, preview)
		}
		if e := own.next("typing"); e.payload("preview") != nil {
			t.Errorf("the visitor hears %s", e.raw)
		}
	}
	heard(nil)
	s.admin().do("PUT", "/api/v1/settings", `{"typing_preview":true}`).is(200)
	if features() != true {
		t.Error("the widget is not told")
	}
	heard("My order num")
	s.admin().post("/api/v1/sessions/"+f.session+"/typing", `{"typing":true,"preview":"x"}`).fails(400, "invalid_request", "preview")
	f.who.post(path, encode(object{"preview": strings.Repeat("x", 4001)})).fails(400, "invalid_request", "preview")
}

// TestPushSubscriptions has browsers told, each for its own agent.
func TestPushSubscriptions(t *testing.T) {
	t.Parallel()
	s, ada, bob := team(t)
	const path = "/api/v1/me/push-subscriptions"
	good := func(endpoint string) string {
		return encode(object{"endpoint": endpoint, "keys": object{"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}})
	}
	if key := ada.get("/api/v1/me").is(200).body["features"].(object)["push_key"]; key != "the public half" {
		t.Errorf("the push key is %v", key)
	}
	id := ada.post(path, good("https://push.example/ada")).is(201).text("push_subscription_id")
	if again := ada.post(path, good("https://push.example/ada")).is(201).text("push_subscription_id"); again != id {
		t.Errorf("the same browser is %s and %s", id, again)
	}
	bob.do("DELETE", path+"/"+id, "").fails(404, "not_found", "")
	if left, _ := s.svc.PushSubscriptions(t.Context()); len(left) != 1 {
		t.Errorf("%d subscriptions after somebody else's DELETE", len(left))
	}
	ada.do("DELETE", path+"/"+id, "").is(204)
	if left, _ := s.svc.PushSubscriptions(t.Context()); len(left) != 0 {
		t.Errorf("%d subscriptions are left", len(left))
	}
	ada.post(path, good("https://127.0.0.1/")).fails(400, "invalid_request", "endpoint")
	ada.post(path, good("http://push.example/")).fails(400, "invalid_request", "endpoint")
	ada.post(path, `{"endpoint":"https://push.example/","keys":{"p256dh":"AAAA","auth":"AAAA"}}`).fails(400, "invalid_request", "p256dh")
}
