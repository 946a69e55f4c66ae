package postgres_test

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pealchat/pealchat/storage/postgres"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// BenchmarkSite takes half an hour to make its database. PEALCHAT_BENCH_DSN
// names an empty one that keeps it for the next time.
func BenchmarkSite(b *testing.B) {
	site, dsn := storagetest.LargeSite(), os.Getenv("PEALCHAT_BENCH_DSN")
	if dsn == "" {
		dsn = pgtest.Database(b)
	}
	s, err := postgres.Open(b.Context(), dsn, &postgres.Options{WriteTimeout: 10 * time.Minute}) // Fill writes much at once
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	agents, err := s.Agents(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if len(agents) == 0 {
		if err := site.Fill(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.ExecContext(b.Context(), "VACUUM ANALYZE"); err != nil { // as the server does in its own time
		b.Fatal(err)
	}
	naive := func(query string, period bool) func(context.Context, time.Time, time.Time) error {
		return func(ctx context.Context, from, to time.Time) error {
			var args []any
			if period {
				args = []any{from.UnixMilli(), to.UnixMilli()}
			}
			rows, err := db.QueryContext(ctx, query, args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		}
	}
	storagetest.SiteBench{Site: site, Store: s, Naive: map[string]func(context.Context, time.Time, time.Time) error{
		"Report/summary":    naive(naiveReplies+` SELECT * FROM waits`, true),
		"Report/timeseries": naive(naiveReplies+` SELECT first / 86400000, count(*), avg(reply - first) FROM waits GROUP BY 1`, true),
		"Report/agents":     naive(naiveReplies+` SELECT sender_id, count(*), avg(reply - first) FROM waits GROUP BY 1`, true),
		"Report/heatmap":    naive(naiveReplies+` SELECT first / 3600000 % 168, count(*) FROM waits GROUP BY 1`, true),
		"Inbox/100": naive(`SELECT s.public_id, (SELECT body FROM chat_messages m WHERE m.session_id = s.id ORDER BY m.at DESC LIMIT 1),
			(SELECT count(*) FROM chat_messages m WHERE m.session_id = s.id AND m.sender = 'visitor' AND m.seq > s.agent_seen_seq),
			(SELECT max(at) FROM chat_messages m WHERE m.session_id = s.id) AS latest FROM chat_sessions s ORDER BY latest DESC LIMIT 100`, false),
		"Search/common word": naive(`SELECT id FROM chat_messages WHERE body LIKE '%delivery%' ORDER BY at DESC LIMIT 20`, false),
		"Search/rare word":   naive(`SELECT id FROM chat_messages WHERE body LIKE '%celadon%' ORDER BY at DESC LIMIT 20`, false),
	}}.Run(b)
}

// naiveReplies finds who waited how long by reading the messages.
const naiveReplies = `WITH firsts AS (
	SELECT session_id, MIN(at) AS first FROM chat_messages WHERE sender = 'visitor' AND note = 0 GROUP BY session_id HAVING MIN(at) >= $1 AND MIN(at) < $2
), waits AS (
	SELECT DISTINCT ON (f.session_id) f.session_id, f.first, m.at AS reply, m.sender_id FROM firsts f
	JOIN chat_messages m ON m.session_id = f.session_id AND m.sender = 'agent' AND m.note = 0 AND m.at > f.first ORDER BY f.session_id, m.at
)`
