package chat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Outbox is what a dispatcher of webhooks works with; package webhooks is one.
// It feeds the event log into deliveries, hands them out, and takes down what
// became of them. Several outboxes, also on several nodes over one store, do
// not get in each other's way: every delivery is handed to one of them.
//
// All methods may be called concurrently.
type Outbox struct {
	svc  *Service
	bell chan struct{}
	feed chan struct{} // the same bell, for Feed

	mu     sync.Mutex
	nudged map[string]struct{}
}

// outboxes is the part of a Service that knows whom to tell of new work.
type outboxes struct {
	mu  sync.Mutex
	all map[*Outbox]struct{}
}

// Outbox returns a new outbox. Close it when done.
func (s *Service) Outbox() *Outbox {
	o := &Outbox{svc: s, bell: make(chan struct{}, 1), feed: make(chan struct{}, 1), nudged: map[string]struct{}{}}
	s.outboxes.mu.Lock()
	defer s.outboxes.mu.Unlock()
	if s.outboxes.all == nil {
		s.outboxes.all = map[*Outbox]struct{}{}
	}
	s.outboxes.all[o] = struct{}{}
	return o
}

// ring tells the outboxes of this process that there may be something to do.
func (s *Service) ring() {
	s.outboxes.mu.Lock()
	defer s.outboxes.mu.Unlock()
	for o := range s.outboxes.all {
		for _, bell := range []chan struct{}{o.bell, o.feed} {
			select {
			case bell <- struct{}{}:
			default:
			}
		}
	}
}

// nudge is ring when a person has changed a webhook or wants to see it work.
func (s *Service) nudge(webhookID string) {
	s.nudgeHere(webhookID)
	s.nodes.tell(note{Webhook: webhookID})
}

func (s *Service) nudgeHere(webhookID string) {
	s.outboxes.mu.Lock()
	for o := range s.outboxes.all {
		o.mu.Lock()
		o.nudged[webhookID] = struct{}{}
		o.mu.Unlock()
	}
	s.outboxes.mu.Unlock()
	s.ring()
}

// Nudged returns, once, the webhooks that somebody has changed, pinged, or
// had something redelivered to since the last call: whatever keeps a
// dispatcher from sending to them it should forget.
func (o *Outbox) Nudged() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	ids := slices.Collect(maps.Keys(o.nudged))
	clear(o.nudged)
	return ids
}

// Close ends the outbox. It is idempotent.
func (o *Outbox) Close() {
	o.svc.outboxes.mu.Lock()
	defer o.svc.outboxes.mu.Unlock()
	delete(o.svc.outboxes.all, o)
}

// Bell gets a value when there may be something new to send: deliveries, or a
// webhook that was changed. Of what other nodes have made it may not ring.
func (o *Outbox) Bell() <-chan struct{} { return o.bell }

// Targets says where webhooks may go.
func (o *Outbox) Targets() WebhookTargets { return o.svc.targets }

// Done is closed when the service closes.
func (o *Outbox) Done() <-chan struct{} { return o.svc.closed }

// Now is the time by the service's clock.
func (o *Outbox) Now() time.Time { return o.svc.now() }

// Due returns, for each webhook that has something to send, when that is due
// at the earliest.
func (o *Outbox) Due(ctx context.Context) (map[string]time.Time, error) {
	return o.svc.store.DueDeliveries(ctx)
}

// Claimed is what Claim hands out.
type Claimed struct {
	Webhook    Webhook
	Secrets    []string // to sign with, the newest first
	Deliveries []Delivery
}

