package apitest

import (
	"errors"
	"net/http"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// hostLogin is a site with a login of its own: the cookie says who it is.
// Ada is an admin, everybody else is not; customers are known by another cookie.
func hostLogin() httpapi.Options {
	return httpapi.Options{
		Agent: func(r *http.Request) (chat.Agent, error) {
			c, err := r.Cookie("login")
			if err != nil {
				return chat.Agent{}, err
			}
			names := map[string]string{"ada": "Ada", "bob": "Bob", "eve": "Eve"}
			if names[c.Value] == "" {
				return chat.Agent{}, errors.New("no such user")
			}
			return chat.Agent{ID: c.Value, Name: names[c.Value], Email: c.Value + "@example.com", Admin: c.Value == "ada"}, nil
		},
		Visitor: func(r *http.Request) (chat.Identity, bool) {
			c, err := r.Cookie("customer")
			if err != nil || c.Value == "" {
				return chat.Identity{}, false
			}
			return chat.Identity{ID: c.Value, Name: "Customer " + c.Value, Email: c.Value + "@customers.example"}, true
		},
	}
}
