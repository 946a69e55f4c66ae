package webhooks

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// errLost says that a claim could not be renewed in time, so that somebody
// else may be sending the delivery by now.
var errLost = errors.New("interrupted: the sender could not reach its database")

// claim is a hold on a delivery. It is renewed for as long as it is needed,
// which seldom is long enough to begin with that. Where that fails its context
// ends, with errLost as its cause.
//
// A process may also be stopped for longer than it holds a delivery, and go on
// before any timer of its own has had its turn. So a request looks at the time
// itself, once when it is its turn and once more when its first byte is about
// to be written. What remains possible is that the process is stopped after
// that, while the bytes are on their way through its kernel, and that another
// node sends meanwhile: the receiver then has both requests, the later attempt
// perhaps first. Nothing at the sender's end can keep that from happening; the
// same webhook-id, and webhook-attempt, are there to tell.
type claim struct {
	*endpoint
	d      chat.Delivery
	ctx    context.Context
	end    context.CancelCauseFunc
	expiry *time.Timer
	first  *time.Timer
	done   sync.WaitGroup

	mu    sync.Mutex
	until time.Time // by this process's clock
}

// margin is how much of a claim must be left for a request to be begun: some
// time to get there, and for clocks that go at different speeds.
func (c *claim) margin() time.Duration { return c.hold / 6 }

// keep starts to hold a delivery that is ours until the given time, which comes
// from time.Now: setting the computer's clock must not make a claim longer. The
// context is not the parent's child: what was begun is finished.
func (e *endpoint) keep(parent context.Context, d chat.Delivery, until time.Time) *claim {
	c := &claim{endpoint: e, d: d, until: until}
	c.ctx, c.end = context.WithCancelCause(context.WithoutCancel(parent))
	left := time.Until(until)
	c.expiry = time.AfterFunc(left, func() { c.end(errLost) })
	c.done.Add(1)
	c.first = time.AfterFunc(left-e.hold*2/3, c.renew)
	return c
}

// ready returns nil if a request may be begun, and errLost where somebody else
// may have the delivery before it has arrived. The claim is over then.
func (c *claim) ready() error {
	c.mu.Lock()
	limit := c.until.Add(-c.margin())
	c.mu.Unlock()
	// Of a computer that was suspended only the clock on the wall goes on.
	now := time.Now()
	if !now.Before(limit) || !now.Round(0).Before(limit.Round(0)) {
		c.end(errLost)
	}
	if c.lost() {
		return errLost
	}
	return nil
}

// lost says whether somebody else may have the delivery.
func (c *claim) lost() bool { return context.Cause(c.ctx) == errLost }

// release ends the hold. It is idempotent.
func (c *claim) release() {
	c.end(nil)
	c.expiry.Stop()
	if c.first.Stop() {
		c.done.Done()
	}
	c.done.Wait()
}

// renew runs from the first renewal on.
func (c *claim) renew() {
	defer c.done.Done()
	for {
		began := time.Now()
		ok, err := c.out.Renew(c.ctx, c.d, c.out.Now().Add(c.hold))
		pause := c.hold / 12
		switch {
		case c.ctx.Err() != nil, errors.Is(err, chat.ErrClosed):
			return
		case ok:
			c.mu.Lock()
			c.until = began.Add(c.hold)
			c.mu.Unlock()
			c.expiry.Reset(c.hold - time.Since(began))
			pause = c.hold / 3
		case err == nil, errors.Is(err, chat.ErrNotFound):
			c.end(errLost)
			return
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-c.ctx.Done():
			next.Stop()
			return
		}
	}
}
