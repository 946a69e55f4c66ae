package chat

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// hanging is a store whose transactions take the time that takes says, or
// until their own is up.
type hanging struct {
	Store
	takes  func() time.Duration
	deaf   bool // it does not hear that its time is up
	shared bool

	mu    sync.Mutex
	tried []int // how many ops each transaction was to write
}

func (s *hanging) Shared() bool { return s.shared }

func (s *hanging) Append(ctx context.Context, ops []Op) ([]OpResult, error) {
	s.mu.Lock()
	s.tried = append(s.tried, len(ops))
	s.mu.Unlock()
	if s.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	select {
	case <-time.After(s.takes()):
		return make([]OpResult, len(ops)), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// told is what a caller heard, when, and how long after they had come.
type told struct {
	came, waited time.Duration
	err          error
}

// crowd has ops come one after the other and returns what became of them.
func crowd(t *testing.T, w *writer, ops int, every time.Duration) []told {
	t.Helper()
	list := make([]told, ops)
	began := time.Now()
	var callers sync.WaitGroup
	for i := range ops {
		came := time.Now()
		callers.Go(func() {
			_, err := w.do(t.Context(), OpAppendMessage{})
			list[i] = told{came.Sub(began), time.Since(came), err}
		})
		time.Sleep(every)
	}
	callers.Wait()
	for _, c := range list {
		if c.err != nil && !errors.Is(c.err, ErrUnavailable) {
			t.Errorf("who came after %v is told %v", c.came, c.err)
		}
	}
	return list
}

func lateWriter(store Store, timeout time.Duration) *writer {
	return newWriter(store, timeout, func([]*Event) {}, slog.New(slog.DiscardHandler), &counters{})
}

const forever = 1000 * time.Hour

// Over a database that hangs nobody waits for longer than one transaction may
// take, whenever they come; when it is back everybody is served.
func TestNobodyWaitsForTwo(t *testing.T) {
	if w := (*Options)(nil).writeTimeout(); w > 5*time.Second {
		t.Errorf("hosts who say nothing allow %v", w)
	}
	for name, shared := range map[string]bool{"one lane": false, "lanes": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const timeout, away = 5 * time.Second, 32 * time.Second
				began := time.Now()
				store := &hanging{shared: shared, takes: func() time.Duration {
					if time.Since(began) < away {
						return forever
					}
					return time.Millisecond
				}}
				w := lateWriter(store, timeout)
				for _, c := range crowd(t, w, 4000, 10*time.Millisecond) {
					switch {
					case c.waited > timeout+heldUp: // until they get a lane of their own
						t.Errorf("who came after %v was told after %v", c.came, c.waited)
					case c.err == nil && c.came+c.waited < away, c.err != nil && c.came > away+timeout:
						t.Errorf("who came after %v was told %v after %v", c.came, c.err, c.waited)
					}
				}
				w.close()
				if len(store.tried) > 1000 {
					t.Errorf("%d transactions", len(store.tried))
				}
			})
		})
	}
}

// Who has only just come when a transaction fails is tried, for as long as they
// would have waited anyway: another process may have held the lock.
func TestWhoHasJustComeIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := lateWriter(&hanging{takes: func() time.Duration { return 7*time.Second - time.Since(began) }}, 5*time.Second)
		for _, c := range crowd(t, w, 60, 100*time.Millisecond) {
			tried := c.came > 2500*time.Millisecond
			if tried != (c.err == nil) || !tried && c.came+c.waited != 5*time.Second || tried && c.came+c.waited != 7*time.Second {
				t.Errorf("who came after %v was told %v after %v", c.came, c.err, c.waited)
			}
		}
	})
}

