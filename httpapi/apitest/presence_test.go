package apitest

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// TestPresence follows a visitor who is on the site without a stream, until an
// agent begins to talk with them.
func TestPresence(t *testing.T) {
	t.Parallel()
	s := open(t, setup{chat: chat.Options{Tracking: chat.Tracking{KeepQuery: []string{"colour"}}}})
	hello := s.nobody().post("/visitor/v1/hello", ``).is(200)
	if keep := hello.at("config").(object)["keep_query"].([]any); len(keep) != 6 || keep[5] != "colour" {
		t.Errorf("keep_query is %v", keep)
	}
	v := s.visitor()
	first := v.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/?utm_source=letter&x=private","title":"Shop","referrer":"https://search.example/?q=private"},"locale":"pt-PT"}`,
		"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0").is(200)
	if first.at("online") != false || first.body["session_id"] != nil {
		t.Errorf("the first answer is %s", first.raw)
	}
	v.post("/visitor/v1/presence", ``).is(200)
	v.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/vases"}}`).is(200)
	v.post("/visitor/v1/trail", `{"name":"checkout_started","data":{"total":12.50}}`).is(204)

	trail := s.admin().get("/api/v1/visitors/" + v.id + "/trail").is(200)
	if lines := trail.list("trail"); len(lines) != 3 || lines[0]["name"] != "checkout_started" || lines[0]["url"] != "https://shop.example/vases" || lines[1]["name"] != nil {
		t.Errorf("the trail is %s", trail.raw)
	}
	if pages := s.admin().get("/api/v1/visitors/" + v.id + "/pages").is(200).list("pages"); len(pages) != 2 {
		t.Errorf("pages are %v", pages)
	}
	visits := s.admin().get("/api/v1/visitors/" + v.id + "/visits").is(200)
	one := visits.list("visits")[0]
	if strings.Contains(visits.raw, "private") || one["pages"] != 2.0 || one["utm"].(object)["source"] != "letter" || one["device"].(object)["browser"] != "Firefox" || one["locale"] != "pt-PT" {
		t.Errorf("visits are %s", visits.raw)
	}
	list := s.admin().get("/api/v1/visitors?online=true&limit=2").is(200).has(map[string]any{"online": 2}).list("visitors")
	if len(list) != 2 || list[0]["visit"].(object)["landing"].(object)["referrer"] != "https://search.example/" {
		t.Errorf("online are %v", list)
	}

	started := s.admin().post("/api/v1/visitors/"+v.id+"/sessions", `{"message":"Can I help?","client_id":"once"}`).is(201)
	s.admin().post("/api/v1/visitors/"+v.id+"/sessions", `{"message":"Can I help?","client_id":"once"}`).is(200).has(map[string]any{"session_id": started.text("session_id")})
	if got := v.post("/visitor/v1/presence", ``).is(200).text("session_id"); got != started.text("session_id") {
		t.Errorf("the visitor hears of %q, want %q", got, started.text("session_id"))
	}
	if raw := s.admin().get("/api/v1/visitors/" + v.id + "/export").is(200).raw; !strings.Contains(raw, "checkout_started") || !strings.Contains(raw, `"visits":[{`) {
		t.Errorf("the export lacks the trail: %s", raw)
	}
}

func TestPresenceRefusals(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	v := s.visitor()
	v.post("/visitor/v1/presence", `{"page":{"url":""}}`).fails(400, "invalid_request", "page.url")
	v.post("/visitor/v1/presence", `{"page":{"url":"javascript:alert(1)"}}`).fails(400, "invalid_request", "page.url")
	v.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/"},"locale":"`+strings.Repeat("x", 36)+`"}`).fails(400, "invalid_request", "locale")
	v.post("/visitor/v1/presence", `{"pages":1}`).fails(400, "invalid_request", "pages")
	v.post("/visitor/v1/trail", `{"name":" "}`).fails(400, "invalid_request", "name")
	v.post("/visitor/v1/trail", `{"data":{}}`).fails(400, "invalid_request", "name")
	v.post("/visitor/v1/trail", `{"name":"x","data":{"":1}}`).fails(400, "invalid_request", "data")
	s.nobody().post("/visitor/v1/presence", ``).is(401)
	s.nobody().post("/visitor/v1/trail", `{"name":"x"}`).is(401)
	s.admin().get("/api/v1/visitors/unknown/visits").is(404)
	s.admin().get("/api/v1/visitors/unknown/trail").is(404)
	s.admin().get("/api/v1/visitors/"+v.id+"/visits?after=x").fails(400, "invalid_cursor", "after")

	off := open(t, setup{untracked: true})
	w := off.visitor()
	w.post("/visitor/v1/presence", ``).fails(403, "tracking_off", "")
	w.post("/visitor/v1/trail", `{"name":"x"}`).fails(403, "tracking_off", "")

	limited := open(t, setup{limited: true, options: httpapi.Options{Rates: httpapi.Rates{Pages: 2}}})
	x := limited.visitor()
	for range 2 {
		x.post("/visitor/v1/presence", ``).is(200)
	}
	x.post("/visitor/v1/presence", ``).fails(429, "rate_limited", "")
}

