package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pealchat/pealchat/chat"
)

// Copied is what [CopyFrom] had to do, in rows.
type Copied struct{ Added, Changed, Removed int64 }

// CopyFrom makes the chat in a schema of PostgreSQL the same as the one in an
// SQLite database of the same version: every row, with its number, so that
// streams go on where they were and no client notices. What else is in the
// schema's tables of the chat is removed.
//
// A host may be using the SQLite database meanwhile: what is copied is one
// moment of it. To move, copy while the host runs; then end it, copy again,
// which only takes what has changed, and start it on PostgreSQL. Nobody may be
// using the chat in PostgreSQL; services there wait until it is done. An error
// leaves it as it was.
//
// src is a pool on the SQLite database of any driver, dsn and opts are those
// of [Open]. An error that an operator can do something about while opening is
// an [*OpenError].
func CopyFrom(ctx context.Context, src *sql.DB, dsn string, opts *Options) (done Copied, err error) {
	s, err := Open(ctx, dsn, opts)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	from, err := src.Conn(ctx)
	if err != nil {
		return done, fmt.Errorf("postgres: the SQLite database: %w", err)
	}
	defer from.Close()
	if _, err := from.ExecContext(ctx, "BEGIN"); err != nil { // one moment of it
		return done, fmt.Errorf("postgres: the SQLite database: %w", err)
	}
	defer from.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	loan, err := s.from.borrow(ctx)
	if err != nil {
		return done, err
	}
	defer loan.giveBack()
	err = loan.use(func(to *pgx.Conn) error {
		for _, anew := range []bool{false, true} {
			c := &copier{from: from, schema: s.schema, anew: anew}
			done, err = c.run(ctx, to)
			// Rows may have traded what only one of them can have.
			var e *pgconn.PgError
			if !errors.As(err, &e) || e.Code != "23505" {
				return err
			}
		}
		return err
	})
	return done, err
}

// copier is one copy, in one transaction.
type copier struct {
	from   *sql.Conn
	tx     pgx.Tx
	schema string
	anew   bool // throw away what is there
	done   Copied
}

func (c *copier) run(ctx context.Context, conn *pgx.Conn) (Copied, error) {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		c.tx = tx
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", lockNumber(c.schema, "all")); err != nil {
			return err
		}
		if err := c.checkVersion(ctx); err != nil {
			return err
		}
		tables, err := c.tables(ctx)
		if err != nil {
			return err
		}
		if c.anew {
			for _, t := range slices.Backward(tables) {
				if _, err := tx.Exec(ctx, "DELETE FROM "+t.target); err != nil {
					return err
				}
			}
		}
		for _, t := range tables {
			if err := c.compare(ctx, t); err != nil {
				return fmt.Errorf("postgres: comparing %s: %w", t.name, err)
			}
		}
		for _, t := range slices.Backward(tables) { // what refers to others first
			if err := c.remove(ctx, t); err != nil {
				return fmt.Errorf("postgres: removing from %s: %w", t.name, err)
			}
		}
		for _, t := range tables {
			if err := c.write(ctx, t); err != nil {
				return fmt.Errorf("postgres: copying %s: %w", t.name, err)
			}
		}
		return c.finish(ctx, tables)
	})
	return c.done, err
}

// checkVersion compares which migrations both have seen.
func (c *copier) checkVersion(ctx context.Context) error {
	list := func(err error, next func() bool, scan func(...any) error) (names []string, _ error) {
		for err == nil && next() {
			var name string
			err = scan(&name)
			names = append(names, name)
		}
		return names, err
	}
	theirs, err := c.from.QueryContext(ctx, "SELECT name FROM chat_migrations ORDER BY version")
	if err != nil {
		return fmt.Errorf("postgres: the SQLite database is not that of a chat: %w", err)
	}
	defer theirs.Close()
	old, err := list(nil, theirs.Next, theirs.Scan)
	if err = errors.Join(err, theirs.Err()); err != nil {
		return err
	}
	ours, err := c.tx.Query(ctx, "SELECT name FROM "+c.name("chat_migrations")+" ORDER BY version")
	if err != nil {
		return err
	}
	defer ours.Close()
	here, err := list(nil, ours.Next, ours.Scan)
	if err = errors.Join(err, ours.Err()); err != nil {
		return err
	}
	if !slices.Equal(old, here) {
		return fmt.Errorf("postgres: the SQLite database is of another version (%d migrations, here %d): start the host on it once with this version", len(old), len(here))
	}
	return nil
}

func (c *copier) name(table string) string { return pgx.Identifier{c.schema, table}.Sanitize() }

// finish puts the counters where they were.
func (c *copier) finish(ctx context.Context, tables []*copyTable) error {
	for _, t := range tables {
		if !t.counts {
			continue
		}
		_, err := c.tx.Exec(ctx, "SELECT setval(pg_get_serial_sequence($1, 'id'), GREATEST((SELECT MAX(id) FROM "+t.target+"), 1))", t.target)
		if err != nil {
			return err
		}
	}
	// Positions go on from the last one that was given out, also where its
	// event has been removed since.
	var head int64
	err := c.from.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'chat_events'").Scan(&head)
	if err != nil || head == 0 {
		return err
	}
	if _, err := c.tx.Exec(ctx, "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)", c.name("chat_events"), head); err != nil {
		return err
	}
	_, err = c.tx.Exec(ctx, "INSERT INTO "+c.name("chat_meta")+` (name, value) VALUES ('events_head', CAST(CAST($1 AS bigint) AS text))
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, head)
	return err
}

// wordsOf makes what a search goes by, which SQLite keeps in another way.
func wordsOf(table string, row map[string]any) (string, error) {
	text := func(name string) string { s, _ := row[name].(string); return s }
	if table == "chat_messages" {
		return words{}.Words(text("body")), nil
	}
	var tags []string
	err := json.Unmarshal([]byte(text("tags")), &tags)
	return words{}.Words(text("visitor_name"), text("visitor_email"), strings.Join(tags, chat.SearchJoint)), err
}
