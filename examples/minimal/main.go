package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

func main() {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, "chat.db", nil)
	if err != nil {
		log.Fatal(err)
	}
	svc := chat.New(store, nil)
	go svc.Run(ctx) // presence, tidying up

	// This key opens the console and the API until your own login does. Visitors
	// read its name beside what is written with it.
	team := chat.NewAPIKey{Name: "Our team", Scopes: []string{chat.ScopeAdmin}}
	if _, err := svc.EnsureAPIKey(ctx, os.Getenv("CHAT_KEY"), team); err != nil {
		log.Fatal("CHAT_KEY: ", err)
	}
	http.Handle("/chat/", httpapi.New(svc, nil))
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(`<!doctype html><title>My site</title><script src="/chat/chat.js" defer></script>`))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
