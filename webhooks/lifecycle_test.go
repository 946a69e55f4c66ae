package webhooks

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// calls takes down which webhooks were disabled.
type calls struct {
	mu  sync.Mutex
	all []chat.Webhook
}

func (c *calls) hook(_ context.Context, w chat.Webhook) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, w)
}

func (r *rig) update(id string, in chat.WebhookChange) {
	r.Helper()
	if _, err := r.svc.UpdateWebhook(r.Context(), host, id, in); err != nil {
		r.Fatal(err)
	}
}

func TestGoneDisables(t *testing.T) {
	var disabled calls
	bubble(t, &Options{Disabled: disabled.hook}, func(t *testing.T, r *rig) {
		gone := recorder{answer: status(http.StatusGone)}
		var other recorder
		r.receiver("gone.test", gone.ServeHTTP)
		r.receiver("other.test", other.ServeHTTP)
		w, watcher := r.webhook("gone.test"), r.webhook("other.test")
		r.update(watcher.Webhook.ID, chat.WebhookChange{Events: &[]string{chat.EventWebhookDisabled}})
		sub, err := r.svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		r.start()
		settled(2 * time.Second)
		s := r.session()
		settled(time.Minute)
		r.say(s.ID, "while it is disabled")
		settled(time.Hour)
		if n := len(gone.requests()); n != 1 {
			t.Fatalf("%d requests, want 1", n)
		}
		hook := r.hook(w.Webhook.ID)
		if hook.Enabled || hook.DisabledReason != chat.DisabledGone {
			t.Fatalf("%+v", hook)
		}
		if len(disabled.all) != 1 || disabled.all[0].ID != hook.ID || disabled.all[0].DisabledReason != chat.DisabledGone {
			t.Fatalf("the host was told %+v", disabled.all)
		}
		told := other.requests()
		if len(told) != 1 || !strings.Contains(told[0].body, `"event":"webhook_disabled"`) || !strings.Contains(told[0].body, `"reason":"gone"`) || strings.Contains(told[0].body, "gone.test") {
			t.Fatalf("the other webhook got %+v", told)
		}
		if err := verify(told[0].at, told[0].header, []byte(told[0].body), []string{watcher.Secret}); err != nil {
			t.Fatal(err)
		}
		var heard []string
		for more := true; more; {
			var events []*chat.Event
			events, more, _ = sub.Take(t.Context())
			for _, e := range events {
				heard = append(heard, e.Type)
			}
		}
		if !slices.Contains(heard, chat.EventWebhookDisabled) {
			t.Fatalf("agents heard %q", heard)
		}
		// Enabled again it gets what happens, and what it missed on request.
		gone.answer = nil
		r.update(hook.ID, chat.WebhookChange{Enabled: new(true)})
		r.say(s.ID, "now")
		settled(time.Minute)
		if got := gone.texts(); len(got) != 1 || got[0] != "now" {
			t.Fatalf("after it was enabled: %q", got)
		}
		n, err := r.svc.RedeliverAll(t.Context(), host, hook.ID, chat.Redelivery{State: chat.DeliverySkipped})
		settled(time.Minute)
		if got := gone.texts(); err != nil || n != 1 || len(got) != 2 || got[1] != "while it is disabled" {
			t.Fatalf("redelivered %d, %v: %q", n, err, got)
		}
	})
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var victim recorder
		r.receiver("victim.test", victim.ServeHTTP)
		codes := []int{301, 302, 303, 307, 308, 300, 304}
		c := recorder{answer: func(n int, _ got, w http.ResponseWriter) {
			w.Header().Set("Location", "http://victim.test/")
			w.WriteHeader(codes[n%len(codes)])
		}}
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		r.session()
		settled(100 * time.Hour)
		if len(victim.requests()) != 0 || len(c.requests()) != 10 {
			t.Fatalf("%d requests, %d where they lead", len(c.requests()), len(victim.requests()))
		}
		d := r.deliveries(w.Webhook.ID, chat.DeliveryFailed)
		if len(d) != 1 || d[0].Attempts[0].Status != 301 || !strings.Contains(d[0].Attempts[0].Error, "redirect") {
			t.Fatalf("%+v", d)
		}
	})
}

func TestDisabledAfterFiveDaysWithoutSuccess(t *testing.T) {
	var disabled calls
	bubble(t, &Options{Disabled: disabled.hook}, func(t *testing.T, r *rig) {
		dead := recorder{answer: status(http.StatusNotFound)}
		flaky := recorder{answer: func(n int, _ got, w http.ResponseWriter) {
			if n%9 != 8 {
				w.WriteHeader(http.StatusNotFound)
			}
		}}
		r.receiver("dead.test", dead.ServeHTTP)
		r.receiver("flaky.test", flaky.ServeHTTP)
		w, other := r.webhook("dead.test"), r.webhook("flaky.test")
		r.start()
		for hour := 0; hour < 7*24; hour += 3 {
			r.session()
			settled(3 * time.Hour)
			if hook := r.hook(w.Webhook.ID); hook.Enabled != (hour+3 <= 5*24) {
				t.Fatalf("after %d hours: %+v", hour+3, hook)
			}
		}
		hook := r.hook(w.Webhook.ID)
		if hook.DisabledReason != chat.DisabledFailing || len(disabled.all) != 1 || disabled.all[0].ID != hook.ID {
			t.Fatalf("%+v; the host was told %+v", hook, disabled.all)
		}
		if !r.hook(other.Webhook.ID).Enabled {
			t.Fatal("one that gets something through now and then was disabled")
		}
		n := len(dead.requests())
		settled(24 * time.Hour)
		if len(dead.requests()) != n {
			t.Fatal("a disabled webhook gets requests")
		}
	})
}

