// Package chatotel shows a chat service to OpenTelemetry.
//
//	m, err := chatotel.New(otel.Meter("chat"))
//	svc := chat.New(store, &chat.Options{Metrics: m})
//	m.Watch(svc)
package chatotel

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pealchat/pealchat/chat"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Metrics hands on what the service tells, and asks it for levels when they
// are collected.
type Metrics struct {
	svc     atomic.Pointer[chat.Service]
	commits metric.Float64Histogram
	dropped metric.Int64Counter
}

var _ chat.Metrics = (*Metrics)(nil)

// The attributes are made once: a commit must not wait for them.
var (
	written = metric.WithAttributeSet(attribute.NewSet(attribute.Bool("error", false)))
	failed  = metric.WithAttributeSet(attribute.NewSet(attribute.Bool("error", true)))
	agents  = metric.WithAttributeSet(attribute.NewSet(attribute.String("reader", "agent")))
	guests  = metric.WithAttributeSet(attribute.NewSet(attribute.String("reader", "visitor")))
)

// New makes the instruments. It watches nothing yet.
func New(meter metric.Meter) (*Metrics, error) {
	m := &Metrics{}
	var err error
	m.commits, err = meter.Float64Histogram("chat.commit.duration", metric.WithUnit("s"),
		metric.WithDescription("How long transactions took."),
		metric.WithExplicitBucketBoundaries(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10))
	if err != nil {
		return nil, err
	}
	m.dropped, err = meter.Int64Counter("chat.readers.dropped", metric.WithDescription("Readers of event streams who were cut off because they took nothing."))
	if err != nil {
		return nil, err
	}
	return m, m.observe(meter)
}

// observe registers the levels.
func (m *Metrics) observe(meter metric.Meter) error {
	levels := []struct {
		name, description string
		value             func(chat.Stats, metric.Observer, metric.Int64Observable)
	}{
		{"chat.sessions.open", "Active sessions.", func(s chat.Stats, o metric.Observer, g metric.Int64Observable) { o.ObserveInt64(g, s.OpenSessions) }},
		{"chat.sessions.waiting", "Active sessions that nobody has taken, with a visitor who waits.", func(s chat.Stats, o metric.Observer, g metric.Int64Observable) { o.ObserveInt64(g, s.Waiting) }},
		{"chat.deliveries.pending", "Deliveries to webhooks that are not settled.", func(s chat.Stats, o metric.Observer, g metric.Int64Observable) {
			o.ObserveInt64(g, s.DeliveriesPending)
		}},
		{"chat.streams", "Event streams, by who listens.", func(s chat.Stats, o metric.Observer, g metric.Int64Observable) {
			o.ObserveInt64(g, int64(s.AgentStreams), agents)
			o.ObserveInt64(g, int64(s.VisitorStreams), guests)
		}},
		{"chat.queue", "Changes that wait to be written.", func(s chat.Stats, o metric.Observer, g metric.Int64Observable) { o.ObserveInt64(g, int64(s.Queue)) }},
	}
	gauges := make([]metric.Int64ObservableGauge, len(levels))
	all := make([]metric.Observable, len(levels))
	for i, l := range levels {
		var err error
		if gauges[i], err = meter.Int64ObservableGauge(l.name, metric.WithDescription(l.description)); err != nil {
			return err
		}
		all[i] = gauges[i]
	}
	_, err := meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		svc := m.svc.Load()
		if svc == nil {
			return nil
		}
		stats, err := svc.Stats(ctx)
		if err != nil { // what is not known is left out, rather than shown as nothing
			return err
		}
		for i, l := range levels {
			l.value(stats, o, gauges[i])
		}
		return nil
	}, all...)
	return err
}

// Watch says which service is asked for levels.
func (m *Metrics) Watch(svc *chat.Service) { m.svc.Store(svc) }

// Committed implements chat.Metrics.
func (m *Metrics) Committed(_ int, took time.Duration, err error) {
	outcome := written
	if err != nil {
		outcome = failed
	}
	m.commits.Record(context.Background(), took.Seconds(), outcome)
}

// ReaderDropped implements chat.Metrics.
func (m *Metrics) ReaderDropped() { m.dropped.Add(context.Background(), 1) }
