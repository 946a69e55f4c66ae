package routers

import "net/http"

// NetHTTP mounts the chat in the standard library's mux. A pattern with a
// method for all paths, "GET /", would contradict "/chat/", as that mux sees
// it: name the page with "GET /{$}", or leave the method out.
func NetHTTP(chat http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/chat/", chat)
	mux.HandleFunc("GET /{$}", page)
	return http.NewCrossOriginProtection().Handler(mux)
}

// page stands for the host's own pages.
func page(w http.ResponseWriter, _ *http.Request) {
	w.Write([]byte(`<!doctype html><title>Shop</title><script src="/chat/chat.js" defer></script>`))
}
