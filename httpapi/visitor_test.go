package httpapi

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// A visitor's way through the chat, as the widget goes it.
func TestVisitor(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie, Widget: Widget{Name: "Alder & Clay", Greeting: "Ask away.", Topics: []string{"Orders", "Glazes", "Visits", "More"}, Color: "#1f6a6c"}})
	hi := s.call("POST", "/visitor/v1/hello", `{"page":{"url":"https://shop.example/vases","title":"Vases"},"locale":"pt-BR"}`).want(200).
		has("online", false, "session", nil, "config.name", "Alder & Clay", "config.greeting", "Ask away.", "config.topics.#", 3, "config.people.#", 0,
			"config.color", "#1f6a6c", "config.limits.message", 4000, "config.tracking", false, "config.features.files", true)
	v := person{s, hi.text("token"), hi.text("visitor_id")}
	v.call("POST", "/hello", "").want(200).has("token", v.token, "visitor_id", v.id)

	s.call("PUT", "/api/v1/me/availability", `{"availability":"available"}`, "Cookie: user=mara").want(200)
	v.call("POST", "/hello", "").want(200).has("online", true, "config.people.#", 1, "config.people.0.name", "MARA")

	started := v.call("POST", "/sessions", `{"visitor_name":"Ines","message":"Is the blue one there?","client_id":"c1"}`).want(201).
		has("status", "active", "visitor_name", "Ines", "messages.#", 1, "messages.0.seq", 1, "messages.0.client_id", "c1", "visitor_id", nil, "tags", nil)
	id := started.text("session_id")
	v.call("POST", "/sessions", `{"visitor_name":"Ines","message":"Is the blue one there?","client_id":"c1"}`).want(200).has("session_id", id, "messages.#", 1)
	v.call("POST", "/sessions", `{"visitor_name":"Ines","message":"Something else","client_id":"c1"}`).failed(409, "client_id_reused", "client_id")
	s.call("POST", "/api/v1/messages", `{"session_id":"`+id+`","sender":"agent","message":"It is."}`, "Cookie: user=mara").want(201)
	s.call("POST", "/api/v1/sessions/"+id+"/claim", "", "Cookie: user=mara").want(200)
	v.call("POST", "/hello", "").want(200).has("session.session_id", id, "session.messages.#", 2, "session.agent.name", "MARA", "session.unread", 1)
	v.call("POST", "/messages", `{"session_id":"`+id+`","message":"Lovely","client_id":"c2"}`).want(201).has("sender", "visitor", "seq", 3)
	v.call("POST", "/messages", `{"session_id":"`+id+`","message":"Lovely","sender":"agent"}`).failed(403, "forbidden", "")
	v.call("POST", "/messages", `{"session_id":"`+id+`","message":"Lovely","visitor_id":"x"}`).failed(400, "invalid_request", "visitor_id")
	v.call("GET", "/sessions", "").want(200).has("sessions.#", 1, "sessions.0.last_message.message", "Lovely")
	v.call("POST", "/sessions/"+id+"/close", "").want(200).has("status", "closed", "session_id", id)
	v.call("POST", "/hello", "").want(200).has("session", nil)

	v.call("POST", "/sessions/"+id+"/rating", `{"score":4,"comment":"Quick"}`).want(200).has("rating.score", 4, "rating.comment", "Quick")
	v.call("POST", "/sessions/"+id+"/rating", `{"score":5}`).want(200).has("rating.score", 5)
	for _, body := range []string{`{}`, `{"score":0}`, `{"score":6}`, `{"score":4.5}`, `{"score":"5"}`, `{"score":null}`} {
		v.call("POST", "/sessions/"+id+"/rating", body).failed(400, "invalid_request", "score")
	}
	for range 3 {
		v.call("POST", "/sessions", "").want(201)
	}
	v.call("POST", "/sessions", "").failed(409, "too_many_sessions", "")
	v.call("POST", "/sessions/"+id+"/rating", `{"score":1}`).failed(409, "conflict", "")
	v.call("POST", "/pages", `{"url":"https://shop.example/"}`).failed(403, "tracking_off", "")

	s.api("GET", "/visitors/"+v.id, "").want(200).has("name", "Ines", "locale", "pt-BR", "online", true, "verified", false, "page.title", "Vases")
	s.api("GET", "/visitors?online=true", "").want(200).has("visitors.#", 1)
	s.api("GET", "/visitors?online=maybe", "").failed(400, "invalid_request", "online")
	s.api("GET", "/visitors/unknown", "").failed(404, "not_found", "")
	s.call("POST", "/visitor/v1/hello", `{"page":{"url":"javascript:alert(1)"}}`).failed(400, "invalid_request", "page.url")
	dead := s.call("POST", "/visitor/v1/hello", "", "Authorization: Bearer dead").want(200)
	if dead.text("token") == "dead" || dead.text("visitor_id") == v.id {
		t.Error("the client chose its own token")
	}
}

