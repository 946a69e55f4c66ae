package httpapi

import (
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var shopWidget = Widget{Name: "Shop", Greeting: "Hello", Topics: []string{"a", "b", "c", "d"}, Color: "teal"}

// TestSettingsOverTheHostsWords: what the host's code says holds until
// settings are saved, and then under what they leave empty.
func TestSettingsOverTheHostsWords(t *testing.T) {
	s := newSite(t, Options{Widget: shopWidget})
	s.api("GET", "/me", "").want(200).has("name", "Shop")
	first := s.api("GET", "/settings", "").want(200).has("name", "Shop", "greeting", "Hello", "topics.#", 3, "color", "",
		"version", 1, "pre_chat.visitor_email", "off", "hours.enabled", false, "hours.weekly.monday.#", 0)
	if first.header.Get("ETag") != `"1"` {
		t.Errorf("ETag %s", first.header.Get("ETag"))
	}
	s.call("POST", "/visitor/v1/hello", `{}`).want(200).has("config.name", "Shop", "config.greeting", "Hello", "config.color", "teal", "config.topics.2", "c")

	s.api("PUT", "/settings", first.raw).want(200).has("version", 2) // what GET answers can be sent back
	s.api("PUT", "/settings", `{"topics":["x"],"reply_promise":"Within the hour."}`).want(200).has("version", 3, "name", "Shop", "greeting", "")
	s.call("POST", "/visitor/v1/hello", `{}`).want(200).has("config.name", "Shop", "config.greeting", nil, "config.color", "teal",
		"config.topics.0", "x", "config.topics.#", 1, "config.reply_promise", "Within the hour.")
	s.api("PUT", "/settings", `{"name":"Alder & Clay","color":"#123456"}`).want(200)
	s.call("POST", "/visitor/v1/hello", `{}`).want(200).has("config.name", "Alder & Clay", "config.color", "#123456", "config.topics.#", 0)
	s.api("GET", "/me", "").want(200).has("name", "Alder & Clay")
}

func TestSettingsVersions(t *testing.T) {
	s := newSite(t, Options{})
	s.api("PUT", "/settings", `{}`, `If-Match: "2"`).failed(412, "version_mismatch", "")
	s.api("PUT", "/settings", `{"name":"One"}`, `If-Match: "1"`).want(200)
	s.api("PUT", "/settings", `{"name":"Two"}`, `If-Match: "1"`).failed(412, "version_mismatch", "")
	s.api("PUT", "/settings", `{"name":"Two","version":1}`).failed(412, "version_mismatch", "")
	s.api("PUT", "/settings", `{"name":"Two","version":2}`, `If-Match: "1"`).failed(400, "invalid_request", "version")
	s.api("PUT", "/settings", `{"name":"Two"}`, `If-Match: 1`).failed(400, "invalid_request", "If-Match")
	for _, other := range []string{`W/"2"`, `"two"`, `""`, `"0"`, `"1", "3"`, `"99999999999999999999"`} {
		s.api("PUT", "/settings", `{"name":"Two"}`, "If-Match: "+other).failed(412, "version_mismatch", "")
		s.api("PUT", "/settings", `{"name":"Two","version":2}`, "If-Match: "+other).failed(412, "version_mismatch", "")
	}
	s.api("GET", "/settings", "").want(200).has("name", "One", "version", 2)
	s.api("PUT", "/settings", `{"name":"Two"}`, `If-Match: *`).want(200).has("version", 3)
}

func TestSettingsFields(t *testing.T) {
	s := newSite(t, Options{})
	for body, field := range map[string]string{
		`{"nome":"x"}`:                                                    "nome",
		`{"topics":["a","b","c","d"]}`:                                    "topics",
		`{"topics":["a"," "]}`:                                            "topics[1]",
		`{"color":"red"}`:                                                 "color",
		`{"pre_chat":{"visitor_name":"yes"}}`:                             "pre_chat.visitor_name",
		`{"pre_chat":{"visitor_email":true}}`:                             "pre_chat.visitor_email",
		`{"pre_chat":{"phone":"off"}}`:                                    "pre_chat.phone",
		`{"away":{"visitor_email":"ask"}}`:                                "away.visitor_email",
		`{"hours":{"time_zone":"Lisbon"}}`:                                "hours.time_zone",
		`{"hours":{"time_zone":"Local"}}`:                                 "hours.time_zone",
		`{"hours":{"time_zone":"../../etc"}}`:                             "hours.time_zone",
		`{"hours":{"holidays":["2026-02-30"]}}`:                           "hours.holidays[0]",
		`{"hours":{"weekly":{"monday":[{"from":"9:00","to":"18:00"}]}}}`:  "hours.weekly.monday[0].from",
		`{"hours":{"weekly":{"monday":[{"from":"24:00","to":"18:00"}]}}}`: "hours.weekly.monday[0].from",
		`{"hours":{"weekly":{"friday":[{"from":"09:00","to":"24:01"}]}}}`: "hours.weekly.friday[0].to",
		`{"hours":{"weekly":{"friday":[{"from":"09:00","to":"09:00"}]}}}`: "hours.weekly.friday[0].to",
		`{"hours":{"weekly":{"sunday":[{"from":"09:00","to":"12:00"},{"from":"11:59","to":"13:00"}]}}}`: "hours.weekly.sunday[1].from",
		`{"hours":{"weekly":{"sunday":[{"from":"22:00","to":"02:00"},{"from":"23:00","to":"23:30"}]}}}`: "hours.weekly.sunday[1].from",
		`{"version":-1}`: "version",
	} {
		s.api("PUT", "/settings", body).failed(400, "invalid_request", field)
	}
	s.api("GET", "/settings", "").want(200).has("version", 1)
	writer := s.newKey(chat.ScopeWrite)
	s.call("PUT", "/api/v1/settings", `{}`, "Authorization: Bearer "+writer).failed(403, "forbidden", "")
	s.call("GET", "/api/v1/settings", "", "Authorization: Bearer "+writer).want(200)
}

// TestPreChat: what is required is required by the server, of those of whom it
// is not known.
func TestPreChat(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited})
	early := s.visitor()
	s.api("PUT", "/settings", `{"pre_chat":{"visitor_name":"optional","visitor_email":"required","consent":"Only to reply."}}`).want(200)
	late := s.visitor()
	for _, p := range []person{early, late} {
		p.call("POST", "/sessions", `{"message":"Hi"}`).failed(400, "invalid_request", "visitor_email")
		p.call("POST", "/hello", `{}`).want(200).has("config.pre_chat.visitor_name", "optional", "config.pre_chat.visitor_email", "required", "config.pre_chat.consent", "Only to reply.")
	}
	late.call("POST", "/sessions", `{"message":"Hi","visitor_email":"ines@example.com"}`).want(201).has("visitor_email", "ines@example.com")
	late.call("POST", "/hello", `{}`).want(200).has("config.pre_chat.visitor_email", "off", "config.away.visitor_email", "off", "config.pre_chat.visitor_name", "optional")
	late.call("POST", "/sessions", `{"message":"Again"}`).want(201).has("visitor_email", "ines@example.com")
	s.api("POST", "/sessions", `{"visitor_name":"By phone"}`).want(201) // agents are not asked

	s.api("PUT", "/settings", `{"pre_chat":{"visitor_name":"required"}}`).want(200)
	early.call("POST", "/sessions", `{"message":"Hi","visitor_name":"  "}`).failed(400, "invalid_request", "visitor_name")
	early.call("POST", "/sessions", `{"message":"Hi","visitor_name":"Ines"}`).want(201)
}

