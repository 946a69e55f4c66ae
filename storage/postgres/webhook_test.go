package postgres

import (
	"context"
	"math/rand/v2"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/webhooks/webhooktest"
)

// This file kills processes that send webhooks, several of which work on one
// database at a time, and the one that receives them.

func init() {
	children["receive"] = func(args []string) error { return webhooktest.Receive(args[0], args[1], args[2]) }
	children["send"] = func(args []string) error { return sendAsChild(args[0], webhooktest.Chatter) }
	children["drain"] = func(args []string) error { return sendAsChild(args[0], webhooktest.Drain) }
}

func sendAsChild(dsn string, work webhooktest.Work) error {
	store, err := Open(context.Background(), dsn, quiet)
	if err != nil {
		return err
	}
	defer store.Close()
	return webhooktest.Send(store, work)
}

// TestWebhooksKilledInTheMiddle: three processes at a time make events and
// send them, and all are killed, again and again. No event is lost, every
// repetition has a higher attempt, and sessions stay in order.
func TestWebhooksKilledInTheMiddle(t *testing.T) {
	dsn := pgtest.Database(t)
	store := mustOpen(t, dsn)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	svc := chat.New(store, webhooktest.Options())
	defer svc.Close()
	w, err := svc.CreateWebhook(t.Context(), shop, chat.NewWebhook{URL: "http://127.0.0.1:" + port, Events: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	logFile := filepath.Join(t.TempDir(), "received.jsonl")
	receiver, _ := child(t, "receive", port, logFile, w.Secret)
	const rounds = 4
	for round := range rounds {
		var kill []func()
		for range 3 {
			cmd, out := child(t, "send", dsn)
			if got := line(t, out); got != "ready" {
				t.Fatalf("the sender said %q", got)
			}
			kill = append(kill, func() { cmd.Process.Kill(); cmd.Wait() })
		}
		time.Sleep(time.Duration(200+rand.IntN(400)) * time.Millisecond)
		if round%3 == 2 {
			receiver.Process.Kill()
			receiver.Wait()
			time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
			receiver, _ = child(t, "receive", port, logFile, w.Secret)
		}
		for _, f := range kill {
			f()
			time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
		}
	}
	var drainers []func() error
	for range 2 {
		cmd, _ := child(t, "drain", dsn)
		drainers = append(drainers, cmd.Wait)
	}
	for _, wait := range drainers {
		if err := wait(); err != nil {
			t.Fatalf("the rest was not delivered: %v", err)
		}
	}
	webhooktest.Judge(t, store, logFile)
}
