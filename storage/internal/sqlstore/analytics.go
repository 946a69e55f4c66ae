package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// How many sessions are read at once: a read that lasts keeps the write-ahead
// log from being emptied. Whoever wants the newest ones wants a few.
const (
	figuresPage  = 5000
	figuresFirst = 500
)

// figuresFilter holds the parameters of analytics-select and its conditions,
// and of what else reports are made of.
type figuresFilter struct {
	From, To                int64
	After, Row              int64
	Department, Source, Tag string
	Test                    string
	HandedOver              string `db:"handed_over"`
	Limit                   int
}

func newFiguresFilter(q chat.SessionFiguresQuery) figuresFilter {
	f := figuresFilter{
		From: millis(q.From), To: millis(q.To), Department: q.Department, Source: q.Source, Tag: q.Tag,
		Test: chat.SourceTest, HandedOver: chat.HandedOver, Limit: figuresPage, After: q.After.Key, Row: q.After.Row,
	}
	switch {
	case q.After.Row != 0:
	case q.Newest:
		f.After, f.Limit = f.To, figuresFirst
	default:
		f.After = f.From - 1
	}
	return f
}

// about is what the rows of a report point to: agents and bans by row.
type about struct {
	agents map[int64]string
	bans   map[int64]*chat.Ban
}

// SessionFigures implements chat.AnalyticsStore.
func (s *Store) SessionFigures(ctx context.Context, q chat.SessionFiguresQuery, each func(chat.SessionFigures) error) error {
	about, err := s.about(ctx)
	if err != nil {
		return err
	}
	text := s.read.AnalyticsSelect
	if q.Detail {
		text += s.read.AnalyticsDetail
	}
	text += "\n  FROM chat_sessions AS s" + figuresClauses(q)
	arg := newFiguresFilter(q)
	row := figuresRow{about: about}
	columns := row.columns(q.Detail)
	for n := arg.Limit; n == arg.Limit; {
		n = 0
		err := s.scan(ctx, text, arg, func(rows *sqlx.Rows) error {
			row.reset()
			err := rows.Scan(columns...)
			if err == nil {
				err = row.finish()
			}
			if err != nil {
				return err
			}
			n++
			return each(row.SessionFigures)
		})
		if err != nil {
			return err
		}
		arg.After, arg.Row = row.Cursor.Key, row.Cursor.Row
	}
	return nil
}

func figuresClauses(q chat.SessionFiguresQuery) string {
	const counted = "COALESCE(s.first_visitor_at, s.created_at)"
	c := append(sessionFilters(q), counted+" >= :from", counted+" < :to")
	order := counted + ", s.id"
	if q.Newest {
		c = append(c, "("+order+") < (:after, :row)")
		order = counted + " DESC, s.id DESC"
	} else {
		c = append(c, "("+order+") > (:after, :row)")
	}
	if q.Rated {
		c = append(c, "s.rating_score IS NOT NULL")
	}
	return "\n WHERE " + strings.Join(c, "\n   AND ") + "\n ORDER BY " + order + "\n LIMIT :limit"
}

// sessionFilters returns what must hold of the sessions of a report.
func sessionFilters(q chat.SessionFiguresQuery) []string {
	var c []string
	if q.Department != "" {
		c = append(c, "s.department = :department")
	}
	if q.Source != "" {
		c = append(c, "s.source = :source")
	}
	if q.Tag != "" {
		c = append(c, "s.id IN (SELECT session_id FROM chat_session_tags WHERE tag = :tag)")
	}
	return c
}

func (s *Store) about(ctx context.Context) (about, error) {
	a := about{map[int64]string{}, map[int64]*chat.Ban{}}
	var agents []struct {
		ID       int64
		PublicID string `db:"public_id"`
	}
	if err := s.many(ctx, s.read.AnalyticsAgents, &agents, nothing); err != nil {
		return a, err
	}
	for _, r := range agents {
		a.agents[r.ID] = r.PublicID
	}
	var bans []struct {
		ID  int64
		Ban sql.NullString
	}
	if err := s.many(ctx, s.read.AnalyticsBans, &bans, nothing); err != nil {
		return a, err
	}
	for _, r := range bans {
		ban, err := decodeBan(r.Ban)
		if err != nil {
			return a, fmt.Errorf("sqlstore: visitor %d: %w", r.ID, err)
		}
		a.bans[r.ID] = ban
	}
	return a, nil
}
