package chat

import (
	"context"
	"sync"
)

// busQueue is how many hints may wait for one node of a [Bus].
const busQueue = 1024

// Bus connects services of one process that share a store, as the programs and
// tests do that run several nodes at once. Its zero value is ready for use.
type Bus struct {
	mu    sync.Mutex
	nodes map[*busNode]struct{}
}

// Broker returns the connection of one more node.
func (b *Bus) Broker() Broker { return &busNode{bus: b} }

// busNode is one node's end. What waits for it is kept under the mutex of the
// bus.
type busNode struct {
	bus    *Bus
	queue  []Hint
	missed bool          // the queue was full
	bell   chan struct{} // while it runs: holds a token when there is something to receive
}

// Publish implements Broker.
func (n *busNode) Publish(h Hint) {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	if _, running := n.bus.nodes[n]; !running {
		return
	}
	for other := range n.bus.nodes {
		if other != n {
			other.put(h)
		}
	}
}

func (n *busNode) put(h Hint) {
	if len(n.queue) >= busQueue {
		n.queue, n.missed = nil, true
	}
	n.queue = append(n.queue, h)
	select {
	case n.bell <- struct{}{}:
	default:
	}
}

// Run implements Broker.
func (n *busNode) Run(ctx context.Context, receive func(Hint)) error {
	n.join()
	defer n.leave()
	receive(Hint{})
	for {
		select {
		case <-n.bell:
		case <-ctx.Done():
			return ctx.Err()
		}
		hints, missed := n.take()
		if missed {
			receive(Hint{})
		}
		for _, h := range hints {
			receive(h)
		}
	}
}

func (n *busNode) join() {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	if n.bus.nodes == nil {
		n.bus.nodes = map[*busNode]struct{}{}
	}
	n.bell = make(chan struct{}, 1)
	n.bus.nodes[n] = struct{}{}
}

func (n *busNode) leave() {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	delete(n.bus.nodes, n)
	n.queue, n.missed = nil, false
}

func (n *busNode) take() (hints []Hint, missed bool) {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	hints, missed = n.queue, n.missed
	n.queue, n.missed = nil, false
	return hints, missed
}
