package webhooks

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/pealchat/pealchat/chat"
	"golang.org/x/time/rate"
)

// Options configures a [Dispatcher]. The zero value is fine. Where webhooks
// may go is the service's matter: see chat.Options.WebhookTargets.
type Options struct {
	// Logger gets what an operator can act on. Nil means slog.Default(). URLs
	// and bodies are never logged.
	Logger *slog.Logger

	// Timeout bounds one request, from looking up the name to the end of the
	// answer. 0 means 15 seconds.
	Timeout time.Duration

	// Concurrency is how many requests to one endpoint are under way at once,
	// at most. 0 means 4.
	Concurrency int

	// Rate is how many requests a second one endpoint gets, at most. 0 means
	// as many as it answers.
	Rate float64

	// Schedule has the waits between the tries of one delivery. Nil means ten
	// tries in about 75 hours.
	Schedule []time.Duration

	// DisableAfter is how long nothing must have got through to an endpoint
	// before it is disabled. 0 means 5 days, a negative value never.
	DisableAfter time.Duration

	// Disabled, if not nil, is called when a webhook was disabled because its
	// endpoint answered 410 or DisableAfter has passed; DisabledReason says
	// which. It is called on one node only.
	Disabled func(context.Context, chat.Webhook)

	// Poll is how often to look for work that another node has made. 0 means
	// 5 seconds. Work of this process is noticed at once.
	Poll time.Duration
}

func (o *Options) logger() *slog.Logger {
	if o == nil || o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

func (o *Options) timeout() time.Duration {
	if o == nil || o.Timeout <= 0 {
		return 15 * time.Second
	}
	return o.Timeout
}

func (o *Options) concurrency() int {
	if o == nil || o.Concurrency <= 0 {
		return 4
	}
	return o.Concurrency
}

func (o *Options) rate() rate.Limit {
	if o == nil || o.Rate <= 0 {
		return rate.Inf
	}
	return rate.Limit(o.Rate)
}

func (o *Options) schedule() schedule {
	if o == nil || len(o.Schedule) == 0 {
		return newSchedule(defaultSchedule)
	}
	return newSchedule(slices.Clone(o.Schedule))
}

func (o *Options) disableAfter() time.Duration {
	if o == nil || o.DisableAfter == 0 {
		return 5 * 24 * time.Hour
	}
	return o.DisableAfter
}

func (o *Options) poll() time.Duration {
	if o == nil || o.Poll <= 0 {
		return 5 * time.Second
	}
	return o.Poll
}

// disabled calls the host's hook and survives it.
func (o *Options) disabled(ctx context.Context, w chat.Webhook) {
	if o == nil || o.Disabled == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			o.logger().Error("webhooks: Options.Disabled panicked", "panic", v)
		}
	}()
	o.Disabled(ctx, w)
}
