package httpapi

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

func TestOnlyAPageCanBeTheLogin(t *testing.T) {
	for url, good := range map[string]bool{
		"":                                     true,
		"/login?next={return_to}":              true,
		"https://id.example/?back={return_to}": true,
		"http://127.0.0.1:8080/login":          true,
		"login":                                false,
		"//id.example/":                        false,
		`/\id.example/`:                        false,
		"https:///login":                       false,
		"javascript:alert(1)":                  false,
		"javascript://id.example/%0aalert(1)":  false,
		"data:text/html,hello":                 false,
		"/login\n":                             false,
	} {
		var log bytes.Buffer
		f := signedOut(url, slog.New(slog.NewTextHandler(&log, nil)))
		if want := map[bool]string{true: url}[good]; f.loginURL != want {
			t.Errorf("%q is answered as %q", url, f.loginURL)
		}
		if said := strings.Contains(log.String(), "LoginURL"); said == good {
			t.Errorf("%q: the log says %q", url, &log)
		}
	}
}

func TestWhoIsNotSignedInLearnsWhereToSignIn(t *testing.T) {
	var err error
	s := newSite(t, Options{LoginURL: "/login?next={return_to}", Agent: func(*http.Request) (chat.Agent, error) { return chat.Agent{}, err }})
	me := func() string { return s.call("GET", "/api/v1/me", "").raw }
	err = errors.New("nobody")
	if got := me(); !strings.Contains(got, `"error":"Invalid API Key"`) || !strings.Contains(got, `"login_url":"/login?next={return_to}"`) {
		t.Errorf("nobody is answered %s", got)
	}
	err = chat.ErrForbidden // signing in again would not help them
	if got := me(); strings.Contains(got, "login_url") {
		t.Errorf("a customer is answered %s", got)
	}
}
