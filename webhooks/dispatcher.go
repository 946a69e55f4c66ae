package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Dispatcher sends a chat's events to its webhooks.
type Dispatcher struct {
	svc     *chat.Service
	opts    *Options
	log     *slog.Logger
	timeout time.Duration
	hold    time.Duration // how long a claim lasts that is not renewed
	plan    schedule
	connect func(chat.WebhookTargets) *http.Client
}

// claimHold is how long another node waits for one that has died in the middle
// of a delivery. A claim is renewed long before it is over.
const claimHold = 12 * time.Second

// New returns a dispatcher of the service's webhooks. opts may be nil. It
// does nothing before Run is called.
func New(svc *chat.Service, opts *Options) *Dispatcher {
	d := &Dispatcher{svc: svc, opts: opts, log: opts.logger(), timeout: opts.timeout(), hold: claimHold, plan: opts.schedule()}
	d.connect = func(t chat.WebhookTargets) *http.Client { return newClient(t, d.timeout, opts.concurrency()) }
	return d
}

// Run sends until ctx ends (and returns its error) or the service closes (and
// returns nil). It begins nothing new then, but finishes the requests that are
// under way and takes down their outcome, which takes Options.Timeout at most:
// so end ctx first, wait for Run, and close the service after that. Where it
// cannot take an outcome down the delivery is made again, after a restart or
// by another node.
//
// Run may be called on several nodes over one store.
func (d *Dispatcher) Run(ctx context.Context) error {
	out := d.svc.Outbox()
	defer out.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{Dispatcher: d, out: out, client: d.connect(out.Targets()), endpoints: map[string]*endpoint{}}
	defer r.client.CloseIdleConnections()
	var feeding sync.WaitGroup
	feeding.Go(func() { out.Feed(ctx) }) // its error is ctx's, or that the service is closed
	err := r.watch(ctx)
	cancel()
	feeding.Wait()
	r.working.Wait()
	return err
}

// run is what one call of Run works with.
type run struct {
	*Dispatcher
	out       *chat.Outbox
	client    *http.Client
	endpoints map[string]*endpoint
	working   sync.WaitGroup
}

// watch wakes the endpoints that have something to send.
func (r *run) watch(ctx context.Context) error {
	poll := time.NewTicker(r.opts.poll())
	defer poll.Stop()
	for {
		for _, id := range r.out.Nudged() {
			if e := r.endpoints[id]; e != nil {
				e.breaker.reset()
				e.signal()
			}
		}
		due, err := r.out.Due(ctx)
		if err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) {
			r.log.Warn("webhooks: cannot look for work; trying again", "error", err)
		}
		for id, e := range r.endpoints {
			if e.over() {
				delete(r.endpoints, id)
			}
		}
		for id, at := range due {
			r.endpoint(ctx, id).wake(at)
		}
		select {
		case <-r.out.Bell():
		case <-poll.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-r.out.Done():
			return nil
		}
	}
}

// endpoint returns the one for a webhook, and starts it if it is new.
func (r *run) endpoint(ctx context.Context, id string) *endpoint {
	e := r.endpoints[id]
	if e == nil {
		e = newEndpoint(r, id)
		r.endpoints[id] = e
		r.working.Go(func() { e.loop(ctx) })
	}
	return e
}
