package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// TestStatements lets the server look at every statement, whether a test
// carries it out or not.
func TestStatements(t *testing.T) {
	pool, err := pgxpool.New(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s, err := open(t.Context(), poolSource{pool}, "test", quiet, setup{check: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}
