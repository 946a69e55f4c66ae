package chattest

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// Patience is how long anything is waited for before the test fails. It is
// long, because only what goes wrong takes that long.
const Patience = 20 * time.Second

// Store returns an empty store in a directory of the test's own. It is closed
// when the test ends, after what the test registers with Cleanup later.
func Store(t testing.TB) chat.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal("chattest:", err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error("chattest:", err)
		}
	})
	return store
}

// Clock is a clock that only the test moves, for chat.Options.Now. Its methods
// may be called concurrently. What runs in the background of a service is
// moved by timers rather than by this clock: test that inside
// testing/synctest, where both agree.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock { return &Clock{now: start} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance turns the clock by d, and returns what it shows then.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}
