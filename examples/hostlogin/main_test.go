package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/chattest"
	"github.com/pealchat/pealchat/chat/client"
	"github.com/pealchat/pealchat/httpapi"
)

// browser signs in and returns what its requests then carry.
func browser(t *testing.T, base, name string) (*http.Client, http.Header) {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar}
	resp, err := c.PostForm(base+"/sign-in", url.Values{"name": {name}, "password": {name}})
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	u, _ := url.Parse(base)
	cookies := jar.Cookies(u)
	if len(cookies) != 1 {
		t.Fatalf("%d cookies after signing in", len(cookies))
	}
	return c, http.Header{"Cookie": {cookies[0].String()}}
}

func TestTheSitesLoginIsTheChats(t *testing.T) {
	svc := chat.New(chattest.Store(t), nil)
	t.Cleanup(func() { svc.Close() })
	site := chattest.Start(t, newSite(svc), "/chat/")
	chattest.CheckStreamingAt(t, site.URL)
	base := strings.TrimSuffix(site.URL, "/chat/")

	staff, staffCookie := browser(t, base, "mara")
	customer, customerCookie := browser(t, base, "ines")
	mara, ines := site.Agent(staffCookie), site.Visitor(customerCookie)
	session := ines.Asks("Where is my order?")
	if m := mara.Hears("Where is my order?"); m.SenderName != "Ines Fonseca" {
		t.Errorf("the staff sees %q", m.SenderName)
	}
	mara.Says(session, "On its way.")
	ines.Hears("On its way.")

	c, err := client.New(site.URL, client.Options{Agent: true, Header: customerCookie})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Session(t.Context(), session); !client.IsCode(err, "forbidden") {
		t.Errorf("a customer in the agents' API: %v", err)
	}

	// The streams that were opened while they were signed in end as well.
	start := time.Now()
	for _, b := range []*http.Client{staff, customer} {
		if resp, err := b.PostForm(base+"/sign-out", nil); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp, err)
		}
	}
	for name, p := range map[string]*chattest.Person{"mara": mara, "ines": ines} {
		if e := p.Expects("bye"); !strings.Contains(string(e.Data), "unauthorized") {
			t.Errorf("%s: %s", name, e.Data)
		}
	}
	t.Log("both streams ended after", time.Since(start))
	if _, err := mara.Client.Session(t.Context(), session); !client.IsCode(err, "invalid_api_key") {
		t.Errorf("mara after signing out: %v", err)
	}
	if _, err := ines.Client.Session(t.Context(), session); err == nil {
		t.Error("ines reads on after signing out")
	}
}

func TestALoginInFrontOfTheSite(t *testing.T) {
	svc := chat.New(chattest.Store(t), nil)
	t.Cleanup(func() { svc.Close() })
	site := chattest.Start(t, httpapi.New(svc, &httpapi.Options{Agent: behindProxy("mara@alderclay.example")}), "/")
	site.Agent(http.Header{"X-Forwarded-Email": {"Mara@alderclay.example"}})
	for email, code := range map[string]string{"": "invalid_api_key", "eve@example.com": "forbidden"} {
		c, err := client.New(site.URL, client.Options{Agent: true, Header: http.Header{"X-Forwarded-Email": {email}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Do(t.Context(), "GET", "api/v1/me", nil, nil); !client.IsCode(err, code) {
			t.Errorf("%q: %v", email, err)
		}
	}
}

func TestSigningInLeadsBackToTheConsoleAndNowhereElse(t *testing.T) {
	svc := chat.New(chattest.Store(t), nil)
	t.Cleanup(func() { svc.Close() })
	base := strings.TrimSuffix(chattest.Start(t, newSite(svc), "/chat/").URL, "/chat/")
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for next, want := range map[string]string{
		"/chat/console/#/open/s1":       "/chat/console/#/open/s1",
		"":                              "/",
		"https://evil.example/":         "/",
		"//evil.example/":               "/",
		`/\evil.example/`:               "/",
		"javascript:alert(1)":           "/",
		"chat/console/":                 "/",
		"/chat/console/\r\nX-Evil: yes": "/",
	} {
		resp, err := c.PostForm(base+"/sign-in", url.Values{"name": {"mara"}, "password": {"mara"}, "next": {next}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Location"); got != want {
			t.Errorf("after signing in with next=%q it leads to %q, want %q", next, got, want)
		}
	}
}
