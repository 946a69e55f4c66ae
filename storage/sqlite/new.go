package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pealchat/pealchat/storage/internal/sqlstore"
	"modernc.org/sqlite"
)

// New opens the chat in the file that the host's own db is on, beside the
// host's tables: its own all begin with chat_, and are made if they are not
// there. It does so on connections of its own, which need other settings than
// the host's may have, and db stays the host's to close. What both write can be
// of one transaction: see chat.Service.SendMessageTx. opts may be nil.
//
// db must be a pool of the driver modernc.org/sqlite on a file: two SQLite
// libraries in one process would undo each other's locks. It should set
// _pragma=busy_timeout, because SQLite lets one connection write at a time, and
// _txlock=immediate for what writes; the file is in WAL mode from then on.
func New(ctx context.Context, db *sql.DB, opts *Options) (*Store, error) {
	if _, ok := db.Driver().(*sqlite.Driver); !ok {
		return nil, fmt.Errorf("sqlite: New wants a pool of modernc.org/sqlite, not of %T", db.Driver())
	}
	var path string
	err := db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: where the host's database is: %w", err)
	}
	// A new database has no file with anything in it until something is written.
	if _, err := db.ExecContext(ctx, migrationTable); err != nil {
		return nil, fmt.Errorf("sqlite: the chat's first table in the host's database: %w", err)
	}
	migrations, err := sqlstore.LoadMigrations(migrationFiles)
	if err != nil {
		return nil, err
	}
	return open(ctx, path, opts, setup{migrations: migrations, beside: true})
}
