package chat

import "sync"

// alerts runs hooks beside what they are about.
type alerts struct {
	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
}

// start runs a hook, unless nobody would wait for it any more.
func (a *alerts) start(hook func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.running.Go(hook)
	}
}

// wait returns when no hook runs, and none will.
func (a *alerts) wait() {
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
	a.running.Wait()
}
