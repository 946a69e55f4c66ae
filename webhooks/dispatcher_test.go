package webhooks

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func TestDeliversSigned(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var c recorder
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		m := r.say(r.session().ID, "Hello")
		settled(2 * time.Second)
		all := c.requests()
		if len(all) != 2 {
			t.Fatalf("%d requests, want 2", len(all))
		}
		for _, g := range all {
			if err := Verify(g.header, []byte(g.body), w.Secret); err != nil {
				t.Fatal(err)
			}
			if g.attempt != "1" || g.header.Get("Content-Type") != "application/json" || strings.Contains(g.id, ".") {
				t.Fatalf("%v", g.header)
			}
		}
		var sent struct {
			ID, Event string
			Data      map[string]any
		}
		if err := json.Unmarshal([]byte(all[1].body), &sent); err != nil {
			t.Fatal(err)
		}
		if sent.Event != "message_sent" || sent.Data["session_id"] != m.SessionID || sent.Data["sender"] != "agent" || sent.Data["message"] != "Hello" ||
			sent.Data["timestamp"] == nil || strings.ReplaceAll(sent.ID, ".", "_") != all[1].id {
			t.Fatalf("%s as %s", all[1].body, all[1].id)
		}
		for _, d := range r.deliveries(w.Webhook.ID, "") {
			if d.State != chat.DeliveryDelivered || len(d.Attempts) != 1 || d.Attempts[0].Status != http.StatusNoContent {
				t.Fatalf("%+v", d)
			}
		}
	})
}

// The whole schedule, on a real database: ten tries, the same but for their
// time, the last one after more than three days.
func TestRetriesForThreeDays(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := recorder{answer: status(http.StatusInternalServerError)}
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		s := r.session()
		settled(50 * time.Hour)
		if d := r.deliveries(w.Webhook.ID, chat.DeliveryPending); len(d) != 1 || d[0].NextAttempt.IsZero() {
			t.Fatalf("after two days: %+v", d)
		}
		settled(100 * time.Hour)
		all := c.requests()
		if len(all) != 10 || all[9].after < 72*time.Hour {
			t.Fatalf("%d tries, the last after %v", len(all), all[len(all)-1].after)
		}
		for i, g := range all {
			if g.body != all[0].body || g.id != all[0].id || g.attempt != fmt.Sprint(i+1) {
				t.Fatalf("try %d: id %s attempt %s body %s", i, g.id, g.attempt, g.body)
			}
			if err := verify(g.at, g.header, []byte(g.body), []string{w.Secret}); err != nil {
				t.Fatalf("try %d: %v", i, err)
			}
			if i > 0 && i < 9 {
				due := defaultSchedule[i-1]
				if wait := g.at.Sub(all[i-1].at); wait < due*4/5 || wait > due*6/5+time.Second {
					t.Errorf("wait %d is %v, want about %v", i, wait, due)
				}
			}
		}
		d := r.deliveries(w.Webhook.ID, chat.DeliveryFailed)
		if len(d) != 1 || len(d[0].Attempts) != 10 || d[0].Attempts[9].Status != 500 || d[0].SessionID != s.ID {
			t.Fatalf("%+v", d)
		}
		if r.hook(w.Webhook.ID).FailingSince.IsZero() {
			t.Error("the webhook does not say that it fails")
		}
	})
}

// A dispatcher that is started anew goes on with the schedule.
func TestScheduleOutlivesTheDispatcher(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := recorder{answer: status(http.StatusBadGateway)}
		r.receiver("shop.test", c.ServeHTTP)
		r.webhook("shop.test")
		r.session()
		for range 60 {
			r.start()
			settled(2 * time.Hour)
			r.stop()
			settled(10 * time.Minute)
		}
		if all := c.requests(); len(all) != 10 || all[9].after < 72*time.Hour {
			t.Fatalf("%d tries, the last after %v", len(all), all[len(all)-1].after)
		}
	})
}

// A receiver is away for almost three days, while everything goes on. When it
// is back it gets everything, each session in order, nothing twice.
func TestReceiverIsAwayForThreeDays(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var c recorder
		w := r.webhook("shop.test")
		r.start()
		sessions := make([]chat.Session, 20)
		for i := range sessions {
			sessions[i] = r.session()
		}
		for hour := range 70 {
			for i := range 5 {
				r.say(sessions[(hour*5+i)%len(sessions)].ID, fmt.Sprintf("hour %d", hour))
			}
			settled(time.Hour)
		}
		if n := len(r.deliveries(w.Webhook.ID, chat.DeliveryFailed)); n > 0 {
			t.Fatalf("%d were given up", n)
		}
		r.receiver("shop.test", c.ServeHTTP)
		r.session() // what happens next shows that it is back
		settled(5 * time.Minute)
		c.inOrder(t)
		if got, want := len(c.requests()), 21+70*5; got != want {
			t.Fatalf("%d requests, want %d", got, want)
		}
		if r.hook(w.Webhook.ID).FailingSince != (time.Time{}) || len(r.deliveries(w.Webhook.ID, chat.DeliveryPending)) != 0 {
			t.Error("something is left")
		}
	})
}

