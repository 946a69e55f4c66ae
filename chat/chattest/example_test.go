package chattest_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/chattest"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/webhooks"
)

// ourSite is the handler of a host's whole site, as its main function serves it.
func ourSite(svc *chat.Service) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/chat/", httpapi.New(svc, &httpapi.Options{
		Agent: func(r *http.Request) (chat.Agent, error) {
			cookie, err := r.Cookie("staff")
			if err != nil {
				return chat.Agent{}, errors.New("nobody is signed in")
			}
			return chat.Agent{ID: cookie.Value, Name: cookie.Value}, nil
		},
	}))
	return mux
}

func TestTheChatInOurSite(t *testing.T) {
	svc := chat.New(chattest.Store(t), nil)
	t.Cleanup(func() { svc.Close() })
	handler := ourSite(svc) // with your router, middleware and login around the chat
	chattest.CheckStreaming(t, handler, "/chat/")

	site := chattest.Start(t, handler, "/chat/")
	ines, mara := site.Visitor(), site.Agent(http.Header{"Cookie": {"staff=Mara"}})
	session := ines.Asks("Is anybody there?")
	mara.Hears("Is anybody there?")
	mara.Says(session, "Yes.")
	ines.Hears("Yes.")
}

func TestOurWebhooks(t *testing.T) {
	svc := chat.New(chattest.Store(t), &chat.Options{WebhookTargets: chat.WebhookTargets{Any: true}})
	t.Cleanup(func() { svc.Close() })
	go webhooks.New(svc, nil).Run(t.Context())

	sink := chattest.NewSink(t)
	hook, err := svc.CreateWebhook(t.Context(), chat.AsHost("test"), chat.NewWebhook{URL: sink.URL, Events: []string{"session_started"}})
	if err != nil {
		t.Fatal(err)
	}
	site := chattest.Start(t, ourSite(svc), "/chat/")
	site.Visitor().Asks("Is anybody there?")
	sink.Expects(chat.EventSessionStarted, hook.Secret) // its signature is checked
}

func TestOurReportsOfYesterday(t *testing.T) {
	clock := chattest.NewClock(time.Date(2026, 3, 24, 12, 0, 0, 0, time.UTC))
	svc := chat.New(chattest.Store(t), &chat.Options{Now: clock.Now})
	t.Cleanup(func() { svc.Close() })
	if _, err := svc.CreateSession(t.Context(), chat.AsHost("test"), chat.NewSession{VisitorName: "Ines", Message: "Hello?"}); err != nil {
		t.Fatal(err)
	}

	clock.Advance(24 * time.Hour)
	report, err := svc.Analytics(t.Context(), chat.AsHost("test"), chat.AnalyticsQuery{})
	if err != nil || report.Figures.Sessions != 1 {
		t.Errorf("%+v, %v", report.Figures, err)
	}
}