// A database that is slow, and takes what it is given, is left its time, also
// behind others: nobody is refused. So it is when it hung before.
func TestSlowIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := lateWriter(&hanging{takes: func() time.Duration { return 4 * time.Second }}, 5*time.Second)
		for _, c := range crowd(t, w, 300, 100*time.Millisecond) {
			if c.err != nil {
				t.Errorf("who came after %v was told %v after %v", c.came, c.err, c.waited)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := lateWriter(&hanging{takes: func() time.Duration {
			if time.Since(began) < 5*time.Second {
				return forever
			}
			return 4 * time.Second
		}}, 5*time.Second)
		for _, c := range crowd(t, w, 600, 100*time.Millisecond) {
			if c.err != nil && c.came > 30*time.Second {
				t.Errorf("who came after %v was told %v after %v", c.came, c.err, c.waited)
			}
		}
	})
}

// Behind a transaction that cannot be broken off, as on a disk that does not
// answer, they are told as well; whoever is in it learns how it ended.
func TestNobodyWaitsForADeafStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout, most = 5 * time.Second, 5*time.Second + 5*time.Second/overdueEvery
		w := lateWriter(&hanging{deaf: true, takes: func() time.Duration { return time.Minute }}, timeout)
		for i, c := range crowd(t, w, 300, 100*time.Millisecond) {
			if i == 0 != (c.err == nil) || i > 0 && c.waited > most {
				t.Errorf("who came after %v was told %v after %v", c.came, c.err, c.waited)
			}
		}
		w.close()
	})
}

// A connection that is refused costs no time, so nobody has waited for it.
func TestOthersAreTriedWhereNoTimeWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &tape{held: make(chan struct{}), batches: make(chan []Op, 10)}
		first := &failing{Store: store, err: &Error{Kind: ErrUnavailable, Err: errors.New("connection refused")}}
		w := lateWriter(first, 5*time.Second)
		var callers sync.WaitGroup
		for i := range 3 {
			callers.Go(func() {
				if _, err := w.do(t.Context(), OpAppendMessage{}); (err != nil) != (i == 0) {
					t.Errorf("op %d: %v", i, err)
				}
			})
			synctest.Wait()
		}
		time.Sleep(4 * time.Second)
		close(store.held)
		callers.Wait()
	})
}

// failing is a store whose first transaction fails.
type failing struct {
	Store
	err error
}

func (s *failing) Append(ctx context.Context, ops []Op) ([]OpResult, error) {
	results, err := s.Store.Append(ctx, ops)
	if s.err != nil {
		err, s.err = s.err, nil
	}
	return results, err
}

// What is noted of webhooks has time: it waits until the database is back.
func TestBackgroundOpsAreNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := lateWriter(&hanging{takes: func() time.Duration {
			if time.Since(began) < 11*time.Second {
				return forever
			}
			return time.Millisecond
		}}, 5*time.Second)
		var callers sync.WaitGroup
		callers.Go(func() { crowd(t, w, 3000, 10*time.Millisecond) })
		time.Sleep(10 * time.Millisecond)
		var refused atomic.Int64
		for range 500 {
			callers.Go(func() {
				if _, err := w.do(t.Context(), OpSettleDelivery{}); err != nil {
					refused.Add(1)
				}
			})
			synctest.Wait()
		}
		callers.Wait()
		if n := refused.Load(); n > 3*alongFill {
			t.Errorf("%d of 500 were refused: more than were in the transactions that failed", n)
		}
	})
}

// A transaction that waits for a lock holds nobody up who could be written
// beside it.
func TestOthersGoBesideWhatIsHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Bool
		held.Store(true)
		w := lateWriter(&hanging{shared: true, takes: func() time.Duration {
			if held.CompareAndSwap(true, false) {
				return 4 * time.Second
			}
			return time.Millisecond
		}}, 5*time.Second)
		w.mu.Lock()
		w.queue = append(w.queue, &pending{op: OpAppendMessage{}, came: time.Now(), done: make(chan struct{})}, &pending{op: OpAppendMessage{}, came: time.Now(), done: make(chan struct{})})
		w.mu.Unlock()
		for i, c := range crowd(t, w, 30, 100*time.Millisecond) {
			if i > 2 && c.waited > 2*time.Millisecond {
				t.Errorf("who came after %v waited for %v", c.came, c.waited)
			}
		}
		w.close()
	})
}
