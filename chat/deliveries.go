package chat

import (
	"context"
	"encoding/json"
	"time"
)

// Deliveries returns one page of what was sent, or is to be sent, to a webhook.
func (s *Service) Deliveries(ctx context.Context, by Actor, q DeliveryQuery) (DeliveryPage, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return DeliveryPage{}, err
	}
	switch q.State {
	case "", DeliveryPending, DeliveryDelivered, DeliveryFailed, DeliverySkipped:
	default:
		return DeliveryPage{}, invalid("state", `state must be "pending", "delivered", "failed" or "skipped".`)
	}
	var err error
	if q.Page, err = q.Page.check(); err != nil {
		return DeliveryPage{}, err
	}
	if _, err := s.store.Webhook(ctx, q.WebhookID); err != nil {
		return DeliveryPage{}, err
	}
	return s.store.Deliveries(ctx, q)
}

// Delivery returns one delivery.
func (s *Service) Delivery(ctx context.Context, by Actor, id string) (Delivery, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return Delivery{}, err
	}
	return s.store.Delivery(ctx, id)
}

// PingWebhook sends the event ping to a webhook, once and with no second try.
// The delivery that is returned is still to be sent; the answer will stand in
// the delivery log.
func (s *Service) PingWebhook(ctx context.Context, by Actor, id string) (Delivery, error) {
	w, err := s.enabledWebhook(ctx, by, id)
	if err != nil {
		return Delivery{}, err
	}
	now := s.now()
	ping, err := notice(EventPing, now, WebhookNotice{WebhookID: id, Description: w.Description}, []string{id})
	if err != nil {
		return Delivery{}, err
	}
	res, err := s.writer.do(ctx, OpAddDeliveries{Messages: []OutgoingEvent{ping}, Due: now})
	if err != nil {
		return Delivery{}, err
	}
	if len(res.Deliveries) == 0 {
		return Delivery{}, ErrUnknownWebhook // it was deleted a moment ago
	}
	s.nudge(id)
	return res.Deliveries[0], nil
}

// notice makes a message about webhooks that is not in the log.
func notice(event string, at time.Time, data WebhookNotice, to []string) (OutgoingEvent, error) {
	body, err := json.Marshal(envelope{Type: event, At: stamp(at), Data: data})
	return OutgoingEvent{Event: event, At: at, Body: body, To: to}, err
}

// enabledWebhook is for what would only wait at a webhook that is disabled.
func (s *Service) enabledWebhook(ctx context.Context, by Actor, id string) (Webhook, error) {
	w, err := s.Webhook(ctx, by, id)
	if err == nil && !w.Enabled {
		err = &Error{Kind: ErrConflict, Code: "webhook_disabled", Message: "This webhook is disabled. Enable it first."}
	}
	return w, err
}

// Redeliver sends one delivery again, at once. It goes out with the id and the
// body that it had.
func (s *Service) Redeliver(ctx context.Context, by Actor, deliveryID string) (Delivery, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return Delivery{}, err
	}
	d, err := s.store.Delivery(ctx, deliveryID)
	if err != nil {
		return Delivery{}, err
	}
	if _, err := s.enabledWebhook(ctx, by, d.WebhookID); err != nil {
		return Delivery{}, err
	}
	res, err := s.writer.do(ctx, OpRearmDelivery{DeliveryID: deliveryID, At: s.now()})
	if err != nil {
		return Delivery{}, err
	}
	if res.Duplicate {
		return Delivery{}, &Error{Kind: ErrConflict, Code: "conflict", Message: "This delivery is being sent at this moment."}
	}
	s.nudge(d.WebhookID)
	return s.store.Delivery(ctx, deliveryID)
}

// Redelivery says which deliveries of a webhook to send again. At least one
// of the fields is set.
type Redelivery struct {
	State string    // DeliveryDelivered, DeliveryFailed or DeliverySkipped; empty means all three
	Since time.Time // of events that happened then or later; zero means all
}

// RedeliverAll sends again what was delivered, given up, or skipped while the
// webhook was disabled, in the order in which it happened. It returns how many
// deliveries it has armed, also when it fails on the way.
func (s *Service) RedeliverAll(ctx context.Context, by Actor, webhookID string, in Redelivery) (int, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return 0, err
	}
	op := OpRearmDeliveries{WebhookID: webhookID, Since: in.Since}
	switch in.State {
	case DeliveryDelivered, DeliveryFailed, DeliverySkipped:
		op.States = []string{in.State}
	case "":
		if in.Since.IsZero() {
			return 0, invalid("since", "Give since or state, or both.")
		}
		op.States = []string{DeliveryDelivered, DeliveryFailed, DeliverySkipped}
	default:
		return 0, invalid("state", `state must be "failed", "delivered" or "skipped".`)
	}
	return s.rearm(ctx, by, op)
}

// rearm goes in steps, so that messages can be written in between.
func (s *Service) rearm(ctx context.Context, by Actor, op OpRearmDeliveries) (n int, err error) {
	if _, err := s.enabledWebhook(ctx, by, op.WebhookID); err != nil {
		return 0, err
	}
	op.Limit, op.At = 500, s.now()
	defer s.nudge(op.WebhookID)
	for {
		res, err := s.writer.do(ctx, op)
		if err != nil {
			return n, err
		}
		n += res.Count
		if op.After = res.Next; op.After == 0 {
			return n, nil
		}
	}
}

// pruneDeliveries removes what belongs to events that are no longer kept.
func (s *Service) pruneDeliveries(ctx context.Context) error {
	log, err := s.store.Log(ctx)
	if err != nil {
		return err
	}
	op := OpPruneDeliveries{Through: log.Pruned, Limit: 500}
	for {
		res, err := s.writer.do(ctx, op)
		if err != nil || res.Count < op.Limit {
			return err
		}
	}
}
