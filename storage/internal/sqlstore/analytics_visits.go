package sqlstore

import (
	"context"
	"encoding/json"
	"sort"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// viewsPage is how many page views are read at once, as figuresPage is.
const viewsPage = 20_000

// visitCount counts who saw pages in each of several periods, while it is shown
// the views in the order of time.
type visitCount struct {
	bounds []int64
	at     int                 // the period that the latest view fell into
	out    []chat.VisitFigures // of each
	counts map[int64]int       // visitors by row: the period for which they were counted last, plus one
	wrote  map[int64][]written // by visitor: what they have written in
	unsure []unsure
}

// written is a session, with when its visitor wrote first and last.
type written struct{ ID, First, Last int64 }

// unsure is a visitor who was there in a period before and after which they
// have written, in these sessions: only the messages can tell.
type unsure struct {
	period   int
	sessions []int64
}

// VisitFigures implements chat.AnalyticsStore. Every view is read once, and all
// that is known of its visitor stands in the same index.
func (s *Store) VisitFigures(ctx context.Context, q chat.VisitFiguresQuery) ([]chat.VisitFigures, error) {
	c := &visitCount{out: make([]chat.VisitFigures, max(len(q.Bounds)-1, 0)), counts: map[int64]int{}}
	if len(c.out) == 0 {
		return c.out, nil
	}
	for _, at := range q.Bounds {
		c.bounds = append(c.bounds, millis(at))
	}
	span := period{c.bounds[0], c.bounds[len(c.out)]}
	var err error
	if c.wrote, err = s.writers(ctx, span); err != nil {
		return nil, err
	}
	if err := s.views(ctx, span, q.URLs, c.view); err != nil {
		return nil, err
	}
	return c.out, s.settle(ctx, span, c)
}

// view counts one page view.
func (c *visitCount) view(at, visitor, since int64) {
	for at >= c.bounds[c.at+1] {
		c.at++
	}
	f := &c.out[c.at]
	f.Views++
	if c.counts[visitor] == c.at+1 {
		return
	}
	c.counts[visitor] = c.at + 1
	f.Visitors++
	from, to := c.bounds[c.at], c.bounds[c.at+1]
	if since < from {
		f.Returned++
	}
	var around []int64
	for _, w := range c.wrote[visitor] {
		switch {
		case w.First >= to, w.Last < from:
		case w.First >= from, w.Last < to:
			f.Engaged++
			return
		default:
			around = append(around, w.ID)
		}
	}
	if around != nil {
		c.unsure = append(c.unsure, unsure{c.at, around})
	}
}

// views calls each for every page view of a period, in order.
func (s *Store) views(ctx context.Context, span period, urls []string, each func(at, visitor, since int64)) error {
	text, arg := s.read.AnalyticsViews, struct {
		To, After, Row int64
		IDs            string
		Limit          int
	}{To: span.To, After: span.From, Limit: viewsPage}
	if urls != nil {
		list, err := json.Marshal(urls)
		if err != nil {
			return err
		}
		arg.IDs = string(list)
		text += "\n   " + s.read.AnalyticsViewsPages
	}
	var id, at, visitor, since intColumn
	columns := []any{&id, &at, &visitor, &since}
	for n := viewsPage; n == viewsPage; {
		n = 0
		err := s.scan(ctx, text+"\n ORDER BY at, id\n LIMIT :limit", arg, func(rows *sqlx.Rows) error {
			err := rows.Scan(columns...)
			if err == nil {
				n++
				each(int64(at), int64(visitor), int64(since))
			}
			return err
		})
		if err != nil {
			return err
		}
		arg.After, arg.Row = int64(at), int64(id)
	}
	return nil
}

// writers returns what visitors may have written in during a period, by visitor.
func (s *Store) writers(ctx context.Context, span period) (map[int64][]written, error) {
	arg := struct{ From, To, Early int64 }{span.From, span.To, span.From - (24 * time.Hour).Milliseconds()}
	list := map[int64][]written{}
	var id, visitor, first, last intColumn
	columns := []any{&id, &visitor, &first, &last}
	// Each of the two has an index, both together have none.
	for _, end := range []string{"closed_at >= :early", "open = 1"} {
		err := s.scan(ctx, s.read.AnalyticsWriters+"\n   AND "+end, arg, func(rows *sqlx.Rows) error {
			err := rows.Scan(columns...)
			list[int64(visitor)] = append(list[int64(visitor)], written{int64(id), int64(first), int64(last)})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// settle looks into messages where nothing else tells.
func (s *Store) settle(ctx context.Context, span period, c *visitCount) error {
	if len(c.unsure) == 0 {
		return nil
	}
	var ids []int64
	for _, u := range c.unsure {
		ids = append(ids, u.sessions...)
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	var rows []struct {
		Session int64 `db:"session_id"`
		At      int64
	}
	arg := struct {
		period
		IDs string
	}{span, string(list)}
	if err := s.report(ctx, s.read.AnalyticsWritten, &rows, arg); err != nil {
		return err
	}
	type place struct {
		session int64
		period  int
	}
	wrote := map[place]bool{}
	for _, r := range rows {
		wrote[place{r.Session, sort.Search(len(c.out), func(i int) bool { return c.bounds[i+1] > r.At })}] = true
	}
	for _, u := range c.unsure {
		for _, id := range u.sessions {
			if wrote[place{id, u.period}] {
				c.out[u.period].Engaged++
				break
			}
		}
	}
	return nil
}

// VisitedURLs implements chat.AnalyticsStore.
func (s *Store) VisitedURLs(ctx context.Context, from, to time.Time) ([]string, error) {
	urls := []string{}
	err := s.report(ctx, s.read.AnalyticsURLs, &urls, period{millis(from), millis(to)})
	return urls, err
}
