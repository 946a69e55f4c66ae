package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

// behindProxy is Options.Agent for a site whose login is a proxy in front of
// it, as with OAuth: oauth2-proxy, an identity-aware proxy, Authelia. The proxy
// says in headers who it has let through, and must drop them from what comes
// in. staff are the addresses that may answer visitors.
func behindProxy(staff ...string) func(*http.Request) (chat.Agent, error) {
	return func(r *http.Request) (chat.Agent, error) {
		email := strings.ToLower(r.Header.Get("X-Forwarded-Email"))
		if email == "" {
			return chat.Agent{}, errors.New("the proxy has let nobody through")
		}
		for _, member := range staff {
			if strings.EqualFold(member, email) {
				name := r.Header.Get("X-Forwarded-Preferred-Username")
				if name == "" {
					name, _, _ = strings.Cut(email, "@")
				}
				return chat.Agent{ID: email, Name: name, Email: email}, nil
			}
		}
		return chat.Agent{}, chat.ErrForbidden
	}
}
