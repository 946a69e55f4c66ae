package webhooks

import (
	"net/http"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func TestDeliversSigned(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		var c recorder
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		s := r.session()
		m := r.say(s.ID, "Hello")
		settled(2 * time.Second)
		all := c.requests()
		if len(all) != 2 {
			t.Fatalf("%d requests", len(all))
		}
		for _, g := range all {
			if err := Verify(g.header, []byte(g.body), w.Secret); err != nil {
				t.Fatal(err)
			}
			if g.attempt != "1" || g.header.Get("Content-Type") != "application/json" {
				t.Fatalf("%v", g.header)
			}
		}
		_ = m
		for _, d := range r.deliveries(w.Webhook.ID, "") {
			if d.State != chat.DeliveryDelivered || len(d.Attempts) != 1 || d.Attempts[0].Status != http.StatusNoContent {
				t.Fatalf("%+v", d)
			}
		}
	})
}

func TestScheduleOf72Hours(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		c := recorder{answer: status(500)}
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		r.session()
		settled(100 * time.Hour)
		all := c.requests()
		for _, g := range all {
			t.Log(g.after, g.attempt)
		}
		t.Logf("%+v", r.deliveries(w.Webhook.ID, "")[0])
	})
}
