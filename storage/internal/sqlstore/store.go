package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// Config says what a database's own package brings along.
type Config struct {
	Writer *sqlx.DB // for Append
	Reader *sqlx.DB // for everything else
	SQL    fs.FS    // queries/*.sql whose blocks replace the shared ones; may be nil

	// Classify says what an error of the driver means.
	Classify func(error) Failure

	// Writers is how many Appends may run at a time: 1 if it is not set.
	Writers int

	// WriteTimeout bounds how long a transaction may take, with the wait for
	// locks that others hold. 0 means 30 seconds.
	WriteTimeout time.Duration

	// ReadTimeout bounds how long one read may take, a part of a report six
	// times as long. 0 means no bound.
	ReadTimeout time.Duration

	// Shared says that other processes may write to the database at the same
	// time. Then Append takes Locks, the driver must know Many, Later and Last,
	// and a transaction ends with its caller's deadline.
	Shared bool
	Locks  Locks

	// Compile turns the text of a statement into what the database takes, and
	// says which parameters it has. Nil leaves that to sqlx.
	Compile func(text string) (query string, params []string)

	// Exec runs a statement in a transaction of the host's that is not one of
	// database/sql, and returns how many rows it has added. It may be nil.
	Exec func(ctx context.Context, tx chat.Tx, query string, args []any) (int64, error)

	// Text says what is kept of texts so that they can be searched. Nil means
	// that the database has an index that OpIndexSearch brings up to date.
	Text TextIndex

	// Erased, if not nil, is called after a commit that erased a visitor,
	// while no other Append can run.
	Erased func()
}

// Failure is what an error of the driver means for the caller.
type Failure int

const (
	Broken      Failure = iota // a fault of ours or of the database
	Contended                  // others were in the way; the transaction was undone and may be repeated
	Refused                    // a constraint or limit; the transaction can go on without the op
	Unavailable                // the database cannot serve now; trying again may help
)

func (c *Config) writeTimeout() time.Duration {
	if c.WriteTimeout > 0 {
		return c.WriteTimeout
	}
	return 30 * time.Second
}

// Store implements chat.Store, but for Close, Ping and Identity's making.
type Store struct {
	cfg      Config
	identity string
	read     reads
	write    writes
	index    indexWrites
	text     textWrites
	shared   sharedWrites
	own      ownWrites
	lists    listCache
	params   placeCache
	columns  placeCache
	turn     chan struct{} // holds a token for everybody who writes
	room     []any         // of the one who writes, where there is one
	alone    sync.Mutex
	closed   atomic.Bool
	failing  atomic.Bool // the last write failed because the database could not serve
}

// New prepares every statement. The schema must be there, with an identity in
// chat_meta.
func New(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{cfg: cfg, turn: make(chan struct{}, max(cfg.Writers, 1))}
	b, err := loadBlocks(sharedQueries, cfg.SQL)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	used := map[string]bool{}
	if err := s.bind(b, used); err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	if err := b.unused(used); err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	s.identity, err = s.meta(ctx, "identity")
	if err == nil && len(s.identity) != 8 {
		err = fmt.Errorf("sqlstore: the database's identity is %q, not eight characters", s.identity)
	}
	return s, err
}

// bind prepares the statements that this database needs.
func (s *Store) bind(b blocks, used map[string]bool) error {
	c := &s.cfg
	errs := []error{b.bind(c, c.Reader, &s.read, used), b.bind(c, c.Writer, &s.write, used)}
	if c.Text == nil {
		errs = append(errs, b.bind(c, c.Writer, &s.index, used))
	} else {
		errs = append(errs, b.bind(c, c.Writer, &s.text, used))
	}
	if c.Shared {
		errs = append(errs, b.bind(c, c.Writer, &s.shared, used))
	} else {
		errs = append(errs, b.bind(c, c.Writer, &s.own, used))
	}
	return errors.Join(errs...)
}

// Identity implements chat.Store.
func (s *Store) Identity() string { return s.identity }

// Shut refuses everything from now on, and waits until nothing is being
// written. It reports whether this call was the first.
func (s *Store) Shut() (first bool) {
	first = !s.closed.Swap(true)
	s.Exclusively(func() {})
	return first
}

// Exclusively runs f while no Append can.
func (s *Store) Exclusively(f func()) {
	s.alone.Lock() // two who take all the turns would wait for each other
	defer s.alone.Unlock()
	for range cap(s.turn) {
		s.turn <- struct{}{}
	}
	defer func() {
		for range cap(s.turn) {
			<-s.turn
		}
	}()
	f()
}

// probeSize is more than one message takes, with all that changes along with
// it: a disk with room for less must not count as mended.
const probeSize = 64 << 10

// Probe carries out a write that changes nothing, for which it takes the
// database's lock. After a write that failed it writes something and takes it
// back, so that it fails where an Append would.
func (s *Store) Probe(ctx context.Context) error {
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	defer func() { <-s.turn }()
	filler := struct{ Name, Value string }{Name: "probe"}
	return s.transact(ctx, func(b *batch) error {
		if s.failing.Load() {
			filler.Value = strings.Repeat("0", probeSize)
			if err := b.run(s.write.MetaSet, filler); err != nil {
				return err
			}
		}
		return b.run(s.write.MetaDelete, filler)
	})
}

