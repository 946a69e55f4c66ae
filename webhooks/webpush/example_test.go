package webpush_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/webhooks/webpush"
)

// Make a key once, and keep it with your secrets.
func ExampleNewKey() {
	secret := webpush.NewKey()
	keys, err := webpush.ParseKey(secret)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(keys.Public() != "") // browsers are told the public half
	// Output: true
}

// With a key agents are told while the console is closed.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	os.Setenv("PUSH_KEY", webpush.NewKey()) // the one that you have kept, rather

	keys, err := webpush.ParseKey(os.Getenv("PUSH_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	svc := chat.New(store, &chat.Options{PushKey: keys.Public()})
	defer svc.Close()
	go webpush.New(svc, keys, &webpush.Options{Subject: "mailto:ops@example.com"}).Run(ctx)
}
