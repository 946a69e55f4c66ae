package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres"
)

// The chat in a schema of its own: one line differs from SQLite's.
func ExampleOpen() {
	ctx := context.Background()
	store, err := postgres.Open(ctx, "postgres://chat@db.internal/shop", &postgres.Options{Schema: "chat"})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	svc := chat.New(store, nil)
	defer svc.Close()
	go svc.Run(ctx) // on every node
}

// The host's own pool, and a transaction of its own that the chat's note is
// part of.
func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://shop@db.internal/shop")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	store, err := postgres.New(ctx, pool, &postgres.Options{Schema: "chat"})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	svc := chat.New(store, nil)
	defer svc.Close()

	refund := func(ctx context.Context, orderID, sessionID string) error {
		tx, err := pool.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx)
		if _, err := tx.Exec(ctx, "UPDATE orders SET state = 'refunded' WHERE id = $1", orderID); err != nil {
			return err
		}
		if _, err := svc.AddNoteTx(ctx, tx, chat.AsHost("Shop"), sessionID, "Order "+orderID+" was refunded.", ""); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}
	_ = refund
}

// Behind a pooler such as PgBouncer, which passes no notifications on, the
// nodes need the database's own address to hear each other.
func ExampleNewBroker() {
	ctx := context.Background()
	store, err := postgres.Open(ctx, "postgres://chat@pooler.internal/shop", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	broker, err := postgres.NewBroker("postgres://chat@db.internal/shop", nil)
	if err != nil {
		log.Fatal(err)
	}
	svc := chat.New(store, &chat.Options{Broker: broker})
	defer svc.Close()
}

// From SQLite, with every id, number and position. examples/migrate is a
// program that does it.
func ExampleCopyFrom() {
	ctx := context.Background()
	src, err := sql.Open("sqlite", "file:chat.db?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	done, err := postgres.CopyFrom(ctx, src, "postgres://chat@db.internal/shop", &postgres.Options{Schema: "chat"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d rows added, %d changed, %d removed\n", done.Added, done.Changed, done.Removed)
}
