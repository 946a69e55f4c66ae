// Package chatprometheus shows a chat service to Prometheus.
//
//	c := chatprometheus.New()
//	svc := chat.New(store, &chat.Options{Metrics: c})
//	c.Watch(svc)
//	prometheus.MustRegister(c)
package chatprometheus

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout is how long the store may take to answer a scrape.
const scrapeTimeout = 3 * time.Second

// Collector is both what the service tells and what Prometheus asks.
type Collector struct {
	svc     atomic.Pointer[chat.Service]
	commits prometheus.Histogram
	failed  prometheus.Counter
	ops     prometheus.Counter
	dropped prometheus.Counter
}

var (
	_ chat.Metrics         = (*Collector)(nil)
	_ prometheus.Collector = (*Collector)(nil)
)

// New returns a collector that watches nothing yet.
func New() *Collector {
	return &Collector{
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "chat_commit_duration_seconds", Help: "How long transactions took, those that failed included.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15), // half a millisecond to eight seconds
		}),
		failed:  prometheus.NewCounter(prometheus.CounterOpts{Name: "chat_commits_failed_total", Help: "Transactions that were not written."}),
		ops:     prometheus.NewCounter(prometheus.CounterOpts{Name: "chat_ops_total", Help: "Changes that transactions carried out or tried to."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "chat_readers_dropped_total", Help: "Readers of event streams who were cut off because they took nothing."}),
	}
}

// Watch says which service is asked for levels.
func (c *Collector) Watch(svc *chat.Service) { c.svc.Store(svc) }

// Committed implements chat.Metrics.
func (c *Collector) Committed(ops int, took time.Duration, err error) {
	c.commits.Observe(took.Seconds())
	c.ops.Add(float64(ops))
	if err != nil {
		c.failed.Inc()
	}
}

// ReaderDropped implements chat.Metrics.
func (c *Collector) ReaderDropped() { c.dropped.Inc() }

// levels are read when Prometheus asks.
var levels = []struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(chat.Stats) float64
	label []string
}{
	{desc("chat_open_sessions", "Active sessions."), prometheus.GaugeValue, func(s chat.Stats) float64 { return float64(s.OpenSessions) }, nil},
	{desc("chat_waiting", "Active sessions that nobody has taken, with a visitor who waits."), prometheus.GaugeValue, func(s chat.Stats) float64 { return float64(s.Waiting) }, nil},
	{desc("chat_deliveries_pending", "Deliveries to webhooks that are not settled."), prometheus.GaugeValue, func(s chat.Stats) float64 { return float64(s.DeliveriesPending) }, nil},
	{streams, prometheus.GaugeValue, func(s chat.Stats) float64 { return float64(s.AgentStreams) }, []string{"agent"}},
	{streams, prometheus.GaugeValue, func(s chat.Stats) float64 { return float64(s.VisitorStreams) }, []string{"visitor"}},
	{desc("chat_queue", "Changes that wait to be written."), prometheus.GaugeValue, func(s chat.Stats) float64 { return float64(s.Queue) }, nil},
	{desc("chat_readers_behind_total", "How often a reader was so slow that it went on from the log."), prometheus.CounterValue, func(s chat.Stats) float64 { return float64(s.ReadersBehind) }, nil},
}

var (
	streams = prometheus.NewDesc("chat_streams", "Event streams, by who listens.", []string{"reader"}, nil)
	up      = desc("chat_up", "1 if the store could be asked, 0 if not.")
)

func desc(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

// Describe implements prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	to <- up
	for i, l := range levels {
		if i == 0 || l.desc != levels[i-1].desc {
			to <- l.desc
		}
	}
	for _, own := range []prometheus.Collector{c.commits, c.failed, c.ops, c.dropped} {
		own.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	for _, own := range []prometheus.Collector{c.commits, c.failed, c.ops, c.dropped} {
		own.Collect(to)
	}
	svc := c.svc.Load()
	if svc == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	stats, err := svc.Stats(ctx)
	if err != nil { // what is not known is left out, rather than shown as nothing
		to <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, 0)
		return
	}
	to <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, 1)
	for _, l := range levels {
		to <- prometheus.MustNewConstMetric(l.desc, l.kind, l.value(stats), l.label...)
	}
}
