package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/binary"

	"github.com/jackc/pgx/v5"
	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

//go:embed queries/*.sql
var queryFiles embed.FS

// migrationTable is made before the first migration.
const migrationTable = `CREATE TABLE IF NOT EXISTS chat_migrations (
	version    bigint PRIMARY KEY,
	name       text NOT NULL,
	checksum   text NOT NULL,
	applied_at bigint NOT NULL
)`

// lockNumber returns the number of a lock: another one for each schema, so
// that tenants do not wait for each other, and none that a host would choose.
func lockNumber(schema, purpose string) int64 {
	sum := sha256.Sum256([]byte("pealchat\x00" + schema + "\x00" + purpose))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // G115: the same 64 bits
}

// migrate brings the schema up to date. Of several processes that come at
// once one does it, and the others wait.
func migrate(ctx context.Context, db *sqlx.DB, schema string, list []sqlstore.Migration) error {
	return sqlstore.Migrator{
		DB: db, Table: migrationTable, Steps: list,
		Begin: func(ctx context.Context, tx *sqlx.Tx) error {
			name := pgx.Identifier{schema}.Sanitize()
			if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", lockNumber(schema, "migrate")); err != nil {
				return err
			}
			var there bool
			if err := tx.GetContext(ctx, &there, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", schema); err != nil {
				return err
			}
			if !there {
				if _, err := tx.ExecContext(ctx, "CREATE SCHEMA "+name); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(ctx, "SET LOCAL search_path TO "+name)
			return err
		},
		Made: func(ctx context.Context, tx *sqlx.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO chat_meta (name, value) VALUES ('identity', $1)", newIdentity())
			return err
		},
	}.Run(ctx)
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

// server is what is asked of a server before anything is changed.
type server struct {
	Version   int
	Encoding  string
	Standby   bool
	ReadOnly  bool `db:"read_only"`
	Schema    *string
	Committed string // synchronous_commit
	Fsync     string
}

const minVersion = 130000

// examine looks whether the database can hold a chat, and finds the schema
// where none was named.
func examine(ctx context.Context, db *sqlx.DB) (s server, err error) {
	err = db.GetContext(ctx, &s, `
SELECT CAST(current_setting('server_version_num') AS integer) AS version,
       current_setting('server_encoding') AS encoding,
       pg_is_in_recovery() AS standby,
       current_setting('transaction_read_only') = 'on' AS read_only,
       CAST(current_schema() AS text) AS schema,
       current_setting('synchronous_commit') AS committed,
       current_setting('fsync') AS fsync`)
	switch {
	case err != nil:
	case s.Version < minVersion:
		err = errOldServer
	case s.Encoding != "UTF8":
		err = errEncoding
	case s.Standby, s.ReadOnly:
		err = errReadOnly
	}
	return s, err
}
