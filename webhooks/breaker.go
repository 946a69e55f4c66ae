package webhooks

import (
	"sync"
	"time"
)

// A breaker keeps a dispatcher from an endpoint that does not work: after
// enough failures nothing is sent for a while, then one request to see, and
// when that succeeds everything goes on. Without it a backlog would knock an
// endpoint over that is just getting up.
type breaker struct {
	mu       sync.Mutex
	since    time.Time // when the younger half of the window began
	young    outcomes
	old      outcomes
	until    time.Time     // closed again, for one request, from then on
	pause    time.Duration // the last one; 0 while all is well
	probing  bool          // that one request is under way
	probedAt time.Time
}

type outcomes struct{ good, bad int }

const (
	breakerWindow = 5 * time.Minute
	breakerMin    = 10 // requests in the window
	breakerShare  = 70 // percent of them failed
	firstPause    = 15 * time.Second
	lastPause     = 2 * time.Minute
	probeTimeout  = 5 * time.Minute // a probe of which nothing is heard does not count
)

// allow returns how many of limit requests may begin, and, if none, when to
// ask again.
func (b *breaker) allow(now time.Time, limit int) (n int, again time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.pause == 0:
		return limit, time.Time{}
	case now.Before(b.until):
		return 0, b.until
	case b.probing && now.Sub(b.probedAt) < probeTimeout:
		return 0, b.probedAt.Add(probeTimeout)
	}
	return min(limit, 1), time.Time{}
}

// probe is called when a delivery was claimed, and says whether it is the one
// that is to try.
func (b *breaker) probe(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pause > 0 {
		b.probing, b.probedAt = true, now
	}
	return b.pause > 0
}

// open says whether nothing should be sent now beside the one request.
func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pause > 0
}

// reset closes the breaker's eyes to what was: somebody wants to try.
func (b *breaker) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause, b.probing, b.young, b.old = 0, false, outcomes{}, outcomes{}
}

// record takes down how a request ended.
func (b *breaker) record(good bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	if good {
		b.young.good++
		if b.pause > 0 {
			b.pause, b.probing, b.young, b.old = 0, false, outcomes{}, outcomes{}
		}
		return
	}
	b.young.bad++
	bad, all := b.young.bad+b.old.bad, b.young.bad+b.old.bad+b.young.good+b.old.good
	switch {
	case b.pause > 0 && b.probing:
		b.pause = min(2*b.pause, lastPause)
	case b.pause > 0:
		return // one of those that were under way when it opened
	case all < breakerMin || bad*100 < all*breakerShare:
		return
	default:
		b.pause = firstPause
	}
	b.probing, b.until = false, now.Add(jitter(b.pause))
}

// turn moves the window on.
func (b *breaker) turn(now time.Time) {
	age := now.Sub(b.since)
	if age < breakerWindow/2 && age >= 0 {
		return
	}
	b.old, b.young, b.since = b.young, outcomes{}, now
	if age >= breakerWindow || age < 0 {
		b.old = outcomes{}
	}
}
