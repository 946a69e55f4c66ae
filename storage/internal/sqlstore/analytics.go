package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// How many sessions are read at once: a read that lasts keeps the write-ahead
// log from being emptied. Whoever wants the newest ones wants a few.
const (
	figuresPage  = 5000
	figuresFirst = 500
)

// figuresRow is a row of analytics-select.
type figuresRow struct {
	ID             int64
	CountedAt      int64          `db:"counted_at"`
	CreatedAt      int64          `db:"created_at"`
	FirstVisitorAt sql.NullInt64  `db:"first_visitor_at"`
	FirstReplyAt   sql.NullInt64  `db:"first_reply_at"`
	FirstBotAt     sql.NullInt64  `db:"first_bot_at"`
	QueuedAt       sql.NullInt64  `db:"queued_at"`
	AssignedAt     sql.NullInt64  `db:"assigned_at"`
	ClosedAt       sql.NullInt64  `db:"closed_at"`
	LastVisitorAt  sql.NullInt64  `db:"last_visitor_at"`
	RatingAskedAt  sql.NullInt64  `db:"rating_asked_at"`
	Assignee       int64          `db:"assignee"`
	VisitorRow     int64          `db:"visitor_id"`
	MessageCount   int64          `db:"message_count"`
	AgentMessages  int64          `db:"agent_messages"`
	BotMessages    int64          `db:"bot_messages"`
	Unseen         bool           `db:"unseen"`
	VisitorLeft    bool           `db:"visitor_left"`
	Test           bool           `db:"test"`
	Rating         int            `db:"rating"`
	Replies        string         `db:"replies"`
	Visitor        sql.NullString `db:"visitor"`
}

// detailRow has the columns of analytics-detail as well.
type detailRow struct {
	figuresRow
	Department string         `db:"department"`
	Source     string         `db:"source"`
	Tags       string         `db:"tags"`
	URL        sql.NullString `db:"url"`
	Comment    sql.NullString `db:"comment"`
}

// figuresFilter holds the parameters of analytics-select and its conditions,
// and of what else reports are made of.
type figuresFilter struct {
	From, To                int64
	After, Row              int64
	Department, Source, Tag string
	Test                    string
	Limit                   int
}

func newFiguresFilter(q chat.SessionFiguresQuery) figuresFilter {
	f := figuresFilter{
		From: millis(q.From), To: millis(q.To), Department: q.Department, Source: q.Source, Tag: q.Tag,
		Test: chat.SourceTest, Limit: figuresPage, After: q.After.Key, Row: q.After.Row,
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
	f := newFiguresFilter(q)
	for {
		rows, err := s.figuresRows(ctx, q, f)
		if err != nil {
			return err
		}
		for i := range rows {
			figures, err := rows[i].figures(about)
			if err == nil {
				err = each(figures)
			}
			if err != nil {
				return err
			}
		}
		if len(rows) < f.Limit {
			return nil
		}
		last := rows[len(rows)-1]
		f.After, f.Row = last.CountedAt, last.ID
	}
}

func (s *Store) figuresRows(ctx context.Context, q chat.SessionFiguresQuery, f figuresFilter) ([]detailRow, error) {
	const from = "\n  FROM chat_sessions AS s"
	var rows []detailRow
	if q.Detail {
		err := s.list(ctx, s.read.AnalyticsSelect+s.read.AnalyticsDetail+from+figuresClauses(q), &rows, f)
		return rows, err
	}
	var few []figuresRow
	if err := s.list(ctx, s.read.AnalyticsSelect+from+figuresClauses(q), &few, f); err != nil {
		return nil, err
	}
	rows = make([]detailRow, len(few))
	for i := range few {
		rows[i].figuresRow = few[i]
	}
	return rows, nil
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

func (r *detailRow) figures(about about) (chat.SessionFigures, error) {
	f := chat.SessionFigures{
		CreatedAt: fromMillis(r.CreatedAt), FirstVisitorAt: fromOptMillis(r.FirstVisitorAt), FirstReplyAt: fromOptMillis(r.FirstReplyAt),
		FirstBotAt: fromOptMillis(r.FirstBotAt), QueuedAt: fromOptMillis(r.QueuedAt), AssignedAt: fromOptMillis(r.AssignedAt), ClosedAt: fromOptMillis(r.ClosedAt),
		LastVisitorAt: fromOptMillis(r.LastVisitorAt), RatingAskedAt: fromOptMillis(r.RatingAskedAt), AssigneeID: about.agents[r.Assignee],
		VisitorMessages: r.MessageCount - r.AgentMessages - r.BotMessages, AgentMessages: r.AgentMessages, BotMessages: r.BotMessages,
		Unseen: r.Unseen, VisitorLeft: r.VisitorLeft, Test: r.Test, Ban: about.bans[r.VisitorRow], Score: r.Rating,
		VisitorID: r.Visitor.String, Cursor: chat.Cursor{Key: r.CountedAt, Row: r.ID},
		Department: r.Department, Source: r.Source, PageURL: r.URL.String, Comment: r.Comment.String,
	}
	var err error
	if len(r.Tags) > len("[]") {
		err = json.Unmarshal([]byte(r.Tags), &f.Tags)
	}
	if err == nil {
		f.Replies, err = parseReplies(r.Replies, about.agents)
	}
	if err != nil {
		return f, fmt.Errorf("sqlstore: session %d: %w", r.ID, err)
	}
	return f, nil
}

// parseReplies reads what session-bump has written. A long conversation has
// dozens, so this goes over the bytes once.
func parseReplies(text string, agents map[int64]string) ([]chat.AgentReply, error) {
	if text == "" {
		return nil, nil
	}
	replies := make([]chat.AgentReply, 0, strings.Count(text, " "))
	var numbers [3]int64 // of an entry: the agent, and milliseconds
	at, sign := 0, int64(1)
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			numbers[at] = numbers[at]*10 + sign*int64(c-'0')
		case c == '-' && at > 0 && numbers[at] == 0 && text[i-1] == '/': // the clock was put back
			sign = -1
		case c == '/' && at < 2:
			at, sign = at+1, 1
		case c == ' ' && at == 2:
			replies = append(replies, chat.AgentReply{
				AgentID: agents[numbers[0]], Took: time.Duration(numbers[1]) * time.Millisecond, After: time.Duration(numbers[2]) * time.Millisecond,
			})
			numbers, at, sign = [3]int64{}, 0, 1
		default:
			return nil, fmt.Errorf("replies are damaged at %d", i)
		}
	}
	return replies, nil
}
