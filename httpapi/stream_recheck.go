package httpapi

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// allowed asks whether the reader still may listen. Where nobody can tell,
// because the store is away, the answer of the last time holds once more.
func (s *stream) allowed() bool {
	if s.recheck == nil {
		return true
	}
	err := s.ask()
	switch {
	case err == nil:
		s.allowedAt = time.Now()
		return true
	case errors.Is(err, chat.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return time.Since(s.allowedAt) < 2*s.streamer.opts.recheck
	}
	return s.ctx.Err() != nil // a reader who has left needs no verdict
}

// recheckEvery is how often to ask. On the agents' side a stream hears every
// session, so a key that is revoked there must not listen on for long; visitors
// are many, and hear only what is theirs.
func (s *stream) recheckEvery() time.Duration {
	every := s.streamer.opts.recheck
	if !s.by.IsVisitor() {
		every = min(every, agentRecheck)
	}
	return every
}

func (s *stream) ask() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
			s.streamer.opts.logger.Error("httpapi: the check of a stream's reader panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	ctx := &patience{Context: s.ctx, limit: s.streamer.opts.write}
	defer ctx.end()
	return s.recheck(ctx)
}

// patience is the context of a question that is to be answered in a limited
// time. Thousands are asked every second whose answers are in memory, so the
// timer is not there before somebody waits.
type patience struct {
	context.Context
	limit time.Duration // from the first wait on

	mu     sync.Mutex
	timed  context.Context
	cancel context.CancelFunc
}

func (p *patience) waits() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		p.timed, p.cancel = context.WithTimeout(p.Context, p.limit)
	}
	return p.timed
}

// Deadline implements context.Context.
func (p *patience) Deadline() (time.Time, bool) { return p.waits().Deadline() }

// Done implements context.Context.
func (p *patience) Done() <-chan struct{} { return p.waits().Done() }

// Err implements context.Context.
func (p *patience) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		return p.Context.Err()
	}
	return p.timed.Err()
}

// end releases what there is. Whoever still waits has waited long enough.
func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
	}
}
