package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// The handler below a path of the host's own mux, with the host's own login.
func ExampleNew() {
	dir, _ := os.MkdirTemp("", "pealchat")
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(context.Background(), filepath.Join(dir, "chat.db"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	svc := chat.New(store, nil)
	defer svc.Close()

	handler := httpapi.New(svc, &httpapi.Options{
		Agent: func(r *http.Request) (chat.Agent, error) {
			if c, err := r.Cookie("login"); err == nil && c.Value == "mara" {
				return chat.Agent{ID: "7", Name: "Mara"}, nil
			}
			return chat.Agent{}, errors.New("not signed in")
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/support/chat/", handler)

	for _, cookie := range []string{"login=mara", "login=somebody"} {
		r := httptest.NewRequest("GET", "/support/chat/api/v1/inbox", nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 {"mine":0,"unassigned":0,"open":0,"later":0,"closed":0}
	// 401 {"error":"Invalid API Key","status_code":401,"code":"invalid_api_key"}
}
