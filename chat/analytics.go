package chat

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// MaxPeriod is how long a period of figures may be, MaxHours one that is cut
// into hours.
const (
	MaxPeriod = 3 * 366 * 24 * time.Hour
	MaxHours  = 31 * 24 * time.Hour
)

// goneAfter is the grace time: how long after their last message a visitor who
// is not there counts as gone while the session is still open.
const goneAfter = 15 * time.Minute

// AnalyticsQuery selects the sessions of a report. Empty fields select
// everything.
type AnalyticsQuery struct {
	From, To   time.Time      // the period, From within it, To not; zero means the seven days up to now
	Zone       *time.Location // in which days and hours are cut; nil means UTC
	AgentID    string         // only what is this agent's, as in the row of [AgentFigures]
	Department string
	Source     string
	Tag        string
	Page       string // where the session began: its whole address or, with a slash in front, its path
	Bots       bool   // also sessions that bots alone have answered
}

// FiguresQuery asks a store for the sessions whose first visitor message or,
// where there is none, whose beginning lies in the period. Empty fields select
// everything.
type FiguresQuery struct {
	From, To                time.Time
	Department, Source, Tag string
	Pages                   bool // PageURL is asked for
}

// SessionFigures is what figures need to know of a session. Notes count
// nowhere, deleted messages do.
type SessionFigures struct {
	CreatedAt       time.Time
	FirstVisitorAt  time.Time // the visitor's first message
	LastVisitorAt   time.Time // the visitor's latest message
	FirstReplyAt    time.Time // an agent's first message after it
	FirstBotAt      time.Time // a bot's first message after it, if it came before any agent's
	AssignedAt      time.Time // to an agent for the first time; zero for assignments that an older version made
	ClosedAt        time.Time
	AssigneeID      string // whom it is assigned to now
	VisitorMessages int64
	AgentMessages   int64
	BotMessages     int64
	Unseen          bool         // the visitor has not seen an agent's latest message
	VisitorLeft     bool         // as CloseSession said
	Score           int          // of the rating, 0 without one
	Replies         []AgentReply // in order
	VisitorID       string       // of open sessions only
	PageURL         string       // only where asked for
}

// AgentReply is an agent's answer to what the visitor had said since the last
// one. AgentID is empty for a program that speaks for agents.
type AgentReply struct {
	AgentID string
	Took    time.Duration // since the first of the visitor's messages that it answers
}

// CountedAt says by which moment the session belongs to a period.
func (f *SessionFigures) CountedAt() time.Time {
	if f.FirstVisitorAt.IsZero() {
		return f.CreatedAt
	}
	return f.FirstVisitorAt
}

// Analytics returns the figures of a period.
func (s *Service) Analytics(ctx context.Context, by Actor, q AnalyticsQuery) (Analytics, error) {
	r, err := s.newReport(by, q)
	if err != nil {
		return Analytics{}, err
	}
	t := tally{agentID: r.q.AgentID}
	err = s.readReport(ctx, r, func(f *SessionFigures, _ time.Time) { t.add(f) })
	return Analytics{Period: r.period(), Figures: t.figures(), Computed: r.computed}, err
}

// AnalyticsByTime returns the figures of each day of a period or, with hourly,
// of each hour.
func (s *Service) AnalyticsByTime(ctx context.Context, by Actor, q AnalyticsQuery, hourly bool) (AnalyticsSeries, error) {
	r, err := s.newReport(by, q)
	if err != nil {
		return AnalyticsSeries{}, err
	}
	out := AnalyticsSeries{Period: r.period(), Interval: "day"}
	next := nextDay
	if hourly {
		if r.q.To.Sub(r.q.From) > MaxHours {
			return AnalyticsSeries{}, invalid("from", "By the hour a period may have at most 31 days.")
		}
		out.Interval, next = "hour", nextHour
	}
	var starts []time.Time
	for at := r.q.From; at.Before(r.q.To); at = next(at, r.q.Zone) {
		starts = append(starts, at)
	}
	tallies := slices.Repeat([]tally{{agentID: r.q.AgentID}}, len(starts))
	place := 0 // sessions come in order
	err = s.readReport(ctx, r, func(f *SessionFigures, at time.Time) {
		for place+1 < len(starts) && !at.Before(starts[place+1]) {
			place++
		}
		tallies[place].add(f)
	})
	out.Points = make([]AnalyticsPoint, len(starts))
	for i := range starts {
		out.Points[i] = AnalyticsPoint{Start: starts[i].In(r.q.Zone), Figures: tallies[i].figures()}
	}
	out.Computed = r.computed
	return out, err
}

