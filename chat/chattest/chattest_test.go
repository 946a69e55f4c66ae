package chattest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/webhooks"
)

// app is a host in small: a mux with the chat in it and a login by cookie.
func app(t *testing.T, opts *chat.Options) (*chat.Service, http.Handler) {
	t.Helper()
	svc := chat.New(Store(t), opts)
	t.Cleanup(func() { svc.Close() })
	mux := http.NewServeMux()
	mux.Handle("/support/chat/", httpapi.New(svc, &httpapi.Options{
		Agent: func(r *http.Request) (chat.Agent, error) {
			if c, err := r.Cookie("staff"); err == nil {
				return chat.Agent{ID: c.Value, Name: c.Value}, nil
			}
			return chat.Agent{}, errors.New("nobody")
		},
		Visitor: func(r *http.Request) (chat.Identity, bool) {
			c, err := r.Cookie("customer")
			if err != nil {
				return chat.Identity{}, false
			}
			return chat.Identity{ID: c.Value, Name: c.Value}, true
		},
	}))
	return svc, mux
}

func TestPeopleTalkThroughTheHostsHandler(t *testing.T) {
	_, handler := app(t, nil)
	site := Start(t, handler, "/support/chat")
	ines := site.Visitor(http.Header{"Cookie": {"customer=Ines"}})
	mara := site.Agent(http.Header{"Cookie": {"staff=Mara"}})
	stranger := site.Visitor()

	session := ines.Asks("Is anybody there?")
	if m := mara.Hears("Is anybody there?"); m.SessionID != session || m.SenderName != "Ines" {
		t.Errorf("the agent hears %+v", m)
	}
	mara.Says(session, "Yes.")
	if m := ines.Hears("Yes."); m.SenderName != "Mara" {
		t.Errorf("the visitor hears %+v", m)
	}
	if err := ines.Client.CloseSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	mara.Expects(chat.EventSessionClosed)
	if _, err := stranger.Client.Session(t.Context(), session); err == nil {
		t.Error("a stranger reads the session")
	}
}

func TestSinkReceivesWebhooks(t *testing.T) {
	svc, handler := app(t, &chat.Options{WebhookTargets: chat.WebhookTargets{Any: true}})
	sink := NewSink(t)
	hook, err := svc.CreateWebhook(t.Context(), chat.AsHost("Test"), chat.NewWebhook{URL: sink.URL, Events: []string{"session_started", "message_*"}})
	if err != nil {
		t.Fatal(err)
	}
	go webhooks.New(svc, nil).Run(t.Context())
	visitor := Start(t, handler, "/support/chat/").Visitor()
	visitor.Asks("Hello")
	var m chat.Message
	if err := sink.Expects(chat.EventMessageSent, hook.Secret).Decode(&m); err != nil || m.Text != "Hello" {
		t.Errorf("%+v, %v", m, err)
	}
}

// holding keeps back what is written until the request ends, and says that it
// has flushed.
type holding struct {
	http.ResponseWriter
	body   strings.Builder
	status int
}

func (h *holding) Write(p []byte) (int, error)      { return h.body.Write(p) }
func (h *holding) WriteHeader(status int)           { h.status = status }
func (h *holding) Flush()                           {}
func (h *holding) SetWriteDeadline(time.Time) error { return nil }

func TestCheckStreamingNamesWhatIsWrong(t *testing.T) {
	_, good := app(t, nil)
	CheckStreaming(t, good, "/support/chat/")

	hold := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &holding{ResponseWriter: w, status: 200}
		good.ServeHTTP(h, r)
		w.WriteHeader(h.status)
		w.Write([]byte(h.body.String()))
	})
	for name, c := range map[string]struct {
		handler http.Handler
		says    string
	}{
		"timeout":  {http.TimeoutHandler(good, time.Minute, ""), "timeoutWriter"},
		"buffer":   {hold, "holds event streams back"},
		"no chat":  {http.NotFoundHandler(), "no chat answers"},
		"mistaken": {http.StripPrefix("/elsewhere", good), "no chat answers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(c.handler)
			defer srv.Close()
			defer srv.CloseClientConnections()
			if err := checkStreaming(t.Context(), srv.URL+"/support/chat/"); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q in it", err, c.says)
			}
		})
	}
}

func TestClock(t *testing.T) {
	clock := NewClock(time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC))
	svc := chat.New(Store(t), &chat.Options{Now: clock.Now})
	defer svc.Close()
	clock.Advance(time.Hour)
	started, err := svc.CreateSession(t.Context(), chat.AsHost("Test"), chat.NewSession{VisitorName: "Ines"})
	if want := time.Date(2026, 3, 29, 1, 59, 0, 0, time.UTC); err != nil || !started.Session.CreatedAt.Equal(want) {
		t.Errorf("created at %s, want %s; %v", started.Session.CreatedAt, want, err)
	}
}
