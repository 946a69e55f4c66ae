package httpapi

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// right is what a reader's listening rests on. A zero one is for ever.
type right struct {
	// ask finds out whether the reader still may listen. It may wait for the
	// store or for the host, and must not touch the response.
	ask func(context.Context) error

	// known says that it is known without asking. It never waits. Thousands of
	// streams with one key are looked at every second: to begin a goroutine and a
	// timer for each took a processor a fifth of its time. May be nil.
	known func() bool
}

// vouched says whether the reader is known to have the right to listen. It is
// for the clock.
func (s *stream) vouched(now time.Time) bool {
	if s.right.known == nil || !s.right.known() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowedAt = now
	return true
}

// allowed asks whether the reader still may listen. Where nobody can tell,
// because the store is away, the answer of the last time holds once more.
func (s *stream) allowed() bool {
	if s.right.ask == nil {
		return true
	}
	err := s.ask()
	s.mu.Lock()
	defer s.mu.Unlock()
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
	ctx, cancel := context.WithTimeout(s.ctx, s.streamer.opts.write)
	defer cancel()
	return s.right.ask(ctx)
}
