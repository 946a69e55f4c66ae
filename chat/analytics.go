package chat

import (
	"context"
	"slices"
	"time"
)

// maxPeriod is how long a period of figures may be, maxHourlyPeriod one that is
// cut into hours.
const (
	maxPeriod       = 3 * 366 * 24 * time.Hour
	maxHourlyPeriod = 31 * 24 * time.Hour
)

// goneAfter is the grace time: how long after their last message a visitor who
// is not there counts as gone while the session is still open.
const goneAfter = 15 * time.Minute

// AnalyticsQuery selects the sessions of a report. Empty fields select
// everything. Sessions of bots alone, of visitors who are banned now, and those
// with the source "test" are left out unless they are asked for; asking for
// that source asks for them.
type AnalyticsQuery struct {
	From, To   time.Time      // the period, From within it, To not; zero means the seven days up to now
	Zone       *time.Location // in which days and hours are cut; nil means UTC
	AgentID    string         // only what is this agent's, as in the row of [AgentFigures]
	Department string
	Source     string
	Tag        string
	Page       string // where the session began: its whole address or, with a slash in front, its path
	Bots       bool   // also sessions that bots alone have answered
	Banned     bool   // also sessions of visitors who are banned
	Test       bool   // also sessions with the source "test"

	// BusinessHours makes durations count only the time within the opening
	// hours of the settings, as they are now. Where there are none, it is
	// always open.
	BusinessHours bool
}

// SourceTest is the source of sessions that reports leave out.
const SourceTest = "test"

// SessionFiguresQuery asks a store for the sessions whose first visitor message
// or, where there is none, whose beginning lies in the period. Empty fields
// select everything.
type SessionFiguresQuery struct {
	From, To                time.Time
	Department, Source, Tag string
	Detail                  bool   // Department, Source, Tags and PageURL are asked for
	Rated                   bool   // only sessions with a rating; Comment is asked for
	Newest                  bool   // the newest first
	After                   Cursor // go on behind this session, if it is not zero
}

// SessionFigures is what figures need to know of a session. Notes count
// nowhere, deleted messages do.
type SessionFigures struct {
	CreatedAt       time.Time
	FirstVisitorAt  time.Time // the visitor's first message
	LastVisitorAt   time.Time // the visitor's latest message
	FirstReplyAt    time.Time // an agent's first message after it
	FirstBotAt      time.Time // a bot's first message after it, if it came before any agent's
	QueuedAt        time.Time // when it first waited to be assigned
	AssignedAt      time.Time // to an agent for the first time; zero for assignments that an older version made
	ClosedAt        time.Time
	RatingAskedAt   time.Time // when the visitor was first shown the question
	AssigneeID      string    // whom it is assigned to now
	VisitorMessages int64
	AgentMessages   int64
	BotMessages     int64
	Unseen          bool         // the visitor has not seen an agent's latest message
	VisitorLeft     bool         // as OpCloseSession said
	Test            bool         // its source is SourceTest
	HandedOver      bool         // a bot has written in it, and it has the tag HandedOver
	Ban             *Ban         // of its visitor, whether in force or not
	Score           int          // of the rating, 0 without one
	Replies         []AgentReply // in order
	VisitorID       string       // of open sessions only
	Cursor          Cursor       // its place in the order of the query

	// Only where asked for.
	Department, Source, PageURL string
	Tags                        []string
	Comment                     string
}

// AgentReply is an agent's answer to what the visitor had said since the last
// one. AgentID is empty for a program that speaks for agents.
type AgentReply struct {
	AgentID string
	After   time.Duration // from the session's beginning to the first of the visitor's messages that it answers
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
	r, err := s.newReport(ctx, by, q)
	if err != nil {
		return Analytics{}, err
	}
	t := r.tally(r.q.AgentID)
	var visits []*VisitFigures
	var load *Workload
	err = together(ctx, func(ctx context.Context) error {
		return s.readReport(ctx, r, func(f *SessionFigures, _ time.Time) { t.add(f) })
	}, func(ctx context.Context) (err error) {
		visits, err = s.readVisits(ctx, r, []time.Time{r.q.From, r.q.To})
		return err
	}, func(ctx context.Context) error {
		l, err := s.readLoad(ctx, r)
		load = l.of(r.q.AgentID)
		return err
	})
	if err != nil {
		return Analytics{}, err
	}
	out := Analytics{Period: r.period(), Figures: t.figures(), Computed: r.computed}
	visits[0].into(&out.Figures)
	out.Figures.Load = load
	return out, nil
}

