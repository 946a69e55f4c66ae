package postgres

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/brokertest"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

const endListeners = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE pid <> pg_backend_pid() AND datname = current_database() AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%' OR query LIKE '-- ping')`

func TestBroker(t *testing.T) {
	dsn := pgtest.Database(t)
	chats := 0
	brokertest.Run(t, brokertest.Config{
		New: func(t *testing.T) func() chat.Broker {
			chats++
			schema := fmt.Sprint(strings.Repeat("long ", 11), chats) // longer than a channel's name may be
			return func() chat.Broker {
				b, err := NewBroker(dsn, &BrokerOptions{Logger: quiet.Logger, Schema: schema})
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
		},
		Interrupt: func(t *testing.T) { execSQL(t, dsn, endListeners) },
	})
}

// TestBrokerOfStore: a store's broker finds its way through whatever pool the
// host has brought, and meets those of others on the same schema.
func TestBrokerOfStore(t *testing.T) {
	dsn := pgtest.Database(t)
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	overPool, err := New(t.Context(), pool, quiet)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	overDB, err := NewFromDB(t.Context(), db, quiet)
	if err != nil {
		t.Fatal(err)
	}
	apart, err := NewBroker(dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	brokers := []chat.Broker{overPool.Broker(), overDB.Broker(), mustOpen(t, dsn).Broker(), apart}
	next := 0
	brokertest.Deliver(t, len(brokers), func() chat.Broker {
		next++
		return brokers[next-1]
	})
}

func TestPack(t *testing.T) {
	var queue []string
	for i := range 40 {
		queue = append(queue, strings.Repeat("é", 1+i*80))
	}
	var got []string
	var position chat.Position
	for _, p := range pack(1<<62, queue) {
		if len(p) > maxPayload {
			t.Errorf("a payload of %d bytes", len(p))
		}
		for _, h := range unpack(p) {
			position = max(position, h.Position)
			if len(h.Data) > 0 {
				got = append(got, string(h.Data))
			}
		}
	}
	if position != 1<<62 || strings.Join(got, "|") != strings.Join(queue, "|") {
		t.Errorf("what was packed comes back as %d, %d of %d texts", position, len(got), len(queue))
	}
	for _, other := range []string{"", " ", "hello", "7", "7 x", "7 9:x", "7 -1:x", "7 0:", "-3 1:a", "99999999999999999999 :"} {
		for _, h := range unpack(other) {
			if h.Position < 0 || h.Position == 0 && len(h.Data) == 0 {
				t.Errorf("unpack(%q) = %+v", other, h)
			}
		}
	}
}
