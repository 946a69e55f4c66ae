package chattest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat/client"
	"github.com/pealchat/pealchat/webhooks"
)

// Sink is an endpoint that receives webhooks until the test ends. It is on a
// loopback address, so the service under test needs
// chat.Options.WebhookTargets to allow those.
type Sink struct {
	URL string

	t        testing.TB
	received chan delivery
}

type delivery struct {
	header http.Header
	body   []byte
}

// NewSink starts a sink. It answers everything with 204.
func NewSink(t testing.TB) *Sink {
	s := &Sink{t: t, received: make(chan delivery, 1000)}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case s.received <- delivery{r.Header.Clone(), body}:
			w.WriteHeader(http.StatusNoContent)
		default: // it is sent again later
			http.Error(w, "the test takes nothing out", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

// Expects waits for a delivery of an event of a type, whose signature must be
// right for secret, and passes over others.
func (s *Sink) Expects(kind, secret string) client.Event {
	s.t.Helper()
	patience := time.After(Patience)
	for {
		select {
		case d := <-s.received:
			if err := webhooks.Verify(d.header, d.body, secret); err != nil {
				s.t.Fatal("chattest: a delivery:", err)
			}
			var e client.Event
			if err := json.Unmarshal(d.body, &e); err != nil {
				s.t.Fatal("chattest: a delivery:", err)
			}
			if e.Type == kind {
				return e
			}
		case <-patience:
			s.t.Fatalf("chattest: no %s was delivered", kind)
		case <-s.t.Context().Done():
			s.t.Fatalf("chattest: no %s was delivered before the test ended", kind)
		}
	}
}
