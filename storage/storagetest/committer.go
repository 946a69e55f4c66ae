package storagetest

import (
	"context"
	"sync"

	"github.com/pealchat/pealchat/chat"
)

// committer forms groups as a service does: what comes while a transaction is
// being written waits for the next.
type committer struct {
	store chat.Store
	mu    sync.Mutex
	queue []waiting
	busy  bool
}

type waiting struct {
	op   chat.Op
	done chan chat.OpResult
}

func (c *committer) do(op chat.Op) chat.OpResult {
	w := waiting{op, make(chan chat.OpResult, 1)}
	c.mu.Lock()
	c.queue = append(c.queue, w)
	if !c.busy {
		c.busy = true
		go c.run()
	}
	c.mu.Unlock()
	return <-w.done
}

func (c *committer) run() {
	for {
		c.mu.Lock()
		n := min(len(c.queue), 256)
		if n == 0 {
			c.busy = false
			c.mu.Unlock()
			return
		}
		batch := c.queue[:n:n]
		c.queue = c.queue[n:]
		c.mu.Unlock()
		ops := make([]chat.Op, n)
		for i, w := range batch {
			ops[i] = w.op
		}
		res, err := c.store.Append(context.Background(), ops)
		for i, w := range batch {
			if err != nil {
				w.done <- chat.OpResult{Err: err}
			} else {
				w.done <- res[i]
			}
		}
	}
}
