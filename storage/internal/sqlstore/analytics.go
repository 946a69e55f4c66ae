package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// figuresPage is how many sessions are read at once: a read that lasts keeps
// the write-ahead log from being emptied.
const figuresPage = 5000

// figuresRow is a row of analytics-select.
type figuresRow struct {
	ID             int64
	CountedAt      int64          `db:"counted_at"`
	CreatedAt      int64          `db:"created_at"`
	FirstVisitorAt sql.NullInt64  `db:"first_visitor_at"`
	FirstReplyAt   sql.NullInt64  `db:"first_reply_at"`
	FirstBotAt     sql.NullInt64  `db:"first_bot_at"`
	AssignedAt     sql.NullInt64  `db:"assigned_at"`
	ClosedAt       sql.NullInt64  `db:"closed_at"`
	LastVisitorAt  sql.NullInt64  `db:"last_visitor_at"`
	Assignee       int64          `db:"assignee"`
	MessageCount   int64          `db:"message_count"`
	AgentMessages  int64          `db:"agent_messages"`
	BotMessages    int64          `db:"bot_messages"`
	Unseen         bool           `db:"unseen"`
	VisitorLeft    bool           `db:"visitor_left"`
	Rating         int            `db:"rating"`
	Replies        string         `db:"replies"`
	Visitor        sql.NullString `db:"visitor"`
	URL            sql.NullString `db:"url"`
}

// figuresFilter holds the parameters of analytics-select and its conditions.
type figuresFilter struct {
	From, To                int64
	After, Row              int64
	Pages                   bool
	Department, Source, Tag string
	Limit                   int
}

// SessionFigures implements chat.AnalyticsStore.
func (s *Store) SessionFigures(ctx context.Context, q chat.FiguresQuery, each func(chat.SessionFigures) error) error {
	agents, err := s.agentsByRow(ctx)
	if err != nil {
		return err
	}
	f := figuresFilter{
		From: millis(q.From), To: millis(q.To), Pages: q.Pages,
		Department: q.Department, Source: q.Source, Tag: q.Tag, Limit: figuresPage,
	}
	f.After = f.From - 1
	text := s.read.AnalyticsSelect + figuresClauses(q)
	for {
		var rows []figuresRow
		if err := s.list(ctx, text, &rows, f); err != nil {
			return err
		}
		for i := range rows {
			figures, err := rows[i].figures(agents)
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

func figuresClauses(q chat.FiguresQuery) string {
	const counted = "COALESCE(s.first_visitor_at, s.created_at)"
	c := []string{counted + " >= :from", counted + " < :to", "(" + counted + ", s.id) > (:after, :row)"}
	if q.Department != "" {
		c = append(c, "s.department = :department")
	}
	if q.Source != "" {
		c = append(c, "s.source = :source")
	}
	if q.Tag != "" {
		c = append(c, "s.id IN (SELECT session_id FROM chat_session_tags WHERE tag = :tag)")
	}
	return "\n WHERE " + strings.Join(c, "\n   AND ") + "\n ORDER BY " + counted + ", s.id\n LIMIT :limit"
}

func (s *Store) agentsByRow(ctx context.Context) (map[int64]string, error) {
	var rows []struct {
		ID       int64
		PublicID string `db:"public_id"`
	}
	if err := s.many(ctx, s.read.AnalyticsAgents, &rows, struct{}{}); err != nil {
		return nil, err
	}
	agents := map[int64]string{}
	for _, r := range rows {
		agents[r.ID] = r.PublicID
	}
	return agents, nil
}

func (r *figuresRow) figures(agents map[int64]string) (chat.SessionFigures, error) {
	f := chat.SessionFigures{
		CreatedAt: fromMillis(r.CreatedAt), FirstVisitorAt: fromOptMillis(r.FirstVisitorAt), FirstReplyAt: fromOptMillis(r.FirstReplyAt),
		FirstBotAt: fromOptMillis(r.FirstBotAt), AssignedAt: fromOptMillis(r.AssignedAt), ClosedAt: fromOptMillis(r.ClosedAt),
		LastVisitorAt: fromOptMillis(r.LastVisitorAt), AssigneeID: agents[r.Assignee],
		VisitorMessages: r.MessageCount - r.AgentMessages - r.BotMessages, AgentMessages: r.AgentMessages, BotMessages: r.BotMessages,
		Unseen: r.Unseen, VisitorLeft: r.VisitorLeft, Score: r.Rating, VisitorID: r.Visitor.String, PageURL: r.URL.String,
	}
	var err error
	if f.Replies, err = parseReplies(r.Replies, agents); err != nil {
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
	var numbers [2]int64 // of an entry: agent and milliseconds
	at, negative := 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			numbers[at] = numbers[at]*10 + int64(c-'0')
		case c == '-' && numbers[at] == 0: // the clock was put back
			negative = true
		case c == '/' && at == 0:
			at = 1
		case c == ' ' && at == 1:
			if negative {
				numbers[1] = -numbers[1]
			}
			replies = append(replies, chat.AgentReply{AgentID: agents[numbers[0]], Took: time.Duration(numbers[1]) * time.Millisecond})
			numbers, at, negative = [2]int64{}, 0, false
		default:
			return nil, fmt.Errorf("replies are damaged at %d", i)
		}
	}
	return replies, nil
}
