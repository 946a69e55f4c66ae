package chat

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// troublePause is how long further failures to write are counted rather than
// logged: the log may be on the disk that is full.
const troublePause = 10 * time.Second

// trouble logs that nothing can be written, and that it is over.
type trouble struct {
	mu     sync.Mutex
	logged time.Time // zero: all is well
	more   int       // failures since then
}

func (t *trouble) note(log *slog.Logger, ops int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil && t.logged.IsZero():
	case err == nil:
		log.Info("chat: writing works again", "failed_since", t.more)
		t.logged, t.more = time.Time{}, 0
	case t.logged.IsZero() || time.Since(t.logged) >= troublePause:
		log.Error("chat: could not write", "ops", ops, "failed_since", t.more, "error", err)
		t.logged, t.more = time.Now(), 0
	default:
		t.more++
	}
}

// A database that hangs takes all the time that a transaction has. Who came
// while it hung has then waited already, and must not wait as long again for the
// next one: nothing of theirs was written, so they are told to try again. The
// rest are tried for what is left to the one of them who has waited longest.
// Nobody has thus waited for more than the writer's timeout when they are told.
//
// How much of the timeout the next transaction gets is a choice: half of it,
// and where that was too little more of it each time, so that a database that
// was away and comes back slowly is not given up for ever.
const (
	mostPatience  = 2  // part of the timeout that ops may have waited when a transaction was late
	leastPatience = 16 // when one was late after the other

	// overdueEvery is the part of the timeout after which ops are looked at
	// again that wait behind a transaction which does not end at all.
	overdueEvery = 8
)

// errBehind is why an op was not tried.
var errBehind = errors.New("chat: what was to be written before it was not written in time")

// limit is how much time a batch gets. It is called with the mutex held.
func (w *writer) limit(b *batch) time.Duration {
	if b.patience == 0 || weight(b.ops[0].op) > 0 {
		return w.timeout
	}
	return max(w.timeout-b.began.Sub(b.ops[0].came), w.timeout/mostPatience)
}

// judge draws conclusions from how a batch ended. It is called with the mutex
// held.
func (w *writer) judge(b *batch, err error, ended time.Time) {
	switch {
	case err == nil:
		w.patience = 0
	case !errors.Is(err, context.DeadlineExceeded) && ended.Sub(b.began) < b.limit:
	case b.patience == 0:
		w.patience = w.timeout / mostPatience
	default:
		w.patience = max(b.patience/2, w.timeout/leastPatience)
	}
}

// overdue is called when a batch should have ended. A store on a disk that does
// not answer cannot break it off.
func (w *writer) overdue(b *batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, there := w.underway[b]; there {
		w.refuse(time.Now(), w.timeout)
		time.AfterFunc(w.timeout/overdueEvery, func() { w.overdue(b) })
	}
}

// refuse lets those go who have waited for so long. Background ops stay: nobody
// waits for them. It is called with the mutex held.
func (w *writer) refuse(now time.Time, waited time.Duration) {
	w.queue = slices.DeleteFunc(w.queue, func(p *pending) bool {
		if now.Sub(p.came) < waited {
			return false
		}
		p.err = &Error{Kind: ErrUnavailable, Code: ErrBusy.Code, Message: ErrBusy.Message, Err: errBehind}
		close(p.done)
		return true
	})
}
