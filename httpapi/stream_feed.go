package httpapi

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// sink is how a stream's bytes get to its reader.
type sink interface {
	// send begins to send a batch of whole frames and returns at once. The
	// batch is the sink's from then on. When it is ready for another it calls
	// stream.next, once, from a goroutine of its own.
	send(batch []byte)

	// close ends the connection, and cuts off a write that is under way.
	close()
}

// stream is what one reader listens to. At each moment at most one goroutine
// owns it: takes events, builds a batch of them, hands it to the sink. The
// sink keeps the ownership until the batch is sent and then asks for the next.
// So there is never more than one batch on its way, all that happens meanwhile
// goes into the next one, and nothing can overtake anything. An idle stream has
// no owner; whoever wakes it starts one.
type stream struct {
	streamer *streamer
	ctx      context.Context
	by       chat.Actor
	recheck  func(context.Context) error
	sub      *chat.Subscription
	out      sink

	// For the owner only.
	backlog   []*chat.Event // taken from sub, not yet in a batch
	allowedAt time.Time     // when recheck last agreed
	ended     bool          // the last batch has been handed over

	// For the clock.
	beatAt, endAt time.Time
	stuck         atomic.Bool // events could not be read: try again

	mu      sync.Mutex
	owned   bool // an owner is at work
	again   bool // something came since the owner last looked
	feeding bool // the owner is a goroutine of the stream's own
	gone    bool // the response ends: no more owners
	due     duty
	fed     sync.Cond // feeding became false
}

// duty is what the clock asks of a stream.
type duty uint8

const (
	dutyTouch duty = 1 << iota // give a sign of life
	dutyBeat                   // the same, and a heartbeat for the reader
	dutyEnd                    // the time is up
)

// newStream returns a stream that its sink owns: nothing is sent before the
// sink asks for it.
func newStream(ctx context.Context, st *streamer, by chat.Actor, recheck func(context.Context) error) *stream {
	s := &stream{streamer: st, ctx: ctx, by: by, recheck: recheck, allowedAt: time.Now(), owned: true, due: dutyTouch}
	s.fed.L = &s.mu
	return s
}

// opening is what comes first on the stream.
func (s *stream) opening(retry time.Duration) []byte {
	now, position := s.streamer.opts.now(), s.sub.Position()
	ready := readyData{Heartbeat: int((s.streamer.opts.heartbeat + time.Second - 1) / time.Second)}
	b := append(takeBuffer(), padding...)
	b = appendRetry(b, retry)
	if s.sub.Reset == "" {
		return appendControl(b, eventReady, position, now, ready)
	}
	b = appendControl(b, eventReady, "", now, ready)
	return appendControl(b, eventReset, position, now, reasonData{s.sub.Reset})
}

// wake says that there may be something to send. It never blocks, and may be
// called by anyone.
func (s *stream) wake() { s.remind(0) }

func (s *stream) remind(d duty) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due |= d
	s.again = true
	if s.owned || s.gone {
		return
	}
	s.owned, s.feeding = true, true
	go s.feed()
}

// feed is the owner of a stream that was idle.
func (s *stream) feed() {
	defer func() {
		s.mu.Lock()
		s.feeding = false
		s.fed.Broadcast()
		s.mu.Unlock()
	}()
	s.next()
}

// next hands the sink another batch, or gives the ownership up.
func (s *stream) next() {
	defer func() { // a host's function or store that panics ends this stream only
		if v := recover(); v != nil {
			s.streamer.opts.logger.Error("httpapi: an event stream panicked", "panic", v, "stack", string(debug.Stack()))
			s.out.close()
		}
	}()
	for {
		batch, ok := s.take()
		switch {
		case len(batch) > 0:
			s.out.send(batch)
			return
		case !ok:
			s.out.close()
			return
		case s.rest():
			return
		}
	}
}

// rest makes the stream idle, unless it was woken since take began.
func (s *stream) rest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.again {
		return false
	}
	s.owned = false
	return true
}

// take returns a batch of what there is to send, empty if there is nothing.
// Without ok that is all there will ever be.
func (s *stream) take() (batch []byte, ok bool) {
	s.mu.Lock()
	due := s.due
	s.due, s.again = 0, false
	s.mu.Unlock()
	if s.ended || s.ctx.Err() != nil {
		return nil, false
	}
	b := takeBuffer()
	if due&(dutyTouch|dutyBeat) != 0 {
		s.streamer.svc.Touch(s.ctx, s.by)
	}
	if due&dutyBeat != 0 {
		if !s.allowed() {
			return s.bye(b, byeUnauthorized, s.streamer.retry()), true
		}
		b = append(b, heartbeat...)
	}
	if due&dutyEnd != 0 {
		// The next connection comes at once and brings the usual retry.
		return s.bye(b, byeLifetime, between(100*time.Millisecond, 500*time.Millisecond)), true
	}
	if b = s.takeEvents(b); len(b) == 0 {
		putBuffer(b)
	}
	return b, true
}

// takeEvents appends events, as many as there are or as make a batch.
func (s *stream) takeEvents(b []byte) []byte {
	for len(s.backlog) == 0 {
		events, more, err := s.sub.Take(s.ctx)
		switch {
		case errors.Is(err, chat.ErrClosed):
			return s.bye(b, byeShutdown, between(time.Second, 5*time.Second))
		case err != nil:
			// Nothing is lost. The clock tries again at its next tick, and
			// the reader meanwhile has its heartbeats.
			s.streamer.troubled(s, err)
			return b
		}
		s.backlog = events
		if len(events) == 0 && !more {
			return b
		}
	}
	for len(s.backlog) > 0 && len(b) < maxBatch {
		b = s.appendEvent(b, s.backlog[0])
		s.backlog[0], s.backlog = nil, s.backlog[1:]
	}
	return b
}

func (s *stream) appendEvent(b []byte, e *chat.Event) []byte {
	encode := e.JSON
	if s.by.IsVisitor() {
		encode = e.VisitorJSON
	}
	data, err := encode()
	if err != nil {
		s.streamer.opts.logger.Error("httpapi: could not encode an event", "event", e.Type, "id", e.ID, "error", err)
	}
	if len(data) == 0 {
		return b
	}
	return appendFrame(b, e.Type, data, e.ID)
}

// bye appends the last event of the stream.
func (s *stream) bye(b []byte, reason string, retry time.Duration) []byte {
	s.ended = true
	return appendControl(appendRetry(b, retry), eventBye, "", s.streamer.opts.now(), reasonData{reason})
}

// allowed asks, every so often, whether the reader still may listen. Where
// nobody can tell, because the store is away, the answer of the last time
// holds for a while longer.
func (s *stream) allowed() bool {
	every := s.streamer.opts.recheck
	if s.recheck == nil || time.Since(s.allowedAt) < every {
		return true
	}
	err := s.ask()
	switch {
	case err == nil:
		s.allowedAt = time.Now()
		return true
	case errors.Is(err, chat.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return time.Since(s.allowedAt) < 2*every
	}
	return s.ctx.Err() != nil // a reader who has left needs no verdict
}

func (s *stream) ask() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
			s.streamer.opts.logger.Error("httpapi: the check of a stream's reader panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	ctx, cancel := context.WithTimeout(s.ctx, s.streamer.opts.write)
	defer cancel()
	return s.recheck(ctx)
}

// leave ends the stream. When it returns no goroutine is at work on it.
func (s *stream) leave() {
	s.mu.Lock()
	s.gone = true
	s.mu.Unlock()
	s.streamer.part(s)
	s.sub.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.feeding {
		s.fed.Wait()
	}
}
