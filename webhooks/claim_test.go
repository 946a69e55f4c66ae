package webhooks

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// A request may take longer than a claim lasts.
func TestASlowRequestIsNotMadeByTwo(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var c recorder
		c.answer = func(_ int, _ got, w http.ResponseWriter) {
			time.Sleep(r.disp.timeout - time.Second)
			w.WriteHeader(http.StatusNoContent)
		}
		if r.disp.timeout < r.disp.hold+2*time.Second {
			t.Fatal("a claim lasts as long as a request can take")
		}
		r.receiver("shop.test", c.ServeHTTP)
		r.webhook("shop.test")
		r.start()
		defer r.run(r.dispatcher(&Options{Logger: quiet(), Poll: 100 * time.Millisecond}))()
		r.session()
		settled(time.Minute)
		if all := c.requests(); len(all) != 1 {
			t.Fatalf("%d requests", len(all))
		}
	})
}

// island is a store that a process can lose touch with.
type island struct {
	chat.Store
	cut atomic.Bool
}

func (s *island) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	if s.cut.Load() {
		return nil, errors.New("no route to the database")
	}
	return s.Store.Append(ctx, ops)
}

// Whoever cannot reach the store breaks off what it sends before somebody else
// can have the delivery.
func TestWhoLosesTheStoreLetsGo(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var c recorder
		broken := make(chan time.Time, 1)
		r.receiver("shop.test", func(w http.ResponseWriter, req *http.Request) {
			c.ServeHTTP(w, req)
			if req.Header.Get(HeaderAttempt) == "1" {
				<-req.Context().Done()
				broken <- time.Now()
			}
		})
		c.answer = func(_ int, g got, w http.ResponseWriter) {
			if g.attempt != "1" {
				w.WriteHeader(http.StatusNoContent)
			}
		}
		w := r.webhook("shop.test")
		store := &island{Store: r.store}
		node := *r
		node.svc = chat.New(store, &chat.Options{Logger: quiet(), WebhookTargets: chat.WebhookTargets{Any: true}})
		defer node.svc.Close()
		stop := node.run(node.dispatcher(&Options{Logger: quiet(), Timeout: time.Minute, Poll: 100 * time.Millisecond}))
		defer stop()
		node.session()
		settled(30 * time.Second)
		if len(c.requests()) != 1 || len(broken) != 0 {
			t.Fatal("the request must be under way")
		}
		store.cut.Store(true)
		other := r.run(r.dispatcher(&Options{Logger: quiet(), Poll: 100 * time.Millisecond}))
		defer other()
		settled(20 * time.Second)
		store.cut.Store(false)
		if len(broken) != 1 {
			t.Fatal("the request was not broken off")
		}
		cut := <-broken
		all := c.requests()
		if len(all) != 2 || all[1].attempt != "2" || all[1].at.Before(cut) {
			t.Fatalf("broken off at %v, then %+v", cut, all)
		}
		settled(time.Minute)
		list := r.deliveries(w.Webhook.ID, chat.DeliveryDelivered)
		if len(list) != 1 || len(c.requests()) != 2 || r.hook(w.Webhook.ID).FailingSince != (time.Time{}) {
			t.Fatalf("%d requests, delivered %+v", len(c.requests()), list)
		}
	})
}
