package storagetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// SiteBench measures what agents wait for on a store that Fill has filled.
// naive, where it is not nil, computes the same another way: its time by ours
// is reported as "naive/ours".
type SiteBench struct {
	Site  Site
	Store chat.Store

	// Naive is the query that one would write first for what is measured, by
	// name, over the month from which until which. What it lacks is measured
	// without comparison.
	Naive map[string]func(ctx context.Context, from, to time.Time) error
}

// Run measures every report of the site's last whole month, the inbox and a
// search.
func (s SiteBench) Run(b *testing.B) {
	now := s.Site.To
	svc := chat.New(s.Store, &chat.Options{Now: func() time.Time { return now }})
	b.Cleanup(func() { svc.Close() })
	by := chat.AsAPIKey(chat.APIKey{ID: "bench", Scopes: []string{chat.ScopeRead, chat.ScopeWrite, chat.ScopeAdmin}})
	month := chat.AnalyticsQuery{From: s.Site.To.AddDate(0, -1, 0), To: s.Site.To}
	all := chat.AnalyticsQuery{From: s.Site.From, To: s.Site.To}
	hours := month
	hours.BusinessHours = true
	ctx := b.Context()
	settings, err := svc.Settings(ctx, by)
	if err == nil {
		settings.Hours = openingHours
		_, err = svc.SaveSettings(ctx, by, settings)
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"Report/summary", func() error { _, err := svc.Analytics(ctx, by, month); return err }},
		{"Report/timeseries", func() error { _, err := svc.AnalyticsByTime(ctx, by, month, false); return err }},
		{"Report/agents", func() error { _, err := svc.AnalyticsByAgent(ctx, by, month); return err }},
		{"Report/heatmap", func() error { _, err := svc.AnalyticsByHour(ctx, by, month); return err }},
		{"Report/departments", func() error { _, err := svc.AnalyticsByPart(ctx, by, month, chat.ByDepartment); return err }},
		{"Report/pages", func() error { _, err := svc.AnalyticsByPart(ctx, by, month, chat.ByPage); return err }},
		{"Report/ratings", func() error {
			_, err := svc.Ratings(ctx, by, chat.RatingQuery{AnalyticsQuery: month, Commented: true})
			return err
		}},
		{"Report/greetings", func() error { _, err := svc.AnalyticsOfGreetings(ctx, by, month); return err }},
		{"Report/sessions of a figure", func() error {
			_, err := svc.FigureSessions(ctx, by, chat.FigureQuery{AnalyticsQuery: month, Figure: chat.FigureMissed})
			return err
		}},
		{"Report/business hours", func() error { _, err := svc.Analytics(ctx, by, hours); return err }},
		{"Report/summary of all", func() error { _, err := svc.Analytics(ctx, by, all); return err }},
		{"Inbox/100", func() error {
			_, err := svc.Sessions(ctx, by, chat.SessionQuery{Page: chat.Page{Limit: 100}, ByActivity: true})
			return err
		}},
		{"Search/common word", func() error { _, err := svc.Search(ctx, by, "delivery", chat.Page{Limit: 20}); return err }},
		{"Search/rare word", func() error { _, err := svc.Search(ctx, by, "celadon", chat.Page{Limit: 20}); return err }},
	} {
		b.Run(strings.ReplaceAll(c.name, " ", "_"), func(b *testing.B) { s.measure(b, c.name, month, c.run) })
	}
}

// openingHours are those of a shop that closes at noon.
var openingHours = func() chat.Hours {
	day := []chat.Interval{{From: "09:00", To: "12:30"}, {From: "14:00", To: "18:00"}}
	week := chat.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day[:1]}
	return chat.Hours{Enabled: true, TimeZone: "Europe/Lisbon", Weekly: week}
}()

func (s SiteBench) measure(b *testing.B, name string, month chat.AnalyticsQuery, run func() error) {
	if err := run(); err != nil { // what is read once is in memory afterwards
		b.Fatal(err)
	}
	for b.Loop() {
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed() / time.Duration(b.N)
	naive := s.Naive[name]
	if naive == nil {
		return
	}
	begin := time.Now()
	if err := naive(b.Context(), month.From, month.To); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(begin))/float64(ours), "naive/ours")
}
