package chat

import (
	"slices"
	"sync"
	"time"
)

const (
	// keyTTL is how long an API key is taken as read. In the process that
	// revokes a key, or changes it, that holds at once; nodes that a Broker
	// connects learn of it as fast as they learn of messages; and any other
	// process, or node whose broker is down, goes by the old key for this long
	// at most.
	keyTTL = time.Second
	// maxKnownKeys bounds what is remembered, whatever a database holds.
	maxKnownKeys = 1 << 10
)

// keyCache remembers the API keys that are in use, by the hash of the secret, as
// they were last read. Only keys that are good are in it: one that is unknown or
// revoked is looked up each time, so that it works in the moment in which it
// is made.
type keyCache struct {
	mu      sync.Mutex
	known   map[secretHash]knownKey
	changes int64 // grows when a key has changed
}

type knownKey struct {
	key   APIKey
	until time.Time
}

// find returns a key that is known, or what to give keep when it was read.
func (c *keyCache) find(hash secretHash) (key APIKey, changes int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.known[hash]
	if !ok || !time.Now().Before(found.until) {
		return APIKey{}, c.changes, false
	}
	key = found.key
	key.Scopes = slices.Clone(key.Scopes)
	return key, c.changes, true
}

// keep remembers a key that was read after began, unless one has changed since
// find: the key may be from before that.
func (c *keyCache) keep(hash secretHash, key APIKey, began time.Time, changes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changes != c.changes {
		return
	}
	if _, there := c.known[hash]; c.known == nil || !there && len(c.known) >= maxKnownKeys {
		c.known = map[secretHash]knownKey{}
	}
	key.Scopes = slices.Clone(key.Scopes)
	c.known[hash] = knownKey{key, began.Add(keyTTL)}
}

// forget has every key looked up again. Keys change so rarely that it need not
// know which.
func (c *keyCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
	c.changes++
}

// forgetKeys makes what has become of a key hold at once, here and on other
// nodes.
func (s *Service) forgetKeys() {
	s.keys.forget()
	s.nodes.tell(note{Keys: true})
}
