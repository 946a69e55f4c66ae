package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

const (
	loadWriters  = 8
	loadSessions = 3
)

// load sends numbered messages from several goroutines, in groups that form as
// in a service. A message whose fate is not known is sent again, under a new
// id but with the same client id, until it is acknowledged.
type load struct {
	store chat.Store
	ack   func(w, n int, seq int64)
	fail  func(error)

	mu      sync.Mutex
	waiting []waiting
	bell    chan struct{}
}

type waiting struct {
	op   chat.Op
	done chan chat.OpResult
}

func newLoad(s chat.Store, ack func(w, n int, seq int64), fail func(error)) *load {
	return &load{store: s, ack: ack, fail: fail, bell: make(chan struct{}, 1)}
}

// run goes on until ctx ends. Each writer begins with the number given.
func (l *load) run(ctx context.Context, next [loadWriters]int) {
	var group sync.WaitGroup
	for w := range loadWriters {
		group.Go(func() {
			for n := next[w]; ctx.Err() == nil; {
				id := fmt.Sprintf("%d.%d", w, n)
				op := textMessage(fmt.Sprint("s", (w+n)%loadSessions), id)
				op.Message.ID = fmt.Sprintf("%s.%d", id, rand.Uint64())
				if res := l.do(op); res.Err != nil {
					l.fail(res.Err)
					time.Sleep(5 * time.Millisecond)
				} else {
					l.ack(w, n, res.Message.Seq)
					n++
				}
			}
		})
	}
	stopped := make(chan struct{})
	go func() {
		group.Wait()
		close(stopped)
	}()
	for {
		select {
		case <-l.bell:
			l.commit()
		case <-stopped:
			return
		}
	}
}

func (l *load) do(op chat.Op) chat.OpResult {
	w := waiting{op, make(chan chat.OpResult, 1)}
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	l.mu.Unlock()
	select {
	case l.bell <- struct{}{}:
	default:
	}
	return <-w.done
}

func (l *load) commit() {
	l.mu.Lock()
	list := l.waiting
	l.waiting = nil
	l.mu.Unlock()
	if len(list) == 0 {
		return
	}
	ops := make([]chat.Op, len(list))
	for i, w := range list {
		ops[i] = w.op
	}
	res, err := l.store.Append(context.Background(), ops)
	for i, w := range list {
		if err != nil {
			w.done <- chat.OpResult{Err: err}
		} else {
			w.done <- res[i]
		}
	}
}

// acks are acknowledged messages: the seq by client id.
type acks struct {
	mu   sync.Mutex
	seq  map[string]int64
	next [loadWriters]int
	last time.Time
	gap  time.Duration // the longest time without an acknowledgement
	errs []error       // failures that are not ErrUnavailable
}

func newAcks(t testing.TB, s *Store) *acks {
	t.Helper()
	for i := range loadSessions {
		startSession(t, s, fmt.Sprint("s", i))
	}
	return &acks{seq: map[string]int64{}}
}

func (a *acks) add(w, n int, seq int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if !a.last.IsZero() {
		a.gap = max(a.gap, now.Sub(a.last))
	}
	a.last = now
	a.seq[fmt.Sprintf("%d.%d", w, n)] = seq
	a.next[w] = n + 1
}

func (a *acks) failed(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !errors.Is(err, chat.ErrUnavailable) {
		a.errs = append(a.errs, err)
	}
}

func (a *acks) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.seq)
}

// broken lists every promise that the store has broken.
func (a *acks) broken(t testing.TB, s *Store) (list []string) {
	t.Helper()
	note := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	stored := map[string]int64{}
	for i := range loadSessions {
		id := fmt.Sprint("s", i)
		q := chat.MessageQuery{SessionID: id, Page: chat.Page{Limit: 200}}
		var seq int64
		for {
			page, err := s.Messages(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Messages {
				if seq++; m.Seq != seq {
					note("session %s: seq %d where %d belongs", id, m.Seq, seq)
					seq = m.Seq
				}
				if _, twice := stored[m.ClientID]; twice {
					note("message %s is there twice", m.ClientID)
				}
				stored[m.ClientID] = m.Seq
			}
			if q.After = page.Next; page.Next == "" {
				break
			}
		}
		if session, err := s.Session(context.Background(), id); err != nil || session.MessageCount != seq {
			note("session %s counts %d messages and has %d, %v", id, session.MessageCount, seq, err)
		}
		events, err := s.Events(context.Background(), chat.EventQuery{Topic: chat.Topic{SessionID: id}, Limit: 1 << 20})
		if err != nil || int64(len(events)) != seq+1 {
			note("session %s has %d events for %d messages, %v", id, len(events), seq, err)
		}
	}
	for id, seq := range a.seq {
		if got, ok := stored[id]; !ok {
			note("message %s was acknowledged and is lost", id)
		} else if got != seq {
			note("message %s was acknowledged with seq %d and has %d", id, seq, got)
		}
	}
	for _, err := range a.errs {
		note("a writer was told %v", err)
	}
	return list[:min(len(list), 20)]
}
