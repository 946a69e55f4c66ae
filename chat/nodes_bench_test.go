package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// earBroker hands out the function with which a service hears of other nodes.
type earBroker chan func(chat.Hint)

func (e earBroker) Publish(chat.Hint) {}

func (e earBroker) Run(ctx context.Context, receive func(chat.Hint)) error {
	e <- receive
	<-ctx.Done()
	return ctx.Err()
}

// BenchmarkHereElsewhere has a node hear of 100,000 visitors who are on the
// others, as it does again with each of their signs of life. It reports what
// one sign costs, how many bytes it takes on the way, and what each visitor
// holds of the node's memory.
func BenchmarkHereElsewhere(b *testing.B) {
	const people, together = 100_000, 90
	ears := make(earBroker, 1)
	svc := chat.New(sharedStore{openStore(b, filepath.Join(b.TempDir(), "chat.db"))}, &chat.Options{Broker: ears})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { svc.Run(ctx) })
	b.Cleanup(func() { stop(); running.Wait(); svc.Close() })
	receive := <-ears
	var notes [][]byte
	bytes := 0
	for i := 0; i < people; i += together {
		here := map[string]int{}
		for n := range together {
			here[fmt.Sprintf("%026d", i+n)] = 45
		}
		data, err := json.Marshal(map[string]any{"node": "another", "here": map[string]any{"visitor": here}})
		if err != nil || len(data) > chat.MaxHint {
			b.Fatalf("%d bytes, %v", len(data), err)
		}
		notes, bytes = append(notes, data), bytes+len(data)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		for _, data := range notes {
			receive(chat.Hint{Data: data})
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*people), "ns/sign")
	b.ReportMetric(float64(bytes)/people, "B/sign")
	b.ReportMetric(float64(after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))/people, "B/visitor")
	b.ReportMetric(0, "ns/op")
	if n := svc.VisitorsOnline(); n < people {
		b.Fatalf("%d visitors are here", n)
	}
}
