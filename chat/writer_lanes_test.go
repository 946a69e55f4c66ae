package chat

import (
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What comes alone is written beside what is being written already, in groups
// that are worth it: as long as there are few ops in the lanes, or from
// besideBatch on.
func TestLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sharedTape{tape{held: make(chan struct{}), batches: make(chan []Op, 100)}}
		w := newWriter(store, time.Minute, func([]*Event) {}, slog.New(slog.DiscardHandler), &counters{})
		var calls sync.WaitGroup
		call := func(n int) {
			t.Helper()
			for range n {
				calls.Go(func() {
					if _, err := w.do(t.Context(), OpAppendMessage{}); err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
			}
		}
		want := func(sizes ...int) {
			t.Helper()
			if len(store.batches) != len(sizes) {
				t.Fatalf("%d transactions were begun, want %v", len(store.batches), sizes)
			}
			for _, size := range sizes {
				if got := len(<-store.batches); got != size {
					t.Fatalf("%d ops in a transaction, want %d", got, size)
				}
			}
		}
		call(1)
		want(1)
		call(1)
		want(1) // beside the first
		call(besideBatch - 1)
		want() // two are under way, so that these wait
		call(1)
		want(besideBatch)
		call(2 * besideBatch)
		want() // no lane is free
		store.held <- struct{}{}
		synctest.Wait()
		want(2 * besideBatch) // in the lane that came free
		call(3)
		store.held <- struct{}{}
		store.held <- struct{}{}
		synctest.Wait()
		want() // too few beside the last
		close(store.held)
		calls.Wait()
		want(3) // but nobody is left behind
		w.close()
		if w.running != 0 || len(w.underway) != 0 {
			t.Fatalf("%d lanes and %d transactions after close", w.running, len(w.underway))
		}
	})
}

func TestOneLaneWhereTheStoreIsNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &tape{held: make(chan struct{}), batches: make(chan []Op, 100)}
		w := newWriter(store, time.Minute, func([]*Event) {}, slog.New(slog.DiscardHandler), &counters{})
		var calls sync.WaitGroup
		for range 2 * besideBatch {
			calls.Go(func() { w.do(t.Context(), OpAppendMessage{}) })
			synctest.Wait()
		}
		if len(store.batches) != 1 {
			t.Fatalf("%d transactions at once", len(store.batches))
		}
		close(store.held)
		calls.Wait()
	})
}
