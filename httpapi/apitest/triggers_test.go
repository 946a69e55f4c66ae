package apitest

import (
	"strings"
	"testing"
)

const triggers = `{"triggers":[
	{"trigger_id":"prices","name":"Prices","enabled":true,"message":"Can I help you choose?","conditions":{"page":"/prices*","seconds_on_page":20,"pages_seen":2,"referrer":"*.example","custom_data":{"plan":"pro"}}},
	{"trigger_id":"off","name":"Off","enabled":false,"message":"Nobody reads this"},
	{"name":"For those who come back","enabled":true,"message":"Welcome back","conditions":{"returning":true}},
	{"name":"Away","enabled":true,"message":"Leave a message","conditions":{"agents_available":false}}]}`

// TestTriggers has an admin set triggers up and a visitor be greeted: their
// browser is told what it must find out itself, and nothing else.
func TestTriggers(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	saved := s.admin().do("PUT", "/api/v1/settings", triggers).is(200)
	away := saved.list("triggers")[3]["trigger_id"].(string)
	if len(away) < 20 {
		t.Errorf("the server has made up the id %q", away)
	}
	again := s.admin().do("PUT", "/api/v1/settings", saved.raw).is(200)
	if again.list("triggers")[3]["trigger_id"] != away {
		t.Error("an id did not stay")
	}

	v := s.visitor()
	first := v.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/","referrer":"https://search.example/"}}`).is(200)
	if list := first.list("triggers"); len(list) != 1 || list[0]["trigger_id"] != away {
		t.Errorf("on the first page: %s", first.raw)
	}
	second := v.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/prices"}}`).is(200)
	if list := second.list("triggers"); len(list) != 2 || list[0]["trigger_id"] != "prices" || list[0]["page"] != "/prices*" || list[0]["seconds_on_page"] != 20.0 || list[0]["custom_data"].(object)["plan"] != "pro" {
		t.Errorf("on the second page: %s", second.raw)
	}
	for _, secret := range []string{"Can I help", "referrer", "*.example", "pages_seen", "returning", "agents_available", "Nobody reads"} {
		if strings.Contains(second.raw, secret) {
			t.Errorf("the browser is told of %q: %s", secret, second.raw)
		}
	}
	v.post("/visitor/v1/greetings", `{"trigger_id":"prices"}`).is(201).has(map[string]any{"trigger_id": "prices", "message": "Can I help you choose?"})
	v.post("/visitor/v1/greetings", `{"trigger_id":"prices"}`).is(204)
	v.post("/visitor/v1/greetings", `{"trigger_id":"off"}`).fails(404, "not_found", "")
	v.post("/visitor/v1/greetings", `{}`).fails(400, "invalid_request", "trigger_id")
	v.post("/visitor/v1/greetings", `{"trigger_id":"`+saved.list("triggers")[2]["trigger_id"].(string)+`"}`).is(204)
	if list := v.post("/visitor/v1/presence", ``).is(200).list("triggers"); len(list) != 1 || list[0]["trigger_id"] != away {
		t.Errorf("who was greeted: %v", list)
	}
	v.post("/visitor/v1/sessions", `{"message":"Yes"}`).is(201)
	if got := v.post("/visitor/v1/presence", ``).is(200); got.body["triggers"] != nil {
		t.Errorf("in a session: %s", got.raw)
	}
	v.post("/visitor/v1/greetings", `{"trigger_id":"`+away+`"}`).is(204)
	if raw := s.admin().get("/api/v1/visitors/" + v.id + "/trail").is(200).raw; !strings.Contains(raw, `"greeting_shown"`) || !strings.Contains(raw, "Can I help you choose?") {
		t.Errorf("the trail says nothing of the greeting: %s", raw)
	}

	off := open(t, setup{untracked: true})
	off.admin().do("PUT", "/api/v1/settings", triggers).is(200)
	off.visitor().post("/visitor/v1/greetings", `{"trigger_id":"prices"}`).fails(403, "tracking_off", "")
	s.nobody().post("/visitor/v1/greetings", `{"trigger_id":"prices"}`).is(401)
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	v, w := s.visitor(), s.visitor()
	v.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/prices/all?x=1"}}`).is(200)
	w.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/"}}`).is(200)
	run := s.admin().post("/api/v1/triggers/dry-run", `{"conditions":{"page":"/prices*"}}`).is(200).has(map[string]any{"online": 2, "matching": 1})
	if list := run.list("visitors"); len(list) != 1 || list[0]["visitor_id"] != v.id {
		t.Errorf("it holds for %s", run.raw)
	}
	s.admin().post("/api/v1/triggers/dry-run", `{}`).is(200).has(map[string]any{"online": 2, "matching": 2})
	s.admin().post("/api/v1/triggers/dry-run", `{"conditions":{"page":"https://shop.example/"}}`).fails(400, "invalid_request", "conditions.page")
	s.admin().post("/api/v1/triggers/dry-run", `{"conditions":{"country":"PT"}}`).fails(400, "invalid_request", "conditions.country")
	s.nobody().post("/api/v1/triggers/dry-run", `{}`).is(401)
}
