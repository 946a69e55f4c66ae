package chat

import (
	"context"
	"errors"
	"time"
)

const (
	feedBatch = 64               // deliveries made in one op, or a little more: others wait for its commit
	feedPause = time.Second      // after a failure
	feedIdle  = 10 * time.Second // between looks whether another node has made a webhook
	feedStep  = 1024             // positions that the cursor may lag behind while nobody wants the events
)

// Feed turns events into deliveries until ctx ends or the service closes. The
// log is the outbox: what is in it will be delivered, however often processes
// stop on the way.
//
// Several may run at once, here and on other nodes: of those who read the same
// events one moves the cursor, and the others go on from there.
func (o *Outbox) Feed(ctx context.Context) error {
	for {
		err := o.follow(ctx)
		select {
		case <-o.svc.closed:
			return ErrClosed
		default:
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := feedIdle
		switch {
		case errors.Is(err, ErrCursorMoved):
			continue
		case err != nil:
			o.svc.log.Warn("chat: cannot feed webhooks; trying again", "error", err)
			wait = feedPause
		}
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-o.feed:
		case <-ctx.Done():
		case <-o.svc.closed:
		}
		pause.Stop()
	}
}

// follow reads the log from the cursor on. It returns without an error when
// there is no webhook.
func (o *Outbox) follow(ctx context.Context) error {
	hooks, err := o.svc.store.Webhooks(ctx)
	if err != nil || len(hooks) == 0 {
		return err
	}
	cursor, err := o.svc.store.Cursor(ctx, CursorWebhooks)
	if err != nil {
		return err
	}
	sub, err := o.svc.Subscribe(ctx, AsHost(""), SubscribeOptions{After: eventID(o.svc.store.Identity(), cursor)})
	if err != nil {
		return err
	}
	defer sub.Close()
	if sub.Reset != "" {
		return o.skipLost(ctx, cursor)
	}
	for {
		events, err := sub.Next(ctx)
		if err != nil {
			return err
		}
		// The webhooks are read after the events: one that should get them was
		// there before they were.
		if hooks, err = o.svc.store.Webhooks(ctx); err != nil || len(hooks) == 0 {
			return err
		}
		if cursor, err = o.post(ctx, hooks, cursor, events); err != nil {
			return err
		}
	}
}

// post makes deliveries of events and returns where the stored cursor is then.
func (o *Outbox) post(ctx context.Context, hooks []Webhook, cursor Position, events []*Event) (Position, error) {
	op := OpAddDeliveries{From: cursor, Due: o.svc.now()}
	made := 0
	flush := func() error {
		made = 0
		res, err := o.svc.writer.do(ctx, op)
		if err != nil {
			return err
		}
		if res.Count > 0 {
			o.svc.ring()
		}
		cursor = op.To
		op = OpAddDeliveries{From: cursor, Due: o.svc.now()}
		return nil
	}
	for _, e := range events {
		if !e.Durable() {
			continue
		}
		op.To = e.Position
		m, err := outgoing(e, hooks)
		if err != nil {
			return cursor, err
		}
		if n := len(m.To) + len(m.Skip); n > 0 {
			op.Messages = append(op.Messages, m)
			made += n
		}
		if made >= feedBatch {
			if err := flush(); err != nil {
				return cursor, err
			}
		}
	}
	if len(op.Messages) > 0 || op.To-op.From >= feedStep {
		return cursor, flush()
	}
	return cursor, nil
}

// outgoing is the message that the webhooks get of an event.
func outgoing(e *Event, hooks []Webhook) (OutgoingEvent, error) {
	m := OutgoingEvent{Position: e.Position, Event: e.Type, At: e.At, SessionID: e.SessionID}
	for _, w := range hooks {
		switch {
		case e.Position <= w.StartsAfter || !w.wants(e.Type):
		case w.Enabled:
			m.To = append(m.To, w.ID)
		default:
			m.Skip = append(m.Skip, w.ID)
		}
	}
	if len(m.To)+len(m.Skip) == 0 {
		return m, nil
	}
	switch d := e.Data.(type) {
	case Message:
		m.MessageID = d.ID
	case Session:
		if d.LastMessage != nil {
			m.MessageID = d.LastMessage.ID
		}
	}
	var err error
	m.Body, err = e.JSON()
	return m, err
}

// skipLost moves the cursor to where the log begins. It comes to that when no
// dispatcher has run for as long as events are kept.
func (o *Outbox) skipLost(ctx context.Context, cursor Position) error {
	log, err := o.svc.store.Log(ctx)
	if err != nil {
		return err
	}
	to := min(log.Pruned, log.Head)
	o.svc.log.Error("chat: webhooks did not run for so long that events are gone that were never delivered", "after", cursor, "up_to", to)
	_, err = o.svc.writer.do(ctx, OpAddDeliveries{From: cursor, To: to})
	return err
}