// AnalyticsByAgent returns the figures of each agent who had to do with a
// session of the period, by name, and those of all together.
func (s *Service) AnalyticsByAgent(ctx context.Context, by Actor, q AnalyticsQuery) (AnalyticsTeam, error) {
	r, err := s.newReport(by, q)
	if err != nil {
		return AnalyticsTeam{}, err
	}
	agents, err := s.store.Agents(ctx)
	if err != nil {
		return AnalyticsTeam{}, err
	}
	team := tally{agentID: r.q.AgentID}
	each := map[string]*tally{}
	err = s.readReport(ctx, r, func(f *SessionFigures, _ time.Time) {
		team.add(f)
		for _, id := range f.agents() {
			if r.q.AgentID != "" && id != r.q.AgentID {
				continue
			}
			if each[id] == nil {
				each[id] = &tally{agentID: id}
			}
			each[id].add(f)
		}
	})
	out := AnalyticsTeam{Period: r.period(), Agents: []AgentFigures{}, Team: team.figures(), Computed: r.computed}
	for _, a := range agents {
		if t := each[a.ID]; t != nil {
			out.Agents = append(out.Agents, AgentFigures{ID: a.ID, Name: a.Name, Figures: t.figures()})
		}
	}
	return out, err
}

// AnalyticsByHour returns when sessions begin: how many in each hour of each
// weekday.
func (s *Service) AnalyticsByHour(ctx context.Context, by Actor, q AnalyticsQuery) (AnalyticsHours, error) {
	r, err := s.newReport(by, q)
	if err != nil {
		return AnalyticsHours{}, err
	}
	out := AnalyticsHours{Period: r.period()}
	err = s.readReport(ctx, r, func(f *SessionFigures, at time.Time) {
		if !f.FirstVisitorAt.IsZero() {
			at = at.In(r.q.Zone)
			out.Sessions[(int(at.Weekday())+6)%7][at.Hour()]++
		}
	})
	out.Computed = r.computed
	return out, err
}

// report is a query on its way to figures.
type report struct {
	q        AnalyticsQuery
	now      time.Time
	computed AnalyticsBasis
}

func (s *Service) newReport(by Actor, q AnalyticsQuery) (*report, error) {
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
	case r.q.To.Sub(r.q.From) > MaxPeriod:
		return nil, invalid("from", "A period may have at most three years.")
	}
	r.computed = AnalyticsBasis{
		Period: r.period(),
		Filters: AnalyticsFilters{
			AgentID: q.AgentID, Department: q.Department, Source: q.Source, Page: q.Page, Tag: q.Tag, Bots: q.Bots,
		},
	}
	return r, nil
}

func (r *report) period() AnalyticsPeriod {
	return AnalyticsPeriod{From: r.q.From.In(r.q.Zone), To: r.q.To.In(r.q.Zone), Zone: r.q.Zone.String()}
}

// readReport calls each for the sessions that the report is about.
func (s *Service) readReport(ctx context.Context, r *report, each func(f *SessionFigures, countedAt time.Time)) error {
	q := FiguresQuery{From: r.q.From, To: r.q.To, Department: r.q.Department, Source: r.q.Source, Tag: r.q.Tag, Pages: r.q.Page != ""}
	return s.store.SessionFigures(ctx, q, func(f SessionFigures) error {
		switch {
		case r.q.Page != "" && !onPage(f.PageURL, r.q.Page), r.q.AgentID != "" && !f.concerns(r.q.AgentID):
			return nil
		case f.botsAlone() && !r.q.Bots:
			r.computed.LeftOut.Bots++
			return nil
		}
		if f.ClosedAt.IsZero() {
			f.VisitorLeft = r.now.Sub(f.LastVisitorAt) > goneAfter && !s.presence.here(visitorKey(f.VisitorID), r.now)
		}
		if !f.FirstVisitorAt.IsZero() {
			r.computed.Sessions++
		}
		each(&f, f.CountedAt())
		return nil
	})
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
