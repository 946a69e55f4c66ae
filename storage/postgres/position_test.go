package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// node opens a store with a pool of its own, as another process would have.
func node(t testing.TB, dsn string, set setup) *Store {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn+" pool_max_conns=10")
	if err != nil {
		t.Fatal(err)
	}
	set.conns = 10
	s, err := open(t.Context(), poolSource{pool}, "test", quiet, set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); pool.Close() })
	return s
}

func startSession(t testing.TB, s *Store, id string) {
	t.Helper()
	now := time.UnixMilli(1_763_890_200_123)
	res, err := s.Append(context.Background(), []chat.Op{chat.OpCreateSession{
		Visitor: &chat.Visitor{ID: "v" + id, CreatedAt: now, LastSeenAt: now},
		Session: chat.Session{ID: id, VisitorID: "v" + id, CreatedAt: now, Version: 1},
	}})
	if err != nil || res[0].Err != nil {
		t.Fatalf("session: %v, %+v", err, res)
	}
}

func textMessage(session, id string) chat.OpAppendMessage {
	return chat.OpAppendMessage{Message: chat.Message{
		ID: id, SessionID: session, Sender: chat.SenderVisitor, Text: "text of " + id, ClientID: id, Fingerprint: "f", At: time.UnixMilli(1_763_890_200_123),
	}}
}

// contest is what TestPositions observes.
type contest struct {
	written map[chat.Position]bool
	undone  int
	missed  int // events that no reader came by, summed over all readers
}

var errUndo = errors.New("undone by the test")

// runContest lets 32 writers on four nodes add to the log, 1 in 100
// transactions late by up to 60 ms and 1 in 100 undone at the end, while a
// reader on each node follows the log.
func runContest(t *testing.T, locks func(sqlstore.Locks) sqlstore.Locks) contest {
	const writers, each, sessions = 32, 30, 40
	dsn := pgtest.Database(t)
	ending := func() error {
		switch rand.IntN(100) {
		case 0:
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		case 1:
			return errUndo
		}
		return nil
	}
	var list []*Store
	for range 4 {
		list = append(list, node(t, dsn, setup{ending: ending, locks: locks}))
	}
	plain := node(t, dsn, setup{})
	for i := range sessions {
		startSession(t, plain, fmt.Sprint("s", i))
	}
	log, err := plain.Log(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	c := contest{written: map[chat.Position]bool{}}
	var done atomic.Bool
	seen := make([]map[chat.Position]bool, len(list))
	var writing, reading sync.WaitGroup
	for i, s := range list {
		seen[i] = map[chat.Position]bool{}
		reading.Go(func() { tail(t, s, log.Head, &done, seen[i]) })
	}
	for w := range writers {
		writing.Go(func() {
			for n := range each {
				ops := []chat.Op{textMessage(fmt.Sprint("s", rand.IntN(sessions)), fmt.Sprintf("%d.%d.0", w, n)), textMessage(fmt.Sprint("s", rand.IntN(sessions)), fmt.Sprintf("%d.%d.1", w, n))}
				if n%7 == 0 { // one that others do not run beside
					ops = append(ops, chat.OpUpdateSession{SessionID: fmt.Sprint("s", rand.IntN(sessions)), Patch: chat.SessionPatch{Department: new(fmt.Sprint(w, n))}, At: time.UnixMilli(1)})
				}
				res, err := list[w%len(list)].Append(context.Background(), ops)
				mu.Lock()
				if err != nil {
					c.undone++
				}
				for _, r := range res {
					for _, e := range r.Events {
						c.written[e.Position] = true
					}
				}
				mu.Unlock()
				if err != nil && !errors.Is(err, errUndo) {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	writing.Wait()
	done.Store(true)
	reading.Wait()
	for p := range c.written {
		for i := range seen {
			if !seen[i][p] {
				c.missed++
			}
		}
	}
	return c
}

// tail follows the log until it has come to its end after everything was written.
func tail(t *testing.T, s *Store, after chat.Position, done *atomic.Bool, seen map[chat.Position]bool) {
	for {
		last := done.Load()
		events, err := s.Events(context.Background(), chat.EventQuery{After: after, Limit: 100})
		if err != nil {
			t.Errorf("Events: %v", err)
			return
		}
		for _, e := range events {
			after = e.Position
			seen[after] = true
		}
		switch {
		case len(events) == 0 && last:
			return
		case len(events) == 0:
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// TestPositions: whoever follows the log by position misses nothing.
func TestPositions(t *testing.T) {
	c := runContest(t, nil)
	t.Logf("%d events, %d transactions undone, missed %d", len(c.written), c.undone, c.missed)
	if c.missed > 0 || c.undone == 0 || len(c.written) < 1500 {
		t.Errorf("%d of %d events were missed", c.missed, len(c.written))
	}
}

// TestPositionsNeedTheLock: without the lock that all nodes share events are
// missed. Otherwise TestPositions would say nothing.
func TestPositionsNeedTheLock(t *testing.T) {
	var n atomic.Int64
	c := runContest(t, func(l sqlstore.Locks) sqlstore.Locks {
		l.Log += n.Add(1)
		return l
	})
	t.Logf("%d events, %d transactions undone, missed %d", len(c.written), c.undone, c.missed)
	if c.missed == 0 {
		t.Error("nothing was missed")
	}
}

// TestSeqOverNodes: every session's seq is without a gap, however many nodes
// write to it, and of the same message sent to several nodes one is kept.
func TestSeqOverNodes(t *testing.T) {
	const nodes, each = 3, 40
	dsn := pgtest.Database(t)
	var list []*Store
	for range nodes {
		list = append(list, node(t, dsn, setup{}))
	}
	startSession(t, list[0], "s")
	var group sync.WaitGroup
	var fresh atomic.Int64
	for n, s := range list {
		for w := range 4 {
			group.Go(func() {
				for i := range each {
					own, same := textMessage("s", fmt.Sprintf("%d.%d.%d", n, w, i)), textMessage("s", fmt.Sprintf("same.%d.%d", w, i))
					same.Message.ID = fmt.Sprintf("%d.%s", n, same.Message.ID) // a node's own id for it
					res, err := s.Append(context.Background(), []chat.Op{own, same})
					if err != nil || res[0].Err != nil || res[1].Err != nil {
						t.Errorf("Append: %v, %+v", err, res)
						return
					}
					if !res[1].Duplicate {
						fresh.Add(1)
					}
				}
			})
		}
	}
	group.Wait()
	if fresh.Load() != 4*each {
		t.Errorf("%d of the messages that all nodes sent were kept, want %d", fresh.Load(), 4*each)
	}
	var got []int64
	for at := ""; ; {
		page, err := list[0].Messages(t.Context(), chat.MessageQuery{SessionID: "s", Page: chat.Page{After: at, Limit: 100}})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			got = append(got, m.Seq)
		}
		if at = page.Next; at == "" {
			break
		}
	}
	want := make([]int64, 4*each*(nodes+1))
	for i := range want {
		want[i] = int64(i + 1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("seqs are %v", got)
	}
}
