package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// TestFiguresOfOlderSessions makes what the migration makes of older sessions
// the same as what their messages would have left.
func TestFiguresOfOlderSessions(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	now := time.UnixMilli(1795426203126).UTC()
	apply(t, s, chat.OpSaveAgent{Agent: chat.Agent{ID: "mara", Name: "Mara"}})
	// v, a, k and b are messages of the visitor, an agent, a program and a bot.
	for i, talk := range []string{"", "v", "a", "b", "bavvbbaavbakvb", "vav", "vb", "vvk", "abva", "vbbavba"} {
		id := newSession(t, s, fmt.Sprint("s", i))
		for n, who := range talk {
			m := newMessage(id, fmt.Sprint(i, "-", n))
			now = now.Add(time.Duration(n*n+700) * time.Millisecond)
			m.Message.At, m.Message.SenderID = now, string(who)
			switch who {
			case 'v':
				m.Message.Sender = chat.SenderVisitor
			case 'b':
				m.Message.Sender = chat.SenderBot
			case 'a':
				m.Message.Sender, m.Message.SenderID = chat.SenderAgent, "mara"
			case 'k':
				m.Message.Sender = chat.SenderAgent
			}
			apply(t, s, m)
		}
	}
	read := func() (list []chat.SessionFigures) {
		t.Helper()
		q := chat.SessionFiguresQuery{From: time.UnixMilli(-1 << 50), To: now.AddDate(100, 0, 0)}
		if err := s.SessionFigures(t.Context(), q, func(f chat.SessionFigures) error { list = append(list, f); return nil }); err != nil {
			t.Fatal(err)
		}
		return list
	}
	want := read()
	_, err := s.writer.Exec(`UPDATE chat_sessions SET first_visitor_at = NULL, last_visitor_at = NULL, first_bot_at = NULL,
		agent_messages = 0, bot_messages = 0, last_agent_seq = 0, replies = ''`)
	if err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(read(), want) {
		t.Fatal("nothing was taken away")
	}
	for _, m := range []struct{ name, from, to string }{
		{"0008_analytics", "replies TEXT NOT NULL DEFAULT '';", "CREATE INDEX"},
		{"*_report", "rating_asked_at INTEGER;", "CREATE TABLE"},
	} {
		names, err := fs.Glob(migrationFiles, "migrations/"+m.name+".sql")
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		migration, err := migrationFiles.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(migration), m.from)
		fill, _, _ := strings.Cut(after, m.to)
		if _, err := s.writer.Exec(fill); err != nil {
			t.Fatal(err)
		}
	}
	got := read()
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("session %d:\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
}

// TestFiguresOfMoreThanIsReadAtOnce: where one read ends and the next goes on,
// many views have the same time.
func TestFiguresOfMoreThanIsReadAtOnce(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	begin := time.UnixMilli(1795426203126)
	apply(t, s, chat.OpSaveVisitor{Visitor: chat.Visitor{ID: "ines", CreatedAt: begin, LastSeenAt: begin}})
	const views = 2*20_000 + 3
	if _, err := s.writer.Exec(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
		INSERT INTO chat_page_views (visitor_id, url, title, referrer, at, since) SELECT 1, 'https://shop.example/', '', '', ? + i / 7, ? FROM n`,
		views, begin.UnixMilli(), begin.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	bounds := []time.Time{begin, begin.Add(time.Second), begin.Add(2 * time.Second), begin.Add(time.Hour)}
	got, err := s.VisitFigures(t.Context(), chat.VisitFiguresQuery{Bounds: bounds})
	want := []chat.VisitFigures{{Views: 7000, Visitors: 1}, {Views: 7000, Visitors: 1, Returned: 1}, {Views: views - 14_000, Visitors: 1, Returned: 1}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestPingOfAReadOnlyDatabase: that reads go on is not health.
func TestPingOfAReadOnlyDatabase(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.writer.Exec("PRAGMA query_only(1)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("read-only: %v", err)
	}
	if _, err := s.writer.Exec("PRAGMA query_only(0)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
