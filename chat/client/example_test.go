package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/client"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// A program elsewhere hears of what visitors write, and answers.
func Example() {
	base, end := serve("peal_a_long_and_secret_key")
	defer end()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	c, err := client.New(base, client.Options{Key: "peal_a_long_and_secret_key"})
	if err != nil {
		log.Fatal(err)
	}
	session, err := c.CreateSession(ctx, client.NewSession{VisitorName: "Ines"})
	if err != nil {
		log.Fatal(err)
	}
	stream := c.Events(ctx, "") // or after the id of the last event that was handled
	defer stream.Close()
	for answered := false; !answered; {
		event, err := stream.Next(ctx)
		if err != nil {
			log.Fatal(err) // it ends with its context; what can be mended is mended
		}
		switch event.Type {
		case "ready": // it listens
			_, err = c.SendMessage(ctx, client.NewMessage{SessionID: session.ID, Sender: chat.SenderVisitor, Message: "Anybody there?", ClientID: "1"})
		case chat.EventMessageSent:
			var m chat.Message
			if err = event.Decode(&m); err == nil && m.Sender == chat.SenderVisitor {
				_, err = c.SendMessage(ctx, client.NewMessage{SessionID: m.SessionID, Sender: chat.SenderAgent, Message: "Yes.", ClientID: event.ID})
				answered = true
			}
		}
		if err != nil {
			log.Fatal(err)
		}
	}

	messages, err := c.Messages(ctx, session.ID, 0, 50)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range messages {
		fmt.Println(m.Seq, m.Sender, m.Text)
	}
	// Output:
	// 1 visitor Anybody there?
	// 2 agent Yes.
}

// Errors say what was wrong, in words for a program and for a person.
func ExampleIsCode() {
	base, end := serve("peal_a_long_and_secret_key")
	defer end()
	c, err := client.New(base, client.Options{Key: "peal_another_key"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.Session(context.Background(), "unknown")
	fmt.Println(client.IsCode(err, "invalid_api_key"))
	// Output: true
}

// serve is a chat on this machine.
func serve(key string) (base string, end func()) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		log.Fatal(err)
	}
	store, err := sqlite.Open(ctx, filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	svc := chat.New(store, nil)
	if _, err := svc.EnsureAPIKey(ctx, key, chat.NewAPIKey{Name: "Program", Scopes: []string{chat.ScopeRead, chat.ScopeWrite}}); err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(httpapi.New(svc, nil))
	return server.URL, func() {
		svc.Close()
		server.Close()
		store.Close()
		os.RemoveAll(dir)
	}
}