// inOrder checks that each session's events came with growing positions, and
// none twice.
func (c *recorder) inOrder(t *testing.T) {
	t.Helper()
	last := map[string]int{}
	for _, g := range c.requests() {
		var e struct {
			Data struct {
				Session string `json:"session_id"`
			}
		}
		if err := json.Unmarshal([]byte(g.body), &e); err != nil {
			t.Fatal(err)
		}
		var position int
		fmt.Sscanf(g.id[9:], "%d", &position)
		if position <= last[e.Data.Session] {
			t.Fatalf("position %d follows %d in %s", position, last[e.Data.Session], e.Data.Session)
		}
		last[e.Data.Session] = position
	}
}

// Answers take their time and fail at random: still a session's events are
// accepted in order, each once.
func TestOrderInEachSession(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var accepted recorder
		var mu sync.Mutex
		failures := map[string]int{}
		r.receiver("shop.test", func(w http.ResponseWriter, req *http.Request) {
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
			id := req.Header.Get(HeaderID)
			mu.Lock()
			n := failures[id]
			fail := n < 2 && rand.IntN(4) == 0
			if fail {
				failures[id]++
			}
			mu.Unlock()
			if fail {
				w.WriteHeader([]int{500, 429, 503, 400}[rand.IntN(4)])
				return
			}
			accepted.ServeHTTP(w, req)
		})
		w := r.webhook("shop.test")
		r.start()
		var sessions []chat.Session
		for range 10 {
			sessions = append(sessions, r.session())
		}
		for i := range 200 {
			r.say(sessions[rand.IntN(10)].ID, fmt.Sprint(i))
			time.Sleep(50 * time.Millisecond)
		}
		settled(24 * time.Hour)
		accepted.inOrder(t)
		if n := len(accepted.requests()); n != 210 || len(failures) == 0 {
			t.Fatalf("%d accepted, %d of them refused before", n, len(failures))
		}
		if n := len(r.deliveries(w.Webhook.ID, chat.DeliveryPending)); n != 0 {
			t.Fatalf("%d are left", n)
		}
	})
}

// One event that the endpoint never accepts holds up its session for three
// tries, and no other session at all.
func TestOneRefusedEventHoldsUpLittle(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := recorder{answer: func(_ int, g got, w http.ResponseWriter) {
			if strings.Contains(g.body, "poison") {
				w.WriteHeader(http.StatusUnprocessableEntity)
			}
		}}
		r.receiver("shop.test", c.ServeHTTP)
		r.webhook("shop.test")
		r.start()
		bad, good := r.session(), r.session()
		settled(time.Minute)
		r.say(bad.ID, "poison")
		r.say(bad.ID, "behind it")
		r.say(good.ID, "elsewhere")
		settled(time.Minute)
		if texts := c.texts(); !slices.Contains(texts, "elsewhere") || slices.Contains(texts, "behind it") {
			t.Fatalf("in the first minute: %q", texts)
		}
		settled(6 * time.Minute)
		if texts := c.texts(); !slices.Contains(texts, "behind it") {
			t.Fatalf("after the third try: %q", texts)
		}
		settled(100 * time.Hour)
		if texts := c.texts(); len(slices.DeleteFunc(texts, func(s string) bool { return s != "poison" })) != 10 {
			t.Fatalf("in the end: %q", c.texts())
		}
	})
}

// texts are the messages of the requests so far.
func (c *recorder) texts() []string {
	var list []string
	for _, g := range c.requests() {
		var e struct {
			Event string
			Data  struct{ Message string }
		}
		if json.Unmarshal([]byte(g.body), &e); e.Event == "message_sent" {
			list = append(list, e.Data.Message)
		}
	}
	return list
}

