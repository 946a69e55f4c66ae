// Bot is a shop whose visitors are answered by a program first, and by people
// when it does not know further. Without flags the program goes by a few rules;
// with -url it asks a language model on any server that speaks the OpenAI API,
// in the cloud or on your own machine.
//
//	CHAT_KEY=choose-a-long-secret go run ./examples/bot
//	CHAT_KEY=choose-a-long-secret go run ./examples/bot -url http://127.0.0.1:11434/v1 -model llama3.2
//
// The key of the model's server, if it wants one, is read from BOT_KEY.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "listen on `host:port`")
	db := flag.String("db", "bot.db", "keep the chat in this SQLite `file`")
	url := flag.String("url", "", "base `URL` of a server with the OpenAI API; empty means rules")
	model := flag.String("model", "", "`name` of the model")
	flag.Parse()

	ctx := context.Background()
	store, err := sqlite.Open(ctx, *db, nil)
	if err != nil {
		log.Fatal(err)
	}
	svc := chat.New(store, nil)
	go svc.Run(ctx)
	// With this key a person answers, in the console, what the bot hands over.
	person := chat.NewAPIKey{Name: "Mara", Scopes: []string{chat.ScopeAdmin}}
	if _, err := svc.EnsureAPIKey(ctx, os.Getenv("CHAT_KEY"), person); err != nil {
		log.Fatal("CHAT_KEY: ", err)
	}

	var bot chat.Bot = chat.BotFunc(rules)
	if *url != "" {
		bot = &modelBot{url: *url, model: *model, key: os.Getenv("BOT_KEY"), orderStatus: orderStatus}
	}
	go func() { log.Fatal(svc.RunBot(ctx, "Clay", bot, nil)) }()

	http.Handle("/chat/", httpapi.New(svc, &httpapi.Options{Widget: httpapi.Widget{Name: "Alder & Clay"}}))
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><title>A shop with a bot</title><script src="/chat/chat.js" defer></script><h1>Alder &amp; Clay</h1>`)
	})
	fmt.Printf("The shop is at http://%s/ and the console, for those with CHAT_KEY, at /chat/console/.\n", *addr)
	log.Fatal(http.ListenAndServe(*addr, nil))
}

// orderStatus stands for a function of the shop that the bots may call.
func orderStatus(number string) string {
	if number == "20418" {
		return "Order 20418 left the workshop on Monday and arrives on Thursday."
	}
	return "There is no order " + number + "."
}
