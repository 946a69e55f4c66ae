// Package natsbroker connects the nodes of a chat through NATS: within a
// millisecond or two, and without any load on the database. It needs a NATS
// server, or a cluster of them, and nothing of JetStream: the database is the
// log.
package natsbroker

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/pealchat/pealchat/chat"
)

// DefaultSubject is the subject on which nodes meet that are given no other.
const DefaultSubject = "pealchat"

const (
	waiting  = 8192        // messages that may wait to be received; further ones are dropped
	patience = time.Second // for an answer of the server, before it is asked again
)

// Broker is a [chat.Broker] on NATS.
type Broker struct {
	conn    *nats.Conn
	subject string
	running atomic.Bool
}

var _ chat.Broker = (*Broker)(nil)

// New returns a broker on a connection of the host's, which stays the host's to
// close, after the service. Connect with nats.RetryOnFailedConnect(true) and
// nats.MaxReconnects(-1), so that a NATS server that is away for long is found
// again; nats.ReconnectWait(250 * time.Millisecond) finds it sooner than the
// client's two seconds.
//
// All nodes of one chat have the same subject, and every other chat has
// another. Empty means [DefaultSubject]. Whoever may publish on it can pretend
// that somebody is typing or present, so it belongs to the chat alone.
func New(conn *nats.Conn, subject string) (*Broker, error) {
	if conn == nil {
		return nil, errors.New("natsbroker: the connection is nil")
	}
	if subject == "" {
		subject = DefaultSubject
	}
	if strings.ContainsAny(subject, " \t\r\n*>") || strings.HasPrefix(subject, ".") || strings.HasSuffix(subject, ".") || strings.Contains(subject, "..") {
		return nil, errors.New("natsbroker: a subject is made of words separated by single dots, without spaces, * and >")
	}
	return &Broker{conn: conn, subject: subject}, nil
}

// Publish implements chat.Broker. While there is no connection it drops what
// it is given: the client would keep it, and whoever was typing then is not
// typing any more when it arrives.
func (b *Broker) Publish(h chat.Hint) {
	if !b.running.Load() || !b.conn.IsConnected() || len(h.Data) > chat.MaxHint {
		return
	}
	b.conn.Publish(b.subject, append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(h.Data)), uint64(h.Position)), h.Data...)) //nolint:errcheck,gosec // hints may be lost; G115: the same 64 bits
}

// Run implements chat.Broker. Where the host has closed the connection it
// returns nats.ErrConnectionClosed.
func (b *Broker) Run(ctx context.Context, receive func(chat.Hint)) error {
	status := b.conn.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer b.conn.RemoveStatusListener(status)
	messages := make(chan *nats.Msg, waiting)
	sub, err := b.conn.ChanSubscribe(b.subject, messages)
	if err != nil {
		return err
	}
	defer sub.Unsubscribe() //nolint:errcheck // the connection may be gone
	b.running.Store(true)
	defer b.running.Store(false)
	if b.conn.IsConnected() {
		b.arrive(ctx, receive)
	}
	dropped := 0
	for {
		select {
		case m := <-messages:
			if n, err := sub.Dropped(); err == nil && n > dropped {
				dropped = n
				receive(chat.Hint{})
			}
			deliver(m.Data, receive)
		case s := <-status:
			if s == nats.CLOSED {
				return nats.ErrConnectionClosed
			}
			b.arrive(ctx, receive)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// arrive tells that something may have been missed, once the server knows of
// the subscription: what others publish from then on arrives. Where the
// connection is lost meanwhile it is told after the next one is made.
func (b *Broker) arrive(ctx context.Context, receive func(chat.Hint)) {
	for b.conn.IsConnected() && ctx.Err() == nil {
		asking, cancel := context.WithTimeout(ctx, patience)
		err := b.conn.FlushWithContext(asking)
		cancel()
		if err == nil {
			receive(chat.Hint{})
			return
		}
	}
}

func deliver(data []byte, receive func(chat.Hint)) {
	if len(data) < 8 {
		return // not from a node
	}
	h := chat.Hint{Position: chat.Position(binary.BigEndian.Uint64(data)), Data: data[8:]} //nolint:gosec // G115: the same 64 bits
	if h.Position > 0 || len(h.Data) > 0 {
		receive(h)
	}
}
