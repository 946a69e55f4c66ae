package storagetest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// RunBenchmarks measures the store that open returns. Each Append benchmark
// sends its messages twice, one transaction each and in the groups that form
// while a transaction is being written, and reports how much faster the
// groups were as "ratio".
func RunBenchmarks(b *testing.B, open func(b *testing.B) chat.Store) {
	for _, writers := range []int{1, 64, 1024} {
		b.Run(fmt.Sprintf("Append/writers=%d", writers), func(b *testing.B) { benchAppend(b, open(b), writers) })
	}
	b.Run("Messages/newest50", func(b *testing.B) {
		f, s := benchFixture(b, open(b))
		b.ResetTimer()
		for range b.N {
			f.messages(chat.MessageQuery{SessionID: s[0], Page: chat.Page{Before: chat.Latest}})
		}
	})
	b.Run("Sessions/active50byActivity", func(b *testing.B) {
		f, _ := benchFixture(b, open(b))
		b.ResetTimer()
		for range b.N {
			f.sessions(chat.SessionQuery{Status: chat.StatusActive, ByActivity: true})
		}
	})
	b.Run("Events/resume10", func(b *testing.B) {
		f, s := benchFixture(b, open(b))
		after := f.log().Head - 10*benchSessions
		b.ResetTimer()
		for range b.N {
			f.events(chat.EventQuery{Topic: chat.Topic{SessionID: s[0]}, After: after, Limit: 256})
		}
	})
}

const benchSessions = 200

// benchFixture fills a store with sessions of 60 messages each.
func benchFixture(b *testing.B, store chat.Store) (*fixture, []string) {
	f := newFixture(b, store)
	var ids []string
	for range benchSessions {
		ids = append(ids, f.start("").ID)
	}
	for range 60 {
		var ops []chat.Op
		for _, id := range ids {
			ops = append(ops, chat.OpAppendMessage{Message: f.newMessage(id, chat.SenderVisitor, strings.Repeat("x", 200))})
		}
		f.append(ops...)
	}
	return f, ids
}

func benchAppend(b *testing.B, store chat.Store, writers int) {
	f := newFixture(b, store)
	var sessions []string
	for range benchSessions {
		sessions = append(sessions, f.start("").ID)
	}
	var next atomic.Int64
	op := func() chat.Op {
		n := next.Add(1)
		m := message(sessions[n%benchSessions], chat.SenderVisitor, fmt.Sprintf("%026d", n))
		m.Text, m.ClientID, m.Fingerprint = strings.Repeat("x", 200), m.ID, "0123456789abcdef0123456789abcdef"
		return chat.OpAppendMessage{Message: m}
	}
	send := func(way func(chat.Op) error) float64 {
		var left atomic.Int64
		left.Store(int64(b.N))
		var group sync.WaitGroup
		start := time.Now()
		for range writers {
			group.Go(func() {
				for left.Add(-1) >= 0 {
					if err := way(op()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
		return float64(b.N) / time.Since(start).Seconds()
	}
	b.ResetTimer()
	groups := committer{store: store}
	batched := send(func(op chat.Op) error { return groups.do(op).Err })
	b.StopTimer()
	single := send(func(op chat.Op) error {
		_, err := store.Append(f.ctx, []chat.Op{op})
		return err
	})
	b.ReportMetric(batched, "batched/s")
	b.ReportMetric(single, "single/s")
	b.ReportMetric(batched/single, "ratio")
}
