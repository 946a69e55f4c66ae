package chatprometheus

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestCollector(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c := New()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	if n, err := testutil.GatherAndCount(registry, "chat_up"); n != 0 || err != nil {
		t.Errorf("before there is a service: %d, %v", n, err)
	}
	svc := chat.New(store, &chat.Options{Metrics: c})
	defer svc.Close()
	c.Watch(svc)
	host := chat.AsAPIKey(chat.APIKey{ID: "host", Scopes: []string{chat.ScopeRead, chat.ScopeWrite, chat.ScopeAdmin}})
	started, err := svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderVisitor, Text: "Hello"})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	want := `
# HELP chat_open_sessions Active sessions.
# TYPE chat_open_sessions gauge
chat_open_sessions 1
# HELP chat_streams Event streams, by who listens.
# TYPE chat_streams gauge
chat_streams{reader="agent"} 1
chat_streams{reader="visitor"} 0
# HELP chat_up 1 if the store could be asked, 0 if not.
# TYPE chat_up gauge
chat_up 1
# HELP chat_waiting Active sessions that nobody has taken, with a visitor who waits.
# TYPE chat_waiting gauge
chat_waiting 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "chat_open_sessions", "chat_waiting", "chat_streams", "chat_up"); err != nil {
		t.Error(err)
	}
	sub.Drop()
	c.Committed(3, time.Second, errors.New("disk on fire"))
	if got := testutil.ToFloat64(c.dropped); got != 1 {
		t.Errorf("%v readers dropped", got)
	}
	if got := testutil.ToFloat64(c.failed); got != 1 {
		t.Errorf("%v commits failed", got)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	stats, err := svc.Stats(context.Background())
	if err != nil || testutil.CollectAndCount(c, "chat_commit_duration_seconds") != 1 || stats.Commits < 2 {
		t.Errorf("%+v %v", stats, err)
	}

	// A store that is gone is told, and nothing is made up.
	store.Close()
	if err := testutil.GatherAndCompare(registry, strings.NewReader("# HELP chat_up 1 if the store could be asked, 0 if not.\n# TYPE chat_up gauge\nchat_up 0\n"), "chat_up", "chat_open_sessions"); err != nil {
		t.Error(err)
	}
}
