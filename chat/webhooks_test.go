package chat_test

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func newWebhook(t *testing.T, svc *chat.Service) chat.WebhookSecret {
	t.Helper()
	w, err := svc.CreateWebhook(t.Context(), host, chat.NewWebhook{URL: "https://example.com/hook", Events: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// feed turns the log into deliveries until want of them are there.
func feed(t *testing.T, svc *chat.Service, webhookID string, want int) []chat.Delivery {
	t.Helper()
	out := svc.Outbox()
	defer out.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go out.Feed(ctx)
	for ctx.Err() == nil {
		page, err := svc.Deliveries(t.Context(), host, chat.DeliveryQuery{WebhookID: webhookID, Page: chat.Page{Limit: 200}})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Deliveries) >= want {
			return page.Deliveries
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("there are no %d deliveries", want)
	return nil
}

func TestWebhooksAreForAdmins(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	w := newWebhook(t, svc)
	ping, err := svc.PingWebhook(ctx, host, w.Webhook.ID)
	if err != nil {
		t.Fatal(err)
	}
	visitor, _ := newVisitor(t, svc)
	agent := chat.AsAgent(chat.Agent{ID: "u1", Name: "Mara"})
	writer := chat.AsAPIKey(chat.APIKey{ID: "k", Scopes: []string{chat.ScopeWrite}})
	for _, by := range []chat.Actor{visitor, agent, writer} {
		for what, call := range map[string]func() error{
			"create": func() error {
				_, err := svc.CreateWebhook(ctx, by, chat.NewWebhook{URL: "https://example.com", Events: []string{"*"}})
				return err
			},
			"list":   func() error { _, err := svc.Webhooks(ctx, by); return err },
			"read":   func() error { _, err := svc.Webhook(ctx, by, w.Webhook.ID); return err },
			"update": func() error { _, err := svc.UpdateWebhook(ctx, by, w.Webhook.ID, chat.WebhookChange{}); return err },
			"delete": func() error { return svc.DeleteWebhook(ctx, by, w.Webhook.ID) },
			"rotate": func() error { _, err := svc.RotateWebhookSecret(ctx, by, w.Webhook.ID); return err },
			"ping":   func() error { _, err := svc.PingWebhook(ctx, by, w.Webhook.ID); return err },
			"log": func() error {
				_, err := svc.Deliveries(ctx, by, chat.DeliveryQuery{WebhookID: w.Webhook.ID})
				return err
			},
			"delivery":  func() error { _, err := svc.Delivery(ctx, by, ping.ID); return err },
			"redeliver": func() error { _, err := svc.Redeliver(ctx, by, ping.ID); return err },
			"all": func() error {
				_, err := svc.RedeliverAll(ctx, by, w.Webhook.ID, chat.Redelivery{State: "failed"})
				return err
			},
		} {
			if err := call(); !errors.Is(err, chat.ErrForbidden) {
				t.Errorf("%s as %s: %v", what, by.ID(), err)
			}
		}
	}
}

func TestWebhookTargets(t *testing.T) {
	for name, c := range map[string]struct {
		targets   chat.WebhookTargets
		good, bad []string
	}{
		"nothing allowed": {
			good: []string{"https://example.com/", "https://example.com:443/", "https://8.8.8.8/"},
			bad:  []string{"http://example.com/", "https://example.com:80/", "https://10.0.0.1/", "https://localhost/"},
		},
		"http": {
			targets: chat.WebhookTargets{HTTP: true},
			good:    []string{"http://example.com/", "http://example.com:80/", "https://example.com/"},
			bad:     []string{"http://example.com:8080/", "ftp://example.com/", "http://127.0.0.1/"},
		},
		"a port and a network": {
			targets: chat.WebhookTargets{Ports: []uint16{8443}, Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}},
			good:    []string{"https://10.1.2.3:8443/", "https://example.com:8443/"},
			bad:     []string{"https://10.2.0.1:8443/", "https://10.1.2.3:9443/", "http://10.1.2.3:8443/"},
		},
		"anything": {
			targets: chat.WebhookTargets{Any: true},
			good:    []string{"http://localhost:9000/", "http://127.1/", "https://[::1]:1/"},
			bad:     []string{"ftp://localhost/", "http://user@localhost/", "localhost:9000", "http://:80/"},
		},
	} {
		svc := newService(t, &chat.Options{WebhookTargets: c.targets})
		try := func(url string) error {
			_, err := svc.CreateWebhook(t.Context(), host, chat.NewWebhook{URL: url, Events: []string{"*"}})
			return err
		}
		for _, url := range c.good {
			if err := try(url); err != nil {
				t.Errorf("%s: %s: %v", name, url, err)
			}
		}
		for _, url := range c.bad {
			var e *chat.Error
			if err := try(url); !errors.As(err, &e) || e.Field != "url" {
				t.Errorf("%s: %s: %v", name, url, err)
			}
		}
	}
}

// Two who change a webhook at once do not undo each other's change.
func TestWebhookChangesDoNotOverwriteEachOther(t *testing.T) {
	svc := newService(t, nil)
	w := newWebhook(t, svc)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := svc.UpdateWebhook(t.Context(), host, w.Webhook.ID, chat.WebhookChange{Description: new("CRM")}); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := svc.UpdateWebhook(t.Context(), host, w.Webhook.ID, chat.WebhookChange{Events: &[]string{"message_sent"}}); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := svc.RotateWebhookSecret(t.Context(), host, w.Webhook.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := svc.Webhook(t.Context(), host, w.Webhook.ID)
	if err != nil || got.Description != "CRM" || len(got.Events) != 1 || got.Events[0] != "message_sent" {
		t.Fatalf("%+v, %v", got, err)
	}
}

// box seals by turning every bit, which is enough to see where it is used.
type box struct{ broken bool }

func (b box) Seal(plain []byte) ([]byte, error) {
	if b.broken {
		return nil, errors.New("the key is lost")
	}
	return turn(plain), nil
}

func (b box) Open(sealed []byte) ([]byte, error) {
	if b.broken {
		return nil, errors.New("the key is lost")
	}
	return turn(sealed), nil
}

func turn(b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0xff
	}
	return out
}

func TestSecretsAreSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	store := openStore(t, path)
	ctx := t.Context()
	plain := chat.New(store, &chat.Options{Logger: silent()})
	old := newWebhook(t, plain)
	sealed := chat.New(store, &chat.Options{Logger: silent(), Sealer: box{}})
	made := newWebhook(t, sealed)
	claim := func(svc *chat.Service, id string) ([]string, error) {
		t.Helper()
		if _, err := svc.PingWebhook(ctx, host, id); err != nil {
			t.Fatal(err)
		}
		out := svc.Outbox()
		defer out.Close()
		claimed, err := out.Claim(ctx, id, 10, time.Now().Add(time.Minute))
		return claimed.Secrets, err
	}
	for _, w := range []chat.WebhookSecret{old, made} {
		secrets, err := claim(sealed, w.Webhook.ID)
		if err != nil || len(secrets) != 1 || secrets[0] != w.Secret {
			t.Fatalf("claimed with %q, %v", secrets, err)
		}
	}
	rotated, err := sealed.RotateWebhookSecret(ctx, host, old.Webhook.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, svc := range map[string]*chat.Service{
		"without a sealer":  plain,
		"with a broken one": chat.New(store, &chat.Options{Logger: silent(), Sealer: box{broken: true}}),
	} {
		if secrets, err := claim(svc, made.Webhook.ID); err == nil || strings.Contains(err.Error(), "whsec_") {
			t.Errorf("%s: claimed with %q, %v", name, secrets, err)
		}
		if _, err := svc.RotateWebhookSecret(ctx, host, made.Webhook.ID); err == nil {
			t.Errorf("%s: rotated", name)
		}
	}
	store.Close()
	for _, secret := range []string{made.Secret, rotated.Secret} {
		if n := occurrences(t, path, secret); n != 0 {
			t.Errorf("a sealed secret stands in the database %d times", n)
		}
	}
}

// occurrences counts a text in the database's files.
func occurrences(t *testing.T, path, text string) (n int) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		n += bytes.Count(data, []byte(text))
	}
	return n
}

// What was sent of an erased visitor, and what endpoints have answered to it,
// leaves the database's files.
func TestErasureReachesDeliveries(t *testing.T) {
	const marker = "quetzalcoatlus"
	path := filepath.Join(t.TempDir(), "chat.db")
	store := openStore(t, path)
	svc := chat.New(store, &chat.Options{Logger: silent()})
	ctx := t.Context()
	w := newWebhook(t, svc)
	s := newSession(t, svc)
	kept := newSession(t, svc)
	send(t, svc, host, s.ID, marker)
	send(t, svc, host, kept.ID, "stays")
	feed(t, svc, w.Webhook.ID, 4)
	out := svc.Outbox()
	for range 2 {
		claimed, err := out.Claim(ctx, w.Webhook.ID, 10, time.Now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range claimed.Deliveries {
			op := chat.OpSettleDelivery{State: chat.DeliveryDelivered, Attempts: []chat.Attempt{{Number: 1, Status: 200, Response: marker}}}
			if d.SessionID == kept.ID {
				op.Attempts[0].Response = "thank you"
			}
			if _, err := out.Settle(ctx, d, op); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := svc.EraseVisitor(ctx, host, s.VisitorID); err != nil {
		t.Fatal(err)
	}
	left := feed(t, svc, w.Webhook.ID, 2)
	if len(left) != 2 || left[0].SessionID != kept.ID || left[0].Attempts[0].Response != "thank you" {
		t.Fatalf("left: %+v", left)
	}
	svc.Close()
	store.Close()
	if n := occurrences(t, path, marker); n != 0 {
		t.Fatalf("%d traces are left", n)
	}
	if occurrences(t, path, "thank you") == 0 {
		t.Fatal("nothing was ever written: the test has tested nothing")
	}
}

// Deliveries go when their events do, but for those that are pending.
func TestDeliveriesArePrunedWithTheLog(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *chat.Service, _ chat.Session) {
		store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
		defer store.Close()
		svc := chat.New(store, &chat.Options{Logger: silent(), EventRetention: time.Hour})
		defer svc.Close()
		w := newWebhook(t, svc)
		newSession(t, svc)
		newSession(t, svc)
		feed(t, svc, w.Webhook.ID, 2)
		out := svc.Outbox()
		claimed, err := out.Claim(t.Context(), w.Webhook.ID, 1, time.Now().Add(time.Minute))
		if err != nil || len(claimed.Deliveries) != 1 {
			t.Fatalf("%+v, %v", claimed, err)
		}
		done := claimed.Deliveries[0]
		if _, err := out.Settle(t.Context(), done, chat.OpSettleDelivery{State: chat.DeliveryDelivered, Attempts: []chat.Attempt{{Number: 1}}}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go svc.Run(ctx)
		defer func() { cancel(); pass(time.Second) }()
		pass(30 * time.Minute)
		if _, err := svc.Delivery(t.Context(), host, done.ID); err != nil {
			t.Fatalf("within the retention: %v", err)
		}
		newSession(t, svc) // the log has a newer event then
		pass(2 * time.Hour)
		if _, err := svc.Delivery(t.Context(), host, done.ID); !errors.Is(err, chat.ErrNotFound) {
			t.Fatalf("after the retention: %v", err)
		}
		page, err := svc.Deliveries(t.Context(), host, chat.DeliveryQuery{WebhookID: w.Webhook.ID, State: chat.DeliveryPending})
		if err != nil || len(page.Deliveries) == 0 {
			t.Fatalf("the pending one: %+v, %v", page, err)
		}
	})
}
