package chat

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"
)

// report is a query on its way to figures.
type report struct {
	q        AnalyticsQuery
	now      time.Time
	open     *openHours // nil where all hours count
	computed AnalyticsBasis
}

func (r *report) tally(agentID string) tally { return tally{agentID: agentID, open: r.open} }

func (s *Service) newReport(ctx context.Context, by Actor, q AnalyticsQuery) (*report, error) {
	if err := by.need(ScopeRead); err != nil {
		return nil, err
	}
	r := &report{q: q, now: s.now()}
	if r.q.Zone == nil {
		r.q.Zone = time.UTC
	}
	if q.To.IsZero() {
		r.q.To = r.now
	}
	if q.From.IsZero() {
		r.q.From = r.q.To.In(r.q.Zone).AddDate(0, 0, -7)
	}
	r.q.From, r.q.To = r.q.From.Truncate(time.Millisecond), r.q.To.Truncate(time.Millisecond)
	switch {
	case !r.q.From.Before(r.q.To) && q.To.IsZero():
		return nil, invalid("from", "from must be in the past.")
	case !r.q.From.Before(r.q.To):
		return nil, invalid("to", "to must be after from.")
	case r.q.To.Sub(r.q.From) > maxPeriod:
		return nil, invalid("from", "A period may have at most three years.")
	}
	r.computed = AnalyticsBasis{
		Period: r.period(),
		Filters: AnalyticsFilters{
			AgentID: q.AgentID, Department: q.Department, Source: q.Source, Page: q.Page, Tag: q.Tag,
			Bots: q.Bots, Banned: q.Banned, Test: q.Test || q.Source == SourceTest, BusinessHours: q.BusinessHours,
		},
	}
	if q.BusinessHours {
		settings, err := s.CurrentSettings(ctx)
		if err != nil {
			return nil, err
		}
		r.open = newOpenHours(settings.Hours, r.q.From, r.now)
	}
	return r, nil
}

func (r *report) period() AnalyticsPeriod {
	return AnalyticsPeriod{From: r.q.From.In(r.q.Zone), To: r.q.To.In(r.q.Zone), Zone: r.q.Zone.String()}
}

func (r *report) query() SessionFiguresQuery {
	return SessionFiguresQuery{From: r.q.From, To: r.q.To, Department: r.q.Department, Source: r.q.Source, Tag: r.q.Tag, Detail: r.q.Page != ""}
}

// readReport calls each for the sessions that the report is about.
func (s *Service) readReport(ctx context.Context, r *report, each func(f *SessionFigures, countedAt time.Time)) error {
	return s.readFigures(ctx, r, r.query(), func(f *SessionFigures) error {
		if !f.FirstVisitorAt.IsZero() {
			r.computed.Sessions++
		}
		each(f, f.CountedAt())
		return nil
	})
}

// readFigures calls each for the sessions of the query that the report is
// about, and counts those that it leaves out.
func (s *Service) readFigures(ctx context.Context, r *report, q SessionFiguresQuery, each func(f *SessionFigures) error) error {
	return s.store.SessionFigures(ctx, q, func(f SessionFigures) error {
		switch {
		case r.q.Page != "" && !onPage(f.PageURL, r.q.Page), r.q.AgentID != "" && !f.concerns(r.q.AgentID):
			return nil
		case f.Test && !r.q.Test && r.q.Source != SourceTest:
			r.computed.LeftOut.Test++
			return nil
		case f.Ban.holds(r.now) && !r.q.Banned:
			r.computed.LeftOut.Banned++
			return nil
		case f.botsAlone() && !r.q.Bots:
			r.computed.LeftOut.Bots++
			return nil
		}
		if f.ClosedAt.IsZero() {
			f.VisitorLeft = r.now.Sub(f.LastVisitorAt) > goneAfter && !s.presence.here(visitorKey(f.VisitorID), r.now)
		}
		return each(&f)
	})
}

// together carries out what a report reads at the same time: none of it needs
// the rest, and each of it waits for the database. It returns the first error;
// what goes on then is called off. A panic of a store's becomes the caller's,
// who may be able to live with it.
func together(ctx context.Context, reads ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	var once sync.Once
	var first error
	var panicked any
	for _, read := range reads {
		group.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					once.Do(func() { panicked = v })
					cancel()
				}
			}()
			if err := read(ctx); err != nil {
				once.Do(func() { first = err })
				cancel()
			}
		})
	}
	group.Wait()
	if panicked != nil {
		panic(panicked)
	}
	return first
}

// onPage says whether an address is the page that was asked for.
func onPage(address, page string) bool {
	if address == page {
		return address != ""
	}
	u, err := url.Parse(address)
	return err == nil && strings.HasPrefix(page, "/") && u.EscapedPath() == page
}

// nextDay returns the start of the day after t. Where clocks are put forward at
// midnight it begins at one o'clock; where they are put back then, at the
// first midnight of the two.
func nextDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	next := time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	if next.Day() == t.In(zone).Day() {
		_, next = next.ZoneBounds()
	}
	if before := next.Add(-time.Hour); before.Day() == next.Day() && before.After(t) {
		return before
	}
	return next
}

// nextHour returns the start of the hour after t, as clocks in the zone show
// it. An hour that comes twice is two hours.
func nextHour(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	into := time.Duration(l.Minute())*time.Minute + time.Duration(l.Second())*time.Second + time.Duration(l.Nanosecond())
	return l.Add(time.Hour - into)
}
