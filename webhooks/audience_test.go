package webhooks

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func TestWebhooksGetWhatTheyAskFor(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		want := map[string][]string{}
		got := map[string]*recorder{}
		for _, asked := range [][]string{{"*"}, {"message_*"}, {"session_started", "session_closed"}, {"note_added"}, {"session_*", "note_added"}} {
			name := fmt.Sprintf("r%d.test", len(want))
			got[name] = &recorder{}
			r.receiver(name, got[name].ServeHTTP)
			w := r.webhook(name)
			r.update(w.Webhook.ID, chat.WebhookChange{Events: &asked})
			want[name] = asked
		}
		r.start()
		settled(2 * time.Second)
		s := r.session()
		m := r.say(s.ID, "Hello")
		for _, step := range []func() error{
			func() error { _, err := r.svc.AddNote(t.Context(), host, s.ID, "secret", ""); return err },
			func() error { _, err := r.svc.EditMessage(t.Context(), host, s.ID, m.ID, "Hello!"); return err },
			func() error { _, err := r.svc.DeleteMessage(t.Context(), host, s.ID, m.ID); return err },
			func() error {
				_, err := r.svc.UpdateSession(t.Context(), host, s.ID, chat.SessionChange{Department: new("Billing")})
				return err
			},
			func() error { _, err := r.svc.CloseSession(t.Context(), host, s.ID, ""); return err },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		settled(10 * time.Second)
		expect := map[string]string{
			"r0.test": "session_started message_sent message_updated message_deleted session_updated session_closed",
			"r1.test": "message_sent message_updated message_deleted",
			"r2.test": "session_started session_closed",
			"r3.test": "note_added",
			"r4.test": "session_started note_added session_updated session_closed",
		}
		for name, c := range got {
			var types []string
			for _, g := range c.requests() {
				_, rest, _ := strings.Cut(g.body, `"event":"`)
				typ, _, _ := strings.Cut(rest, `"`)
				types = append(types, typ)
			}
			if s := strings.Join(types, " "); s != expect[name] {
				t.Errorf("%q got %q, want %q", want[name], s, expect[name])
			}
		}
	})
}

// A new webhook gets what happens after it was made, however long nobody has
// followed the log.
func TestNewWebhookStartsNow(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.start()
		s := r.session()
		for range 50 {
			r.say(s.ID, "before")
		}
		settled(time.Minute)
		var a, b recorder
		r.receiver("a.test", a.ServeHTTP)
		r.receiver("b.test", b.ServeHTTP)
		r.webhook("a.test")
		r.say(s.ID, "first")
		settled(time.Minute)
		r.webhook("b.test")
		r.say(s.ID, "second")
		settled(time.Minute)
		if x, y := a.texts(), b.texts(); strings.Join(x, " ") != "first second" || strings.Join(y, " ") != "second" {
			t.Fatalf("the first webhook got %q, the second %q", x, y)
		}
	})
}

func TestWhatIsErasedIsNotSent(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := recorder{answer: status(http.StatusInternalServerError)}
		r.receiver("shop.test", c.ServeHTTP)
		w := r.webhook("shop.test")
		r.start()
		s, other := r.session(), r.session()
		m := r.say(other.ID, "secret")
		settled(time.Minute)
		if err := r.svc.EraseVisitor(t.Context(), host, s.VisitorID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.svc.DeleteMessage(t.Context(), host, other.ID, m.ID); err != nil {
			t.Fatal(err)
		}
		n := len(c.requests())
		c.mu.Lock()
		c.answer = nil
		c.mu.Unlock()
		settled(time.Hour)
		for _, g := range c.requests()[n:] {
			if strings.Contains(g.body, s.ID) || strings.Contains(g.body, "secret") {
				t.Fatalf("sent after it was erased: %s", g.body)
			}
		}
		if len(c.requests()) != n+3 { // the other session's start, and its message twice: sent and deleted
			t.Fatalf("%d requests", len(c.requests())-n)
		}
		for _, d := range r.deliveries(w.Webhook.ID, "") {
			if d.SessionID != other.ID {
				t.Fatalf("left: %+v", d)
			}
		}
	})
}
