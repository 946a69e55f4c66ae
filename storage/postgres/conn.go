package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
)

// The SQL of this store goes through database/sql, as that of every store, on
// connections that are lent by a pool for as long as a statement or a
// transaction lasts. What database/sql does not know is how to send several
// statements at once: see conn.send.

// statement is what is sent: SQL with its arguments.
type statement struct {
	text string
	args []any
}

// conn is a borrowed connection. Statements whose outcome nobody waits for,
// the beginning of a transaction among them, stay in queue until the next one
// goes out.
type conn struct {
	loan      loan
	check     bool
	ending    func() error
	queue     []statement
	ctx       context.Context // of the transaction: its end ends every statement
	begun     bool            // the server has heard of the transaction
	committed bool            // together with its last statement
	broken    bool
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext costs nothing: pgx prepares on the server what it sees for
// the first time, and remembers it with the connection.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if c.check && !transactional(query) {
		err := c.do(func(pg *pgx.Conn) error {
			_, err := pg.Prepare(ctx, "check", query)
			return errors.Join(err, pg.Deallocate(ctx, "check"))
		})
		if err != nil {
			return nil, err
		}
	}
	return &stmt{c, query}, nil
}

// Close gives the connection back.
func (c *conn) Close() error {
	c.loan.giveBack()
	return nil
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return !c.broken }

// CheckNamedValue lets the arguments of this store through that are none.
// Flags are numbers in the database.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	switch v.Value.(type) {
	case sqlstore.Many, sqlstore.Later, sqlstore.Last:
		return nil
	}
	value, err := driver.DefaultParameterConverter.ConvertValue(v.Value)
	switch is := value.(type) {
	case bool:
		value = int64(0)
		if is {
			value = int64(1)
		}
	case string:
		value = clean(is)
	}
	v.Value = value
	return err
}

