package chatotel

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestMetrics(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	m, err := New(provider.Meter("chat"))
	if err != nil {
		t.Fatal(err)
	}
	svc := chat.New(store, &chat.Options{Metrics: m})
	defer svc.Close()
	m.Watch(svc)
	host := chat.AsAPIKey(chat.APIKey{ID: "host", Scopes: []string{chat.ScopeRead, chat.ScopeWrite, chat.ScopeAdmin}})
	if _, err := svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines"}); err != nil {
		t.Fatal(err)
	}
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sub.Drop()
	m.Committed(1, time.Second, errors.New("disk on fire"))

	got := collect(t, reader)
	for name, want := range map[string]int64{
		"chat.sessions.open": 1, "chat.sessions.waiting": 0, "chat.deliveries.pending": 0, "chat.streams/agent": 0, "chat.streams/visitor": 0,
		"chat.queue": 0, "chat.readers.dropped": 1, "chat.commit.duration/failed": 1,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %d (%v), want %d", name, value, ok, want)
		}
	}
	if got["chat.commit.duration/written"] < 1 {
		t.Errorf("no commit was told: %v", got)
	}

	// A store that is gone shows no levels.
	store.Close()
	var gone metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &gone); err == nil {
		t.Error("it is not told that the store is gone")
	}
}

// collect returns values by name, and counts of histograms.
func collect(t *testing.T, reader *metric.ManualReader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					name := m.Name
					if who, ok := p.Attributes.Value("reader"); ok {
						name += "/" + who.AsString()
					}
					got[name] = p.Value
				}
			case metricdata.Sum[int64]:
				got[m.Name] = data.DataPoints[0].Value
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					name := m.Name + "/written"
					if wrong, _ := p.Attributes.Value("error"); wrong.AsBool() {
						name = m.Name + "/failed"
					}
					got[name] += int64(p.Count)
				}
			}
		}
	}
	return got
}
