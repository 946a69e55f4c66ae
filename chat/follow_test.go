package chat_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// sharedStore is a store that several services share, as processes share a
// database server.
type sharedStore struct{ chat.Store }

func (sharedStore) Shared() bool { return true }

// nodes returns services over one database.
func nodes(t *testing.T, n int) (list []*chat.Service) {
	store := sharedStore{openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	for range n {
		svc := chat.New(store, nil)
		t.Cleanup(func() { svc.Close() })
		list = append(list, svc)
	}
	return list
}

// TestFollowOtherProcesses writes on three nodes at once and listens on all of
// them: everybody hears of everything once, in the order of the log.
func TestFollowOtherProcesses(t *testing.T) {
	const each = 150
	list := nodes(t, 3)
	session := newSession(t, list[0])
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	start, err := list[0].Subscribe(ctx, host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	from := start.Position()
	start.Close()
	heard := make([][]chat.Position, 2*len(list))
	var group sync.WaitGroup
	for i := range heard {
		in := chat.SubscribeOptions{After: from}
		if i >= len(list) {
			in.Topic.SessionID = session.ID
		}
		sub, err := list[i%len(list)].Subscribe(ctx, host, in)
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			defer sub.Close()
			for len(heard[i]) < each*len(list) {
				events, err := sub.Next(ctx)
				if err != nil {
					t.Errorf("subscription %d after %d events: %v", i, len(heard[i]), err)
					return
				}
				for _, e := range events {
					heard[i] = append(heard[i], e.Position)
				}
			}
		})
	}
	for n, svc := range list {
		group.Go(func() {
			for i := range each {
				send(t, svc, host, session.ID, fmt.Sprint(n, ".", i))
				for _, other := range list {
					other.CatchUp() // as if somebody had told it
				}
			}
		})
	}
	group.Wait()
	for i, positions := range heard {
		if !slices.IsSorted(positions) || len(slices.Compact(slices.Clone(positions))) != each*len(list) || !slices.Equal(positions, heard[0]) {
			t.Errorf("subscription %d heard %v", i, positions)
		}
	}
}

// TestFollowWithoutBeingTold: a node that nobody tells looks by itself.
func TestFollowWithoutBeingTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := nodes(t, 2)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { list[1].Run(ctx) })
		session := newSession(t, list[0])
		sub, err := list[1].Subscribe(ctx, host, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			m := send(t, list[0], host, session.ID, fmt.Sprint(i))
			sent := time.Now()
			events, err := sub.Next(ctx)
			if err != nil || len(events) != 1 || events[0].Data.(chat.Message).ID != m.ID {
				t.Fatalf("heard %v, %v", events, err)
			}
			if took := time.Since(sent); took > time.Second {
				t.Errorf("it took %v", took)
			}
		}
		sub.Close()
		stop()
		running.Wait()
		for _, svc := range list {
			svc.Close()
		}
	})
}
