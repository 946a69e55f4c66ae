package chat

import (
	"context"
	"sync"
	"time"
)

const (
	replyTimeOf    = 28 * 24 * time.Hour // how far back it looks
	replyTimeTTL   = 10 * time.Minute    // how long it is taken as known
	replyTimeLeast = 5                   // sessions without which it says nothing
)

// replyTimeCache remembers how soon visitors are answered.
type replyTimeCache struct {
	reading sync.Mutex // held by the one who works it out
	mu      sync.Mutex
	value   time.Duration
	readAt  time.Time
}

// get returns what is known, and whether that is recent.
func (c *replyTimeCache) get(now time.Time) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value, !c.readAt.IsZero() && now.Sub(c.readAt) < replyTimeTTL
}

// ReplyTime is how long visitors of late have waited for an agent's first
// reply: the median of the last four weeks, a few minutes old at most. It is 0
// where too few were answered to say anything.
func (s *Service) ReplyTime(ctx context.Context) time.Duration {
	c, now := &s.answered, s.now()
	value, fresh := c.get(now)
	if fresh || !c.reading.TryLock() {
		return value // an older one is better than having everybody wait
	}
	defer c.reading.Unlock()
	if value, fresh = c.get(now); fresh {
		return value
	}
	found, err := s.Analytics(ctx, AsHost(""), AnalyticsQuery{From: now.Add(-replyTimeOf), To: now})
	if err != nil {
		s.warn(ctx, "chat: could not work out how soon visitors are answered", "error", err)
		if ctx.Err() != nil {
			return value // the next one works it out
		}
	} else if median := found.Figures.FirstResponse.Median; median != nil && found.Figures.FirstResponse.Count >= replyTimeLeast {
		value = time.Duration(*median * float64(time.Second))
	} else {
		value = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.value, c.readAt = value, now
	return value
}
