package webhooks

import (
	"context"
	"errors"
	"net"
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

// tardy is a receiver that its first caller connects to only after a time.
func tardy(d *Dispatcher, wait time.Duration) {
	connect := d.connect
	d.connect = func(targets chat.WebhookTargets) *http.Client {
		client := connect(targets)
		transport := client.Transport.(*http.Transport)
		dial := transport.DialContext
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			time.Sleep(wait)
			return dial(context.WithoutCancel(ctx), network, address)
		}
		return client
	}
}

// A request is not begun any more when the claim is nearly over: neither when
// the connection took that long, nor when the turn came so late.
func TestNoRequestAtTheEndOfAClaim(t *testing.T) {
	for name, late := range map[string]bool{"connection": true, "turn": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				var c recorder
				nearly := r.disp.hold - time.Second
				c.answer = func(n int, _ got, w http.ResponseWriter) {
					if n == 0 && !late {
						time.Sleep(nearly) // the other delivery waits for the slot
					}
					w.WriteHeader(http.StatusNoContent)
				}
				r.receiver("shop.test", c.ServeHTTP)
				r.webhook("shop.test")
				store := &island{Store: r.store}
				node := *r
				node.svc = chat.New(store, &chat.Options{Logger: quiet(), WebhookTargets: chat.WebhookTargets{Any: true}})
				defer node.svc.Close()
				opts := &Options{Logger: quiet(), Timeout: time.Minute, Concurrency: 1, Poll: 100 * time.Millisecond}
				disp := node.dispatcher(opts)
				sessions := 2
				if late {
					tardy(disp, nearly)
					sessions = 1
				}
				for range sessions {
					r.session()
				}
				defer node.run(disp)()
				settled(500 * time.Millisecond) // everything is claimed
				store.cut.Store(true)
				defer r.run(r.dispatcher(&Options{Logger: quiet(), Poll: 100 * time.Millisecond}))()
				settled(20 * time.Second)
				store.cut.Store(false)
				settled(time.Minute)
				attempts := map[string][]string{}
				for _, g := range c.requests() {
					attempts[g.id] = append(attempts[g.id], g.attempt)
				}
				if len(attempts) != sessions {
					t.Fatalf("requests: %v", attempts)
				}
				repeated := 0
				for id, list := range attempts {
					if len(list) == 1 && list[0] == "2" {
						repeated++
					} else if late || list[0] != "1" {
						t.Errorf("%s was sent as attempts %v", id, list)
					}
				}
				if repeated != 1 {
					t.Errorf("one delivery must have been left to the other node: %v", attempts)
				}
			})
		})
	}
}
