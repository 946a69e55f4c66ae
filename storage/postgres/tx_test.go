package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// pgxTx is a host's transaction of pgx.
type pgxTx struct{ pgx.Tx }

func (t pgxTx) Handle() chat.Tx         { return t.Tx }
func (t pgxTx) Exec(query string) error { _, err := t.Tx.Exec(context.Background(), query); return err }
func (t pgxTx) Commit() error           { return t.Tx.Commit(context.Background()) }
func (t pgxTx) Rollback() error         { return t.Tx.Rollback(context.Background()) }

// The host's tables are in another schema than the chat's, and its transactions
// are those of database/sql or of pgx.
func TestHostTransactions(t *testing.T) {
	dsn, n := pgtest.Database(t), new(atomic.Int64)
	for _, way := range []string{"sql", "pgx"} {
		t.Run(way, func(t *testing.T) {
			storagetest.RunTx(t, func(t *testing.T) (chat.PendingStore, func() storagetest.HostTx) {
				schema := fmt.Sprint("host_", n.Add(1))
				pool, err := pgxpool.New(t.Context(), dsn+" search_path="+schema+" pool_max_conns=12")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(pool.Close)
				if _, err := pool.Exec(t.Context(), "CREATE SCHEMA "+schema); err != nil {
					t.Fatal(err)
				}
				s, err := postgres.New(t.Context(), pool, &postgres.Options{Schema: schema + " chat"})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return s, begin(t, way, pool)
			})
		})
	}
}

func begin(t *testing.T, way string, pool *pgxpool.Pool) func() storagetest.HostTx {
	if way == "pgx" {
		return func() storagetest.HostTx {
			tx, err := pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return pgxTx{tx}
		}
	}
	var db *sql.DB = stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() { db.Close() })
	return func() storagetest.HostTx {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return storagetest.SQLTx{Tx: tx}
	}
}

func TestReportViews(t *testing.T) {
	dsn := pgtest.Database(t)
	s := openSchema(t, dsn, "tenant")
	cfg, err := pgx.ParseConfig(dsn + " search_path=tenant")
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	storagetest.Views(t, s, db)
	for _, view := range []string{"sessions", "messages", "visitors", "page_views"} {
		if _, err := db.ExecContext(t.Context(), "DELETE FROM chat_report_"+view); err == nil {
			t.Errorf("chat_report_%s can be written to", view)
		}
	}
}
