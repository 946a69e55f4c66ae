package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/pealchat/pealchat/chat"
)

// messageRow is a row of message-columns.
type messageRow struct {
	ID           int64
	PublicID     string         `db:"public_id"`
	SessionID    int64          `db:"session_id"`
	Seq          int64          `db:"seq"`
	Note         int64          `db:"note"`
	Sender       string         `db:"sender"`
	SenderID     string         `db:"sender_id"`
	SenderName   string         `db:"sender_name"`
	Body         string         `db:"body"`
	Attachments  sql.NullString `db:"attachments"`
	ClientID     sql.NullString `db:"client_id"`
	Fingerprint  string         `db:"fingerprint"`
	At           int64          `db:"at"`
	EditedAt     sql.NullInt64  `db:"edited_at"`
	DeletedAt    sql.NullInt64  `db:"deleted_at"`
	Mentions     sql.NullString `db:"mentions"`
	QuickReplies sql.NullString `db:"quick_replies"`
	Translation  sql.NullString `db:"translation"`

	Session string `db:"session"`
	Words   string `db:"words"` // a parameter only, see Config.Text
}

func (r *messageRow) message() (chat.Message, error) {
	m := chat.Message{
		ID: r.PublicID, SessionID: r.Session, Sender: r.Sender, SenderID: r.SenderID, SenderName: r.SenderName,
		Text: r.Body, At: fromMillis(r.At), Seq: r.Seq, ClientID: r.ClientID.String, Fingerprint: r.Fingerprint,
		EditedAt: fromOptMillis(r.EditedAt), DeletedAt: fromOptMillis(r.DeletedAt), Translation: r.Translation.String,
	}
	if r.Note > 0 {
		m.Note, m.Seq = true, 0
	}
	if r.Attachments.Valid {
		if err := json.Unmarshal([]byte(r.Attachments.String), &m.Attachments); err != nil {
			return m, fmt.Errorf("sqlstore: message %s: %w", r.PublicID, err)
		}
	}
	if r.Mentions.Valid {
		if err := json.Unmarshal([]byte(r.Mentions.String), &m.Mentions); err != nil {
			return m, fmt.Errorf("sqlstore: message %s: %w", r.PublicID, err)
		}
	}
	if r.QuickReplies.Valid {
		if err := json.Unmarshal([]byte(r.QuickReplies.String), &m.QuickReplies); err != nil {
			return m, fmt.Errorf("sqlstore: message %s: %w", r.PublicID, err)
		}
	}
	return m, nil
}

// messageKey names one message of a session.
type messageKey struct{ Session, ID string }

// Message implements chat.MessageStore.
func (s *Store) Message(ctx context.Context, sessionID, messageID string) (chat.Message, error) {
	var row messageRow
	if err := s.one(ctx, s.read.Message, &row, messageKey{sessionID, messageID}, chat.ErrUnknownMessage); err != nil {
		return chat.Message{}, err
	}
	return row.message()
}

// messagePlace holds the parameters of a message list.
type messagePlace struct {
	Session   int64
	Seq, Note int64
	Notes     int
	Limit     int
}

// Messages implements chat.MessageStore.
func (s *Store) Messages(ctx context.Context, q chat.MessageQuery) (chat.MessagePage, error) {
	at := keyset{Limit: limit(q.Page) + 1, upwards: q.Before != ""}
	if q.Before != "" && q.After != "" {
		_, err := sortKey{}.place(q.Page)
		return chat.MessagePage{}, err
	}
	arg := messagePlace{Limit: at.Limit}
	if q.Notes {
		arg.Notes = 1
	}
	if err := s.one(ctx, s.read.SessionFind, &arg.Session, struct{ ID string }{q.SessionID}, chat.ErrUnknownSession); err != nil {
		return chat.MessagePage{}, err
	}
	var err error
	if arg.Seq, arg.Note, err = s.messagePlace(ctx, q); err != nil {
		return chat.MessagePage{}, err
	}
	stmt := s.read.MessageAfter
	if at.upwards {
		stmt = s.read.MessageBefore
	}
	var rows []messageRow
	if err := s.many(ctx, stmt, &rows, arg); err != nil {
		return chat.MessagePage{}, err
	}
	rows, more := trim(at, rows)
	page := chat.MessagePage{Messages: make([]chat.Message, len(rows))}
	for i := range rows {
		if page.Messages[i], err = rows[i].message(); err != nil {
			return chat.MessagePage{}, err
		}
	}
	if more {
		end := rows[at.last(len(rows))]
		page.Next = chat.Cursor{Key: end.Seq, Row: end.Note}.String()
	}
	return page, nil
}

// messagePlace finds the place that After or Before names: a seq, a cursor,
// or a message. Without either it is before everything.
func (s *Store) messagePlace(ctx context.Context, q chat.MessageQuery) (seq, note int64, err error) {
	text, field := q.After, "after"
	if q.Before != "" {
		text, field = q.Before, "before"
	}
	switch {
	case text == "":
		return -1, 0, nil
	case field == "before" && text == chat.Latest:
		return math.MaxInt64, 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 && strconv.FormatInt(n, 10) == text {
		return n, 0, nil
	}
	if c, err := chat.ParseCursor(text); err == nil {
		return c.Key, c.Row, nil
	}
	var row messageRow
	err = s.one(ctx, s.read.Message, &row, messageKey{q.SessionID, text}, chat.ErrUnknownMessage)
	if errors.Is(err, chat.ErrUnknownMessage) || err == nil && row.Note > 0 && !q.Notes {
		return 0, 0, invalidCursor(field)
	}
	return row.Seq, row.Note, err
}
