package chat

import (
	"context"
	"time"
)

// VisitFiguresQuery asks a store who saw pages in each of several periods, from each
// of Bounds to the next.
type VisitFiguresQuery struct {
	Bounds []time.Time
	URLs   []string // only these pages; nil means all
}

// VisitFigures is who saw pages in a period.
type VisitFigures struct {
	Views    int64
	Visitors int64 // distinct ones
	Engaged  int64 // of them, who sent a message in the period
	Returned int64 // of them, who were known before the period
}

func (v *VisitFigures) into(f *Figures) {
	if v == nil {
		return
	}
	f.Visitors, f.PageViews, f.Engaged, f.Returned = &v.Visitors, &v.Views, &v.Engaged, &v.Returned
	f.Engagement, f.Returning = share(v.Engaged, v.Visitors), share(v.Returned, v.Visitors)
}

// readVisits returns one entry for each period, all of them nil where visits
// are not known.
func (s *Service) readVisits(ctx context.Context, r *report, bounds []time.Time) ([]*VisitFigures, error) {
	out := make([]*VisitFigures, len(bounds)-1)
	if r.q.AgentID != "" || r.q.Department != "" || r.q.Source != "" || r.q.Tag != "" {
		return out, nil
	}
	if err := s.storeTrail(ctx); err != nil {
		return nil, err
	}
	q := VisitFiguresQuery{Bounds: bounds}
	if r.q.Page != "" {
		all, err := s.store.VisitedURLs(ctx, r.q.From, r.q.To)
		if err != nil {
			return nil, err
		}
		q.URLs = []string{}
		for _, url := range all {
			if onPage(url, r.q.Page) {
				q.URLs = append(q.URLs, url)
			}
		}
	}
	list, err := s.store.VisitFigures(ctx, q)
	if err != nil {
		return nil, err
	}
	known := s.tracking.On
	for _, v := range list {
		known = known || v.Views > 0 // from when it was switched on
	}
	for i := range out {
		if known {
			out[i] = &list[i]
		}
	}
	return out, nil
}
