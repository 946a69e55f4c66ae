package routers

import (
	"net/http"

	"github.com/gorilla/mux"
)

// Gorilla mounts the chat in gorilla/mux.
func Gorilla(chat http.Handler) http.Handler {
	r := mux.NewRouter()
	r.PathPrefix("/chat/").Handler(chat)
	r.HandleFunc("/", page)
	return r
}
