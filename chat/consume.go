package chat

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	cursorLease   = 30 * time.Second // a consumer that dies gives its name free after this
	cursorRetry   = time.Second      // first pause after a failure; it doubles
	cursorRetries = time.Minute      // up to this
)

// consumerPrefix keeps the names of hosts apart from our own.
const consumerPrefix = "host:"

// Consume calls f with every durable event, in order, one at a time, and keeps
// under the given name how far it has come: after a restart it goes on where
// it was. A name that is new starts with the next event.
//
// Each event comes at least once: those that were handled shortly before a
// crash may come again. When f returns an error Consume calls it again with
// the same event, after a second at first and then longer up to a minute. So f
// must be repeatable, and return nil for what it does not want.
//
// Of several consumers with one name, in this process or on other nodes, one
// works and the others wait to take its place. Consume returns when ctx ends
// (with its error), when the service closes (with ErrClosed), or with
// ErrCursorLost when the consumer was away for so long that events behind it
// are no longer kept; [Service.DeleteConsumer] lets the name start anew.
func (s *Service) Consume(ctx context.Context, name string, f func(context.Context, *Event) error) error {
	name, err := cleanLine("name", name, 100)
	if err != nil {
		return err
	}
	if name == "" {
		return invalid("name", "name must not be empty.")
	}
	return s.consume(ctx, consumerPrefix+name, f, nil)
}

// consume is Consume under a name that may be one of our own. began, if not
// nil, is called each time the consumer takes its turn, with a context that
// ends with it.
func (s *Service) consume(ctx context.Context, name string, f func(context.Context, *Event) error, began func(context.Context)) error {
	c := &consumer{svc: s, name: name, holder: newSecret(""), f: f, began: began}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pause := cursorRetry
	for {
		moved := c.pos
		err := c.run(ctx)
		select {
		case <-s.closed:
			return ErrClosed
		default:
		}
		switch {
		case ctx.Err() != nil:
			c.release()
			return ctx.Err()
		case errors.Is(err, ErrCursorLost), errors.Is(err, ErrClosed):
			return err
		case errors.Is(err, ErrCursorHeld):
			pause = cursorRetry
		case c.pos > moved:
			pause = cursorRetry
		}
		if !errors.Is(err, ErrCursorHeld) {
			s.log.Warn("chat: a consumer of events failed; trying again", "name", name, "after", c.pos, "error", err)
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
		case <-s.closed:
		}
		wait.Stop()
		pause = min(2*pause, cursorRetries)
	}
}

// DeleteConsumer removes a name that Consume was called with.
func (s *Service) DeleteConsumer(ctx context.Context, name string) error {
	_, err := s.writer.do(ctx, OpDeleteCursor{Name: consumerPrefix + name})
	return err
}

// consumer is one call of Consume.
type consumer struct {
	svc    *Service
	name   string
	holder string
	f      func(context.Context, *Event) error
	began  func(context.Context)

	mu  sync.Mutex
	pos Position // handled up to here
}

// run holds the cursor and handles events until something fails.
func (c *consumer) run(ctx context.Context) error {
	log, err := c.svc.store.Log(ctx)
	if err != nil {
		return err
	}
	if err := c.hold(ctx, log.Head); err != nil {
		return err
	}
	sub, err := c.svc.Subscribe(ctx, AsHost(""), SubscribeOptions{After: eventID(c.svc.store.Identity(), c.pos)})
	if err != nil {
		return err
	}
	defer sub.Close()
	if sub.Reset != "" {
		return ErrCursorLost
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	defer renewing.Wait()
	defer cancel(nil)
	renewing.Go(func() { c.renew(ctx, cancel) })
	if c.began != nil {
		c.began(ctx)
	}
	for {
		events, err := sub.Next(ctx)
		if err == nil {
			err = c.handle(ctx, events)
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil {
				return cause
			}
			return err
		}
		if err := c.hold(ctx, 0); err != nil {
			return err
		}
	}
}

func (c *consumer) handle(ctx context.Context, events []*Event) error {
	for _, e := range events {
		if !e.Durable() {
			continue
		}
		if err := c.f(ctx, e); err != nil {
			return errors.Join(err, c.hold(ctx, 0))
		}
		if ctx.Err() != nil {
			return ctx.Err() // whether the cursor was still ours when f ended is not known
		}
		c.mu.Lock()
		c.pos = e.Position
		c.mu.Unlock()
	}
	return nil
}

// hold takes or keeps the cursor, and moves it to where the consumer is.
func (c *consumer) hold(ctx context.Context, start Position) error {
	c.mu.Lock()
	pos := c.pos
	c.mu.Unlock()
	now := c.svc.now()
	res, err := c.svc.writer.do(ctx, OpHoldCursor{Name: c.name, Holder: c.holder, Start: start, To: pos, Now: now, Until: now.Add(cursorLease)})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pos = max(c.pos, res.Position)
	return nil
}

// renew keeps the cursor while f takes its time, and saves how far it has come.
func (c *consumer) renew(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(cursorLease / 3)
	defer tick.Stop()
	failures := 0
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		err := c.hold(ctx, 0)
		if err == nil {
			failures = 0
			continue
		}
		if failures++; errors.Is(err, ErrCursorHeld) || failures == 2 {
			stop(err) // before the lease ends: then somebody else may handle the same events
			return
		}
	}
}

// release lets the next consumer start at once.
func (c *consumer) release() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	now := c.svc.now()
	if _, err := c.svc.writer.do(ctx, OpHoldCursor{Name: c.name, Holder: c.holder, To: c.pos, Now: now, Until: now}); err != nil && !errors.Is(err, ErrCursorHeld) {
		c.svc.log.Warn("chat: could not save how far a consumer has come", "name", c.name, "error", err)
	}
}
