package chat

import "context"

// Broker lets the nodes of a chat, processes that share a store, tell each
// other at once what they would otherwise notice half a second later, and what
// is never stored: who is typing, who is here. What it loses costs time and
// nothing else: messages come from the log, always.
//
// One Broker belongs to one [Service]. Package brokertest says what one must
// do, and tests it.
type Broker interface {
	// Publish hands a hint to the other nodes. It returns at once, and drops
	// what cannot be sent soon. Any number of goroutines may call it, also
	// while Run does not run; then it does nothing. Data of one node arrives
	// in the order in which it was published.
	Publish(h Hint)

	// Run connects the node with the others until ctx ends, and returns its
	// error then. It calls receive, one call at a time, with what the other
	// nodes publish, and with the zero Hint whenever hints may have been
	// missed: at first, as soon as it hears the others, and after each
	// interruption. What the node itself has published may come back or not.
	// A network that fails is no reason to return: Run tries again, soon and
	// for ever. It may be called again after it has returned.
	Run(ctx context.Context, receive func(Hint)) error
}

// Hint is what nodes tell each other.
type Hint struct {
	// Position says that the event log has come as far as this; 0 says
	// nothing about it. Of several that wait to be sent a Broker may send the
	// greatest alone.
	Position Position

	// Data is for the services: at most MaxHint bytes of UTF-8 without a NUL.
	// Nobody changes it, nor keeps it after receive has returned.
	Data []byte
}

// MaxHint is how many bytes the Data of a [Hint] has at most.
const MaxHint = 7 << 10

// BrokerStore is a store that brings a broker of its own, for services whose
// Options name none.
type BrokerStore interface {
	SharedStore

	// Broker returns a new broker each time, nil if there is none.
	Broker() Broker
}
