package httpapi

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// sink is how a stream's bytes get to its reader.
type sink interface {
	// send sends a batch of whole frames, which is the sink's from then on. It
	// returns true when that is done and it is ready for another. Otherwise it
	// has only begun, and calls stream.next, once, when it is ready, from a
	// goroutine of its own.
	send(batch []byte) (sent bool)

	// end ends the connection in an orderly way. For the stream's owner.
	end()

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
	cancel   context.CancelFunc
	by       chat.Actor
	right    right
	sub      *chat.Subscription
	out      sink
	raw      *rawConn    // the same, where the connection was taken over
	detached bool        // from the request, whose context ends before the stream does
	timer    *time.Timer // for a request that has a deadline
	dropped  atomic.Bool // the reader is cut off because they take nothing

	// For the owner only.
	backlog []*chat.Event // taken from sub, not yet in a batch
	ended   bool          // the last batch has been handed over

	// For the clock.
	place                  int // among the streamer's; -1 while it is not there
	beatAt, checkAt, endAt time.Time
	stuck                  atomic.Bool // events could not be read: try again

	mu        sync.Mutex
	allowedAt time.Time // when the reader was last known to have the right to listen
	owned     bool      // an owner is at work
	again     bool      // something came since the owner last looked
	gone      bool      // the response ends: no more owners
	due       duty
	feeders   int       // goroutines of the stream's own: the owner, and those that are just done
	fed       sync.Cond // there are none
}

// duty is what the clock asks of a stream.
type duty uint8

const (
	dutyTouch duty = 1 << iota // give a sign of life
	dutyBeat                   // the same, and a heartbeat for the reader
	dutyCheck                  // find out whether the reader still may listen
	dutyEnd                    // the time is up
)

// newStream returns a stream that its sink owns: nothing is sent before the
// sink asks for it.
func newStream(ctx context.Context, st *streamer, by chat.Actor, may right) *stream {
	s := &stream{streamer: st, by: by, right: may, allowedAt: time.Now(), place: -1, owned: true, due: dutyTouch}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.fed.L = &s.mu
	return s
}

// opening is what comes first on the stream.
func (s *stream) opening() []byte {
	now, position := s.streamer.opts.now(), s.sub.Position()
	ready := readyData{Heartbeat: int((s.streamer.opts.heartbeat + time.Second - 1) / time.Second)}
	b := append(takeBuffer(), padding...)
	b = appendRetry(b, s.streamer.retry())
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
	s.owned = true
	s.feeders++
	if s.due == 0 && s.raw != nil && s.raw.now != nil {
		s.streamer.pool.add(s)
		return
	}
	go s.feed(nil)
}

// begin starts a stream whose sink has no goroutine of its own: first is done
// before anything else.
func (s *stream) begin(first func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feeders++
	go s.feed(first)
}

// feed is the owner of a stream that was idle.
func (s *stream) feed(first func()) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.feederLeft()
	}()
	if first != nil {
		first()
	}
	s.next()
}

// feederLeft is called with the mutex held.
func (s *stream) feederLeft() {
	if s.feeders--; s.feeders == 0 {
		s.fed.Broadcast()
	}
}

// next hands the sink another batch, or gives the ownership up.
func (s *stream) next() {
	defer func() { // a host's function or store that panics ends this stream only
		if v := recover(); v != nil {
			s.streamer.opts.logger.Error("httpapi: an event stream panicked", "panic", v, "stack", string(debug.Stack()))
			s.out.end()
		}
	}()
	for {
		batch, ok := s.take()
		switch {
		case len(batch) > 0:
			if !s.out.send(batch) {
				return
			}
		case !ok:
			s.out.end()
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

// retire is rest for an owner who was counted when the stream was woken.
func (s *stream) retire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.again {
		return false
	}
	s.owned = false
	s.feederLeft()
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
	if due&(dutyTouch|dutyBeat) != 0 {
		s.streamer.svc.Touch(s.ctx, s.by)
	}
	switch {
	case due&dutyCheck != 0 && !s.allowed():
		return s.bye(byeUnauthorized, s.streamer.retry()), true
	case due&dutyEnd != 0:
		// The next connection comes at once and brings the usual retry.
		return s.bye(byeLifetime, between(100*time.Millisecond, 500*time.Millisecond)), true
	case due&dutyBeat != 0:
		return append(takeBuffer(), heartbeat...), true
	}
	return s.takeEvents(), true
}

// takeEvents returns a batch of events, as many as there are or as fit.
func (s *stream) takeEvents() []byte {
	for {
		events, more, err := s.backlog, false, error(nil)
		if len(events) == 0 {
			events, more, err = s.sub.Take(s.ctx)
		}
		switch {
		case errors.Is(err, chat.ErrClosed):
			return s.bye(byeShutdown, between(time.Second, 5*time.Second))
		case errors.Is(err, chat.ErrTooOld):
			return s.bye(byeTooOld, s.streamer.retry()) // the next connection is told of the reset
		case err != nil:
			// Nothing is lost. The clock tries again at its next tick, and
			// the reader meanwhile has its heartbeats.
			s.streamer.troubled(s, err)
			return nil
		case len(events) == 0 && !more:
			return nil
		}
		if s.by.IsVisitor() {
			s.noticeBan(events)
		}
		var b []byte
		if b, s.backlog = s.appendEvents(takeBuffer(), events); len(b) > 0 {
			return b
		}
		putBuffer(b)
	}
}

// takeQueued returns the events that wait in memory. It is not ok where more is
// to be done than to send those: then it has taken nothing.
func (s *stream) takeQueued() (events []*chat.Event, ok bool) {
	s.mu.Lock()
	due := s.due
	s.again = false
	s.mu.Unlock()
	if due != 0 || s.ended || s.ctx.Err() != nil {
		return nil, false
	}
	if events, s.backlog = s.backlog, nil; len(events) > 0 {
		return events, true
	}
	return s.sub.TakeQueued()
}

// noticeBan has a visitor's rights looked at again when an event says that they
// are banned: another process may have done it.
func (s *stream) noticeBan(events []*chat.Event) {
	for _, e := range events {
		if session, ok := e.Data.(chat.Session); ok && session.Banned != nil {
			s.remind(dutyCheck)
		}
	}
}

// appendEvents appends events until the batch is large enough, and returns what
// is left of them.
func (s *stream) appendEvents(b []byte, events []*chat.Event) (batch []byte, left []*chat.Event) {
	for len(events) > 0 && len(b) < maxBatch {
		b = s.appendEvent(b, events[0])
		events = events[1:]
	}
	return b, events
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

// bye returns the last batch of the stream.
func (s *stream) bye(reason string, retry time.Duration) []byte {
	s.ended = true
	return appendControl(appendRetry(takeBuffer(), retry), eventBye, "", s.streamer.opts.now(), reasonData{reason})
}

// stalled notes that a write failed because the reader has taken nothing for
// too long.
func (s *stream) stalled(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.dropped.Store(true)
	}
}

// leave ends the stream. When it returns no goroutine is at work on it.
func (s *stream) leave() {
	s.mu.Lock()
	s.gone = true
	s.mu.Unlock()
	s.cancel()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.streamer.part(s)
	if s.dropped.Load() {
		s.sub.Drop()
	} else {
		s.sub.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.feeders > 0 {
		s.fed.Wait()
	}
}
