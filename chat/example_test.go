package chat_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// A visitor asks, an agent answers, and both read the same conversation. A host
// seldom does this itself: package httpapi does it for browsers.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(ctx, filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	svc := chat.New(store, nil)
	defer svc.Close()

	welcome, err := svc.Hello(ctx, chat.Hello{Locale: "en"})
	if err != nil {
		log.Fatal(err)
	}
	visitor := chat.AsVisitor(welcome.Visitor)
	started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Is the glaze food safe?", ClientID: "1"})
	if err != nil {
		log.Fatal(err)
	}
	mara, err := svc.EnsureAgent(ctx, chat.Agent{ID: "7", Name: "Mara"})
	if err != nil {
		log.Fatal(err)
	}
	answer := chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderAgent, Text: "Yes, every one.", ClientID: "1"}
	for range 2 { // the client id makes a repetition harmless
		if _, err := svc.SendMessage(ctx, chat.AsAgent(mara), answer); err != nil {
			log.Fatal(err)
		}
	}

	page, err := svc.Messages(ctx, visitor, chat.MessageQuery{SessionID: started.Session.ID})
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range page.Messages {
		fmt.Println(m.Seq, m.Sender, m.Text)
	}
	// Output:
	// 1 visitor Is the glaze food safe?
	// 2 agent Yes, every one.
}

// open returns a service over a store of its own, for the other examples.
func open(opts *chat.Options) (svc *chat.Service, end func()) {
	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	store, err := sqlite.Open(context.Background(), filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	svc = chat.New(store, opts)
	return svc, func() {
		svc.Close()
		store.Close()
		os.RemoveAll(dir)
	}
}

// asking has a new visitor start a session.
func asking(svc *chat.Service, text string) (visitor chat.Actor, s chat.Session) {
	welcome, err := svc.Hello(context.Background(), chat.Hello{})
	if err != nil {
		log.Fatal(err)
	}
	visitor = chat.AsVisitor(welcome.Visitor)
	started, err := svc.CreateSession(context.Background(), visitor, chat.NewSession{Message: text})
	if err != nil {
		log.Fatal(err)
	}
	return visitor, started.Session
}
