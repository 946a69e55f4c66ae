package postgres

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// makePast makes a schema as a program with so many migrations left it.
func makePast(t *testing.T, dsn, schema string, version int) {
	t.Helper()
	list := withMigrations(t).migrations
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	db := sqlx.NewDb(stdlib.OpenDBFromPool(pool), "pgx")
	defer db.Close()
	for n := 1; n <= version; n++ {
		if err := migrate(t.Context(), db, schema, list[:n]); err != nil {
			t.Fatal(err)
		}
		rows := strings.ReplaceAll(storagetest.Past[n], "chat_bytes", "bytea")
		execSQL(t, dsn, "SET search_path TO "+schema+"; "+rows)
	}
}

// columnsOf is what a schema is made of.
func columnsOf(t *testing.T, s *Store, schema string) (list []string) {
	t.Helper()
	if err := s.reader.Select(&list, `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || COALESCE(column_default, '')
		FROM information_schema.columns WHERE table_schema = $1
		UNION ALL SELECT replace(indexdef, $1 || '.', '') FROM pg_indexes WHERE schemaname = $1 ORDER BY 1`, schema); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestMigrateFromEveryVersion opens a schema of each version that ever was,
// with rows in it, from two nodes at once, and goes on with it. A process that
// is killed between two steps leaves just such a schema.
func TestMigrateFromEveryVersion(t *testing.T) {
	dsn := pgtest.Database(t)
	openIn := func(schema string) *Store {
		s, err := Open(t.Context(), dsn, &Options{Schema: schema, Logger: quiet.Logger})
		if err != nil {
			t.Error(err)
			return nil
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	fresh := columnsOf(t, openIn("fresh"), "fresh")
	for version := 1; version <= len(withMigrations(t).migrations); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			schema := fmt.Sprint("past", version)
			makePast(t, dsn, schema, version)
			var nodes [2]*Store
			var all sync.WaitGroup
			for i := range nodes {
				all.Go(func() { nodes[i] = openIn(schema) })
			}
			all.Wait()
			if t.Failed() || nodes[0] == nil || nodes[1] == nil {
				t.FailNow()
			}
			if got := columnsOf(t, nodes[0], schema); !slices.Equal(got, fresh) {
				t.Errorf("the schema is not that of a new one:\n%s", strings.Join(got, "\n"))
			}
			storagetest.CheckPast(t, nodes[1], version)
		})
	}
}
