package chat

import (
	"cmp"
	"context"
	"net/url"
	"slices"
)

// Breakdown says what a report is divided by.
type Breakdown string

// What a report can be divided by. A session with several tags counts for each
// of them; a page is the path of the address where the session began.
const (
	ByDepartment Breakdown = "department"
	BySource     Breakdown = "source"
	ByPage       Breakdown = "page"
	ByTag        Breakdown = "tag"
)

// maxParts is how many parts a divided report has at most: those with the most
// sessions.
const maxParts = 200

// AnalyticsParts are the figures of the parts that a report was divided into,
// the one with the most sessions first, and those of all together.
type AnalyticsParts struct {
	Period   AnalyticsPeriod
	By       Breakdown
	Parts    []PartFigures
	Total    Figures
	Computed AnalyticsBasis
}

// PartFigures are those of one part. Name is empty for sessions without a
// department, source, page or tag.
type PartFigures struct {
	Name    string
	Figures Figures
}

// AnalyticsByPart returns the figures of each department, source, page or tag.
func (s *Service) AnalyticsByPart(ctx context.Context, by Actor, q AnalyticsQuery, part Breakdown) (AnalyticsParts, error) {
	r, err := s.newReport(ctx, by, q)
	if err != nil {
		return AnalyticsParts{}, err
	}
	if !slices.Contains([]Breakdown{ByDepartment, BySource, ByPage, ByTag}, part) {
		return AnalyticsParts{}, invalid("by", `by must be "department", "source", "page" or "tag".`)
	}
	ask := r.query()
	ask.Detail = true
	total := r.tally(q.AgentID)
	each := map[string]*tally{}
	err = s.readFigures(ctx, r, ask, func(f *SessionFigures) error {
		if !f.FirstVisitorAt.IsZero() {
			r.computed.Sessions++
		}
		total.add(f)
		for _, name := range f.parts(part) {
			if each[name] == nil {
				t := r.tally(q.AgentID)
				each[name] = &t
			}
			each[name].add(f)
		}
		return nil
	})
	if err != nil {
		return AnalyticsParts{}, err
	}
	out := AnalyticsParts{Period: r.period(), By: part, Parts: []PartFigures{}, Total: total.figures(), Computed: r.computed}
	for name, t := range each {
		out.Parts = append(out.Parts, PartFigures{Name: name, Figures: t.figures()})
	}
	slices.SortFunc(out.Parts, func(a, b PartFigures) int {
		return cmp.Or(cmp.Compare(b.Figures.Sessions, a.Figures.Sessions), cmp.Compare(a.Name, b.Name))
	})
	out.Parts = out.Parts[:min(len(out.Parts), maxParts)]
	return out, nil
}

// parts returns the names under which the session counts.
func (f *SessionFigures) parts(by Breakdown) []string {
	switch by {
	case ByDepartment:
		return []string{f.Department}
	case BySource:
		return []string{f.Source}
	case ByTag:
		if len(f.Tags) > 0 {
			return f.Tags
		}
		return []string{""}
	}
	u, err := url.Parse(f.PageURL)
	if err != nil || f.PageURL == "" {
		return []string{""}
	}
	return []string{cmp.Or(u.EscapedPath(), "/")}
}
