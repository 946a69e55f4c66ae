package chat

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// AgentSpan is a stretch of time of an agent's. To is zero where it lasts.
type AgentSpan struct {
	AgentID  string
	From, To time.Time
	Test     bool // of an assignment: the session's source is SourceTest
	Ban      *Ban // of an assignment: the ban of the session's visitor
}

// AgentLoad is what a store knows of the agents' work in a period: each
// assignment of a session that reaches into it, and when they were available.
type AgentLoad struct {
	Assignments, Shifts []AgentSpan
}

// OpNoteShifts notes that the agents are available at a moment. Where the latest
// such note of an agent is not older than ShiftGap, the time between counts as
// theirs as well; otherwise something new begins. Agents that do not exist are
// left out. Event: none.
type OpNoteShifts struct {
	AgentIDs []string
	At       time.Time
}

func (OpNoteShifts) op() {}

// How often it is noted who is available, and what may lie between two notes
// of one stretch: a node that is busy or being replaced misses one.
const (
	shiftStep = time.Minute
	ShiftGap  = 150 * time.Second
)

// noteShifts is for Run.
func (s *Service) noteShifts(ctx context.Context) {
	op := OpNoteShifts{At: s.now()}
	for _, a := range s.AvailableAgents(ctx) {
		op.AgentIDs = append(op.AgentIDs, a.ID)
	}
	if len(op.AgentIDs) == 0 {
		return
	}
	if _, err := s.writer.do(ctx, op); err != nil {
		s.log.Warn("chat: could not note who is available", "error", err)
	}
}

// load is what a report knows of the agents' work. A nil load knows nothing.
type load struct {
	AgentLoad
	from, to time.Time
}

// readLoad returns nil for reports about a page: a shift has none.
func (s *Service) readLoad(ctx context.Context, r *report) (*load, error) {
	if r.q.Page != "" {
		return nil, nil
	}
	l := &load{from: r.q.From, to: r.q.To}
	if r.now.Before(l.to) {
		l.to = r.now
	}
	var err error
	if l.AgentLoad, err = s.store.AgentLoad(ctx, r.query()); err != nil {
		return nil, err
	}
	l.Assignments = slices.DeleteFunc(l.Assignments, func(a AgentSpan) bool {
		return a.Test && !r.q.Test && r.q.Source != SourceTest || a.Ban.holds(r.now) && !r.q.Banned
	})
	return l, nil
}

// of returns the load of one agent or, with an empty id, of all together.
func (l *load) of(agentID string) *Workload {
	if l == nil {
		return nil
	}
	var out Workload
	var area, busy time.Duration
	l.sweep(l.Assignments, agentID, func(from, to time.Time, at int64) {
		area += time.Duration(at) * to.Sub(from)
		busy += to.Sub(from)
		out.Peak = max(out.Peak, at)
	})
	if busy > 0 {
		out.Busy, out.Mean = busy.Seconds(), thousandths(float64(area)/float64(busy))
	}
	l.sweep(l.Shifts, agentID, func(from, to time.Time, _ int64) { out.Available += to.Sub(from).Seconds() })
	return &out
}

// byHour returns how many seconds of each hour of each weekday somebody was
// available.
func (l *load) byHour(agentID string, zone *time.Location) (out [7][24]float64) {
	if l == nil {
		return out
	}
	l.sweep(l.Shifts, agentID, func(from, to time.Time, _ int64) {
		for from.Before(to) {
			end := nextHour(from, zone)
			if to.Before(end) {
				end = to
			}
			at := from.In(zone)
			out[(int(at.Weekday())+6)%7][at.Hour()] += end.Sub(from).Seconds()
			from = end
		}
	})
	return out
}

// sweep calls each for every stretch of the period in which the number of
// spans is the same and not 0.
func (l *load) sweep(spans []AgentSpan, agentID string, each func(from, to time.Time, at int64)) {
	type edge struct {
		at   time.Time
		step int64
	}
	var edges []edge
	for _, s := range spans {
		if agentID != "" && s.AgentID != agentID {
			continue
		}
		from, to := s.From, s.To
		if to.IsZero() || to.After(l.to) {
			to = l.to
		}
		if from.Before(l.from) {
			from = l.from
		}
		if from.Before(to) {
			edges = append(edges, edge{from, 1}, edge{to, -1})
		}
	}
	// What ends comes before what begins at the same moment.
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.step, b.step)) })
	var at int64
	for i, e := range edges {
		if at > 0 && edges[i-1].at.Before(e.at) {
			each(edges[i-1].at, e.at, at)
		}
		at += e.step
	}
}
