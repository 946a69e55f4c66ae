package apitest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// fixture is one of everything that an operation can be about.
type fixture struct {
	*site
	who                                  *client // the visitor whose session it is
	session, message, note, apiKey, file string
	webhook, delivery, cannedReply, ban  string
	department, push                     string
}

func (s *site) fixture() *fixture {
	s.t.Helper()
	f := &fixture{site: s, who: s.visitor()}
	started := f.who.post("/visitor/v1/sessions", `{"visitor_name":"Ines","message":"Hello?"}`).is(201)
	f.session, f.message = started.text("session_id"), started.list("messages")[0]["message_id"].(string)
	f.note = s.admin().post("/api/v1/sessions/"+f.session+"/notes", `{"message":"secret note"}`).is(201).text("message_id")
	key, _, err := s.svc.CreateAPIKey(s.t.Context(), chat.AsHost("host"), chat.NewAPIKey{Name: "To revoke", Scopes: []string{chat.ScopeRead}})
	if err != nil {
		s.t.Fatal(err)
	}
	f.apiKey = key.ID
	f.addWebhook()
	f.cannedReply = s.admin().post("/api/v1/canned-replies", `{"shortcut":"`+f.session+`","message":"Hello"}`).is(201).text("canned_reply_id")
	f.ban = s.admin().post("/api/v1/bans", `{"address":"198.51.100.7"}`).is(201).text("ban_id")
	f.department = s.admin().post("/api/v1/departments", `{"name":"`+f.session+`"}`).is(201).text("department_id")
	f.push = s.admin().post("/api/v1/me/push-subscriptions", `{"endpoint":"https://push.example/`+f.session+`","keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}`).is(201).text("push_subscription_id")
	return f
}

// withFile adds a message with a file, for operations that are about one.
func (f *fixture) withFile() *fixture {
	f.t.Helper()
	f.file = f.who.post("/visitor/v1/sessions/"+f.session+"/files", aForm).is(201).list("attachments")[0]["file_id"].(string)
	return f
}

// caller returns somebody who may call the operation.
func (f *fixture) caller(op *operation) *client {
	switch op.needs() {
	case "":
		return f.nobody()
	case "visitor":
		return f.who
	}
	return f.admin()
}

func (f *fixture) values() map[string]string {
	return map[string]string{"session_id": f.session, "message_id": f.message, "visitor_id": f.who.id, "api_key_id": f.apiKey, "file_id": f.file,
		"webhook_id": f.webhook, "delivery_id": f.delivery, "canned_reply_id": f.cannedReply, "ban_id": f.ban, "department_id": f.department, "action_id": "greet", "push_subscription_id": f.push}
}

// path returns the operation's address for the fixture.
func (f *fixture) path(op *operation) string { return f.query(op, "") }

// query returns the operation's address with a query, and with the parameters
// that it needs where they are not in there.
func (f *fixture) query(op *operation, query string) string {
	var parts []string
	if query != "" {
		parts = append(parts, query)
	}
	for _, p := range theDocument(f.t).queryOf(op) {
		if p.example != "" && !strings.Contains("&"+query, "&"+p.name+"=") {
			parts = append(parts, p.name+"="+p.example)
		}
	}
	path := fill(op, f.values())
	if len(parts) > 0 {
		path += "?" + strings.Join(parts, "&")
	}
	return path
}

func fill(op *operation, values map[string]string) string {
	path := op.path
	for name, value := range values {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path
}

// example returns the document's own example of a body, for the fixture.
func (f *fixture) example(op *operation) object {
	body := maps.Clone(op.example)
	for name, value := range f.values() {
		if _, ok := body[name]; ok {
			body[name] = value
		}
	}
	return body
}

// aForm is a body with a file, of the only boundary that request knows.
const aForm = "--peal\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nHello\r\n--peal--\r\n"

func (f *fixture) body(op *operation) string {
	if op.form {
		return aForm
	}
	if op.body == nil {
		return ""
	}
	return encode(f.example(op))
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// changed returns a copy of the body with one field set.
func changed(body object, field string, value any) string {
	body = maps.Clone(body)
	body[field] = value
	return encode(body)
}

// property is one field of an operation's body.
type property struct {
	name   string
	schema object
}

func (d *document) properties(op *operation) []property {
	var list []property
	props, _ := op.body["properties"].(object)
	for _, name := range slices.Sorted(maps.Keys(props)) {
		list = append(list, property{name, d.resolve(props[name].(object))})
	}
	return list
}

// types returns the JSON types that a schema takes.
func types(schema object) []string {
	switch t := schema["type"].(type) {
	case string:
		return []string{t}
	case []any:
		var list []string
		for _, e := range t {
			list = append(list, e.(string))
		}
		return list
	}
	return []string{"string"} // const and enum
}

// eachOperation runs a test for every operation that the filter takes.
func eachOperation(t *testing.T, filter func(*operation) bool, test func(*testing.T, *operation)) {
	ran := false
	for _, op := range theDocument(t).ops {
		if filter(op) {
			ran = true
			t.Run(op.id, func(t *testing.T) { test(t, op) })
		}
	}
	if !ran {
		t.Error("no operation to test")
	}
}

func every(*operation) bool { return true }

// on makes the site, and everybody who calls it, report to a part of the test.
func (f *fixture) on(t *testing.T) *fixture {
	s := *f.site
	s.t = t
	s.http = s.clientFor(t)
	g := *f
	who := *f.who
	who.site = &s
	g.site, g.who = &s, &who
	return &g
}
