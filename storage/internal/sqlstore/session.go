package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

// sessionRow is a row of session-columns.
type sessionRow struct {
	ID             int64
	PublicID       string         `db:"public_id"`
	VisitorName    string         `db:"visitor_name"`
	VisitorEmail   string         `db:"visitor_email"`
	Source         string         `db:"source"`
	Department     string         `db:"department"`
	Tags           string         `db:"tags"`
	CustomData     string         `db:"custom_data"`
	Page           sql.NullString `db:"page"`
	CreatedAt      int64          `db:"created_at"`
	UpdatedAt      int64          `db:"updated_at"`
	ActiveAt       int64          `db:"active_at"`
	ClosedAt       sql.NullInt64  `db:"closed_at"`
	CloseReason    string         `db:"close_reason"`
	Version        int64          `db:"version"`
	MessageCount   int64          `db:"message_count"`
	Unread         int64          `db:"unread"`
	AgentSeenSeq   int64          `db:"agent_seen_seq"`
	VisitorSeenSeq int64          `db:"visitor_seen_seq"`
	VisitorUnread  int64          `db:"visitor_unread"`
	WaitingSince   sql.NullInt64  `db:"waiting_since"`
	FirstReplyAt   sql.NullInt64  `db:"first_reply_at"`
	QueuedAt       sql.NullInt64  `db:"queued_at"`
	AssignedAt     sql.NullInt64  `db:"assigned_at"`
	SnoozedUntil   sql.NullInt64  `db:"snoozed_until"`
	Missed         bool           `db:"missed"`
	RatingScore    sql.NullInt64  `db:"rating_score"`
	RatingComment  sql.NullString `db:"rating_comment"`
	RatingAt       sql.NullInt64  `db:"rating_at"`
	Consent        sql.NullString `db:"consent"`
	ClientID       sql.NullString `db:"client_id"`
	Fingerprint    string         `db:"fingerprint"`

	Visitor        string         `db:"visitor"`
	Ban            sql.NullString `db:"ban"`
	Assignee       sql.NullString `db:"assignee"`
	AssigneeName   sql.NullString `db:"assignee_name"`
	AssigneePhoto  sql.NullString `db:"assignee_photo"`
	LastID         sql.NullString `db:"last_id"`
	LastSender     sql.NullString `db:"last_sender"`
	LastSenderName sql.NullString `db:"last_sender_name"`
	LastBody       sql.NullString `db:"last_body"`
	LastFiles      sql.NullString `db:"last_attachments"`
	LastAt         sql.NullInt64  `db:"last_at"`

	FirstVisitorAt sql.NullInt64 `db:"first_visitor_at"` // of session-bump only
}

func (r *sessionRow) session() (chat.Session, error) {
	s := chat.Session{
		ID: r.PublicID, Status: chat.StatusActive, VisitorID: r.Visitor,
		VisitorName: r.VisitorName, VisitorEmail: r.VisitorEmail, Source: r.Source, Department: r.Department,
		AssigneeID: r.Assignee.String, AssigneeName: r.AssigneeName.String, AssigneePhoto: r.AssigneePhoto.String,
		Tags: []string{}, CreatedAt: fromMillis(r.CreatedAt), UpdatedAt: fromMillis(r.UpdatedAt),
		ClosedAt: fromOptMillis(r.ClosedAt), CloseReason: r.CloseReason, Version: r.Version,
		MessageCount: r.MessageCount, Unread: r.Unread, AgentSeenSeq: r.AgentSeenSeq,
		VisitorSeen: r.VisitorSeenSeq, VisitorUnread: r.VisitorUnread,
		WaitingSince: fromOptMillis(r.WaitingSince), FirstReplyAt: fromOptMillis(r.FirstReplyAt),
		QueuedAt: fromOptMillis(r.QueuedAt), AssignedAt: fromOptMillis(r.AssignedAt), Missed: r.Missed,
		ClientID: r.ClientID.String, Fingerprint: r.Fingerprint,
	}
	s.Snooze = snooze(r.SnoozedUntil)
	if r.ClosedAt.Valid {
		s.Status = chat.StatusClosed
	}
	if r.RatingScore.Valid {
		s.Rating = &chat.Rating{Score: int(r.RatingScore.Int64), Comment: r.RatingComment.String, At: fromOptMillis(r.RatingAt)}
	}
	var err error
	if r.LastID.Valid {
		last := chat.Message{
			ID: r.LastID.String, Sender: r.LastSender.String, SenderName: r.LastSenderName.String,
			Text: r.LastBody.String, At: fromOptMillis(r.LastAt), Seq: r.MessageCount,
		}
		if r.LastFiles.Valid {
			err = json.Unmarshal([]byte(r.LastFiles.String), &last.Attachments)
		}
		s.LastMessage = last.Preview()
	}
	if err == nil && r.Tags != "[]" {
		err = json.Unmarshal([]byte(r.Tags), &s.Tags)
	}
	if err == nil {
		s.CustomData, err = decodeData(r.CustomData)
	}
	if err == nil && r.Consent.Valid {
		s.Consent = new(chat.Consent)
		err = json.Unmarshal([]byte(r.Consent.String), s.Consent)
	}
	if err == nil && r.Page.Valid {
		s.Page = new(chat.PageRef)
		err = json.Unmarshal([]byte(r.Page.String), s.Page)
	}
	if err == nil {
		s.Banned, err = decodeBan(r.Ban)
	}
	if err != nil {
		return chat.Session{}, fmt.Errorf("sqlstore: session %s: %w", r.PublicID, err)
	}
	return s, nil
}