// Whatever a visitor asks of another's session is answered as if it did not
// exist, byte for byte, and changes nothing.
func TestAnothersSessionIsUnknown(t *testing.T) {
	s := newSite(t, Options{})
	owner, other := s.visitor(), s.visitor()
	id := owner.session("Private words")
	own := other.session("My own")
	message := owner.call("GET", "/sessions/"+id+"/messages", "").text("messages.0.message_id")
	before := s.api("GET", "/sessions/"+id, "").raw
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/sessions/ID", ""},
		{"HEAD", "/sessions/ID", ""},
		{"GET", "/sessions/ID/messages", ""},
		{"GET", "/sessions/ID/messages?before=latest", ""},
		{"GET", "/sessions/ID/messages?after=0&wait=30", ""},
		{"GET", "/sessions/ID/messages?after=MESSAGE", ""},
		{"POST", "/messages", `{"session_id":"ID","message":"Let me in"}`},
		{"POST", "/sessions/ID/typing", ""},
		{"POST", "/sessions/ID/seen", `{"message_id":"MESSAGE"}`},
		{"POST", "/sessions/ID/close", ""},
		{"POST", "/sessions/ID/rating", `{"score":1}`},
		{"GET", "/sessions/ID/transcript", ""},
		{"GET", "/sessions/ID/transcript?format=json", ""},
	} {
		ask := func(id, message string) *reply {
			replace := strings.NewReplacer("ID", id, "MESSAGE", message)
			return other.call(c.method, replace.Replace(c.path), replace.Replace(c.body)).want(404)
		}
		same(t, ask(id, message), ask("06000000000000000000000000", "06000000000000000000000001"))
	}
	// Nor do another's messages open through one's own session.
	same(t, other.call("POST", "/sessions/"+own+"/seen", `{"message_id":"`+message+`"}`).want(404),
		other.call("POST", "/sessions/"+own+"/seen", `{"message_id":"06000000000000000000000001"}`).want(404))
	same(t, other.call("GET", "/sessions/"+own+"/messages?after="+message, ""),
		other.call("GET", "/sessions/"+own+"/messages?after=06000000000000000000000001", ""))
	if after := s.api("GET", "/sessions/"+id, "").raw; after != before {
		t.Errorf("the session was changed:\n%s\n%s", before, after)
	}
	other.call("GET", "/sessions", "").want(200).has("sessions.#", 1, "sessions.0.session_id", own)
}

func TestErasure(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	const secret = "unmistakable-words-of-ines"
	v, w := s.visitor(), s.visitor()
	id := v.call("POST", "/sessions", `{"visitor_name":"`+secret+`","message":"`+secret+`"}`).want(201).text("session_id")
	kept := w.session("Something else")
	s.api("POST", "/sessions/"+id+"/notes", `{"message":"`+secret+`"}`).want(201)
	v.call("DELETE", "/me", "").want(204)
	v.call("GET", "/sessions", "").failed(401, "invalid_token", "")
	s.api("GET", "/sessions/"+id, "").failed(404, "not_found", "")
	s.api("GET", "/visitors/"+v.id, "").failed(404, "not_found", "")
	s.call("DELETE", "/api/v1/visitors/"+w.id, "", "Cookie: user=mara").failed(403, "forbidden", "")
	w.call("GET", "/sessions/"+kept, "").want(200)
	s.api("DELETE", "/visitors/"+w.id, "").want(204)
	s.api("DELETE", "/visitors/"+w.id, "").failed(404, "not_found", "")
	s.api("GET", "/sessions", "").want(200).has("sessions.#", 0)
	if strings.Contains(s.log.String(), secret) {
		t.Errorf("the log has it: %s", s.log)
	}
}

// A token or key is in no file of the database, and in no log.
func TestSecretsAreNotKept(t *testing.T) {
	dir := t.TempDir()
	s := newSiteOn(t, openIn(t, dir), Options{})
	v := s.visitor()
	v.session("Hello")
	s.call("GET", "/visitor/v1/sessions", "", "Authorization: Bearer "+v.token+"x").want(401)
	s.svc.Close()
	s.store.Close()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(dir + "/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), v.token) || strings.Contains(string(b), s.key) {
			t.Errorf("%s holds a secret", f.Name())
		}
	}
	if strings.Contains(s.log.String(), v.token) || strings.Contains(s.log.String(), s.key) {
		t.Errorf("the log holds a secret: %s", s.log)
	}
}

// Markup in any field stays text: API answers never hold a raw <.
func TestMarkupStaysText(t *testing.T) {
	s := newSite(t, Options{})
	const evil = `<img src=x onerror=alert(1)></script>`
	v := s.visitor()
	v.call("POST", "/hello", mustJSON(map[string]any{"page": map[string]any{"url": "https://shop.example/" + evil, "title": evil, "referrer": evil}, "locale": "<b>"}),
		"User-Agent: "+evil).want(200)
	id := v.call("POST", "/sessions", mustJSON(map[string]any{"visitor_name": evil, "message": evil, "custom_data": map[string]any{evil: evil}})).want(201).text("session_id")
	for _, path := range []string{"/sessions/" + id, "/sessions", "/sessions/" + id + "/messages", "/visitors/" + v.id, "/visitors", "/sessions/" + id + "/transcript?format=json"} {
		r := s.api("GET", path, "").want(200)
		if strings.ContainsAny(r.raw, "<>") {
			t.Errorf("%s holds markup: %s", path, r.raw)
		}
	}
	if got, err := s.svc.Session(context.Background(), chat.AsHost(""), id); err != nil || got.VisitorName != evil {
		t.Errorf("the name is kept as %q, %v", got.VisitorName, err)
	}
}