func (s *Store) takeTurn(ctx context.Context) error {
	if s.closed.Load() {
		return chat.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closed.Load() {
		<-s.turn
		return chat.ErrClosed
	}
	return nil
}

// reading bounds a read: the other end of the network may not answer.
func (s *Store) reading(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.bounded(ctx, s.cfg.ReadTimeout)
}

// reporting bounds a part of a report, which may be of many rows.
func (s *Store) reporting(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.bounded(ctx, 6*s.cfg.ReadTimeout)
}

func (s *Store) bounded(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

func (s *Store) meta(ctx context.Context, name string) (string, error) {
	ctx, cancel := s.reading(ctx)
	defer cancel()
	var value string
	err := s.read.MetaGet.GetContext(ctx, &value, struct{ Name string }{name})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, s.explain(err)
}

// explain turns an error of the driver into one that callers can judge.
func (s *Store) explain(err error) error {
	var known *chat.Error
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, errNotQuick):
		return err
	case s.closed.Load():
		return chat.ErrClosed
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, sql.ErrTxDone), errors.Is(err, driver.ErrBadConn), s.unavailable(err):
		return &chat.Error{Kind: chat.ErrUnavailable, Code: chat.ErrBusy.Code, Message: chat.ErrBusy.Message, Err: err}
	}
	return err
}

func (s *Store) unavailable(err error) bool {
	f := s.cfg.Classify(err)
	return f == Unavailable || f == Contended
}

// one reads one row into dst. Without one it returns unknown.
func (s *Store) one(ctx context.Context, stmt *sqlx.NamedStmt, dst, arg any, unknown error) error {
	ctx, cancel := s.reading(ctx)
	defer cancel()
	err := stmt.GetContext(ctx, dst, arg)
	if errors.Is(err, sql.ErrNoRows) {
		return unknown
	}
	return s.explain(err)
}

// many reads all rows into dst.
func (s *Store) many(ctx context.Context, stmt *sqlx.NamedStmt, dst, arg any) error {
	ctx, cancel := s.reading(ctx)
	defer cancel()
	return s.explain(stmt.SelectContext(ctx, dst, arg))
}

// report is many for what may take long.
func (s *Store) report(ctx context.Context, stmt *sqlx.NamedStmt, dst, arg any) error {
	ctx, cancel := s.reporting(ctx)
	defer cancel()
	return s.explain(stmt.SelectContext(ctx, dst, arg))
}

// scan calls each for every row of a list whose SQL was put together, while it
// is being read. It is for lists that are long: making a slice of them by
// reflection, as many does, would take longer than reading them.
func (s *Store) scan(ctx context.Context, text string, arg any, each func(*sqlx.Rows) error) error {
	ctx, cancel := s.reporting(ctx)
	defer cancel()
	stmt, err := s.lists.prepare(ctx, &s.cfg, strings.TrimSpace(text))
	if err != nil {
		return s.explain(err)
	}
	rows, err := stmt.QueryxContext(ctx, arg)
	if err != nil {
		return s.explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return s.explain(rows.Err())
}

// listCache keeps the statements of lists whose SQL is put together from
// conditions. The parts are constants of this package, so there are only so
// many.
type listCache struct {
	mu    sync.Mutex
	stmts map[string]*sqlx.NamedStmt
}

func (c *listCache) prepare(ctx context.Context, cfg *Config, text string) (*sqlx.NamedStmt, error) {
	c.mu.Lock()
	stmt := c.stmts[text]
	c.mu.Unlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := cfg.prepare(ctx, cfg.Reader, text)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if first := c.stmts[text]; first != nil {
		stmt.Close()
		return first, nil
	}
	if c.stmts == nil {
		c.stmts = map[string]*sqlx.NamedStmt{}
	}
	c.stmts[text] = stmt
	return stmt, nil
}

// Times are whole milliseconds since 1970; NULL is the zero time.

func millis(t time.Time) int64 { return t.UnixMilli() }

func optMillis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func fromOptMillis(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}

func optString(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// encode returns v as JSON. What cannot be encoded is the caller's mistake.
func encode(field string, v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", &chat.Error{Kind: chat.ErrInvalid, Code: "invalid_request", Field: field, Message: field + " cannot be kept as JSON.", Err: err}
	}
	return string(b), nil
}

// encodeOpt returns v as JSON, or NULL for a nil pointer or an empty slice.
func encodeOpt(field string, v any, set bool) (sql.NullString, error) {
	if !set {
		return sql.NullString{}, nil
	}
	s, err := encode(field, v)
	return sql.NullString{String: s, Valid: true}, err
}

// encodeData returns custom data as JSON, keys in order.
func encodeData(data map[string]any) (string, error) {
	if len(data) == 0 {
		return "{}", nil
	}
	return encode("custom_data", data)
}

// decodeData keeps numbers as they were written.
func decodeData(text string) (map[string]any, error) {
	data := map[string]any{}
	if text == "{}" {
		return data, nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	err := dec.Decode(&data)
	return data, err
}
