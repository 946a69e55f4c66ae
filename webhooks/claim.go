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
type claim struct {
	*endpoint
	d      chat.Delivery
	ctx    context.Context
	end    context.CancelCauseFunc
	expiry *time.Timer
	first  *time.Timer
	done   sync.WaitGroup
}

// keep starts to hold a delivery that is ours until the given time. The
// context is not the parent's child: what was begun is finished.
func (e *endpoint) keep(parent context.Context, d chat.Delivery, until time.Time) *claim {
	c := &claim{endpoint: e, d: d}
	c.ctx, c.end = context.WithCancelCause(context.WithoutCancel(parent))
	left := until.Sub(e.out.Now())
	c.expiry = time.AfterFunc(left, func() { c.end(errLost) })
	c.done.Add(1)
	c.first = time.AfterFunc(left-e.hold*2/3, c.renew)
	return c
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
