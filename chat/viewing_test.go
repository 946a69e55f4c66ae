package chat_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Who does not repeat what they look at is taken to look at nothing, and
// colleagues hear of it.
func TestViewingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go svc.Run(ctx)
		ada, err := svc.EnsureAgent(ctx, chat.Agent{ID: "ada", Name: "Ada"})
		if err != nil {
			t.Fatal(err)
		}
		started, err := svc.CreateSession(ctx, host, chat.NewSession{VisitorName: "Ines"})
		if err != nil {
			t.Fatal(err)
		}
		looksAt := func() string {
			agents, err := svc.Agents(ctx, host)
			if err != nil || len(agents) != 1 {
				t.Fatalf("%v, %v", agents, err)
			}
			return agents[0].Viewing
		}
		view := func() {
			if err := svc.SetViewing(ctx, chat.AsAgent(ada), started.Session.ID); err != nil {
				t.Fatal(err)
			}
		}
		view()
		time.Sleep(40 * time.Second)
		view()
		time.Sleep(59 * time.Second)
		if got := looksAt(); got != started.Session.ID {
			t.Errorf("within the minute Ada looks at %q", got)
		}
		sub, err := svc.Subscribe(ctx, host, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		events, err := sub.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := events[0].Data.(chat.Agent); !ok || a.ID != "ada" || a.Viewing != "" {
			t.Errorf("colleagues hear %+v", events[0].Data)
		}
		if got := looksAt(); got != "" {
			t.Errorf("after the minute Ada looks at %q", got)
		}
	})
}
