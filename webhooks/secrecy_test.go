package webhooks

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// memo is a log that can be read.
type memo struct {
	mu   sync.Mutex
	text strings.Builder
}

func (m *memo) Write(b []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.Write(b)
}

func (m *memo) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.String()
}

// Whatever goes wrong, the log says neither where a webhook leads, nor what it
// is signed with, nor what was sent or answered: logs are read by more people,
// and kept for longer, than any of it should be.
func TestNothingPrivateIsLogged(t *testing.T) {
	var log memo
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	opts := &Options{Logger: logger, Disabled: func(context.Context, chat.Webhook) { panic("the host's hook") }}
	bubble(t, opts, func(t *testing.T, r *rig) {
		var c recorder
		r.receiver("shop.test", c.ServeHTTP)
		r.start()
		made, err := r.svc.CreateWebhook(t.Context(), host, chat.NewWebhook{URL: "http://user-token.shop.test/?key=hush", Events: []string{"*"}})
		if err != nil {
			t.Fatal(err)
		}
		id := made.Webhook.ID
		move := func(to string) { r.update(id, chat.WebhookChange{URL: &to, Enabled: new(true)}) }
		answers := func(code int) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.answer = func(_ int, _ got, w http.ResponseWriter) {
				w.WriteHeader(code)
				w.Write([]byte("what was answered"))
			}
		}
		s := r.session()
		r.say(s.ID, "what was said") // to a name that leads nowhere
		settled(time.Minute)
		move("http://shop.test/?key=hush")
		for _, code := range []int{500, 307, 200, 410} {
			answers(code)
			r.say(s.ID, "what was said")
			settled(time.Hour)
		}
		rotated, err := r.svc.RotateWebhookSecret(t.Context(), host, id)
		if err != nil {
			t.Fatal(err)
		}
		move("http://shop.test/?key=hush")
		answers(500)
		r.say(s.ID, "what was said")
		settled(7 * 24 * time.Hour) // until it is switched off

		// Outcomes that cannot be taken down, and work that cannot be looked for.
		move("http://shop.test/?key=hush")
		c.mu.Lock()
		c.answer = func(int, got, http.ResponseWriter) { r.store.Close() }
		c.mu.Unlock()
		r.say(s.ID, "what was said")
		settled(time.Hour)

		if len(c.requests()) < 10 {
			t.Fatalf("only %d requests were made", len(c.requests()))
		}
		text := log.String()
		for _, want := range []string{"a webhook was disabled", "Options.Disabled panicked", "cannot take down the outcome"} {
			if !strings.Contains(text, want) {
				t.Errorf("the log does not say %q:\n%s", want, text)
			}
		}
		for _, private := range []string{made.Secret, rotated.Secret, "whsec_", "hush", "shop.test", "what was said", "what was answered", "v1,"} {
			if strings.Contains(text, private) {
				t.Errorf("the log says %q:\n%s", private, text)
			}
		}
	})
}

// A try that comes late carries what the event said when it happened, though
// the message was edited meanwhile: the edit is an event of its own, behind it.
func TestAnEditedMessageIsSentAsItWas(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := recorder{answer: status(http.StatusServiceUnavailable)}
		r.receiver("shop.test", c.ServeHTTP)
		r.webhook("shop.test")
		r.start()
		s := r.session()
		settled(time.Second)
		m := r.say(s.ID, "the frist words")
		settled(time.Minute)
		if _, err := r.svc.EditMessage(t.Context(), host, s.ID, m.ID, "the first words"); err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		failed := c.all
		c.all, c.answer = nil, nil
		c.mu.Unlock()
		settled(24 * time.Hour)
		all := c.requests()
		if len(all) != 3 || !strings.Contains(all[1].body, "the frist words") || !strings.Contains(all[2].body, `"event":"message_updated"`) || !strings.Contains(all[2].body, "the first words") {
			t.Fatalf("%+v", all)
		}
		for _, g := range failed {
			for _, later := range all {
				if g.id == later.id && g.body != later.body {
					t.Errorf("%s was first %s, then %s", g.id, g.body, later.body)
				}
			}
		}
	})
}
