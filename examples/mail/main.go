// Mail is a host that reaches people who are not looking: a visitor who has
// left gets the answer by mail, with a link back into the conversation, and the
// conversation when it is over; the team hears of whoever left unanswered.
//
//	export CHAT_KEY=peal_$(openssl rand -hex 16) VISITOR_SECRET=$(openssl rand -hex 32)
//	go run ./examples/mail -smtp 127.0.0.1:1025 -from chat@example.com -team team@example.com
//
// Any SMTP server will do; one for trying things out, which shows what it gets
// and delivers nothing, usually listens on port 1025. The page is at /, the
// console at /chat/console.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "listen on `host:port`")
	db := flag.String("db", "mail.db", "keep the chat in this SQLite `file`")
	server := flag.String("smtp", "127.0.0.1:1025", "send mail through the SMTP server at `host:port`, with SMTP_USER and SMTP_PASSWORD if it wants them")
	from := flag.String("from", "chat@example.com", "the `address` that mail comes from")
	team := flag.String("team", "team@example.com", "the `address` that hears of missed visitors")
	flag.Parse()
	p := &postman{server: *server, user: os.Getenv("SMTP_USER"), password: os.Getenv("SMTP_PASSWORD"),
		from: *from, team: *team, base: "http://" + *addr + "/chat", secret: os.Getenv("VISITOR_SECRET")}
	if len(p.secret) < 32 {
		log.Fatal("mail: set VISITOR_SECRET to 32 random characters or more: links in mails are signed with it")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr, *db, p); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr, db string, p *postman) error {
	store, err := sqlite.Open(ctx, db, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	svc := chat.New(store, nil)
	defer svc.Close()
	if _, err := svc.EnsureAPIKey(ctx, os.Getenv("CHAT_KEY"), chat.NewAPIKey{Name: "Our team", Scopes: []string{chat.ScopeAdmin}}); err != nil {
		return fmt.Errorf("CHAT_KEY: %w", err)
	}

	background, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { svc.Run(background) })
	running.Go(func() {
		if err := svc.RunMail(background, "shop", p.send, nil); background.Err() == nil {
			log.Print("mail: no more mail is sent: ", err)
		}
	})

	srv := &http.Server{Addr: addr, Handler: handler(svc, p), ReadHeaderTimeout: 5 * time.Second}
	srv.RegisterOnShutdown(func() { svc.Close() })
	running.Go(func() {
		<-background.Done()
		ending, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		srv.Shutdown(ending)
	})
	fmt.Printf("The shop is at http://%s/ and the console, for those with CHAT_KEY, at /chat/console/.\n", addr)
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func handler(svc *chat.Service, p *postman) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/chat/", httpapi.New(svc, &httpapi.Options{VisitorSecrets: []string{p.secret}})) // the one that signs the links
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`<!doctype html><title>Shop</title><h1>Shop</h1><script src="/chat/chat.js" defer></script>`))
	})
	return mux
}
