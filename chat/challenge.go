package chat

import (
	"context"
	"sync"
	"time"
)

// Challenge is what [Hooks.Challenge] is asked about.
type Challenge struct {
	// Visitor is who writes, as they are known so far.
	Visitor Visitor

	// SessionID is the session that they write to, empty for one that begins.
	SessionID string

	// Text is what they wrote, before Hooks.BeforeMessage. A session can begin
	// without any.
	Text string

	// Signs are those of [SpamRules] that hold, such as SpamLinksOnly.
	Signs []string

	// Answer is what the page has given the widget for an earlier
	// ErrChallenge, such as the token of a captcha; at most 8,192 characters,
	// empty for none. Nobody has checked it.
	Answer string
}

// maxAnswer bounds Challenge.Answer, in characters. Tokens of captchas have
// two thousand and more.
const maxAnswer = 8192

// passTime is how long somebody who has answered a challenge is not asked
// again. It spans repetitions of what they sent, whose answers are used up.
const passTime = 30 * time.Minute

// maxPassed bounds the memory that passes take.
const maxPassed = 1 << 14

// passed remembers who has answered a challenge of late.
type passed struct {
	mu    sync.Mutex
	until map[string]time.Time // by visitor
}

func (p *passed) has(visitorID string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.until[visitorID])
}

func (p *passed) note(visitorID string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	if len(p.until) >= maxPassed {
		for id, until := range p.until {
			if !now.Before(until) {
				delete(p.until, id)
			}
		}
		// All of them hold: to ask one of them once more harms nobody.
		for id := range p.until {
			if len(p.until) < maxPassed {
				break
			}
			delete(p.until, id)
		}
	}
	p.until[visitorID] = now.Add(passTime)
}

// challenge lets the host ask a visitor for a proof before anything of theirs
// is written.
func (s *Service) challenge(ctx context.Context, c Challenge) error {
	if s.hooks.Challenge == nil || s.passed.has(c.Visitor.ID, s.now()) {
		return nil
	}
	err := s.hooks.call(ctx, "Hooks.Challenge", func(ctx context.Context) error { return s.hooks.Challenge(ctx, c) })
	if err == nil && c.Answer != "" {
		s.passed.note(c.Visitor.ID, s.now())
	}
	return err
}