// clean replaces what PostgreSQL takes for no text. Whoever asks for an id
// with such characters is then told that there is none.
func clean(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// do runs f on the connection. An error that cost the connection is told from
// one that the server gave.
func (c *conn) do(f func(*pgx.Conn) error) error {
	return c.loan.use(func(pg *pgx.Conn) error {
		err := f(pg)
		if pg.IsClosed() {
			c.broken = true
			if err != nil && !isServerError(err) {
				err = &lostError{err}
			}
		}
		return err
	})
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Result, error) {
	args, mark := split(named)
	if _, later := mark.(sqlstore.Later); later || transactional(query) && !strings.HasPrefix(query, "ROLLBACK") {
		c.queue = append(c.queue, statement{query, args})
		return driver.RowsAffected(0), nil
	}
	if len(args) == 0 && !transactional(query) {
		return driver.RowsAffected(0), c.script(ctx, query)
	}
	res, err := c.send(ctx, statement{query, args})
	if err != nil {
		return nil, err
	}
	return driver.RowsAffected(res[len(res)-1].tag.RowsAffected()), nil
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Rows, error) {
	args, mark := split(named)
	switch mark := mark.(type) {
	case sqlstore.Many:
		return c.queryMany(ctx, query, mark)
	case sqlstore.Last:
		if c.ending != nil {
			return c.endLate(ctx, statement{query, args})
		}
		res, err := c.send(ctx, statement{query, args}, statement{text: "COMMIT"})
		if err != nil {
			return nil, err
		}
		c.committed = true
		if err := committed(res[len(res)-1]); err != nil {
			return nil, err
		}
		return &res[len(res)-2].rows, nil
	}
	res, err := c.send(ctx, statement{query, args})
	if err != nil {
		return nil, err
	}
	return &res[len(res)-1].rows, nil
}

// endLate sends the last statement and leaves the commit to Commit.
func (c *conn) endLate(ctx context.Context, last statement) (driver.Rows, error) {
	res, err := c.send(ctx, last)
	if err == nil {
		err = c.ending()
	}
	if err != nil {
		return nil, err
	}
	return &res[len(res)-1].rows, nil
}

func (c *conn) queryMany(ctx context.Context, query string, many sqlstore.Many) (driver.Rows, error) {
	list := make([]statement, len(many))
	for i, args := range many {
		list[i] = statement{query, make([]any, len(args))}
		for j, arg := range args {
			var err error
			if list[i].args[j], err = c.argument(arg); err != nil {
				return nil, err
			}
		}
	}
	res, err := c.send(ctx, list...)
	if err != nil {
		return nil, err
	}
	all := &rows{}
	for _, r := range res[len(res)-len(list):] {
		all.columns = r.rows.columns
		all.data = append(all.data, r.rows.data...)
	}
	return all, nil
}

// argument returns what pgx is given for one argument of a sqlstore.Many.
func (c *conn) argument(arg any) (any, error) {
	list, ok := arg.(sqlstore.Array)
	if !ok {
		v := driver.NamedValue{Value: arg}
		err := c.CheckNamedValue(&v)
		return v.Value, err
	}
	numbers, texts := make([]*int64, len(list)), make([]*string, len(list))
	numeric := false
	for i, item := range list {
		v := driver.NamedValue{Value: item}
		if err := c.CheckNamedValue(&v); err != nil {
			return nil, err
		}
		switch value := v.Value.(type) {
		case nil:
		case int64:
			numeric, numbers[i] = true, &value
		case string:
			texts[i] = &value
		default:
			return nil, fmt.Errorf("postgres: %T in an array", value)
		}
	}
	if numeric {
		return numbers, nil
	}
	return texts, nil
}

// split takes the mark off the end of the arguments.
func split(named []driver.NamedValue) (args []any, mark any) {
	for _, v := range named {
		switch v.Value.(type) {
		case sqlstore.Many, sqlstore.Later, sqlstore.Last:
			mark = v.Value
		default:
			args = append(args, v.Value)
		}
	}
	return args, mark
}

// transactional says whether the statement only moves within a transaction.
func transactional(query string) bool {
	for _, word := range []string{"SAVEPOINT ", "RELEASE ", "ROLLBACK"} {
		if strings.HasPrefix(query, word) {
			return true
		}
	}
	return false
}

// send runs what is in the queue and then the statements, in one exchange
// with the server. Its results are those of all of them.
func (c *conn) send(ctx context.Context, list ...statement) (res []result, err error) {
	all := append(c.queue, list...)
	c.queue, c.begun = nil, true
	if c.ctx != nil {
		ctx = c.ctx
	}
	err = c.do(func(pg *pgx.Conn) error {
		if len(all) == 1 {
			rows, err := pg.Query(ctx, all[0].text, all[0].args...)
			if err != nil {
				return err
			}
			r, err := read(rows)
			res = []result{r}
			return err
		}
		batch := &pgx.Batch{}
		for _, s := range all {
			batch.Queue(s.text, s.args...)
		}
		replies := pg.SendBatch(ctx, batch)
		for range all {
			rows, err := replies.Query()
			if err != nil {
				return errors.Join(err, ignoreSame(err, replies.Close()))
			}
			r, err := read(rows)
			if err != nil {
				return errors.Join(err, ignoreSame(err, replies.Close()))
			}
			res = append(res, r)
		}
		return replies.Close()
	})
	return res, err
}

// ignoreSame: what closes a batch reports its first error again.
func ignoreSame(first, err error) error {
	var a, b *pgconn.PgError
	if errors.As(first, &a) && errors.As(err, &b) && a.Code == b.Code {
		return nil
	}
	return err
}

// script runs several statements without arguments.
func (c *conn) script(ctx context.Context, text string) error {
	if len(c.queue) > 0 {
		if _, err := c.send(ctx, statement{text: "SELECT 1"}); err != nil {
			return err
		}
	}
	return c.do(func(pg *pgx.Conn) error {
		_, err := pg.PgConn().Exec(ctx, text).ReadAll()
		return err
	})
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	text := "BEGIN"
	if opts.ReadOnly {
		text = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" // one state for all that is read
	}
	c.ctx, c.queue, c.begun, c.committed = ctx, []statement{{text: text}}, false, false
	return c, nil
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// Commit implements driver.Tx.
func (c *conn) Commit() error {
	if c.committed {
		return nil
	}
	res, err := c.send(c.ctx, statement{text: "COMMIT"})
	if err != nil {
		return err
	}
	return committed(res[len(res)-1])
}

// errUndone: the server answers a COMMIT that way where an error came before.
var errUndone = errors.New("postgres: the transaction was undone")

func committed(r result) error {
	if r.tag.String() != "COMMIT" {
		return errUndone
	}
	return nil
}

// rollbackTimeout bounds the wait for a server that does not answer any more.
const rollbackTimeout = 2 * time.Second

// Rollback implements driver.Tx. What the server has not heard of it need not
// undo.
func (c *conn) Rollback() error {
	c.queue = nil
	if !c.begun || c.committed || c.broken {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	c.ctx = ctx
	_, err := c.send(ctx, statement{text: "ROLLBACK"})
	return err
}

// stmt is a statement that database/sql takes for prepared.
type stmt struct {
	conn *conn
	text string
}

func (s *stmt) Close() error                               { return nil }
func (s *stmt) NumInput() int                              { return -1 }
func (s *stmt) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }
func (s *stmt) Query([]driver.Value) (driver.Rows, error)  { return nil, driver.ErrSkip }

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.text, args)
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.text, args)
}
