package postgres_test

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// opener returns a function that opens stores in one database, each in a
// schema of its own.
func opener(t *testing.T) func(t *testing.T) chat.Store {
	dsn, n := pgtest.Database(t), new(atomic.Int64)
	return func(t *testing.T) chat.Store {
		return openSchema(t, dsn, fmt.Sprint("Tenant ", n.Add(1)))
	}
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

func TestStore(t *testing.T) { storagetest.Run(t, opener(t)) }
