package chat

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// ride lets as much weight ride with n foreground ops as may, in ops of the
// given weight, and returns how much that is.
func (t *turns) ride(n, heavy int) (rode int) {
	if room := t.along(n); room > 0 {
		rode = max(room/heavy, 1) * heavy
	}
	t.rode(rode)
	return rode
}

func TestBackgroundOpsGetASmallShareOfARush(t *testing.T) {
	for _, heavy := range []int{1, 7, 64} {
		var w turns
		own, others := 0, 0
		for range 4000 {
			own += w.ride(100, heavy)
			others += 100
		}
		if share := float64(own) / float64(others); share > 1.1/alongShare || share < 0.9/alongShare {
			t.Errorf("ops of weight %d: a share of %.4f", heavy, share)
		}
	}
}

func TestBackgroundOpsFillSmallTransactions(t *testing.T) {
	var w turns
	for range 100 {
		if got := w.ride(1, 1); got < alongFill-1 || got > alongFill {
			t.Fatalf("%d rode with one op", got)
		}
	}
	more := w.ride(1, 1)
	for n := 2; n <= alongFill; n++ {
		got := w.ride(n, 1)
		if got > more {
			t.Fatalf("%d rode with %d ops, and %d with one less", got, n, more)
		}
		more = got
	}
}

// What a pause has left over does not make the first who come back wait.
func TestCreditDoesNotPileUp(t *testing.T) {
	var w turns
	for range 1000 {
		w.along(1)
	}
	if got := w.along(200); got > alongFill {
		t.Fatalf("room for %d", got)
	}
}

func TestAHeavyOpIsPaidForBeforeTheNext(t *testing.T) {
	var w turns
	w.ride(20, weightOfMany)
	n := 0
	for w.ride(20, weightOfMany) == 0 {
		n += 20
	}
	if least := (weightOfMany - alongFill) * alongShare; n < least {
		t.Fatalf("the next came after %d ops; it should be %d", n, least)
	}
}

func TestBackgroundOpsHaveAnIdleWriterToThemselves(t *testing.T) {
	var w turns
	now := time.Now()
	w.wrote(now, now.Add(2*time.Millisecond))
	now = now.Add(2 * time.Millisecond)
	// After a foreground op they wait for a moment, and not for ever.
	room, wait := w.alone(now, false)
	if room != 0 || wait <= 0 || wait > maxGap {
		t.Fatalf("room for %d, or wait %v", room, wait)
	}
	if room, _ := w.alone(now, true); room == 0 {
		t.Fatal("no room when everything is to be finished")
	}
	if room, _ := w.alone(now.Add(wait), false); room != backgroundBatch {
		t.Fatalf("room for %d after the wait", room)
	}
	if room, _ := w.alone(now.Add(quiet), false); room != backgroundLarge {
		t.Fatalf("room for %d when nobody is there", room)
	}
	// A commit that took long is followed by a long gap, up to a bound.
	w.wrote(now, now.Add(time.Minute))
	if _, wait := w.alone(now.Add(time.Minute), false); wait != maxGap {
		t.Fatalf("wait %v after a slow commit", wait)
	}
}

func TestFitting(t *testing.T) {
	ops := func(weights ...int) (list []*pending) {
		for _, w := range weights {
			list = append(list, &pending{op: OpClaimDeliveries{Limit: 2 * (w - 1)}})
		}
		return list
	}
	for _, c := range []struct {
		ops       []*pending
		room      int
		n, weight int
	}{
		{ops(), 10, 0, 0},
		{ops(1, 1, 1), 0, 0, 0},
		{ops(1, 1, 1), -3, 0, 0},
		{ops(1, 1, 1), 2, 2, 2},
		{ops(5, 6, 1), 10, 1, 5},
		{ops(40, 1), 3, 1, 40},
	} {
		if n, w := fitting(c.ops, c.room); n != c.n || w != c.weight {
			t.Errorf("%d ops fit into %d and weigh %d; want %d and %d", n, c.room, w, c.n, c.weight)
		}
	}
}

// sharedTape is one that other processes write to.
type sharedTape struct{ tape }

func (s *sharedTape) Shared() bool { return true }

func TestBackgroundOpsGoBesideTheOthersWhereTheStoreIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sharedTape{tape{held: make(chan struct{}), batches: make(chan []Op, 10)}}
		w := newWriter(store, time.Minute, func([]*Event) {}, slog.New(slog.DiscardHandler), &counters{})
		var calls sync.WaitGroup
		for _, op := range []Op{OpAppendMessage{}, OpSettleDelivery{}} {
			calls.Go(func() { w.do(t.Context(), op) })
			synctest.Wait()
		}
		if len(store.batches) != 2 {
			t.Fatalf("%d transactions are under way", len(store.batches))
		}
		close(store.held)
		calls.Wait()
		w.close()
		if _, err := w.do(t.Context(), OpSettleDelivery{}); err != ErrClosed {
			t.Fatalf("after close: %v", err)
		}
	})
}

// tape is a store that keeps the ops of each transaction.
type tape struct {
	Store
	held    chan struct{}
	batches chan []Op
}

func (s *tape) Append(_ context.Context, ops []Op) ([]OpResult, error) {
	s.batches <- ops
	<-s.held
	return make([]OpResult, len(ops)), nil
}

func TestBackgroundOpsRideBehindTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &tape{held: make(chan struct{}), batches: make(chan []Op, 10)}
		w := newWriter(store, time.Minute, func([]*Event) {}, slog.New(slog.DiscardHandler), &counters{})
		var calls sync.WaitGroup
		call := func(op Op) {
			calls.Go(func() {
				if _, err := w.do(t.Context(), op); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		call(OpAppendMessage{}) // while this is being written, others queue
		for range 3 {
			call(OpSettleDelivery{})
		}
		call(OpAppendMessage{})
		close(store.held)
		calls.Wait()
		first, second := <-store.batches, <-store.batches
		if len(first) != 1 || len(second) != 4 || weight(second[0]) != 0 || len(store.batches) > 0 {
			t.Fatalf("%d ops, then %d, then %d transactions more", len(first), len(second), len(store.batches))
		}
	})
}
