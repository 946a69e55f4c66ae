package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// pendingRow is a row of pending-list.
type pendingRow struct {
	PublicID    string `db:"public_id"`
	Session     string `db:"session"`
	Sender      string `db:"sender"`
	SenderID    string `db:"sender_id"`
	SenderName  string `db:"sender_name"`
	Note        int64  `db:"note"`
	Body        string `db:"body"`
	ClientID    string `db:"client_id"`
	Fingerprint string `db:"fingerprint"`
	At          int64  `db:"at"`
}

// AddPending implements chat.PendingStore.
func (s *Store) AddPending(ctx context.Context, tx chat.Tx, m chat.Message) error {
	note := 0
	if m.Note {
		note = 1
	}
	values := map[string]any{
		"public_id": m.ID, "session": m.SessionID, "sender": m.Sender, "sender_id": m.SenderID, "sender_name": m.SenderName,
		"note": note, "body": m.Text, "client_id": m.ClientID, "fingerprint": m.Fingerprint, "at": millis(m.At),
	}
	text, args, err := s.cfg.compile(s.read.PendingAdd, values)
	if err != nil {
		return err
	}
	n, err := s.exec(ctx, tx, text, args)
	if err == nil && n == 0 {
		err = chat.ErrUnknownSession
	}
	return s.explain(err)
}

// exec runs a statement in a transaction of the host's and says how many rows
// it has added.
func (s *Store) exec(ctx context.Context, tx chat.Tx, text string, args []any) (int64, error) {
	std, ok := tx.(interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	})
	switch {
	case ok:
		res, err := std.ExecContext(ctx, text, args...)
		if err != nil {
			return 0, err
		}
		return res.RowsAffected()
	case s.cfg.Exec != nil:
		return s.cfg.Exec(ctx, tx, text, args)
	}
	return 0, fmt.Errorf("sqlstore: %T is not a transaction that this store knows", tx)
}

// Pending implements chat.PendingStore.
func (s *Store) Pending(ctx context.Context, limit int) ([]chat.Message, error) {
	var rows []pendingRow
	if err := s.many(ctx, s.read.Pending, &rows, struct{ Limit int }{limit}); err != nil {
		return nil, err
	}
	list := make([]chat.Message, len(rows))
	for i, r := range rows {
		list[i] = chat.Message{
			ID: r.PublicID, SessionID: r.Session, Sender: r.Sender, SenderID: r.SenderID, SenderName: r.SenderName,
			Note: r.Note != 0, Text: r.Body, ClientID: r.ClientID, Fingerprint: r.Fingerprint, At: fromMillis(r.At),
		}
	}
	return list, nil
}

// compile is prepare for a statement that is used once, elsewhere.
func (c *Config) compile(text string, values map[string]any) (query string, args []any, err error) {
	if c.Compile == nil {
		return sqlx.Named(text, values)
	}
	query, params := c.Compile(text)
	for _, name := range params {
		args = append(args, values[name])
	}
	return query, args, nil
}

func (b *batch) removePending(op chat.OpDeletePending) (chat.OpResult, error) {
	return chat.OpResult{}, b.run(b.s.write.PendingRemove, struct {
		Message string `db:"message"`
	}{op.MessageID})
}
