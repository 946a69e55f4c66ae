package postgres

import (
	"database/sql"
	"testing"

	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// TestEraseLeavesNothing looks for a visitor who was erased in the rows of
// every column that can hold text. What a server keeps of rows that are gone
// is its own affair: see the package's documentation.
func TestEraseLeavesNothing(t *testing.T) {
	dsn := pgtest.Database(t)
	s := mustOpen(t, dsn)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	m := storagetest.Mark(t, s, func() storagetest.HostTx {
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		return storagetest.SQLTx{Tx: tx}
	})
	for _, p := range storagetest.EraseLeavesNothing(t, s, m, func() map[string]int { return columns(t, db) }) {
		t.Error(p)
	}
}

// columns counts the rows that hold the marker in each column that can hold
// text. Which there are the server says, so none can be forgotten.
func columns(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	rows, err := db.Query(`SELECT quote_ident(table_schema) || '.' || quote_ident(table_name), table_name, column_name, data_type
		FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'
		AND data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean', 'double precision')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	type column struct{ full, table, name, kind string }
	var all []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.full, &c.table, &c.name, &c.kind); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, c := range all {
		text := `lower("` + c.name + `"::text)`
		if c.kind == "bytea" {
			text = `encode("` + c.name + `", 'escape')`
		}
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM "+c.full+" WHERE position($1 IN "+text+") > 0", storagetest.Marker).Scan(&n); err != nil {
			t.Fatal(err)
		}
		count[c.table+"."+c.name] = n
	}
	return count
}
