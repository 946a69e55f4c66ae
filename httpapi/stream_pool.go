package httpapi

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/pealchat/pealchat/chat"
)

// streamPool sends to the streams whose connections were taken over, with a few
// goroutines for all of them: to start one for each reader of an event costs
// about half as much as writing to it. Nothing here waits for a reader, for the
// store or for a host's function. A stream that has to gets a goroutine of its
// own until it has caught up.
type streamPool struct {
	mu      sync.Mutex
	awake   []*stream // that may have something to send, in the order in which they were woken
	workers int
}

const (
	// poolRound is how many streams a worker takes from the pool at once.
	poolRound = 32
	// poolCrowd is how many streams wait for each worker before another one
	// is started.
	poolCrowd = 256
)

// add puts a stream into the pool, which owns it from then on.
func (p *streamPool) add(s *stream) {
	p.mu.Lock()
	p.awake = append(p.awake, s)
	another := len(p.awake) > p.workers*poolCrowd && p.workers < runtime.GOMAXPROCS(0)
	if another {
		p.workers++
	}
	p.mu.Unlock()
	if another {
		go p.run()
	}
}

// take moves streams from the pool to round, and says how many. After none the
// worker has to end.
func (p *streamPool) take(round *[poolRound]*stream) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = copy(round[:], p.awake)
	clear(p.awake[:n])
	if p.awake = p.awake[n:]; len(p.awake) == 0 {
		p.awake = nil
	}
	if n == 0 {
		p.workers--
	}
	return n
}

func (p *streamPool) run() {
	var round [poolRound]*stream
	var w poolWorker
	for n := p.take(&round); n > 0; n = p.take(&round) {
		for _, s := range round[:n] {
			w.feed(s)
		}
		clear(round[:n])
	}
	w.drop()
}

// poolWorker is one goroutine of the pool. It keeps the bytes that it has
// written last: what many hear is the same for all agents, and for all
// visitors.
type poolWorker struct {
	events     []*chat.Event
	forVisitor bool
	chunk      []byte
	lent       bool // some stream has yet to write the end of chunk
	out        nowWriter
}

// feed does for a stream what its own goroutine would do, as far as that can be
// done at once.
func (w *poolWorker) feed(s *stream) {
	defer func() {
		if v := recover(); v != nil {
			s.streamer.opts.logger.Error("httpapi: an event stream panicked", "panic", v, "stack", string(debug.Stack()))
			go s.feed(s.out.end)
		}
	}()
	for {
		events, ok := s.takeQueued()
		if !ok {
			go s.feed(nil)
			return
		}
		if len(events) == 0 {
			if s.retire() {
				return
			}
			continue
		}
		rest, err := w.out.write(s.raw.now, w.encode(s, events))
		switch {
		case err != nil:
			s.raw.close()
		case len(rest) > 0:
			rest = w.lend(rest)
			go s.feed(func() { s.raw.write(rest) })
			return
		}
	}
}

// encode returns a chunk of the events, as many as fit. It holds until the next
// call. The others go to the stream's backlog.
func (w *poolWorker) encode(s *stream, events []*chat.Event) []byte {
	visitor := s.by.IsVisitor()
	if visitor {
		s.noticeBan(events)
	}
	if n := len(w.events); n > 0 && visitor == w.forVisitor && len(events) == n && slices.Equal(events, w.events) {
		return w.chunk
	}
	w.events = nil
	batch, left := s.appendEvents(takeBuffer(), events)
	s.backlog = left
	w.drop()
	if len(batch) > 0 {
		w.chunk = appendChunk(takeBuffer(), batch)
	}
	putBuffer(batch)
	if len(left) == 0 {
		w.events, w.forVisitor = events, visitor
	}
	return w.chunk
}

// lend returns the end of the chunk to a stream that holds it for as long as its
// reader takes nothing. A thousand of them that hear the same hold one chunk;
// where little of it is left, that is less.
func (w *poolWorker) lend(rest []byte) []byte {
	if len(rest) < cap(w.chunk)/4 {
		return bytes.Clone(rest)
	}
	w.lent = true
	return rest
}

// drop forgets the chunk. It is used again unless somebody still writes it.
func (w *poolWorker) drop() {
	if !w.lent {
		putBuffer(w.chunk)
	}
	w.chunk, w.lent = nil, false
}