func TestASlowEndpointDelaysNoOther(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.receiver("slow.test", func(http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Second) })
		var worst time.Duration
		var mu sync.Mutex
		n := 0
		r.receiver("fast.test", func(w http.ResponseWriter, req *http.Request) {
			var e struct{ Timestamp time.Time }
			json.NewDecoder(req.Body).Decode(&e)
			mu.Lock()
			defer mu.Unlock()
			n++
			worst = max(worst, time.Since(e.Timestamp))
		})
		r.webhook("slow.test")
		r.webhook("fast.test")
		r.webhook("nowhere.test")
		settled(2 * time.Second)
		r.start()
		settled(2 * time.Second)
		s, other := r.session(), r.session()
		for range 100 {
			r.say(s.ID, "x")
			r.say(other.ID, "y")
			time.Sleep(time.Second)
		}
		settled(10 * time.Second)
		if n != 202 || worst > 100*time.Millisecond {
			t.Fatalf("%d deliveries, the slowest after %v", n, worst)
		}
	})
}

func TestSeveralDispatchersShareTheWork(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var c recorder
		r.receiver("shop.test", func(w http.ResponseWriter, req *http.Request) {
			time.Sleep(10 * time.Millisecond)
			c.ServeHTTP(w, req)
		})
		r.webhook("shop.test")
		r.start()
		defer r.run(r.dispatcher(&Options{Logger: quiet()}))()
		// One more is another node: it hears of nothing, and has to look.
		node := *r
		node.svc = chat.New(r.store, &chat.Options{Logger: quiet(), WebhookTargets: chat.WebhookTargets{Any: true}})
		defer node.svc.Close()
		defer node.run(node.dispatcher(&Options{Logger: quiet(), Poll: 20 * time.Millisecond}))()
		var sessions []chat.Session
		for range 8 {
			sessions = append(sessions, r.session())
		}
		for i := range 400 {
			r.say(sessions[i%8].ID, fmt.Sprint(i))
			if i%40 == 0 {
				settled(time.Second)
			}
		}
		settled(time.Minute)
		c.inOrder(t)
		if n := len(c.requests()); n != 408 {
			t.Fatalf("%d requests, want 408", n)
		}
	})
}

func TestConcurrencyAndRateAreLimits(t *testing.T) {
	bubble(t, &Options{Concurrency: 3, Rate: 20}, func(t *testing.T, r *rig) {
		var mu sync.Mutex
		var at []time.Time
		now, most := 0, 0
		r.receiver("shop.test", func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			at = append(at, time.Now())
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(200 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
		})
		r.webhook("shop.test")
		r.start()
		for range 200 {
			r.session()
		}
		settled(time.Minute)
		if len(at) != 200 || most != 3 {
			t.Fatalf("%d requests, %d at once", len(at), most)
		}
		for i := range at[40:] { // 20 at once and 20 a second, which 3 at a time with 0.2 s each do not reach
			if d := at[i+40].Sub(at[i]); d < time.Second {
				t.Fatalf("40 requests in %v", d)
			}
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := recorder{answer: func(n int, _ got, w http.ResponseWriter) {
			if n < 2 {
				w.Header().Set("Retry-After", "7200")
				w.WriteHeader([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}[n])
			}
		}}
		r.receiver("shop.test", c.ServeHTTP)
		r.webhook("shop.test")
		r.start()
		r.session()
		settled(24 * time.Hour)
		all := c.requests()
		if len(all) != 3 || all[1].after < 2*time.Hour || all[1].after > 2*time.Hour+13*time.Minute || all[2].after < 4*time.Hour {
			t.Fatalf("%d requests: %+v", len(all), all)
		}
	})
}

func TestPingGoesOutOnce(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := recorder{answer: func(n int, _ got, w http.ResponseWriter) {
			w.WriteHeader(http.StatusTeapot)
			w.Write([]byte("short and\x00 stout " + strings.Repeat("é", 2000)))
		}}
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		settled(time.Minute)
		d, err := r.svc.PingWebhook(t.Context(), host, w.Webhook.ID)
		if err != nil {
			t.Fatal(err)
		}
		settled(time.Second)
		if d, err = r.svc.Delivery(t.Context(), host, d.ID); err != nil || d.State != chat.DeliveryFailed || len(d.Attempts) != 1 {
			t.Fatalf("%+v, %v", d, err)
		}
		if a := d.Attempts[0]; a.Status != 418 || len(a.Response) > 1100 || !strings.HasPrefix(a.Response, "short and stout é") {
			t.Fatalf("%+v", a)
		}
		settled(100 * time.Hour)
		all := c.requests()
		if len(all) != 1 || verify(all[0].at, all[0].header, []byte(all[0].body), []string{w.Secret}) != nil || !strings.Contains(all[0].body, `"event":"ping"`) {
			t.Fatalf("%+v", all)
		}
	})
}