// TestAddressesOfVisitors believes nobody about an address but the proxies
// that the host has named, and keeps no more of it than was asked for.
func TestAddressesOfVisitors(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, test := range []struct {
		keep    chat.Addresses
		proxies []netip.Prefix
		headers []string
		want    any
	}{
		{chat.AddressesWhole, nil, []string{"X-Forwarded-For: 203.0.113.77"}, "127.0.0.1"},
		{chat.AddressesWhole, proxies, []string{"X-Forwarded-For: 198.51.100.1, 203.0.113.77"}, "203.0.113.77"},
		{chat.AddressesWhole, proxies, []string{"X-Forwarded-For: 203.0.113.77, 127.0.0.9"}, "203.0.113.77"},
		{chat.AddressesCut, proxies, []string{"X-Forwarded-For: 203.0.113.77"}, "203.0.113.0"},
		{chat.AddressesCut, proxies, []string{"X-Forwarded-For: 2001:db8:1:2::3"}, "2001:db8:1::"},
		{chat.AddressesNone, proxies, []string{"X-Forwarded-For: 203.0.113.77"}, nil},
	} {
		s := open(t, setup{chat: chat.Options{Tracking: chat.Tracking{Addresses: test.keep}}, options: httpapi.Options{TrustedProxies: test.proxies}})
		v := s.visitor()
		v.post("/visitor/v1/presence", `{"page":{"url":"https://shop.example/"}}`, test.headers...).is(200)
		visit := s.admin().get("/api/v1/visitors/" + v.id + "/visits").is(200).list("visits")[0]
		if visit["address"] != test.want {
			t.Errorf("%v of %v is kept as %v, want %v", test.keep, test.headers, visit["address"], test.want)
		}
		if raw := s.admin().get("/api/v1/visitors/" + v.id + "/export").is(200).raw; test.want != "203.0.113.77" && strings.Contains(raw, "203.0.113.77") {
			t.Errorf("the export holds an address that was not to be kept: %s", raw)
		}
	}
}

// TestLogsSayNothingOfVisitors follows somebody over pages full of secrets, in
// ways that fail and that do not, and finds none of them in the log or in what
// is kept.
func TestLogsSayNothingOfVisitors(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	s.admin().do("PUT", "/api/v1/settings", triggers).is(200)
	v := s.visitor()
	const secret = "s3cret-of-the-visitor"
	page := `{"page":{"url":"https://ines:` + secret + `@shop.example/?mail=` + secret + `&utm_source=letter#` + secret + `","referrer":"https://search.example/?q=` + secret + `"}}`
	v.post("/visitor/v1/presence", page).is(200)
	v.post("/visitor/v1/pages", `{"url":"https://shop.example/a?`+secret+`","title":"A"}`).is(204)
	v.post("/visitor/v1/presence", `{"page":{"url":"javascript:`+secret+`"}}`).is(400)
	v.post("/visitor/v1/presence", `{"`+secret+`":1}`).is(400)
	v.post("/visitor/v1/greetings", `{"trigger_id":"`+secret+`"}`).is(404)
	v.post("/visitor/v1/trail", `{"name":"`+strings.Repeat(secret, 10)+`"}`).is(400)
	v.do("GET", "/visitor/v1/sessions?limit="+secret, "").is(400)
	if raw := s.admin().get("/api/v1/visitors/" + v.id + "/export").is(200).raw; strings.Contains(raw, secret) || !strings.Contains(raw, "utm_source=letter") {
		t.Errorf("kept: %s", raw)
	}
	if log := s.log.String(); strings.Contains(log, secret) || strings.Contains(log, v.token) {
		t.Errorf("the log: %s", log)
	}
}
