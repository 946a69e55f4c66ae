package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	maxBatch = 256  // ops in one transaction
	maxQueue = 8192 // ops that may wait; more are refused at once

	sharedLanes = 3  // transactions at once on a store that processes share
	besideBatch = 32 // ops that are worth one beside another

	heldUp = 100 * time.Millisecond // a transaction that takes longer waits for locks or for the network
)

// writer commits in groups: while one transaction is being written to disk,
// further ops queue, and the next transaction takes all of them. Under load
// that turns hundreds of disk syncs into one; an idle service commits each op
// at once. The goroutine exists only while there is something to write.
//
// Background ops give way to the others: see turns. A store that several
// processes share carries out several transactions at a time; there they have a
// writer of their own, so that the locks they take are not everybody's, and the
// others have several lanes: while the database works on one transaction the
// next is made ready, and what comes alone does not wait for the commit before.
type writer struct {
	store   Store
	lanes   int // transactions that may be under way at once
	timeout time.Duration
	publish func([]*Event)
	log     *slog.Logger
	count   *counters
	trouble trouble

	mu         sync.Mutex
	queue      []*pending
	background []*pending
	turns      turns
	patience   time.Duration       // how long ops may have waited since a transaction was late; 0 where none was
	running    int                 // goroutines that write
	underway   map[*batch]struct{} // what they write
	closed     bool
	idle       sync.Cond     // signalled when running becomes 0
	beside     *writer       // of background ops, or nil
	news       chan struct{} // gets a value when what run waits for may have changed
}

// batch is what one transaction writes.
type batch struct {
	ops      []*pending
	began    time.Time
	limit    time.Duration
	patience time.Duration // that of the writer when it began
}

type pending struct {
	op     Op
	came   time.Time
	done   chan struct{}
	result *OpResult // one of those that the store has returned: it is too large to be copied for each
	err    error
}

func newWriter(store Store, timeout time.Duration, publish func([]*Event), log *slog.Logger, count *counters) *writer {
	w := newQueue(store, timeout, publish, log, count)
	if store, ok := store.(interface{ Shared() bool }); ok && store.Shared() {
		w.beside = newQueue(w.store, timeout, publish, log, count)
		w.lanes = sharedLanes
	}
	return w
}

func newQueue(store Store, timeout time.Duration, publish func([]*Event), log *slog.Logger, count *counters) *writer {
	w := &writer{store: store, timeout: timeout, publish: publish, log: log, count: count, news: make(chan struct{}, 1), lanes: 1, underway: map[*batch]struct{}{}}
	w.idle.L = &w.mu
	return w
}

// do carries out one op and returns when it is committed. A caller who gives
// up while the op still waits takes it back; once it is in a transaction, do
// waits for the outcome, so that what it returns is the truth.
func (w *writer) do(ctx context.Context, op Op) (OpResult, error) {
	if err := ctx.Err(); err != nil {
		return OpResult{}, err
	}
	if w.beside != nil && weight(op) > 0 {
		return w.beside.do(ctx, op)
	}
	p := &pending{op: op, came: time.Now(), done: make(chan struct{})}
	if err := w.enqueue(p); err != nil {
		return OpResult{}, err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		if w.withdraw(p) {
			return OpResult{}, ctx.Err()
		}
		<-p.done
	}
	if p.err != nil {
		return OpResult{}, p.err
	}
	return *p.result, p.result.Err
}

func (w *writer) enqueue(p *pending) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	queue := &w.queue
	if weight(p.op) > 0 {
		queue = &w.background
	}
	switch {
	case w.closed:
		return ErrClosed
	case len(*queue) >= maxQueue:
		return ErrBusy
	}
	*queue = append(*queue, p)
	if w.running == 0 || w.running < w.lanes && w.worthwhile() {
		w.running++
		go w.run()
	}
	w.wake()
	return nil
}

func (w *writer) wake() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *writer) withdraw(p *pending) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, queue := range []*[]*pending{&w.queue, &w.background} {
		if i := slices.Index(*queue, p); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			return true
		}
	}
	return false
}

// worthwhile says whether what waits should be written beside what is being
// written. A transaction costs as much as some thirty ops, so while there is
// much to do it should not be for fewer; but one that takes long is waiting for
// something, and nothing should wait for it. It is called with the mutex held.
func (w *writer) worthwhile() bool {
	ops := 0
	for b := range w.underway {
		if time.Since(b.began) < heldUp {
			ops += len(b.ops)
		}
	}
	return ops <= 1 || len(w.queue) >= besideBatch
}

