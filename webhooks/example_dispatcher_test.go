package webhooks_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/webhooks"
)

// The dispatcher runs beside the service, and what happens in the chat arrives
// at the endpoint.
func ExampleNew() {
	arrived := make(chan string)
	var secret string
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || webhooks.Verify(r.Header, body, secret) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		arrived <- r.Header.Get(webhooks.HeaderAttempt)
	}))
	defer endpoint.Close()

	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	svc := chat.New(store, &chat.Options{WebhookTargets: chat.WebhookTargets{Any: true}}) // for this machine; not in production
	defer svc.Close()

	host := chat.AsHost("shop")
	hook, err := svc.CreateWebhook(ctx, host, chat.NewWebhook{URL: endpoint.URL, Events: []string{"session_*", "message_sent"}, Description: "CRM"})
	if err != nil {
		log.Fatal(err)
	}
	secret = hook.Secret // shown this once

	sending, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- webhooks.New(svc, nil).Run(sending) }()
	if _, err := svc.CreateSession(ctx, host, chat.NewSession{VisitorName: "Ines"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("attempt", <-arrived)

	// Ending it first leaves nothing half sent.
	stop()
	<-ended
	svc.Close()
	// Output: attempt 1
}

// An endpoint was away for longer than its deliveries were tried again: once it
// is back, they are sent anew.
func Example_redeliver() {
	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	svc := chat.New(store, nil)
	defer svc.Close()
	host := chat.AsHost("shop")
	hook, err := svc.CreateWebhook(ctx, host, chat.NewWebhook{URL: "https://crm.example.com/hooks/chat", Events: []string{"*"}})
	if err != nil {
		log.Fatal(err)
	}

	n, err := svc.RedeliverAll(ctx, host, hook.Webhook.ID, chat.Redelivery{State: chat.DeliveryFailed})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "to send again")
	// Output: 0 to send again
}
