package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// schemas lends schemas of one database to stores, and empties them for the
// next: making all the tables takes several times as long as most tests.
type schemas struct {
	dsn string

	mu   sync.Mutex
	made int
	free []string
}

func (s *schemas) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		name := s.free[n-1]
		s.free = s.free[:n-1]
		return name
	}
	s.made++
	return fmt.Sprint("Tenant ", s.made)
}

// giveBack empties a schema, but for what its migrations have left.
func (s *schemas) giveBack(t *testing.T, name string) {
	conn, err := pgx.Connect(context.Background(), s.dsn)
	if err == nil {
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), strings.ReplaceAll(emptySchema, "SCHEMA", name))
	}
	if err != nil {
		t.Errorf("emptying %s: %v", name, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, name)
}

const emptySchema = `
SET session_replication_role = replica; -- no foreign keys, so no order
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'SCHEMA' AND tablename NOT IN ('chat_migrations', 'chat_meta') LOOP
    EXECUTE 'DELETE FROM ' || name;
  END LOOP;
  FOR name IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences WHERE schemaname = 'SCHEMA' AND last_value IS NOT NULL LOOP
    EXECUTE 'ALTER SEQUENCE ' || name || ' RESTART';
  END LOOP;
  DELETE FROM "SCHEMA".chat_meta AS m WHERE m.name <> 'identity';
END $$`

func (s *schemas) open(t *testing.T) chat.Store {
	t.Helper()
	name := s.take()
	t.Cleanup(func() { s.giveBack(t, name) })
	return openSchema(t, s.dsn, name)
}

func openSchema(t *testing.T, dsn, schema string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn, &postgres.Options{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	s := &schemas{dsn: pgtest.Database(t)}
	storagetest.Run(t, s.open)
}
