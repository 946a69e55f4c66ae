package httpapi

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// sharedStore is a store that several services share.
type sharedStore struct{ chat.Store }

func (sharedStore) Shared() bool { return true }

// newNodes returns two sites on one store, connected by a bus.
func newNodes(t *testing.T, opts Options) (list [2]*site) {
	t.Helper()
	store := sharedStore{openIn(t, t.TempDir())}
	t.Cleanup(func() { store.Close() })
	var bus chat.Bus
	for i := range list {
		svc := chat.New(store, &chat.Options{Broker: bus.Broker()})
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { svc.Run(ctx) })
		t.Cleanup(func() { stop(); running.Wait(); svc.Close() })
		list[i] = &site{t: t, store: store, svc: svc, handler: New(svc, &opts)}
		list[i].key = list[i].newKey(chat.ScopeAdmin)
	}
	met := [2]bool{}
	var mu sync.Mutex
	for i := range list {
		list[i].svc.OnRelay("met", func([]byte) { mu.Lock(); met[i] = true; mu.Unlock() })
	}
	eventually(t, "the nodes know each other", func() bool {
		list[0].svc.Relay("met", nil)
		list[1].svc.Relay("met", nil)
		mu.Lock()
		defer mu.Unlock()
		return met[0] && met[1]
	})
	return list
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is not so that %s", what)
		}
	}
}

// A limit holds for all nodes together.
func TestLimitsOverNodes(t *testing.T) {
	rates := unlimited
	rates.KeyCalls = 40
	list := newNodes(t, Options{Rates: rates})
	key := list[0].key
	answered := 0
	eventually(t, "the key may not call any more", func() bool {
		refused := 0
		for _, s := range list {
			switch status := s.call("GET", "/api/v1/sessions", "", "X-API-Key: "+key).status; status {
			case http.StatusOK:
				answered++
			case http.StatusTooManyRequests:
				refused++
			default:
				t.Fatalf("status %d", status)
			}
		}
		return refused == len(list)
	})
	// Twenty on each node before they tell, and what fills up again meanwhile.
	if answered > 75 {
		t.Errorf("%d calls were answered where one node answers 40", answered)
	}
}

// A signed identity is good once, on whichever node, and who has signed out is
// asked for everywhere.
func TestIdentityOverNodes(t *testing.T) {
	list := newNodes(t, Options{Rates: unlimited, VisitorSecrets: []string{newSecret}})
	a, b := list[0].handler.(*Handler), list[1].handler.(*Handler)
	signed, err := SignVisitor(newSecret, chat.Identity{ID: "7", Name: "Ines"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.vouchers.open(signed, time.Now()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other node refuses it", func() bool {
		b.vouchers.mu.Lock()
		defer b.vouchers.mu.Unlock()
		return len(b.vouchers.used) == 1
	})
	if _, err := b.vouchers.open(signed, time.Now()); err == nil {
		t.Error("an identity is good a second time on another node")
	}
}

// Who signs out on one node hears nothing more on the others.
func TestSignedOutOverNodes(t *testing.T) {
	var out atomic.Bool
	list := newNodes(t, Options{Rates: unlimited, Streams: Streams{Recheck: time.Hour}, Visitor: func(*http.Request) (chat.Identity, bool) {
		return chat.Identity{ID: "7", Name: "Ines"}, !out.Load()
	}})
	server := httptest.NewServer(list[1].handler)
	defer server.Close()
	visitor := list[0].visitor()
	req, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/visitor/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+visitor.token)
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, res.Body)
		close(ended)
	}()
	out.Store(true)
	list[0].handler.(*Handler).SignedOut("7")
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the stream on the other node goes on")
	}
}

// A key that is revoked on one node opens nothing on the others, and what it
// had opened there ends.
func TestRevokedKeyOverNodes(t *testing.T) {
	list := newNodes(t, Options{Rates: unlimited})
	admin, other := list[0], list[1]
	made := admin.api("POST", "/api-keys", `{"name":"Bot","scopes":["read"]}`).want(201)
	key := "X-API-Key: " + made.text("key")
	server := httptest.NewServer(other.handler)
	defer server.Close()
	c := dial(t, to(server), "/api/v1/events", key)
	c.want("ready")
	other.call("GET", "/api/v1/sessions", "", key).want(200)
	admin.call("GET", "/api/v1/sessions", "", key).want(200)
	admin.api("DELETE", "/api-keys/"+made.text("api_key_id"), "").want(204)
	admin.call("GET", "/api/v1/sessions", "", key).failed(401, "invalid_api_key", "")
	eventually(t, "the other node refuses the key", func() bool { return other.call("GET", "/api/v1/sessions", "", key).status == 401 })
	c.want("bye")
}
