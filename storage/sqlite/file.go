package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
)

// migrationTable is made before the first migration.
const migrationTable = `CREATE TABLE IF NOT EXISTS chat_migrations (
	version    INTEGER PRIMARY KEY,
	name       TEXT NOT NULL,
	checksum   TEXT NOT NULL,
	applied_at INTEGER NOT NULL
) STRICT`

func migrate(ctx context.Context, db *sqlx.DB, list []sqlstore.Migration) error {
	return sqlstore.Migrator{DB: db, Table: migrationTable, Steps: list}.Run(ctx)
}

// smallest is the size of the smallest database: one page of the least size.
const smallest = 512

// prepareFile sees to it that there is a database to open: an existing one is
// examined, a missing one is made.
func (s *Store) prepareFile(ctx context.Context, set setup) error {
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s.create(ctx, set)
	case err != nil:
		return openError(s.path, ErrReadOnly, err)
	case info.Size() == 0:
		// SQLite would take it for a new database, and a chat whose file was
		// lost would start anew without a word.
		return openError(s.path, ErrEmptyFile, nil)
	case info.Size() < smallest:
		return openError(s.path, ErrNotADatabase, nil) // SQLite would take it for empty
	}
	return s.examine(ctx, set)
}

// create makes the database under another name and then renames it, so that
// a process that dies on the way leaves nothing that looks like a database.
func (s *Store) create(ctx context.Context, set setup) error {
	if _, err := os.Stat(s.path + "-wal"); err == nil {
		return openError(s.path, ErrCorrupt, errors.New("the file is missing, but its write-ahead log is there"))
	}
	unfinished := s.path + ".new"
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(unfinished + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return openError(s.path, ErrReadOnly, err)
		}
	}
	if err := fill(ctx, unfinished, set); err != nil {
		return err
	}
	if err := os.Rename(unfinished, s.path); err != nil {
		return openError(s.path, ErrReadOnly, err)
	}
	return syncFolder(s.path)
}

// fill makes a database with the schema and an identity.
func fill(ctx context.Context, path string, set setup) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := set.db(writerDSN(path), 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db, set.migrations); err != nil {
		return err
	}
	if err := identify(ctx, db); err != nil {
		return err
	}
	return checkpoint(db)
}

// identify gives a database that has none an identity.
func identify(ctx context.Context, db *sqlx.DB) error {
	_, err := db.ExecContext(ctx, "INSERT INTO chat_meta (name, value) VALUES ('identity', ?) ON CONFLICT DO NOTHING", newIdentity())
	return err
}

// newIdentity returns eight random characters of 0-9a-z.
func newIdentity() string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	b := make([]byte, 8)
	rand.Read(b)
	for i, v := range b {
		b[i] = alphabet[int(v)%len(alphabet)]
	}
	return string(b)
}

// examine looks at an existing file before anything in it is changed.
func (s *Store) examine(ctx context.Context, set setup) error {
	db, err := set.db(fileURI(s.path, "rw")+"&_pragma=busy_timeout(2000)&_txlock=immediate", 1)
	if err != nil {
		return err
	}
	defer db.Close()
	var ours, tables int
	if err := db.GetContext(ctx, &tables, "SELECT COUNT(*) FROM sqlite_schema"); err != nil {
		return err
	}
	if err := db.GetContext(ctx, &ours, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('chat_meta', 'chat_migrations')"); err != nil {
		return err
	}
	if ours < 2 && !set.beside {
		return openError(s.path, ErrOtherDatabase, fmt.Errorf("it has %d tables and indexes, but not the chat's", tables))
	}
	var verdict []string
	if err := db.SelectContext(ctx, &verdict, "PRAGMA quick_check(1)"); err != nil {
		return err
	}
	if len(verdict) != 1 || verdict[0] != "ok" {
		return openError(s.path, ErrCorrupt, fmt.Errorf("quick_check: %q", verdict))
	}
	// A file that may only be read shows here, before the pragmas of the
	// writer fail with less to say. It takes a statement that would write:
	// BEGIN alone would quietly begin to read.
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	_, err = tx.ExecContext(ctx, "DELETE FROM chat_migrations WHERE version < 0")
	return err
}
