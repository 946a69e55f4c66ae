package main

import (
	"log/slog"
	"net/http"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// newHandler puts the shop, the demo sign-in and the chat together. A nil
// staff leaves the sign-in out: the console then asks for an API key.
func newHandler(svc *chat.Service, staff *staff, log *slog.Logger) http.Handler {
	opts := &httpapi.Options{
		Widget: httpapi.Widget{
			Name:     "Alder & Clay",
			Greeting: "Ask us about glazes, sizes or an order. A person answers.",
			Topics:   []string{"An order", "Glaze and care", "Something made to measure"},
		},
	}
	pages := http.NewServeMux()
	console := "/chat/console/"
	if staff != nil {
		console = "/staff"
	}
	shop := newShop(console, log)
	shop.routes(pages)
	if staff != nil {
		opts.Agent = staff.agent
		pages.HandleFunc("GET /staff", onLoopback(func(w http.ResponseWriter, r *http.Request) {
			me, _ := staff.agent(r) // nobody is fine here
			shop.render(w, r, http.StatusOK, "staff", page{Title: "Staff", Staff: staffMembers, Me: me.Name})
		}))
		pages.HandleFunc("POST /staff/sign-in", onLoopback(staff.signIn))
		pages.HandleFunc("POST /staff/sign-out", onLoopback(staff.signOut))
	}

	mux := http.NewServeMux()
	mux.Handle("/chat/", httpapi.New(svc, opts)) // works wherever it is mounted
	// Forms of other sites change nothing here. The chat guards itself.
	mux.Handle("/", http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(pages, 64<<10)))
	return mux
}