// AnalyticsByTime returns the figures of each day of a period or, with hourly,
// of each hour.
func (s *Service) AnalyticsByTime(ctx context.Context, by Actor, q AnalyticsQuery, hourly bool) (AnalyticsSeries, error) {
	r, err := s.newReport(ctx, by, q)
	if err != nil {
		return AnalyticsSeries{}, err
	}
	out := AnalyticsSeries{Period: r.period(), Interval: "day"}
	next := nextDay
	if hourly {
		if r.q.To.Sub(r.q.From) > maxHourlyPeriod {
			return AnalyticsSeries{}, invalid("from", "By the hour a period may have at most 31 days.")
		}
		out.Interval, next = "hour", nextHour
	}
	var starts []time.Time
	for at := r.q.From; at.Before(r.q.To); at = next(at, r.q.Zone) {
		starts = append(starts, at)
	}
	tallies := slices.Repeat([]tally{r.tally(r.q.AgentID)}, len(starts))
	var visits []*VisitFigures
	err = together(ctx, func(ctx context.Context) error {
		place := 0 // sessions come in order
		return s.readReport(ctx, r, func(f *SessionFigures, at time.Time) {
			for place+1 < len(starts) && !at.Before(starts[place+1]) {
				place++
			}
			tallies[place].add(f)
		})
	}, func(ctx context.Context) (err error) {
		visits, err = s.readVisits(ctx, r, append(slices.Clip(starts), r.q.To))
		return err
	})
	if err != nil {
		return AnalyticsSeries{}, err
	}
	out.Points = make([]AnalyticsPoint, len(starts))
	for i := range starts {
		out.Points[i] = AnalyticsPoint{Start: starts[i].In(r.q.Zone), Figures: tallies[i].figures()}
		visits[i].into(&out.Points[i].Figures)
	}
	out.Computed = r.computed
	return out, nil
}

// AnalyticsByAgent returns the figures of each agent who had to do with a
// session of the period or was available in it, by name, and those of all
// together.
func (s *Service) AnalyticsByAgent(ctx context.Context, by Actor, q AnalyticsQuery) (AnalyticsTeam, error) {
	r, err := s.newReport(ctx, by, q)
	if err != nil {
		return AnalyticsTeam{}, err
	}
	agents, err := s.store.Agents(ctx)
	if err != nil {
		return AnalyticsTeam{}, err
	}
	team := r.tally(r.q.AgentID)
	each := map[string]*tally{}
	var load *load
	err = together(ctx, func(ctx context.Context) error {
		return s.readReport(ctx, r, func(f *SessionFigures, _ time.Time) {
			team.add(f)
			for _, id := range f.agents() {
				if r.q.AgentID != "" && id != r.q.AgentID {
					continue
				}
				if each[id] == nil {
					t := r.tally(id)
					each[id] = &t
				}
				each[id].add(f)
			}
		})
	}, func(ctx context.Context) (err error) {
		load, err = s.readLoad(ctx, r)
		return err
	})
	if err != nil {
		return AnalyticsTeam{}, err
	}
	out := AnalyticsTeam{Period: r.period(), Agents: []AgentFigures{}, Team: team.figures(), Computed: r.computed}
	out.Team.Load = load.of(r.q.AgentID)
	for _, a := range agents {
		t, own := each[a.ID], load.of(a.ID)
		if t == nil && (own == nil || *own == Workload{} || r.q.AgentID != "" && r.q.AgentID != a.ID) {
			continue
		}
		if t == nil {
			idle := r.tally(a.ID)
			t = &idle
		}
		figures := t.figures()
		figures.Load = own
		out.Agents = append(out.Agents, AgentFigures{ID: a.ID, Name: a.Name, Figures: figures})
	}
	return out, nil
}

// AnalyticsByHour returns when sessions begin, how many in each hour of each
// weekday, and for how long in those hours somebody was available.
func (s *Service) AnalyticsByHour(ctx context.Context, by Actor, q AnalyticsQuery) (AnalyticsHours, error) {
	r, err := s.newReport(ctx, by, q)
	if err != nil {
		return AnalyticsHours{}, err
	}
	out := AnalyticsHours{Period: r.period()}
	var load *load
	err = together(ctx, func(ctx context.Context) error {
		return s.readReport(ctx, r, func(f *SessionFigures, at time.Time) {
			if !f.FirstVisitorAt.IsZero() {
				at = at.In(r.q.Zone)
				out.Sessions[(int(at.Weekday())+6)%7][at.Hour()]++
			}
		})
	}, func(ctx context.Context) (err error) {
		load, err = s.readLoad(ctx, r)
		return err
	})
	if err != nil {
		return AnalyticsHours{}, err
	}
	out.Available = load.byHour(r.q.AgentID, r.q.Zone)
	out.Computed = r.computed
	return out, nil
}
