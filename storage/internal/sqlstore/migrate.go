package sqlstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// ErrNewer is the error of a database that a newer version has migrated, and
// ErrChanged of one that was migrated by something else than what is here.
var (
	ErrNewer   = errors.New("the database's schema is newer than this program")
	ErrChanged = errors.New("the database's schema is not this program's")
)

// Migration is one step of a schema. Once released it is never changed.
type Migration struct {
	Version int // 1, 2, 3 …
	Name    string
	SQL     string
}

func (m Migration) checksum() string {
	sum := sha256.Sum256([]byte(m.SQL))
	return hex.EncodeToString(sum[:])
}

// LoadMigrations reads migrations/0001_name.sql and so on.
func LoadMigrations(fsys fs.FS) ([]Migration, error) {
	names, err := fs.Glob(fsys, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var list []Migration
	for i, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		digits, rest, _ := strings.Cut(strings.TrimSuffix(path.Base(name), ".sql"), "_")
		version, err := strconv.Atoi(digits)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("sqlstore: %s is not migration %d", name, i+1)
		}
		list = append(list, Migration{version, rest, string(text)})
	}
	return list, nil
}

// Migrator brings a schema up to date.
type Migrator struct {
	DB    *sqlx.DB
	Table string // creates chat_migrations if it is not there
	Steps []Migration

	// Begin, if not nil, is called first in every transaction.
	Begin func(context.Context, *sqlx.Tx) error

	// Made, if not nil, is called in the transaction of the first step.
	Made func(context.Context, *sqlx.Tx) error
}

// Run takes the steps that have not been taken. Each is a transaction together
// with the record of it, so a process that dies on the way leaves a database
// that the next one can go on from.
func (m Migrator) Run(ctx context.Context) error {
	var newest int
	err := m.transact(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, m.Table); err != nil {
			return err
		}
		return tx.GetContext(ctx, &newest, "SELECT COALESCE(MAX(version), 0) FROM chat_migrations")
	})
	if err == nil && newest > len(m.Steps) {
		err = fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, newest, len(m.Steps))
	}
	if err != nil {
		return err
	}
	for _, step := range m.Steps {
		if err := m.transact(ctx, func(tx *sqlx.Tx) error { return m.take(ctx, tx, step) }); err != nil {
			return fmt.Errorf("migration %d (%s): %w", step.Version, step.Name, err)
		}
	}
	return nil
}

func (m Migrator) transact(ctx context.Context, f func(*sqlx.Tx) error) error {
	tx, err := m.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if m.Begin != nil {
		if err := m.Begin(ctx, tx); err != nil {
			return err
		}
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// take looks within its transaction whether the step is still to be taken:
// another process may have been faster.
func (m Migrator) take(ctx context.Context, tx *sqlx.Tx, step Migration) error {
	var have []string
	err := tx.SelectContext(ctx, &have, tx.Rebind("SELECT checksum FROM chat_migrations WHERE version = ?"), step.Version)
	switch {
	case err != nil:
		return err
	case len(have) > 0 && have[0] != step.checksum():
		return ErrChanged
	case len(have) > 0:
		return nil
	}
	if _, err := tx.ExecContext(ctx, step.SQL); err != nil {
		return err
	}
	if step.Version == 1 && m.Made != nil {
		if err := m.Made(ctx, tx); err != nil {
			return err
		}
	}
	record := tx.Rebind("INSERT INTO chat_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)")
	_, err = tx.ExecContext(ctx, record, step.Version, step.Name, step.checksum(), millis(time.Now()))
	return err
}
