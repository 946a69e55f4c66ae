package chat

import (
	"context"
	"log/slog"
	"net/netip"
	"time"
)

// Options configures a [Service]. The zero value is fine.
type Options struct {
	// Logger gets what an operator can act on. Nil means slog.Default().
	// Message texts, tokens and keys are never logged.
	Logger *slog.Logger

	// Now is the clock that every stored time comes from. Nil means time.Now.
	Now func() time.Time

	// Limits on what is accepted; a zero field has its default.
	Limits Limits

	// EventRetention is how long the event log is kept, and so how long a
	// stream may have been away and still resume without a reset. 0 means 30
	// days, a negative value for ever.
	EventRetention time.Duration

	// Files keeps what files hold. Nil means the database.
	Files FileStore

	// Hooks are the host's own code in the path of what is written.
	Hooks Hooks

	// Spam says which sessions are marked as suspected spam. The zero value
	// marks none.
	Spam SpamRules

	// ContactPanel says what the host's own systems know of a visitor, and
	// what agents may have them do: it stands beside the conversation in the
	// console. It is called concurrently, while an agent looks on, and has 5
	// seconds; an action has 20. by is who asks. An error or a panic is logged,
	// and the agent reads that the site's own system does not answer. Nil means
	// that there is no such panel.
	ContactPanel func(ctx context.Context, by Actor, v Visitor) (ContactPanel, error)

	// Tracking says whether it is noted which pages visitors see. The zero
	// value notes nothing.
	Tracking Tracking

	// Place says where an address is, for the visits of visitors whose pages
	// are tracked: from a database of the host's, or its network's edge. It is
	// called from goroutines of Run, several at a time, never while anybody
	// waits; where visitors come faster than it answers some remain without a
	// place. A panic in it is logged and means that nothing is known. Nil
	// means that nobody is asked.
	Place func(netip.Addr) Place

	// Broker connects the service with those on other nodes. It is used over a
	// [SharedStore], while Run runs. Nil means the store's own, where it is a
	// [BrokerStore].
	Broker Broker

	// Metrics hears of what happens, for the host's monitoring. Nil means
	// nobody does.
	Metrics Metrics

	// WriteTimeout bounds one commit, with the wait for a connection and for
	// locks that others hold; a store may have a bound of its own, and the
	// shorter one counts. Where it is over the caller gets ErrUnavailable, and
	// so do those who have been waiting behind that commit for long: nobody
	// waits for two. 0 means 5 seconds.
	WriteTimeout time.Duration

	// WebhookTargets says where webhooks may go. The zero value allows https
	// to public addresses only.
	WebhookTargets WebhookTargets

	// PushKey is the public half of the key with which the host sends push
	// messages to agents' browsers (see package webpush). Empty means that it
	// sends none.
	PushKey string

	// Sealer encrypts the secrets of webhooks in the store. Nil leaves them as
	// they are: to sign with them the store must keep them readable, so who
	// can read the database can sign.
	Sealer Sealer
}

// Sealer encrypts what must be kept in a form that can be read again, with a
// key that the host keeps elsewhere. Open reads what Seal has made, also
// before a restart.
type Sealer interface {
	Seal(plain []byte) (sealed []byte, err error)
	Open(sealed []byte) (plain []byte, err error)
}

// Limits on input. Lengths are in characters unless said otherwise.
type Limits struct {
	Message        int // 4,000
	Name           int // 200
	Email          int // 254
	CustomData     int // bytes of JSON: 8,192
	CustomDataKeys int // in all levels together: 50
	CustomDepth    int // levels of nesting: 4
	OpenSessions   int // active sessions of one visitor: 3

	// File is how many bytes a file may have: 10,485,760. A negative value
	// means that no files are taken.
	File int64
}

func (o *Options) logger() *slog.Logger {
	if o == nil || o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

func (o *Options) now() func() time.Time {
	if o == nil || o.Now == nil {
		return time.Now
	}
	return hostClock(o.Now, o.logger())
}

func (o *Options) limits() Limits {
	var l Limits
	if o != nil {
		l = o.Limits
	}
	for _, d := range []struct {
		field *int
		value int
	}{
		{&l.Message, 4000}, {&l.Name, 200}, {&l.Email, 254}, {&l.CustomData, 8 << 10},
		{&l.CustomDataKeys, 50}, {&l.CustomDepth, 4}, {&l.OpenSessions, 3},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if l.File == 0 {
		l.File = 10 << 20
	}
	return l
}

func (o *Options) eventRetention() time.Duration {
	if o == nil || o.EventRetention == 0 {
		return 30 * 24 * time.Hour
	}
	return o.EventRetention
}

// broker returns what connects the service over the store with others, or nil.
func (o *Options) broker(store Store, shared bool) Broker {
	own, ok := store.(BrokerStore)
	switch {
	case !shared:
		return nil
	case o != nil && o.Broker != nil:
		return o.Broker
	case ok:
		return own.Broker()
	}
	return nil
}

func (o *Options) writeTimeout() time.Duration {
	if o == nil || o.WriteTimeout <= 0 {
		return 5 * time.Second
	}
	return o.WriteTimeout
}
