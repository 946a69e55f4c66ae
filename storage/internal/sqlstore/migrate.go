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

// Migrate brings the schema up to date. Each step is a transaction together
// with the record of it, so a process that dies on the way leaves a database
// that the next one can go on from. table creates chat_migrations if it is
// not there.
func Migrate(ctx context.Context, db *sqlx.DB, table string, list []Migration) error {
	if _, err := db.ExecContext(ctx, table); err != nil {
		return err
	}
	for _, m := range list {
		if err := m.apply(ctx, db); err != nil {
			return fmt.Errorf("migration %d (%s): %w", m.Version, m.Name, err)
		}
	}
	var newest int
	err := db.GetContext(ctx, &newest, "SELECT COALESCE(MAX(version), 0) FROM chat_migrations")
	if err == nil && newest > len(list) {
		err = fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, newest, len(list))
	}
	return err
}

// apply looks within its transaction whether the step is still to be taken:
// another process may have been faster.
func (m Migration) apply(ctx context.Context, db *sqlx.DB) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var have []string
	err = tx.SelectContext(ctx, &have, tx.Rebind("SELECT checksum FROM chat_migrations WHERE version = ?"), m.Version)
	switch {
	case err != nil:
		return err
	case len(have) > 0 && have[0] != m.checksum():
		return ErrChanged
	case len(have) > 0:
		return nil
	}
	if _, err := tx.ExecContext(ctx, m.SQL); err != nil {
		return err
	}
	record := tx.Rebind("INSERT INTO chat_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)")
	if _, err := tx.ExecContext(ctx, record, m.Version, m.Name, m.checksum(), millis(time.Now())); err != nil {
		return err
	}
	return tx.Commit()
}
