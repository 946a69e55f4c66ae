package sqlstore

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// eventRow is a row of event-columns.
type eventRow struct {
	ID        int64
	Type      string        `db:"type"`
	At        int64         `db:"at"`
	SessionID int64         `db:"session_id"`
	MessageID sql.NullInt64 `db:"message_id"`
	Session   string        `db:"session"`
	Visitor   string        `db:"visitor"`
}

// maxEvents is how many events are read at once when the query does not say.
const maxEvents = 256

// Events implements chat.EventStore.
func (s *Store) Events(ctx context.Context, q chat.EventQuery) ([]*chat.Event, error) {
	arg := struct {
		After            int64
		Session, Visitor string
		Limit            int
	}{int64(q.After), q.SessionID, q.VisitorID, q.Limit}
	if arg.Limit <= 0 {
		arg.Limit = maxEvents
	}
	stmt := s.read.EventList
	switch {
	case q.SessionID != "":
		stmt = s.read.EventListSession
	case q.VisitorID != "":
		stmt = s.read.EventListVisitor
	}
	// Mostly there is nothing, and no need for a transaction.
	var rows []eventRow
	if err := s.many(ctx, stmt, &rows, arg); err != nil || len(rows) == 0 {
		return nil, err
	}
	// One transaction sees one state: a row cannot go missing between the
	// event and what it points to.
	ctx, cancel := s.reading(ctx)
	defer cancel()
	tx, err := s.cfg.Reader.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, s.explain(err)
	}
	defer tx.Rollback()
	if err := tx.NamedStmtContext(ctx, stmt).SelectContext(ctx, &rows, arg); err != nil {
		return nil, s.explain(err)
	}
	events, err := s.hydrate(ctx, tx, rows)
	return events, s.explain(err)
}

// hydrate gives the events their data, as the rows are now.
func (s *Store) hydrate(ctx context.Context, tx *sqlx.Tx, rows []eventRow) ([]*chat.Event, error) {
	var messageIDs, sessionIDs idList
	for _, row := range rows {
		if row.MessageID.Valid {
			messageIDs.add(row.MessageID.Int64)
		} else {
			sessionIDs.add(row.SessionID)
		}
	}
	data := map[string]any{} // by "m" or "s" and row number
	if len(messageIDs) > 0 {
		var found []messageRow
		if err := tx.NamedStmtContext(ctx, s.read.MessageRows).SelectContext(ctx, &found, messageIDs.arg()); err != nil {
			return nil, err
		}
		for i := range found {
			m, err := found[i].message()
			if err != nil {
				return nil, err
			}
			data["m"+strconv.FormatInt(found[i].ID, 10)] = m
		}
	}
	if len(sessionIDs) > 0 {
		var found []sessionRow
		if err := tx.NamedStmtContext(ctx, s.read.SessionRows).SelectContext(ctx, &found, sessionIDs.arg()); err != nil {
			return nil, err
		}
		for i := range found {
			session, err := found[i].session()
			if err != nil {
				return nil, err
			}
			data["s"+strconv.FormatInt(found[i].ID, 10)] = session
		}
	}
	events := make([]*chat.Event, len(rows))
	for i, row := range rows {
		key := "s" + strconv.FormatInt(row.SessionID, 10)
		if row.MessageID.Valid {
			key = "m" + strconv.FormatInt(row.MessageID.Int64, 10)
		}
		events[i] = &chat.Event{
			ID: s.eventID(row.ID), Position: chat.Position(row.ID), Type: row.Type, At: fromMillis(row.At),
			Data: data[key], SessionID: row.Session, VisitorID: row.Visitor,
		}
	}
	return events, nil
}

// Log implements chat.EventStore.
func (s *Store) Log(ctx context.Context) (chat.EventLog, error) {
	var head int64
	if err := s.one(ctx, s.read.EventHead, &head, nothing, sql.ErrNoRows); err != nil {
		return chat.EventLog{}, err
	}
	text, err := s.meta(ctx, metaPruned)
	if err != nil {
		return chat.EventLog{}, err
	}
	return chat.EventLog{Head: chat.Position(head), Pruned: chat.Position(number(text))}, nil
}

// metaPruned is where chat_meta keeps up to where the log was pruned.
const metaPruned = "events_pruned"

// number reads a number that is kept as text; nothing is 0.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func (b *batch) pruneEvents(op chat.OpPruneEvents) (chat.OpResult, error) {
	var to int64
	if err := b.need(b.s.write.EventPruneTo, &to, struct{ Before int64 }{millis(op.Before)}, sql.ErrNoRows); err != nil {
		return chat.OpResult{}, err
	}
	n, err := b.exec(b.s.write.EventPrune, struct{ Position int64 }{to})
	if err != nil || n == 0 {
		return chat.OpResult{Duplicate: true}, err
	}
	return chat.OpResult{}, b.run(b.s.write.MetaSet, struct{ Name, Value string }{metaPruned, strconv.FormatInt(to, 10)})
}

// idList is a list of row numbers as JSON text for one parameter.
type idList []byte

func (l *idList) add(id int64) {
	*l = strconv.AppendInt(append(*l, ','), id, 10)
}

func (l idList) arg() any {
	return struct {
		IDs string `db:"ids"`
	}{"[" + string(l[1:]) + "]"}
}
