package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// TestGroupsDoNotWaitForEachOther: groups of messages to the same few sessions,
// in any order and from several nodes, never come to wait for each other. The
// server would undo one of two that do, but only after a second, in which all
// that need the sessions stand still.
func TestGroupsDoNotWaitForEachOther(t *testing.T) {
	const sessions, writers, each, group = 12, 16, 40, 6
	dsn := pgtest.Database(t)
	t.Run("writing", func(t *testing.T) { // at whose end the connections end, which report what they saw
		nodes := []*Store{node(t, dsn, setup{}), node(t, dsn, setup{})}
		for i := range sessions {
			startSession(t, nodes[0], fmt.Sprint("s", i))
		}
		var writing sync.WaitGroup
		defer writing.Wait()
		for w := range writers {
			writing.Go(func() {
				for n := range each {
					var ops []chat.Op
					for i, s := range rand.Perm(sessions)[:group] {
						ops = append(ops, textMessage(fmt.Sprint("s", s), fmt.Sprintf("%d.%d.%d", w, n, i)))
					}
					if n%4 == 0 { // not of messages alone
						ops = append(ops, chat.OpUpdateSession{SessionID: fmt.Sprint("s", rand.IntN(sessions)), Patch: chat.SessionPatch{Department: new(fmt.Sprint(w, n))}, At: time.UnixMilli(1)})
					}
					if _, err := nodes[w%2].Append(context.Background(), ops); err != nil {
						t.Errorf("Append: %v", err)
					}
				}
			})
		}
	})
	pg, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close(context.Background())
	var deadlocks int
	err = pg.QueryRow(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&deadlocks)
	if err != nil || deadlocks > 0 {
		t.Errorf("%d deadlocks, %v", deadlocks, err)
	}
}
