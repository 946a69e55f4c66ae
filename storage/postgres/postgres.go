package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
)

// Options configures a [Store]. The zero value is fine.
type Options struct {
	// Logger gets what an operator can act on. Nil means slog.Default().
	Logger *slog.Logger

	// Schema is where the tables are; it is made if it is not there. Empty
	// means the schema in which the connection would make tables: "public",
	// unless the server or the user is set up otherwise. Several tenants have
	// one schema each.
	Schema string

	// WriteTimeout bounds one transaction, with the wait for a connection and
	// for locks that others hold. That of chat.Options bounds it too, and the
	// shorter one counts. 0 means 5 seconds.
	WriteTimeout time.Duration

	// ReadTimeout bounds one read, with the wait for a connection; a part of a
	// report may take six times as long. 0 means 5 seconds.
	ReadTimeout time.Duration
}

func (o *Options) logger() *slog.Logger {
	if o == nil || o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

func (o *Options) schema() string {
	if o == nil {
		return ""
	}
	return o.Schema
}

func (o *Options) writeTimeout() time.Duration {
	if o == nil || o.WriteTimeout <= 0 {
		return 5 * time.Second
	}
	return o.WriteTimeout
}

func (o *Options) readTimeout() time.Duration {
	if o == nil || o.ReadTimeout <= 0 {
		return 5 * time.Second
	}
	return o.ReadTimeout
}

// writers is how many transactions of one store run at a time. A second one
// can fill while the first is being committed; more only make smaller groups.
const writers = 4

// base is unexported so that it does not show as a field of Store.
type base = sqlstore.Store

// Store is a [chat.Store] in a schema of a PostgreSQL database. Its methods
// may be called concurrently, and any number of processes may have stores on
// the same schema.
type Store struct {
	*base
	schema string
	log    *slog.Logger
	writer *sqlx.DB
	reader *sqlx.DB
	from   source
	pool   *pgxpool.Pool // where the store owns it

	once sync.Once
}

var _ chat.BrokerStore = (*Store)(nil)

// Open connects to the database that dsn names, and makes the tables if they
// are not there. dsn is a URL or a list of key=value, with the parameters of
// package pgxpool; what it leaves out comes from the usual PG… environment
// variables. opts may be nil. An error that an operator can do something about is an
// [*OpenError].
//
// The context bounds only the opening. Close the store when done.
func Open(ctx context.Context, dsn string, opts *Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, openError("the database", ErrInvalidDSN, err)
	}
	prepareConfig(cfg)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, openError("the database", ErrInvalidDSN, err)
	}
	c := cfg.ConnConfig
	s, err := open(ctx, poolSource{pool}, fmt.Sprintf("%s at %s:%d", c.Database, c.Host, c.Port), opts, setup{conns: int(cfg.MaxConns)})
	if err != nil {
		pool.Close()
		return nil, err
	}
	s.pool = pool
	return s, nil
}