// TestClosedHours: outside the opening hours nobody is there, whoever is.
func TestClosedHours(t *testing.T) {
	s := newSite(t, Options{})
	s.api("PUT", "/me/availability", `{"availability":"available"}`).want(200)
	s.call("POST", "/visitor/v1/hello", `{}`).want(200).has("online", true, "config.back_at", nil)

	s.api("PUT", "/settings", `{"hours":{"enabled":true},"away":{"message":"Later.","visitor_email":"required"}}`).want(200)
	s.call("POST", "/visitor/v1/hello", `{}`).want(200).has("online", false, "config.back_at", nil, "config.away.message", "Later.", "config.away.visitor_email", "required")

	tomorrow := time.Now().UTC().AddDate(0, 0, 1)
	day := map[time.Weekday]string{0: "sunday", 1: "monday", 2: "tuesday", 3: "wednesday", 4: "thursday", 5: "friday", 6: "saturday"}[tomorrow.Weekday()]
	s.api("PUT", "/settings", `{"hours":{"enabled":true,"weekly":{"`+day+`":[{"from":"09:00","to":"17:00"}]}}}`).want(200)
	s.call("POST", "/visitor/v1/hello", `{}`).want(200).has("online", false, "config.back_at", tomorrow.Format("2006-01-02T")+"09:00:00.000Z")

	s.api("PUT", "/settings", `{}`).want(200)
	s.call("POST", "/visitor/v1/hello", `{}`).want(200).has("online", true)
}
