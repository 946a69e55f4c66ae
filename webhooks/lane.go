package webhooks

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// lane sends the deliveries of one session to one webhook, one after the
// other: the next is sent only when the outcome of the one before is on disk.
// So the receiver sees them in order, also over a crash.
type lane struct {
	*endpoint
	webhook   chat.Webhook // as it was at claimedAt
	secrets   []string
	claimedAt time.Time
	until     time.Time // the present delivery is ours until then, by this process's clock
	probe     bool      // it is to find out whether the endpoint works again
}

func (l *lane) work(ctx context.Context, d chat.Delivery) {
	defer l.done()
	for next := &d; next != nil; {
		next = l.deliver(ctx, *next)
	}
}

// deliver makes one try, and returns the next delivery of the session if the
// lane can go on with it.
func (l *lane) deliver(ctx context.Context, d chat.Delivery) *chat.Delivery {
	claim := l.keep(ctx, d, l.until)
	defer claim.release()
	if !l.admitted(ctx, claim) {
		claim.release()
		l.record(ctx, d, chat.OpSettleDelivery{State: chat.DeliveryPending, Due: l.out.Now()})
		l.wake(l.out.Now())
		return nil
	}
	// A request that was begun is finished: whoever receives it will act on it.
	sending, cancel := context.WithTimeout(claim.ctx, l.timeout)
	a := send(sending, l.client, l.out.Now, l.webhook.URL, l.secrets, d, claim.ready)
	cancel()
	<-l.slots
	claim.release()
	now := l.out.Now()
	if a.err != nil && claim.lost() {
		a.err = errLost
	} else {
		l.measured(a.latency)
		l.breaker.record(a.delivered(), now)
	}
	op := l.outcome(d, a, now)
	l.until = time.Now().Add(l.hold)
	if ctx.Err() == nil && !l.breaker.open() && now.Sub(l.claimedAt) < freshness {
		op.Next = now.Add(l.hold)
	}
	next := l.record(ctx, d, op)
	l.disable(ctx, a, now)
	switch {
	case op.State == chat.DeliveryPending && op.Due.After(now):
		l.wake(op.Due)
	case op.Next.IsZero():
		l.wake(now) // there may be more, for somebody who claims it anew
	}
	return next
}

// admitted waits for the turn to send. Without it the slot is free again, and
// the delivery must be given back.
func (l *lane) admitted(ctx context.Context, c *claim) bool {
	select {
	case l.slots <- struct{}{}:
	case <-c.ctx.Done():
		return false
	case <-ctx.Done():
		return false
	}
	err := l.limiter.Wait(ctx)
	if err != nil || ctx.Err() != nil || c.ready() != nil || !l.probe && l.breaker.open() {
		<-l.slots
		return false
	}
	return true
}

// outcome decides what an answer means for the delivery.
func (l *lane) outcome(d chat.Delivery, a answer, now time.Time) chat.OpSettleDelivery {
	op := chat.OpSettleDelivery{State: chat.DeliveryFailed, Refused: a.refused(), Attempts: []chat.Attempt{a.attempt(d.Attempt)}}
	switch {
	case a.delivered():
		op.State = chat.DeliveryDelivered
	case d.Event == chat.EventPing || a.status == http.StatusGone:
	default:
		if at, ok := l.plan.next(d.Tries, d.StartedAt, now, a.after); ok {
			op.State, op.Due = chat.DeliveryPending, at
		}
	}
	return op
}

// record settles the delivery, also while everything is being shut down. If
// it fails for good the delivery is made again when the claim has run out.
func (l *lane) record(ctx context.Context, d chat.Delivery, op chat.OpSettleDelivery) *chat.Delivery {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause *= 4 {
		next, err := l.out.Settle(ctx, d, op)
		switch {
		case err == nil:
			return next
		case errors.Is(err, chat.ErrNotFound):
			return nil // erased, or the webhook was removed
		case errors.Is(err, chat.ErrClosed) || pause > 3*time.Second || ctx.Err() != nil:
			l.log.Warn("webhooks: cannot take down the outcome of a delivery; it will be made again", "webhook_id", l.id, "delivery_id", d.ID, "error", err)
			return nil
		}
		time.Sleep(pause)
	}
}

// disable switches the webhook off when its endpoint is gone, or has not
// worked for too long.
func (l *lane) disable(ctx context.Context, a answer, now time.Time) {
	var reason string
	var before time.Time
	limit, since := l.opts.disableAfter(), l.webhook.FailingSince
	switch {
	case a.err == errLost:
		return // it says nothing about the endpoint
	case a.status == http.StatusGone:
		reason = chat.DisabledGone
	case !a.delivered() && limit > 0 && !since.IsZero() && now.Sub(since) >= limit:
		reason, before = chat.DisabledFailing, now.Add(-limit)
	default:
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	w, done, err := l.out.Disable(ctx, l.id, reason, before)
	if done {
		l.log.Warn("webhooks: a webhook was disabled", "webhook_id", l.id, "reason", reason)
		l.opts.disabled(ctx, w)
	}
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		l.log.Warn("webhooks: cannot disable a webhook", "webhook_id", l.id, "error", err)
	}
}
