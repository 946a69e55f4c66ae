package chat_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// keyReads counts how often a key is looked up, and can hold a look-up back
// between reading and answering.
type keyReads struct {
	chat.Store
	count atomic.Int64
	read  chan struct{} // if not nil: gets a value when a key was read, and then
	let   chan struct{} // one is taken before the answer
}

func (s *keyReads) APIKeyByHash(ctx context.Context, hash string) (chat.APIKey, error) {
	s.count.Add(1)
	key, err := s.Store.APIKeyByHash(ctx, hash)
	if s.read != nil {
		s.read <- struct{}{}
		<-s.let
	}
	return key, err
}

func serviceCountingKeyReads(t *testing.T) (*chat.Service, *keyReads) {
	store := &keyReads{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	svc := chat.New(store, nil)
	t.Cleanup(func() { svc.Close() })
	return svc, store
}

func createKey(t *testing.T, svc *chat.Service) (chat.APIKey, string) {
	t.Helper()
	key, secret, err := svc.CreateAPIKey(t.Context(), host, chat.NewAPIKey{Name: "Bot", Scopes: []string{"write"}})
	if err != nil {
		t.Fatal(err)
	}
	return key, secret
}

func goodKey(t *testing.T, svc *chat.Service, secret string) chat.APIKey {
	t.Helper()
	key, err := svc.APIKeyBySecret(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func dead(t *testing.T, svc *chat.Service, secret string) bool {
	t.Helper()
	_, err := svc.APIKeyBySecret(t.Context(), secret)
	if err != nil && !errors.Is(err, chat.ErrUnauthenticated) {
		t.Fatal(err)
	}
	return err != nil
}

func TestKeysAreReadOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, store := serviceCountingKeyReads(t)
		key, secret := createKey(t, svc)
		for range 3 {
			before := store.count.Load()
			for range 100 {
				if found := goodKey(t, svc, secret); found.ID != key.ID || !slices.Equal(found.Scopes, []string{"write"}) {
					t.Fatalf("found %+v", found)
				} else {
					found.Scopes[0] = "admin" // is the caller's own
				}
			}
			if n := store.count.Load() - before; n != 1 {
				t.Errorf("100 calls in the same second looked the key up %d times", n)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestChangesOfKeysHoldAtOnce: what was true a moment ago is no answer.
func TestChangesOfKeysHoldAtOnce(t *testing.T) {
	svc, _ := serviceCountingKeyReads(t)
	const secret = "a-long-secret-of-the-host"
	ensure := func(scope string) (key chat.APIKey) {
		key, err := svc.EnsureAPIKey(t.Context(), secret, chat.NewAPIKey{Name: "Host", Scopes: []string{scope}})
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	for range 2 {
		if !dead(t, svc, secret) {
			t.Fatal("a key that nobody has made is good")
		}
	}
	var key chat.APIKey
	for _, scope := range []string{"read", "admin", "write"} {
		key = ensure(scope)
		for range 2 {
			if found := goodKey(t, svc, secret); !slices.Equal(found.Scopes, []string{scope}) {
				t.Fatalf("made with %s, the key has %v", scope, found.Scopes)
			}
		}
	}
	_, other := createKey(t, svc)
	goodKey(t, svc, other)
	if err := svc.RevokeAPIKey(t.Context(), host, key.ID); err != nil {
		t.Fatal(err)
	}
	if !dead(t, svc, secret) || dead(t, svc, other) {
		t.Fatal("revoking one key: that one must be dead, and the other alive")
	}
	if ensure("read"); dead(t, svc, secret) {
		t.Fatal("the host has made sure that the key works, and it does not")
	}
}

// TestKeyRevokedWhileItIsRead: a look-up that began before may still say yes.
// Nobody may remember it.
func TestKeyRevokedWhileItIsRead(t *testing.T) {
	svc, store := serviceCountingKeyReads(t)
	key, secret := createKey(t, svc)
	store.read, store.let = make(chan struct{}), make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { dead(t, svc, secret) })
	<-store.read
	if err := svc.RevokeAPIKey(t.Context(), host, key.ID); err != nil {
		t.Fatal(err)
	}
	store.let <- struct{}{}
	reading.Wait()
	store.read = nil
	if !dead(t, svc, secret) {
		t.Fatal("what was read before the key was revoked holds afterwards")
	}
}

// TestKeysUnderFire: whoever has been told that a key is revoked finds it dead.
func TestKeysUnderFire(t *testing.T) {
	svc, _ := serviceCountingKeyReads(t)
	for range 20 {
		key, secret := createKey(t, svc)
		var revoked atomic.Bool
		var callers sync.WaitGroup
		for range 4 {
			callers.Go(func() {
				for {
					late := revoked.Load()
					isDead := dead(t, svc, secret)
					if late && !isDead {
						t.Error("a revoked key is good")
					}
					if late || isDead {
						return
					}
				}
			})
		}
		if err := svc.RevokeAPIKey(t.Context(), host, key.ID); err != nil {
			t.Error(err)
		}
		revoked.Store(true)
		callers.Wait()
	}
}

func TestKeysOnNodes(t *testing.T) {
	t.Run("with a broker", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t)
			a, killA := c.node(t, chat.Options{})
			b, killB := c.node(t, chat.Options{})
			synctest.Wait()
			key, secret := createKey(t, a)
			goodKey(t, b, secret)
			if err := a.RevokeAPIKey(t.Context(), host, key.ID); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // no time passes
			if !dead(t, b, secret) {
				t.Error("the other node has not heard of it")
			}
			killA()
			killB()
		})
	})
	t.Run("with none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := sharedStore{openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
			a, b := chat.New(store, nil), chat.New(store, nil)
			key, secret := createKey(t, a)
			for range 5 { // in use all the time, which must not make it last
				goodKey(t, b, secret)
				time.Sleep(300 * time.Millisecond)
			}
			if err := a.RevokeAPIKey(t.Context(), host, key.ID); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			for !dead(t, b, secret) {
				if time.Since(began) > time.Second {
					t.Fatal("good for more than a second after another node has revoked it")
				}
				time.Sleep(10 * time.Millisecond)
			}
			a.Close()
			b.Close()
		})
	})
}

// TestUseOfKeysIsNoted: from memory or not, to the minute.
func TestUseOfKeysIsNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, _ := serviceCountingKeyReads(t)
		_, secret := createKey(t, svc)
		for range 3 {
			for range 300 {
				goodKey(t, svc, secret)
				time.Sleep(500 * time.Millisecond)
			}
			keys, err := svc.APIKeys(t.Context(), host)
			if err != nil {
				t.Fatal(err)
			}
			if ago := time.Since(keys[0].LastUsedAt); ago > 61*time.Second {
				t.Errorf("in use, and last used %v ago", ago)
			}
		}
	})
}

// anyKey is a store in which every secret is good.
type anyKey struct{ chat.Store }

func (anyKey) APIKeyByHash(_ context.Context, hash string) (chat.APIKey, error) {
	return chat.APIKey{ID: hash, LastUsedAt: time.Now().Add(-time.Second)}, nil
}

func TestKnownKeysAreBounded(t *testing.T) {
	svc := chat.New(anyKey{}, nil)
	defer svc.Close()
	most := 0
	for i := range 5 * chat.MaxKnownKeys / 2 {
		goodKey(t, svc, fmt.Sprint("secret ", i))
		most = max(most, svc.KnownKeys())
	}
	if most != chat.MaxKnownKeys {
		t.Errorf("%d keys were remembered, want %d at most", most, chat.MaxKnownKeys)
	}
}