// Claim takes deliveries of a webhook that are due, limit at most and one of
// each session. They are the caller's until lease: by then each must have been
// settled or renewed, and a request that is under way must be broken off. The
// attempt is counted before Claim returns, so whatever happens to this process,
// a later try will have a higher number.
func (o *Outbox) Claim(ctx context.Context, webhookID string, limit int, lease time.Time) (Claimed, error) {
	res, err := o.svc.writer.do(ctx, OpClaimDeliveries{WebhookID: webhookID, Limit: limit, Now: o.svc.now(), Lease: lease})
	if err != nil {
		return Claimed{}, err
	}
	claimed := Claimed{Deliveries: res.Deliveries}
	claimed.Webhook, _ = found(res.Webhook, nil)
	if len(res.Deliveries) == 0 {
		return claimed, nil
	}
	secrets, err := o.svc.openSecrets(claimed.Webhook.Secrets)
	if err != nil {
		for _, d := range res.Deliveries {
			_, back := o.release(ctx, d, o.svc.now().Add(time.Minute))
			err = errors.Join(err, back)
		}
		return Claimed{}, fmt.Errorf("webhook %s: %w", webhookID, err)
	}
	for _, secret := range secrets {
		claimed.Secrets = append(claimed.Secrets, secret.Secret)
	}
	return claimed, nil
}

// Renew keeps a claimed delivery until lease. Without ok it is the caller's no
// more.
func (o *Outbox) Renew(ctx context.Context, d Delivery, lease time.Time) (ok bool, err error) {
	res, err := o.svc.writer.do(ctx, OpRenewDelivery{DeliveryID: d.ID, Attempt: d.Attempt, Lease: lease})
	return err == nil && !res.Duplicate, err
}

// Settle records what became of a delivery. Where op.Next is set it may return
// the next one of the session, claimed until then. Attempts of which nothing
// is known, because the process that made them ended, are added to the log.
func (o *Outbox) Settle(ctx context.Context, d Delivery, op OpSettleDelivery) (next *Delivery, err error) {
	op.DeliveryID, op.Attempt, op.Now = d.ID, d.Attempt, o.svc.now()
	if len(op.Attempts) > 0 {
		op.Attempts = append(interrupted(d), op.Attempts...)
	}
	res, err := o.svc.writer.do(ctx, op)
	if err != nil || len(res.Deliveries) == 0 {
		return nil, err
	}
	return &res.Deliveries[0], nil
}

// interrupted are the attempts before the present one that left no record.
func interrupted(d Delivery) []Attempt {
	last := 0
	if len(d.Attempts) > 0 {
		last = d.Attempts[len(d.Attempts)-1].Number
	}
	var list []Attempt
	for n := max(last+1, d.Attempt-MaxAttempts); n < d.Attempt; n++ {
		list = append(list, Attempt{Number: n, Error: "interrupted: the sender stopped before it knew the outcome"})
	}
	return list
}

// release gives back a delivery that was claimed and not sent. It is due again
// at the given time.
func (o *Outbox) release(ctx context.Context, d Delivery, due time.Time) (*Delivery, error) {
	return o.Settle(ctx, d, OpSettleDelivery{State: DeliveryPending, Due: due})
}

// Disable disables a webhook because its endpoint does not work, and tells
// the agents who are there and the webhooks that want to know. Where
// failingBefore is not zero it does so only if nothing has got through since
// then. It reports whether this call has disabled it.
func (o *Outbox) Disable(ctx context.Context, webhookID, reason string, failingBefore time.Time) (Webhook, bool, error) {
	now := o.svc.now()
	res, err := o.svc.writer.do(ctx, OpDisableWebhook{WebhookID: webhookID, Reason: reason, FailingBefore: failingBefore, At: now})
	w, err := found(res.Webhook, err)
	if err != nil || res.Duplicate {
		return w, false, err
	}
	data := WebhookNotice{WebhookID: webhookID, Description: w.Description, Reason: reason}
	o.svc.tell(EventWebhookDisabled, "", "", data)
	return w, true, o.announce(ctx, now, data)
}

// announce sends a notice to the other webhooks that want it.
func (o *Outbox) announce(ctx context.Context, now time.Time, data WebhookNotice) error {
	all, err := o.svc.store.Webhooks(ctx)
	if err != nil {
		return err
	}
	var to []string
	for _, w := range all {
		if w.ID != data.WebhookID && w.Enabled && w.wants(EventWebhookDisabled) {
			to = append(to, w.ID)
		}
	}
	if len(to) == 0 {
		return nil
	}
	message, err := notice(EventWebhookDisabled, now, data, to)
	if err != nil {
		return err
	}
	_, err = o.svc.writer.do(ctx, OpAddDeliveries{Messages: []OutgoingEvent{message}, Due: now})
	o.svc.ring()
	return err
}
