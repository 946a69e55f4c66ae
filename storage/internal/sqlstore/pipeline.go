package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// Where the database is on another machine each statement costs a journey
// there and back, a hundred times what it costs the database. A driver that
// can send several at once (Config.Shared asks for such a one) understands
// these arguments.
type (
	// Many as the only argument of a query runs it once for each list of
	// arguments. The rows of all come together.
	Many [][]any

	// Array is the argument of a parameter that is an array of texts or of
	// numbers, some of which may be nil.
	Array []any

	// Later as the last argument lets a statement go out with the next one.
	// Should it fail, the next one reports it.
	Later struct{}

	// Last as the last argument of a query sends the commit with it.
	Last struct{}
)

// later is run where the outcome need not be known before the next statement.
func (b *batch) later(stmt *sqlx.NamedStmt, arg any) error {
	if !b.s.cfg.Shared {
		return b.run(stmt, arg)
	}
	args, err := b.s.arguments(stmt, arg, nil)
	if err == nil {
		b.writes(stmt)
		_, err = b.tx.ExecContext(context.Background(), stmt.QueryString, append(args, Later{})...)
	}
	return err
}

// last reads rows with the last statement of the transaction.
func (b *batch) last(stmt *sqlx.NamedStmt, dst, arg any) error {
	args, err := b.s.arguments(stmt, arg, nil)
	if err != nil {
		return err
	}
	return b.tx.Select(dst, stmt.QueryString, append(args, Last{})...)
}

// plain says whether the op is one of those that appendMany takes together.
func plain(op chat.Op) bool {
	m, ok := op.(chat.OpAppendMessage)
	return ok && m.AfterSeq == nil && len(m.Message.Attachments) == 0
}

// appended is a row of message-append.
type appended struct {
	Nth        int   `db:"nth"`
	MessageRow int64 `db:"message_row"`
	sessionRow
}

// appendMany adds messages in one exchange with the database. Those that were
// not accepted have no result afterwards and are left to appendMessage, which
// finds out why. Without ok nothing was done.
//
// Where they are all that a transaction writes, it is a quick one: without the
// savepoint, which would cost each session's row as much as the row itself. It
// must then be undone as a whole where the messages have to be written one by
// one after all, which is rare.
func (b *batch) appendMany(ops []chat.Op, results []chat.OpResult) (ok bool, err error) {
	messages := make([]messageRow, len(ops))
	order := make([]int, len(ops))
	for i, op := range ops {
		if messages[i], err = b.newMessage(op.(chat.OpAppendMessage).Message); err != nil {
			break
		}
		order[i] = i
	}
	if b.s.ownError(err) {
		return b.notTogether() // its own op will say so
	}
	// In the order in which sessions are locked everywhere.
	slices.SortStableFunc(order, func(i, j int) int { return strings.Compare(messages[i].Session, messages[j].Session) })
	if err := b.mark(b.s.write.OpBegin); err != nil {
		return false, err
	}
	rows, err := b.sendMany(messages, order)
	undoing := slices.ContainsFunc(rows, func(r appended) bool { return undoes(messages[r.Nth].Sender, r.sessionRow) })
	switch {
	case undoing, err != nil && b.s.cfg.Classify(err) == Refused: // one by one: a message changes what the next one finds
		if b.quick {
			return b.notTogether()
		}
		if err := b.rewind(); err != nil {
			return false, err
		}
		return false, b.mark(b.s.write.OpEnd)
	case err != nil:
		return false, err
	}
	if err := b.mark(b.s.write.OpEnd); err != nil {
		return false, err
	}
	if err := b.firstWords(messages, rows); err != nil {
		return false, err
	}
	slices.SortFunc(rows, func(x, y appended) int { return x.Nth - y.Nth })
	for _, row := range rows {
		m := &messages[row.Nth]
		m.ID, m.SessionID, m.Seq = row.MessageRow, row.ID, row.MessageCount
		if results[row.Nth], err = b.sent(*m, row.sessionRow); err != nil {
			return false, err
		}
	}
	return true, nil
}

// mark begins or ends a savepoint, where there is to be one.
func (b *batch) mark(stmt *sqlx.NamedStmt) error {
	if b.quick {
		return nil
	}
	return b.later(stmt, nothing)
}

// notTogether leaves messages to be written one by one.
func (b *batch) notTogether() (ok bool, err error) {
	if b.quick {
		err = errNotQuick
	}
	return false, err
}

// sendMany inserts the messages in the order given, in as many statements as
// one session has messages among them: what one statement does to a row, a
// second time the same statement cannot. The rows' numbers are indexes of
// messages.
func (b *batch) sendMany(messages []messageRow, order []int) (rows []appended, err error) {
	stmt := b.s.shared.MessageAppend
	var many Many
	nth := 0 // which message of its session one is
	for i, index := range order {
		if nth++; i == 0 || messages[index].Session != messages[order[i-1]].Session {
			nth = 0
		}
		if nth == len(many) {
			many = append(many, make([]any, len(stmt.Params)))
		}
		values, err := b.s.arguments(stmt, appending{index, messages[index]}, nil)
		if err != nil {
			return nil, err
		}
		for column, value := range values {
			list, _ := many[nth][column].(Array)
			many[nth][column] = append(list, value)
		}
	}
	err = b.tx.Select(&rows, stmt.QueryString, many)
	return rows, err
}

// appending is a row of the parameters of message-append.
type appending struct {
	Nth int `db:"nth"`
	messageRow
}

// firstWords sets when visitors first wrote, for sessions that had no message
// of theirs before.
func (b *batch) firstWords(messages []messageRow, rows []appended) error {
	slices.SortFunc(rows, func(x, y appended) int {
		return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.MessageCount, y.MessageCount))
	})
	var done int64
	var queued sql.NullInt64
	for i, row := range rows {
		if row.ID == done {
			rows[i].QueuedAt = queued
			continue
		}
		m := &messages[row.Nth]
		if m.Sender != chat.SenderVisitor || row.FirstVisitorAt.Valid {
			continue
		}
		done, queued = row.ID, row.QueuedAt
		if !row.Assignee.Valid {
			queued = sql.NullInt64{Int64: m.At, Valid: true}
		}
		rows[i].QueuedAt = queued
		if err := b.later(b.s.write.SessionFirstWord, struct{ ID, At int64 }{row.ID, m.At}); err != nil {
			return err
		}
	}
	return nil
}

// prepare compiles the text of a statement.
func (c *Config) prepare(ctx context.Context, db *sqlx.DB, text string) (*sqlx.NamedStmt, error) {
	if c.Compile == nil {
		return db.PrepareNamedContext(ctx, text)
	}
	query, params := c.Compile(text)
	stmt, err := db.PreparexContext(ctx, query)
	return &sqlx.NamedStmt{QueryString: query, Params: params, Stmt: stmt}, err
}
