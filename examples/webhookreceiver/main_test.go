package main

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/webhooks"
)

// screen is what the receiver prints to, from several goroutines.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	fail bool
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail {
		s.fail = false
		return 0, errors.New("the screen is off")
	}
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestReceivesWhatAChatSends runs the receiver behind a real chat.
func TestReceivesWhatAChatSends(t *testing.T) {
	log.SetOutput(io.Discard)
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	quiet := slog.New(slog.DiscardHandler)
	svc := chat.New(store, &chat.Options{Logger: quiet, WebhookTargets: chat.WebhookTargets{Any: true}})
	defer svc.Close()

	out := &screen{fail: true} // the first event has to be sent twice
	rc := newReceiver(nil, out)
	server := httptest.NewServer(rc)
	defer server.Close()
	host := chat.AsHost("Shop")
	w, err := svc.CreateWebhook(ctx, host, chat.NewWebhook{URL: server.URL, Events: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	rc.secrets = []string{w.Secret}
	sending, stop := context.WithCancel(ctx)
	ended := make(chan error)
	opts := &webhooks.Options{Logger: quiet, Schedule: []time.Duration{time.Millisecond, time.Millisecond, time.Second}}
	go func() { ended <- webhooks.New(svc, opts).Run(sending) }()
	defer func() { stop(); <-ended }()

	started, err := svc.CreateSession(ctx, host, chat.NewSession{VisitorName: "Ines", Message: "Is the glaze food safe?"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.CloseSession(ctx, host, started.Session.ID, ""); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), "closed"); {
		if time.Now().After(deadline) {
			t.Fatalf("printed %q", out)
		}
		time.Sleep(5 * time.Millisecond)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "Ines has a question") || !strings.Contains(lines[1], `visitor: "Is the glaze food safe?"`) {
		t.Fatalf("printed %q", lines)
	}
}

func TestDoesThingsOnceAndForThoseItKnows(t *testing.T) {
	log.SetOutput(io.Discard)
	const secret, other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	out := &screen{}
	rc := newReceiver([]string{secret}, out)
	post := func(id, body, with string) int {
		t.Helper()
		now := time.Now()
		signature, err := webhooks.Sign(id, now, []byte(body), with)
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		req.Header.Set(webhooks.HeaderID, id)
		req.Header.Set(webhooks.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		req.Header.Set(webhooks.HeaderSignature, signature)
		res := httptest.NewRecorder()
		rc.ServeHTTP(res, req)
		return res.Code
	}
	const closed = `{"event":"session_closed","timestamp":"2026-03-24T12:00:00.000Z","data":{"session_id":"s1"}}`
	for _, step := range []struct {
		id, body, secret string
		want             int
	}{
		{"a", closed, other, 401},
		{"a", closed, secret, 204},
		{"a", closed, secret, 204},
		{"b", `{"event":"ping","timestamp":"2026-03-24T12:00:01.000Z"}`, secret, 204},
		{"c", `{"event":"of tomorrow","data":{}}`, secret, 204},
		{"d", `not JSON`, secret, 500},
		{"e", `"` + strings.Repeat("a", maxBody) + `"`, secret, 400},
	} {
		if got := post(step.id, step.body, step.secret); got != step.want {
			t.Errorf("%s %.40s: %d, want %d", step.id, step.body, got, step.want)
		}
	}
	if out.String() != "12:00:00  s1: closed\n12:00:01  ping\n" {
		t.Errorf("printed %q", out)
	}
}