// Session implements chat.SessionStore.
func (s *Store) Session(ctx context.Context, id string) (chat.Session, error) {
	var row sessionRow
	if err := s.one(ctx, s.read.Session, &row, struct{ ID string }{id}, chat.ErrUnknownSession); err != nil {
		return chat.Session{}, err
	}
	return row.session()
}

// SessionCounts implements chat.SessionStore.
func (s *Store) SessionCounts(ctx context.Context, agentID string) (chat.SessionCounts, error) {
	var counts chat.SessionCounts
	err := s.one(ctx, s.read.SessionCounts, &counts, struct{ Agent string }{agentID}, sql.ErrNoRows)
	return counts, err
}

// sessionFilter holds the parameters of a session list.
type sessionFilter struct {
	Agent, Department, Tag, Source, Visitor string

	keyset
}

// Sessions implements chat.SessionStore.
func (s *Store) Sessions(ctx context.Context, q chat.SessionQuery) (chat.SessionPage, error) {
	key := sortKey{column: "s.id"}
	if q.ByActivity {
		key = sortKey{column: "s.active_at", row: "s.id"}
	}
	place, err := key.place(q.Page)
	if err != nil {
		return chat.SessionPage{}, err
	}
	statuses := []string{q.Status}
	if q.ByActivity && q.Status == "" {
		// Each has an index of its own, both together have none.
		statuses = []string{chat.StatusActive, chat.StatusClosed}
	}
	var rows []sessionRow
	for _, q.Status = range statuses {
		if q.ByActivity && q.Status == chat.StatusClosed {
			key.column = "s.closed_at" // the same value, but with an index
		}
		var part []sessionRow
		f := sessionFilter{Agent: q.AssigneeID, Department: q.Department, Tag: q.Tag, Source: q.Source, Visitor: q.VisitorID, keyset: place}
		if err := s.list(ctx, s.read.SessionSelect+key.clauses(place, sessionConditions(q)), &part, f); err != nil {
			return chat.SessionPage{}, err
		}
		rows = append(rows, part...)
	}
	if len(statuses) > 1 {
		slices.SortFunc(rows, func(a, b sessionRow) int {
			c := cmp.Or(cmp.Compare(a.ActiveAt, b.ActiveAt), cmp.Compare(a.ID, b.ID))
			if place.upwards {
				return c
			}
			return -c
		})
	}
	return sessionPage(q, place, rows)
}

func sessionPage(q chat.SessionQuery, place keyset, rows []sessionRow) (chat.SessionPage, error) {
	rows, more := trim(place, rows)
	page := chat.SessionPage{Sessions: make([]chat.Session, len(rows))}
	for i := range rows {
		var err error
		if page.Sessions[i], err = rows[i].session(); err != nil {
			return chat.SessionPage{}, err
		}
	}
	if more {
		end := rows[place.last(len(rows))]
		page.Next = chat.Cursor{Key: end.ID}.String()
		if q.ByActivity {
			page.Next = chat.Cursor{Key: end.ActiveAt, Row: end.ID}.String()
		}
	}
	return page, nil
}

// sessionConditions returns what must hold for the query, worded so that
// SQLite takes the index that also gives the order. A plus sign keeps it from
// an index on the column: those of one visitor are few, and are not to be
// looked for among all that are open.
func sessionConditions(q chat.SessionQuery) []string {
	assigned := q.AssigneeID != "" || q.Unassigned
	aside := ""
	if q.VisitorID != "" {
		aside = "+"
	}
	var c []string
	switch {
	case q.Status == chat.StatusActive && q.ByActivity && !assigned:
		c = append(c, aside+"s.open = 1")
	case q.Status == chat.StatusActive:
		c = append(c, aside+"s.closed_at IS NULL")
	case q.Status == chat.StatusClosed && q.ByActivity:
		c = append(c, aside+"s.closed_at IS NOT NULL")
	case q.Status == chat.StatusClosed:
		c = append(c, "+s.closed_at IS NOT NULL")
	}
	if q.AssigneeID != "" {
		c = append(c, aside+"s.assignee_id = (SELECT id FROM chat_agents WHERE public_id = :agent)")
	}
	if q.Unassigned {
		c = append(c, aside+"s.assignee_id IS NULL")
	}
	if q.Department != "" {
		c = append(c, "s.department = :department")
	}
	if q.Tag != "" {
		c = append(c, "s.id IN (SELECT session_id FROM chat_session_tags WHERE tag = :tag)")
	}
	if q.Source != "" {
		c = append(c, "s.source = :source")
	}
	if q.Snoozed != nil {
		c = append(c, map[bool]string{true: aside + "s.snoozed_until IS NOT NULL", false: "s.snoozed_until IS NULL"}[*q.Snoozed])
	}
	if q.Missed != nil {
		c = append(c, map[bool]string{true: aside + "s.missed = 1", false: "s.missed = 0"}[*q.Missed])
	}
	if q.VisitorID != "" {
		c = append(c, "s.visitor_id = (SELECT id FROM chat_visitors WHERE public_id = :visitor)")
	}
	return c
}

// list runs a list whose SQL was put together.
func (s *Store) list(ctx context.Context, text string, dst, arg any) error {
	ctx, cancel := s.reading(ctx) // for a statement to be prepared, too
	defer cancel()
	stmt, err := s.lists.prepare(ctx, &s.cfg, strings.TrimSpace(text))
	if err != nil {
		return s.explain(err)
	}
	return s.many(ctx, stmt, dst, arg)
}