// run writes batches until none is left, or none that another lane should not
// take.
func (w *writer) run() {
	for {
		runtime.Gosched() // whoever was just let go may have more to write
		batch, wait := w.next()
		switch {
		case batch != nil:
			w.write(batch)
		case wait == 0:
			return
		default:
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-w.news:
			}
			timer.Stop()
		}
	}
}

// next takes the batch to write, or says how long to wait for one. Without
// both run must end.
func (w *writer) next() (*batch, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.patience > 0 {
		w.refuse(time.Now(), w.patience)
	}
	if len(w.queue)+len(w.background) == 0 || len(w.underway) > 0 && !w.worthwhile() {
		w.running--
		if w.running == 0 {
			w.idle.Broadcast()
		}
		return nil, 0
	}
	if len(w.queue) > 0 {
		ops := take(&w.queue, min(len(w.queue), maxBatch))
		n, weight := fitting(w.background, w.turns.along(len(ops)))
		w.turns.rode(weight)
		return w.begin(append(ops, take(&w.background, n)...)), 0
	}
	room, wait := w.turns.alone(time.Now(), w.closed)
	if room == 0 {
		return nil, wait
	}
	n, _ := fitting(w.background, room)
	return w.begin(take(&w.background, n)), 0
}

// begin is called with the mutex held.
func (w *writer) begin(ops []*pending) *batch {
	b := &batch{ops: ops, began: time.Now(), patience: w.patience}
	b.limit = w.limit(b)
	w.underway[b] = struct{}{}
	return b
}

// take removes the first n ops of a queue.
func take(queue *[]*pending, n int) []*pending {
	batch := slices.Clone((*queue)[:n])
	*queue = slices.Delete(*queue, 0, n)
	return batch
}

// write commits one batch, tells the subscribers, and lets the callers go: in
// this order, so that whoever has an answer finds its event in the hub.
func (w *writer) write(b *batch) {
	ops := make([]Op, len(b.ops))
	for i, p := range b.ops {
		ops[i] = p.op
	}
	ctx, cancel := context.WithTimeout(context.Background(), b.limit)
	defer cancel()
	over := time.AfterFunc(b.limit, func() { w.overdue(b) })
	results, err := w.append(ctx, ops)
	over.Stop()
	ended := time.Now()
	w.mu.Lock()
	delete(w.underway, b)
	if weight(ops[0]) == 0 {
		w.turns.wrote(b.began, ended)
	}
	w.judge(b, err, ended)
	w.mu.Unlock()
	w.count.committed(len(ops), ended.Sub(b.began), err)
	var events []*Event
	for i, p := range b.ops {
		if err != nil {
			p.err = err
			continue
		}
		p.result = &results[i]
		events = append(events, results[i].Events...)
	}
	w.publish(events)
	for _, p := range b.ops {
		close(p.done)
	}
}

// append keeps a panicking store from taking the service with it.
func (w *writer) append(ctx context.Context, ops []Op) (results []OpResult, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("chat: the store panicked: %v", v)
		}
		w.trouble.note(w.log, len(ops), err)
		if errors.Is(err, context.DeadlineExceeded) {
			err = &Error{Kind: ErrUnavailable, Code: ErrBusy.Code, Message: ErrBusy.Message, Err: err}
		}
	}()
	results, err = w.store.Append(ctx, ops)
	if err == nil && len(results) != len(ops) {
		err = fmt.Errorf("chat: the store returned %d results for %d ops", len(results), len(ops))
	}
	return results, err
}

// close refuses further ops and waits until the queued ones are written.
func (w *writer) close() {
	if w.beside != nil {
		w.beside.close()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.wake()
	for w.running > 0 {
		w.idle.Wait()
	}
}

// each returns the writers that there are.
func (w *writer) each() []*writer {
	if w.beside != nil {
		return []*writer{w, w.beside}
	}
	return []*writer{w}
}

// waiting says how many ops wait.
func (w *writer) waiting() (queue, background int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue), len(w.background)
}

// stuck says why what is to be written now would not be.
func (w *writer) stuck(now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for b := range w.underway {
		if now.Sub(b.began) > w.timeout {
			return ErrBusy
		}
	}
	if len(w.queue) >= maxQueue {
		return ErrBusy
	}
	return nil
}