// prepareConfig sets what the connection string leaves open. A backend whose
// client is gone must not keep its locks for as long as TCP takes to notice.
// Compiling a statement takes longer than any of the chat's statements.
func prepareConfig(cfg *pgxpool.Config) {
	if !strings.Contains(cfg.ConnString(), "pool_max_conns") {
		cfg.MaxConns = max(cfg.MaxConns, 16)
	}
	params := cfg.ConnConfig.RuntimeParams
	for name, value := range map[string]string{
		"application_name":        "pealchat",
		"tcp_keepalives_idle":     "10",
		"tcp_keepalives_interval": "5",
		"tcp_keepalives_count":    "3",
		"jit":                     "off",
	} {
		if _, ok := params[name]; !ok {
			params[name] = value
		}
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
}

// New returns a store on a pool of the host's own, which stays the host's to
// close, after the store. It should allow 8 connections at least: 4 to write
// with and some to read. With the server's setting jit off, as [Open] has it, no
// report waits for a compiler.
func New(ctx context.Context, pool *pgxpool.Pool, opts *Options) (*Store, error) {
	c := pool.Config().ConnConfig
	return open(ctx, poolSource{pool}, fmt.Sprintf("%s at %s:%d", c.Database, c.Host, c.Port), opts, setup{conns: int(pool.Config().MaxConns)})
}

// NewFromDB is New for a *sql.DB, which must use pgx's driver for database/sql
// (package stdlib of pgx).
func NewFromDB(ctx context.Context, db *sql.DB, opts *Options) (*Store, error) {
	return open(ctx, dbSource{db}, "the database", opts, setup{conns: db.Stats().MaxOpenConnections})
}

// setup is what tests replace.
type setup struct {
	conns      int // that the source lends, 0 for any number
	check      bool
	ending     func() error
	locks      func(sqlstore.Locks) sqlstore.Locks
	migrations []sqlstore.Migration
}

func open(ctx context.Context, from source, target string, opts *Options, set setup) (_ *Store, err error) {
	s := &Store{log: opts.logger(), from: from}
	defer func() {
		if err != nil {
			err = explainOpen(target, err)
			s.release()
		}
	}()
	if set.migrations == nil {
		if set.migrations, err = sqlstore.LoadMigrations(migrationFiles); err != nil {
			return nil, err
		}
	}
	s.writer, s.reader = share(from, set)
	srv, err := examine(ctx, s.reader)
	if err != nil {
		return nil, err
	}
	if s.schema, err = chooseSchema(opts.schema(), srv.Schema); err != nil {
		return nil, openError(target, ErrInvalidSchema, err)
	}
	target += ", schema " + s.schema
	if srv.Fsync == "off" || srv.Committed == "off" {
		s.log.Warn("postgres: the server may lose the latest messages when it crashes", "fsync", srv.Fsync, "synchronous_commit", srv.Committed)
	}
	if err := migrate(ctx, s.writer, s.schema, set.migrations); err != nil {
		return nil, err
	}
	locks := sqlstore.Locks{
		All: lockNumber(s.schema, "all"), Deliveries: lockNumber(s.schema, "deliveries"), Log: lockNumber(s.schema, "log"),
	}
	if set.locks != nil {
		locks = set.locks(locks)
	}
	s.base, err = sqlstore.New(ctx, sqlstore.Config{
		Writer: s.writer, Reader: s.reader, SQL: queryFiles, Classify: classify,
		Writers: writers, WriteTimeout: opts.writeTimeout(), ReadTimeout: opts.readTimeout(), Shared: true, Text: words{}, Compile: compiler(s.schema), Exec: execPgx,
		Locks: locks,
	})
	return s, err
}

// share returns two ways to the connections of a source, so that readers
// cannot take them all: who writes would wait for them.
func share(from source, set setup) (writer, reader *sqlx.DB) {
	way := func(limit int) *sqlx.DB {
		// The name tells sqlx only how parameters are written.
		db := sqlx.NewDb(sql.OpenDB(&connector{from, set.check, set.ending}), "pgx")
		db.SetMaxOpenConns(limit)
		db.SetMaxIdleConns(-1) // connections go back to who lent them
		return db
	}
	if set.conns == 0 {
		return way(writers), way(0)
	}
	forWriters := max(1, min(writers, set.conns/2))
	return way(forWriters), way(max(1, set.conns-forWriters))
}

// chooseSchema returns the schema to use.
func chooseSchema(wanted string, current *string) (string, error) {
	if wanted == "" && current != nil {
		wanted = *current
	}
	switch {
	case wanted == "":
		return "", errors.New("none is named, and the connection has none to make tables in")
	case len(wanted) > 63, strings.HasPrefix(wanted, "pg_"), strings.ContainsRune(wanted, 0):
		return "", fmt.Errorf("%q", wanted)
	}
	return wanted, nil
}

func (s *Store) release() {
	for _, db := range []*sqlx.DB{s.reader, s.writer} {
		if db != nil {
			db.Close()
		}
	}
	if s.pool != nil {
		s.pool.Close()
	}
}

// Close implements chat.Store. What is being written is finished. A pool that
// the host brought stays open.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.Shut()
		s.release()
	})
	return nil
}

// Ping implements chat.Store: it reads, and begins to write.
func (s *Store) Ping(ctx context.Context) error {
	if _, err := s.Log(ctx); err != nil {
		return err
	}
	return s.Probe(ctx)
}

// Shared implements chat.SharedStore.
func (s *Store) Shared() bool { return true }
