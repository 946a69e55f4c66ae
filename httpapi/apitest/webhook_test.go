package apitest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// addWebhook makes a webhook with a ping on its way. No dispatcher runs here:
// package webhooks tests what becomes of it.
func (f *fixture) addWebhook() {
	f.t.Helper()
	ctx, host := f.t.Context(), chat.AsHost("host")
	all, err := f.svc.Webhooks(ctx, host)
	if len(all) > chat.MaxWebhooks/2 { // of fixtures that have had their day
		err = f.svc.DeleteWebhook(ctx, host, all[0].ID)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	made, err := f.svc.CreateWebhook(ctx, host, chat.NewWebhook{URL: "https://example.com/hook", Events: []string{"*"}})
	if err == nil {
		f.webhook = made.Webhook.ID
		var ping chat.Delivery
		ping, err = f.svc.PingWebhook(ctx, host, f.webhook)
		f.delivery = ping.ID
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// TestWebhooks makes, reads, changes, rotates and deletes webhooks.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	api := s.admin()
	made := api.post("/api/v1/webhooks", `{"url":"https://example.com/hook?a=1","events":["message_*","note_added","message_*"]}`).is(201)
	made.has(map[string]any{"url": "https://example.com/hook?a=1", "enabled": true, "version": 1, "description": "", "disabled_reason": nil})
	if got := fmt.Sprint(made.at("events")); got != "[message_* note_added]" {
		t.Errorf("events are %s", got)
	}
	secret, id := made.text("secret"), made.text("webhook_id")
	path := "/api/v1/webhooks/" + id
	if got := made.header.Get("Location"); got != "webhooks/"+id {
		t.Errorf("Location is %s", got)
	}
	if !regexp.MustCompile(`^whsec_[A-Za-z0-9+/]{43}=$`).MatchString(secret) {
		t.Errorf("the secret is %s", secret)
	}
	read := api.get(path).is(200)
	list := api.get("/api/v1/webhooks").is(200)
	if len(list.list("webhooks")) != 1 || strings.Contains(list.raw+read.raw, secret) || strings.Contains(read.raw, "secret") {
		t.Errorf("the list is %s, the webhook %s", list.raw, read.raw)
	}

	changed := api.do("PATCH", path, `{"events":["*"],"description":"CRM","url":"https://example.com/other","enabled":false}`).is(200)
	changed.has(map[string]any{"description": "CRM", "url": "https://example.com/other", "enabled": false, "disabled_reason": "by_hand", "created_at": made.at("created_at")})
	api.post(path+"/ping", ``).fails(409, "webhook_disabled", "")
	api.post(path+"/redeliver", `{"state":"failed"}`).fails(409, "webhook_disabled", "")
	api.do("PATCH", path, `{"enabled":true}`).is(200).has(map[string]any{"enabled": true, "disabled_reason": nil, "description": "CRM"})
	api.do("PATCH", path, `{}`).is(200)

	rotated := api.post(path+"/rotate-secret", ``).is(200)
	if rotated.text("secret") == secret || !after(t, rotated.text("previous_secret_expires_at"), 23*time.Hour) {
		t.Errorf("rotated to %s", rotated.raw)
	}
	api.do("DELETE", path, ``).is(204)
	api.do("DELETE", path, ``).fails(404, "not_found", "")
	api.get(path).fails(404, "not_found", "")
}

// after says whether a time is at least so far ahead.
func after(t *testing.T, stamp string, d time.Duration) bool {
	t.Helper()
	at, err := time.Parse(time.RFC3339, stamp)
	return err == nil && time.Until(at) > d
}

// TestBadWebhooks tries URLs that lead where webhooks may not go, and events
// that there are not. The spellings of one address have no end, so what gets
// past this is looked at again when a request goes out.
func TestBadWebhooks(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	create := func(url string, events ...string) *reply {
		return s.admin().post("/api/v1/webhooks", encode(object{"url": url, "events": events}))
	}
	for _, url := range []string{
		"", "example.com", "/hook", "//example.com/", "ftp://example.com/", "http://example.com/", "https://", "https:///hook", "https:example.com", "javascript:alert(1)",
		"https://user@example.com/", "https://user:pass@example.com/", "https://example.com/#a", "https://example.com:8080/", "https://example.com:0/",
		"https://example.com:99999/", "https://example.com:/", "https://exa mple.com/", "https://example.com/\n", "https://example.com/ü", "https://①②⑦.0.0.1/",
		"https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "https://db.internal/", "https://printer.local/", "https://127.0.0.1/", "https://127.1/",
		"https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://017700000001/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
		"https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://0.0.0.0/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fd00::1]/",
		"https://224.0.0.1/", "https://255.255.255.255/", "https://./", "https://example.com/" + strings.Repeat("a", 2000),
	} {
		create(url, "*").fails(400, "invalid_request", "url")
	}
	for _, events := range [][]string{nil, {}, {""}, {"message"}, {"MESSAGE_SENT"}, {"message_sent", "typing"}, {"note_*"}, {"webhook_*"}, {"ping"}, {"**"}, {"mess*ge_sent"}, slices.Repeat([]string{"*"}, 21)} {
		r := create("https://example.com/", events...)
		if r.status != 400 || !within(r.at("field"), "events") {
			t.Errorf("%q: %d %s", events, r.status, r.raw)
		}
	}
	for _, url := range []string{"https://example.com", "https://EXAMPLE.com:443/?q=%C3%BC", "https://1.1.1.1/", "https://[2606:4700:4700::1111]/", "https://xn--bcher-kva.example/"} {
		create(url, "session_started").is(201)
	}
	if list := s.admin().get("/api/v1/webhooks").is(200).list("webhooks"); len(list) != 5 {
		t.Errorf("%d webhooks", len(list))
	}
	for range 45 {
		create("https://example.com/", "*").is(201)
	}
	create("https://example.com/", "*").fails(409, "too_many_webhooks", "")
}

// TestDeliveries reads the log of deliveries, and sends some again. What the
// dispatcher would do is done by hand.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	api, path := s.admin(), "/api/v1/webhooks/"+f.webhook
	out := s.svc.Outbox()
	defer out.Close()
	lease := time.Now().Add(time.Minute)
	claimed, err := out.Claim(t.Context(), f.webhook, 10, lease)
	if err != nil || len(claimed.Deliveries) != 1 || claimed.Deliveries[0].ID != f.delivery {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	api.post("/api/v1/deliveries/"+f.delivery+"/redeliver", ``).fails(409, "conflict", "")
	_, err = out.Settle(t.Context(), claimed.Deliveries[0], chat.OpSettleDelivery{
		State: chat.DeliveryFailed, Attempts: []chat.Attempt{{Number: 1, At: time.Now(), Status: 500, Latency: 12 * time.Millisecond, Response: "<b>no</b>", Error: "HTTP 500"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	one := api.get("/api/v1/deliveries/" + f.delivery).is(200)
	one.has(map[string]any{"state": "failed", "event": "ping", "event_id": nil, "session_id": nil, "next_attempt_at": nil, "webhook_id": f.webhook})
	if a := one.list("attempts")[0]; a["status"] != 500.0 || a["latency_ms"] != 12.0 || a["response"] != "<b>no</b>" || a["attempt"] != 1.0 {
		t.Errorf("the attempt is %v", a)
	}
	if api.get(path).is(200).at("failing_since") == nil {
		t.Error("the webhook does not say that it fails")
	}
	for state, want := range map[string]int{"all": 1, "failed": 1, "pending": 0, "delivered": 0, "skipped": 0} {
		if got := len(api.get(path + "/deliveries?state=" + state).is(200).list("deliveries")); got != want {
			t.Errorf("%d deliveries are %s, want %d", got, state, want)
		}
	}
	api.post(path+"/redeliver", `{"state":"failed","since":"2100-01-01T00:00:00Z"}`).is(202).has(map[string]any{"redelivered": 0})
	api.post(path+"/redeliver", `{"state":"failed"}`).is(202).has(map[string]any{"redelivered": 1})
	api.get("/api/v1/deliveries/" + f.delivery).is(200).has(map[string]any{"state": "pending", "settled_at": nil})
	api.post(path+"/redeliver", `{"since":"2020-01-01T01:00:00+01:00"}`).is(202).has(map[string]any{"redelivered": 0})
	api.post(path+"/redeliver", `{}`).fails(400, "invalid_request", "since")
	for _, since := range []string{"", "yesterday", "2020-01-01", "2020-01-01T00:00:00"} {
		api.post(path+"/redeliver", encode(object{"since": since})).fails(400, "invalid_request", "since")
	}
	api.post(path+"/redeliver", `{"state":"pending"}`).fails(400, "invalid_request", "state")
	api.post("/api/v1/deliveries/"+f.delivery+"/redeliver", ``).is(202).has(map[string]any{"state": "pending"})
	api.do("PATCH", path, `{"enabled":false}`).is(200)
	api.post("/api/v1/deliveries/"+f.delivery+"/redeliver", ``).fails(409, "webhook_disabled", "")
}

// TestWalkingDeliveries pages through the log while pings come in.
func TestWalkingDeliveries(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	path := "/api/v1/webhooks/" + f.webhook
	want := []string{f.delivery}
	for range 24 {
		want = append(want, s.admin().post(path+"/ping", ``).is(202).text("delivery_id"))
	}
	slices.Reverse(want)
	read := readPages(s.admin(), path+"/deliveries", "deliveries", "delivery_id")
	whileWriting(t, func(int) {
		s.admin().post(path+"/ping", ``).is(202)
		time.Sleep(time.Millisecond) // there is room for a thousand between two events
	}, func() {
		got := walk(t, "?limit=7", read, func(cursor string) string { return "?limit=7&after=" + cursor })
		sameOnce(t, "deliveries", got, want)
	})
}

// TestADisabledWebhookIsTold has agents hear of it, and visitors not.
func TestADisabledWebhookIsTold(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	all, own := s.admin().stream("/api/v1/events"), f.who.stream("/visitor/v1/events")
	all.next("ready")
	own.next("ready")
	out := s.svc.Outbox()
	defer out.Close()
	if _, done, err := out.Disable(t.Context(), f.webhook, chat.DisabledGone, time.Time{}); err != nil || !done {
		t.Fatal(done, err)
	}
	e := all.next("webhook_disabled")
	if e.hasID || e.payload("webhook_id") != f.webhook || e.payload("reason") != "gone" || strings.Contains(e.raw, "example.com") {
		t.Errorf("agents hear %s", e.raw)
	}
	s.admin().post("/api/v1/sessions/"+f.session+"/messages", `{"sender":"agent","message":"Hello!"}`).is(201)
	for {
		e, ok := own.any()
		if !ok || strings.Contains(e.raw, "webhook") {
			t.Fatalf("the visitor hears %s", e.raw)
		}
		if e.name == "message_sent" {
			break
		}
	}
}
