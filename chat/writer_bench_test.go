package chat_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// BenchmarkAppend sends messages from 1, 64 and 1,024 writers at once, through
// the group writer and, in the same run, with a transaction for each. The
// metric "ratio" is how many times more messages a second the group writer
// commits.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64, 1024} {
		b.Run(fmt.Sprint("writers=", writers), func(b *testing.B) {
			var grouped, single time.Duration
			for b.Loop() {
				grouped += appendLoad(b, writers, false)
				single += appendLoad(b, writers, true)
			}
			n := float64(b.N * appendOps)
			b.ReportMetric(n/grouped.Seconds(), "grouped-msg/s")
			b.ReportMetric(n/single.Seconds(), "single-msg/s")
			b.ReportMetric(single.Seconds()/grouped.Seconds(), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

const appendOps = 4096

// oneByOne lets every write have a transaction of its own, one after the other.
type oneByOne struct {
	chat.Store
	mu sync.Mutex
}

func (s *oneByOne) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	results := make([]chat.OpResult, 0, len(ops))
	for _, op := range ops {
		r, err := s.Store.Append(ctx, []chat.Op{op})
		if err != nil {
			return nil, err
		}
		results = append(results, r...)
	}
	return results, nil
}

func appendLoad(b *testing.B, writers int, single bool) time.Duration {
	var store chat.Store = openStore(b, filepath.Join(b.TempDir(), "chat.db"))
	if single {
		store = &oneByOne{Store: store}
	}
	svc := chat.New(store, nil)
	defer svc.Close()
	sessions := make([]string, 64)
	for i := range sessions {
		sessions[i] = newSession(b, svc).ID
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range writers {
		wg.Go(func() {
			for i := next.Add(1); i <= appendOps; i = next.Add(1) {
				send(b, svc, host, sessions[i%64], "Yes, every glaze is lead free and fired at 1240 °C.")
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}
