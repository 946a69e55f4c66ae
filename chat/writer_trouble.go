package chat

import (
	"log/slog"
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
