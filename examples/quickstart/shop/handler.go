package shop

import (
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// Handler puts the shop, the demo sign-in and the chat together. A nil staff
// leaves the sign-in out: the console then asks for an API key. proxies are the
// addresses of those in front.
func Handler(svc *chat.Service, staff *Staff, log *slog.Logger, proxies ...netip.Prefix) http.Handler {
	opts := &httpapi.Options{
		TrustedProxies: proxies,
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
		opts.Agent, opts.LoginURL = staff.agent, "/staff"
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
