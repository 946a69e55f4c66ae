package webhooks

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
	"golang.org/x/time/rate"
)

// endpoint sends to one webhook. Each has its own, so that a slow one delays
// no other.
type endpoint struct {
	*run
	id      string
	slots   chan struct{} // a token for each request under way
	limiter *rate.Limiter
	breaker breaker

	mu    sync.Mutex
	due   time.Time     // when to look for deliveries; zero if there is no reason to
	lanes int           // sessions that are being sent from
	speed time.Duration // of a request, on average
	gone  bool          // the webhook is, and the loop has ended
	woken chan struct{}
}

const (
	maxLanes  = 64               // sessions that are sent from at once, waiting for a slot included
	maxClaim  = 32               // and claimed at once: whoever writes a message waits meanwhile
	laneAhead = 5 * time.Second  // how long a claimed delivery should wait for a slot, at most
	freshness = 10 * time.Second // how old what is known of a webhook may be
)

func newEndpoint(r *run, id string) *endpoint {
	limit := r.opts.rate()
	return &endpoint{
		run: r, id: id, slots: make(chan struct{}, r.opts.concurrency()), limiter: rate.NewLimiter(limit, max(1, int(min(limit, 100)))),
		speed: time.Second, woken: make(chan struct{}, 1),
	}
}

// wake says that there is something to send at the given time.
func (e *endpoint) wake(at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.due.IsZero() || at.Before(e.due) {
		e.due = at
		e.signal()
	}
}

func (e *endpoint) signal() {
	select {
	case e.woken <- struct{}{}:
	default:
	}
}

// loop claims deliveries when there are some, and room for them.
func (e *endpoint) loop(ctx context.Context) {
	var lanes sync.WaitGroup
	defer lanes.Wait()
	for {
		n, wait := e.room()
		if n > 0 {
			if err := e.claim(ctx, n, &lanes); errors.Is(err, chat.ErrNotFound) {
				e.mu.Lock()
				e.gone = true
				e.mu.Unlock()
				return
			} else if err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) {
				e.log.Warn("webhooks: cannot claim deliveries; trying again", "webhook_id", e.id, "error", err)
				e.wake(e.out.Now().Add(time.Second))
			}
			if ctx.Err() == nil {
				continue
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-e.woken:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// room returns how many deliveries to claim now, or how long to wait.
func (e *endpoint) room() (n int, wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.out.Now()
	if e.due.IsZero() {
		return 0, time.Hour
	}
	if now.Before(e.due) {
		return 0, e.due.Sub(now)
	}
	if n = e.capacity() - e.lanes; n <= 0 {
		return 0, time.Hour // a lane that ends wakes us
	}
	n, again := e.breaker.allow(now, min(n, maxClaim))
	return n, again.Sub(now)
}

// capacity is how many sessions to send from at once: as many as the endpoint
// will get to soon, so that others can have the rest if this process ends.
func (e *endpoint) capacity() int {
	n := maxLanes
	if e.speed > 0 {
		n = int(min(laneAhead/e.speed, maxLanes)) * cap(e.slots)
	}
	if limit := e.limiter.Limit(); limit != rate.Inf {
		n = min(n, int(float64(limit)*laneAhead.Seconds()))
	}
	return min(max(n, cap(e.slots)), max(maxLanes, cap(e.slots)))
}

// claim takes deliveries and starts a lane for each.
func (e *endpoint) claim(ctx context.Context, n int, lanes *sync.WaitGroup) error {
	e.mu.Lock()
	e.due = time.Time{} // what comes from here on will set it again
	e.mu.Unlock()
	at, until := e.out.Now(), time.Now().Add(e.hold)
	claimed, err := e.out.Claim(ctx, e.id, n, at.Add(e.hold))
	if err != nil {
		return err
	}
	for _, d := range claimed.Deliveries {
		l := &lane{endpoint: e, webhook: claimed.Webhook, secrets: claimed.Secrets, claimedAt: at, until: until, probe: e.breaker.probe(at)}
		e.mu.Lock()
		e.lanes++
		e.mu.Unlock()
		lanes.Go(func() { l.work(ctx, d) })
	}
	if len(claimed.Deliveries) == n {
		e.wake(at)
		return nil
	}
	due, err := e.out.Due(ctx)
	if next, ok := due[e.id]; err == nil && ok {
		if len(claimed.Deliveries) == 0 && !next.After(at) {
			next = at.Add(50 * time.Millisecond) // something that only just came up, or clocks that differ
		}
		e.wake(next)
	}
	return err
}

// done is called at the end of a lane.
func (e *endpoint) done() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lanes--
	e.signal()
}

// measured takes the time of a request into account.
func (e *endpoint) measured(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.speed += (d - e.speed) / 8
}

// over says whether the loop has ended because the webhook is gone.
func (e *endpoint) over() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.gone
}
