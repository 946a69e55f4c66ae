package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
	_ "modernc.org/sqlite"
)

// One file, which is made if there is none. What an operator can do something
// about comes with advice.
func ExampleOpen() {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, "/no/such/folder/chat.db", nil)
	var problem *sqlite.OpenError
	if errors.As(err, &problem) {
		fmt.Println(errors.Is(err, sqlite.ErrNoFolder), problem.Advice != "")
		return
	}
	defer store.Close()
	// Output: true true
}

// The chat's tables beside the host's own: what the program does and what the
// chat says about it are of one transaction.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	db, err := sql.Open("sqlite", filepath.Join(dir, "shop.db")+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE orders (id, state)"); err != nil {
		log.Fatal(err)
	}

	store, err := sqlite.New(ctx, db, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	svc := chat.New(store, nil)
	defer svc.Close()
	go svc.Run(ctx) // it brings what was written in transactions into the sessions

	refund := func(ctx context.Context, orderID, sessionID string) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := tx.ExecContext(ctx, "UPDATE orders SET state = 'refunded' WHERE id = ?", orderID); err != nil {
			return err
		}
		if _, err := svc.AddNoteTx(ctx, tx, chat.AsHost("Shop"), sessionID, "Order "+orderID+" was refunded.", ""); err != nil {
			return err
		}
		return tx.Commit()
	}

	started, err := svc.CreateSession(ctx, chat.AsHost("Shop"), chat.NewSession{VisitorName: "Ines", Message: "Where is my money?"})
	if err != nil {
		log.Fatal(err)
	}
	stream, err := svc.Subscribe(ctx, chat.AsHost("Shop"), chat.SubscribeOptions{Topic: chat.Topic{SessionID: started.Session.ID}})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	if err := refund(ctx, "20418", started.Session.ID); err != nil {
		log.Fatal(err)
	}
	for {
		events, err := stream.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range events {
			if m, ok := e.Data.(chat.Message); ok && e.Type == chat.EventNoteAdded {
				fmt.Println(m.Text)
				return
			}
		}
	}
	// Output: Order 20418 was refunded.
}

// A consistent copy while the chat goes on: once a day, for example.
func ExampleStore_Backup() {
	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	name := filepath.Join(dir, time.Now().UTC().Format("chat-20060102-150405.db"))
	if err := store.Backup(ctx, name); err != nil {
		log.Fatal(err)
	}

	copied, err := sqlite.Open(ctx, name, nil) // a backup that was never opened is a hope
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(copied.Ping(ctx))
	copied.Close()
	// Output: <nil>
}