// While an endpoint fails with a large backlog it is asked now and then only.
// When it works again everything goes out.
func TestBreaker(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := recorder{answer: status(http.StatusInternalServerError)}
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		for range 300 {
			r.session()
		}
		settled(time.Hour)
		n := len(c.requests())
		if n < 30 || n > 120 {
			t.Fatalf("%d requests in the first hour", n)
		}
		c.mu.Lock()
		c.answer = nil
		c.mu.Unlock()
		settled(26 * time.Hour)
		if left := r.deliveries(w.Webhook.ID, chat.DeliveryPending); len(left) != 0 {
			t.Fatalf("%d are left", len(left))
		}
		// Whoever wants to see at once whether it works need not wait.
		c.mu.Lock()
		c.answer = status(http.StatusInternalServerError)
		c.mu.Unlock()
		for range 30 {
			r.session()
		}
		settled(time.Second)
		n = len(c.requests())
		c.mu.Lock()
		c.answer = nil
		c.mu.Unlock()
		if _, err := r.svc.PingWebhook(t.Context(), host, w.Webhook.ID); err != nil {
			t.Fatal(err)
		}
		settled(time.Second)
		if all := c.requests()[n:]; !slices.ContainsFunc(all, func(g got) bool { return strings.Contains(g.body, `"ping"`) }) {
			t.Fatalf("no ping among %d requests", len(all))
		}
	})
}

func TestRotation(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var c recorder
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		next := func() got {
			t.Helper()
			r.session()
			settled(2 * time.Second)
			all := c.requests()
			return all[len(all)-1]
		}
		good := func(g got, secret string) bool {
			return verify(g.at, g.header, []byte(g.body), []string{secret}) == nil
		}
		rotate := func() string {
			t.Helper()
			s, err := r.svc.RotateWebhookSecret(t.Context(), host, w.Webhook.ID)
			if err != nil || time.Until(s.PreviousUntil) != 24*time.Hour {
				t.Fatalf("%+v, %v", s, err)
			}
			return s.Secret
		}
		first := w.Secret
		if g := next(); !good(g, first) || strings.Contains(g.header.Get(HeaderSignature), " ") {
			t.Fatal("before rotating")
		}
		second := rotate()
		if g := next(); !good(g, first) || !good(g, second) {
			t.Fatal("within a day both secrets should be good")
		}
		settled(24 * time.Hour)
		if g := next(); good(g, first) || !good(g, second) {
			t.Fatal("after a day the second only should be good")
		}
		third := rotate()
		fourth := rotate()
		if g := next(); good(g, second) || !good(g, third) || !good(g, fourth) || len(strings.Fields(g.header.Get(HeaderSignature))) != 2 {
			t.Fatal("of three secrets the latest two should be good")
		}
	})
}

// What is being sent when everything ends is finished and taken down; nothing
// else is begun.
func TestStopsBetweenDeliveries(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var c recorder
		r.receiver("shop.test", func(w http.ResponseWriter, req *http.Request) {
			c.ServeHTTP(w, req)
			time.Sleep(5 * time.Second)
		})
		w := r.webhook("shop.test")
		for range 20 {
			r.session()
		}
		r.start()
		settled(3 * time.Second)
		n := len(c.requests())
		before := time.Now()
		r.stop()
		if n != 4 || len(c.requests()) != n || time.Since(before) > 5*time.Second {
			t.Fatalf("%d requests, then %d, after %v", n, len(c.requests()), time.Since(before))
		}
		if d := r.deliveries(w.Webhook.ID, chat.DeliveryDelivered); len(d) != n {
			t.Fatalf("%d are taken down as delivered", len(d))
		}
		for _, d := range r.deliveries(w.Webhook.ID, chat.DeliveryPending) {
			if d.Attempt != 0 {
				t.Fatalf("one that was not sent counts %d attempts", d.Attempt)
			}
		}
		r.start()
		settled(time.Minute) // nobody waits for a lease to end
		if len(c.requests()) != 20 || len(r.deliveries(w.Webhook.ID, chat.DeliveryPending)) != 0 {
			t.Fatalf("%d requests", len(c.requests()))
		}
		for _, g := range c.requests() {
			if g.attempt != "1" {
				t.Fatalf("attempt %s", g.attempt)
			}
		}
	})
}

// A process that dies leaves claims that run out.
func TestClaimsOfTheDeadRunOut(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var c recorder
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		dead := r.svc.Outbox()
		ctx, cancel := context.WithCancel(t.Context())
		go dead.Feed(ctx)
		s := r.session()
		r.say(s.ID, "Hello")
		settled(2 * time.Second)
		claimed, err := dead.Claim(t.Context(), w.Webhook.ID, 10, time.Now().Add(time.Minute))
		if err != nil || len(claimed.Deliveries) != 1 {
			t.Fatalf("claimed %+v, %v", claimed, err)
		}
		cancel()
		dead.Close()
		synctest.Wait()
		r.start()
		settled(50 * time.Second)
		if len(c.requests()) != 0 {
			t.Fatal("sent by two")
		}
		settled(20 * time.Second)
		c.inOrder(t)
		all := c.requests()
		if len(all) != 2 || all[0].attempt != "2" || all[1].attempt != "1" {
			t.Fatalf("%+v", all)
		}
		d := r.deliveries(w.Webhook.ID, "")[1]
		if len(d.Attempts) != 2 || d.Attempts[0].Number != 1 || !strings.Contains(d.Attempts[0].Error, "interrupted") || d.Attempts[1].Status != 204 {
			t.Fatalf("the log says %+v", d.Attempts)
		}
	})
}
