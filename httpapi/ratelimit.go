package httpapi

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxBuckets bounds the memory that the limits take, whoever calls.
const maxBuckets = 1 << 16

// rule is one limit: so many calls in a time. A count of 0 or less is no limit.
type rule struct {
	name  string
	each  string // who has a count of their own: "address", "visitor" or "key"
	count int
	per   time.Duration
}

// attempts is the limit on calls that may each be answered without one that
// counts against r: refused, or repeated.
func (r rule) attempts() rule {
	return rule{r.name + " asked for", r.each, r.count * attemptsFor, r.per}
}

const attemptsFor = 10

type bucketKey struct{ rule, who string }

// buckets holds a token bucket for everyone who has called of late. A full
// bucket says nothing that a new one would not, so full ones are dropped.
type buckets struct {
	mu    sync.Mutex
	of    map[bucketKey]*rate.Limiter
	swept time.Time
	tell  func(spent) // the other nodes; nil where there are none
}

// take counts one call, and returns the answer to it if it is one too many.
func (b *buckets) take(r rule, who string) error { return b.use(r, who, true) }

// check is take without counting.
func (b *buckets) check(r rule, who string) error { return b.use(r, who, false) }

func (b *buckets) use(r rule, who string, count bool) error {
	if r.count <= 0 {
		return nil
	}
	wait, left := b.reserve(r, who, count, time.Now())
	if wait > 0 {
		return tooMany(wait)
	}
	// Who calls little on every node needs no count over all of them.
	if count && b.tell != nil && left < float64(r.count)/2 {
		b.tell(spent{r.name, who})
	}
	return nil
}

// hear counts a call that another node has answered.
func (b *buckets) hear(r rule, who string) {
	if r.count > 0 {
		b.reserve(r, who, true, time.Now())
	}
}

// owe counts a call that has been made already, though there may be none left:
// whoever makes many at the same moment is not stopped before the first of them
// is known to be wrong, and waits the longer for the next. What is owed is as
// much as the limit at most, because others may share the address.
func (b *buckets) owe(r rule, who string) {
	if r.count <= 0 {
		return
	}
	b.mu.Lock()
	now := time.Now()
	lim := b.limiter(r, who, now)
	if lim.TokensAt(now) > -float64(r.count) {
		lim.ReserveN(now, 1)
	}
	left := lim.TokensAt(now)
	b.mu.Unlock()
	if b.tell != nil && left < float64(r.count)/2 {
		b.tell(spent{r.name, who})
	}
}

// reserve returns how long the caller would have to wait and, where that is
// not at all, how many calls are left.
func (b *buckets) reserve(r rule, who string, count bool, now time.Time) (wait time.Duration, left float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !count && b.of[bucketKey{r.name, who}] == nil {
		return 0, float64(r.count)
	}
	lim := b.limiter(r, who, now)
	res := lim.ReserveN(now, 1)
	wait = res.DelayFrom(now)
	if wait > 0 || !count {
		res.CancelAt(now)
	}
	return wait, lim.TokensAt(now)
}

// limiter returns the bucket, which is a new one if there was none. The lock
// must be held.
func (b *buckets) limiter(r rule, who string, now time.Time) *rate.Limiter {
	key := bucketKey{r.name, who}
	lim := b.of[key]
	if lim == nil {
		b.sweep(now)
		lim = rate.NewLimiter(rate.Every(r.per/time.Duration(r.count)), r.count)
		b.of[key] = lim
	}
	return lim
}

// giveBack undoes take.
func (b *buckets) giveBack(r rule, who string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if lim := b.of[bucketKey{r.name, who}]; lim != nil {
		lim.ReserveN(time.Now(), -1) // more than full it does not get
	}
}

// sweep drops what need not be kept, each minute and when there is no room.
func (b *buckets) sweep(now time.Time) {
	if b.of == nil {
		b.of, b.swept = map[bucketKey]*rate.Limiter{}, now
	}
	if len(b.of) < maxBuckets && now.Sub(b.swept) < time.Minute {
		return
	}
	b.swept = now
	for key, lim := range b.of {
		if lim.TokensAt(now) >= float64(lim.Burst()) {
			delete(b.of, key)
		}
	}
	// Still no room: somebody has that many addresses. Forgetting some of the
	// counts is better than growing, or than refusing everyone else.
	for key := range b.of {
		if len(b.of) < maxBuckets*9/10 {
			return
		}
		delete(b.of, key)
	}
}

func tooMany(wait time.Duration) error {
	return &failure{status: http.StatusTooManyRequests, code: "rate_limited", retryAfter: wait,
		message: "Too many requests. Try again in a moment."}
}

// slots counts what is open at once.
type slots struct {
	mu   sync.Mutex
	open map[bucketKey]int
}

// claim is a slot that is wanted: one of limit, or of any number if that is
// negative.
type claim struct {
	key   bucketKey
	limit int
}

// take takes all of the slots or, if one is not free, none. What it returns
// gives them back; it may be called more than once.
func (s *slots) take(claims ...claim) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range claims {
		if c.limit >= 0 && s.open[c.key] >= c.limit {
			return nil, &failure{status: http.StatusTooManyRequests, code: "rate_limited", retryAfter: 10 * time.Second,
				message: "Too many event streams are open. Close one, or try again later."}
		}
	}
	if s.open == nil {
		s.open = map[bucketKey]int{}
	}
	for _, c := range claims {
		s.open[c.key]++
	}
	return sync.OnceFunc(func() { s.release(claims) }), nil
}

func (s *slots) release(claims []claim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range claims {
		if s.open[c.key]--; s.open[c.key] == 0 {
			delete(s.open, c.key)
		}
	}
}

// acquaintances remembers credentials that were good a while ago. They are
// checked like all others, but not turned away unchecked because somebody
// else at their address sends wrong ones: behind a proxy that is not in
// TrustedProxies all the world has one address.
type acquaintances struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]struct{}
}

const maxAcquaintances = 1 << 14

func (a *acquaintances) has(secret string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.known[sha256.Sum256([]byte(secret))]
	return ok
}

func (a *acquaintances) note(secret string, good bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !good {
		delete(a.known, sha256.Sum256([]byte(secret)))
		return
	}
	if a.known == nil || len(a.known) >= maxAcquaintances {
		a.known = map[[sha256.Size]byte]struct{}{}
	}
	a.known[sha256.Sum256([]byte(secret))] = struct{}{}
}
