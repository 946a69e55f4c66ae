package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pealchat/pealchat/storage/storagetest"
)

// BenchmarkSite takes minutes to make its database. PEALCHAT_BENCH_DIR names a
// folder that keeps it for the next time.
func BenchmarkSite(b *testing.B) {
	dir := os.Getenv("PEALCHAT_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	site := storagetest.LargeSite()
	path := filepath.Join(dir, "site.db")
	_, missing := os.Stat(path)
	s, err := Open(b.Context(), path, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	if missing != nil {
		if err := site.Fill(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
	naive := func(query string, args func(from, to time.Time) []any) func(context.Context, time.Time, time.Time) error {
		return func(ctx context.Context, from, to time.Time) error {
			rows, err := s.reader.QueryContext(ctx, query, args(from, to)...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		}
	}
	period := func(from, to time.Time) []any { return []any{from.UnixMilli(), to.UnixMilli()} }
	nothing := func(_, _ time.Time) []any { return nil }
	storagetest.SiteBench{Site: site, Store: s, Naive: map[string]func(context.Context, time.Time, time.Time) error{
		"Report/summary":    naive(naiveReplies+` SELECT * FROM waits`, period),
		"Report/timeseries": naive(naiveReplies+` SELECT first / 86400000, count(*), avg(reply - first) FROM waits GROUP BY 1`, period),
		"Report/agents":     naive(naiveReplies+` SELECT sender_id, count(*), avg(reply - first) FROM waits GROUP BY 1`, period),
		"Report/heatmap":    naive(naiveReplies+` SELECT first / 3600000 % 168, count(*) FROM waits GROUP BY 1`, period),
		"Inbox/100": naive(`SELECT s.public_id, (SELECT body FROM chat_messages m WHERE m.session_id = s.id ORDER BY m.at DESC LIMIT 1),
			(SELECT count(*) FROM chat_messages m WHERE m.session_id = s.id AND m.sender = 'visitor' AND m.seq > s.agent_seen_seq),
			(SELECT max(at) FROM chat_messages m WHERE m.session_id = s.id) AS latest FROM chat_sessions s ORDER BY latest DESC LIMIT 100`, nothing),
		"Search/common word": naive(`SELECT id FROM chat_messages WHERE body LIKE '%delivery%' ORDER BY at DESC LIMIT 20`, nothing),
		"Search/rare word":   naive(`SELECT id FROM chat_messages WHERE body LIKE '%celadon%' ORDER BY at DESC LIMIT 20`, nothing),
	}}.Run(b)
}

// naiveReplies finds who waited how long by reading the messages.
const naiveReplies = `WITH firsts AS (
	SELECT session_id, MIN(at) AS first FROM chat_messages WHERE sender = 'visitor' AND note = 0 GROUP BY session_id HAVING MIN(at) >= ?1 AND MIN(at) < ?2
), waits AS (
	SELECT f.session_id, f.first, MIN(m.at) AS reply, m.sender_id FROM firsts f
	JOIN chat_messages m ON m.session_id = f.session_id AND m.sender = 'agent' AND m.note = 0 AND m.at > f.first GROUP BY f.session_id
)`
