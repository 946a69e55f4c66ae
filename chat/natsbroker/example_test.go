package natsbroker_test

import (
	"context"
	"log"

	"github.com/nats-io/nats.go"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/natsbroker"
)

// Nodes that share a database, and tell each other over NATS what is new.
func ExampleNew() {
	conn, err := nats.Connect("nats://nats.internal", nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	broker, err := natsbroker.New(conn, "shop.chat")
	if err != nil {
		log.Fatal(err)
	}
	svc := chat.New(store, &chat.Options{Broker: broker})
	defer svc.Close()
	go svc.Run(context.Background())
}

// store is one that the nodes share: see storage/postgres.
var store chat.Store
