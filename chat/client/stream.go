package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	sse "github.com/r3labs/sse/v2"
)

// Event is one event of a stream.
type Event struct {
	ID   string          `json:"id"`    // where a later stream goes on after it; empty if it is not kept
	Type string          `json:"event"` // such as "message_sent"
	At   time.Time       `json:"timestamp"`
	Data json.RawMessage `json:"data"`
}

const (
	// maxEvent is the longest event that is read, in bytes.
	maxEvent = 1 << 20
	// silence is how long a stream may say nothing: servers give a sign of
	// life every 15 seconds.
	silence = 45 * time.Second

	firstPause = 500 * time.Millisecond // before a stream that was cut is opened again; it doubles
	longPause  = 15 * time.Second       // up to this
)

// Stream is an event stream that opens itself again where it was cut. One
// goroutine at a time may call Next.
type Stream struct {
	client *Client
	path   string
	events chan Event
	cancel context.CancelFunc
	done   chan struct{}
	err    error // set before done is closed

	last string // id of the last event that arrived whole
}

// Events opens the stream of everything that the caller may hear of: all
// sessions for a key, their own for a visitor. after is the id of the last
// event that was handled, and empty to begin now. It returns at once; what
// goes wrong comes out of Next. The stream ends with ctx or [Stream.Close].
func (c *Client) Events(ctx context.Context, after string) *Stream {
	ctx, cancel := context.WithCancel(ctx)
	s := &Stream{
		client: c, path: c.side + "events", last: after,
		events: make(chan Event), cancel: cancel, done: make(chan struct{}),
	}
	go s.run(ctx)
	return s
}

// Next returns the next event, and waits for it. Durable events come once and
// in order, over any number of cuts. "ready" comes first on each connection;
// "reset" says that events were missed, because the position asked for is too
// old or of another database: load anew what you keep. Next returns an error
// when ctx ends, when the stream ends, or when the server refuses the caller
// (an [*Error]).
func (s *Stream) Next(ctx context.Context) (Event, error) {
	select {
	case e := <-s.events:
		return e, nil
	case <-ctx.Done():
		return Event{}, ctx.Err()
	case <-s.done:
		return Event{}, s.err
	}
}

// Close ends the stream and waits until nothing of it is left.
func (s *Stream) Close() {
	s.cancel()
	<-s.done
}

func (s *Stream) run(ctx context.Context) {
	defer s.cancel()
	defer close(s.done)
	pause := firstPause
	for {
		before := s.last
		err := s.connect(ctx)
		refused, answered := errors.AsType[*Error](err)
		switch {
		case ctx.Err() != nil:
			s.err = ctx.Err()
			return
		case answered && !refused.Temporary():
			s.err = refused
			return
		case s.last != before || err == nil:
			pause = firstPause
		}
		wait := pause/2 + rand.N(pause/2+1) //nolint:gosec // G404: nobody gains by foreseeing it
		if answered {
			wait = max(wait, refused.RetryAfter)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		pause = min(2*pause, longPause)
	}
}

// once ends a subscription after one connection: when to open another is
// decided here, where it is known what has arrived.
type once struct{}

func (once) NextBackOff() time.Duration { return -1 }
func (once) Reset()                     {}

// connect reads one connection until it ends. Its end is no error.
func (s *Stream) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(silence, func() { cancel(errors.New("client: the stream says nothing any more")) })
	defer watch.Stop()

	// A new one for each connection: it would go on after an event of which
	// only the id had arrived.
	in := sse.NewClient(s.client.base+s.path, sse.ClientMaxBufferSize(maxEvent))
	in.ReconnectStrategy = once{}
	transport := s.client.http.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	in.Connection = &http.Client{Jar: s.client.http.Jar, Transport: &listener{transport, func() { watch.Reset(silence) }}}
	header := http.Header{}
	s.client.authorize(header)
	for name := range header {
		in.Headers[name] = header.Get(name)
	}
	if s.last != "" {
		in.LastEventID.Store([]byte(s.last))
	}
	var refused error
	in.ResponseValidator = func(_ *sse.Client, resp *http.Response) error {
		if resp.StatusCode != http.StatusOK {
			defer resp.Body.Close()
			refused = refusal(resp)
		}
		return refused
	}
	err := in.SubscribeRawWithContext(ctx, func(msg *sse.Event) { s.take(ctx, msg) })
	switch {
	case refused != nil:
		return refused
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// take passes an event on. What was cut in the middle is no JSON and comes
// again on the next connection.
func (s *Stream) take(ctx context.Context, msg *sse.Event) {
	var e Event
	if json.Unmarshal(msg.Data, &e) != nil || e.Type == "" || ctx.Err() != nil {
		return
	}
	select {
	case s.events <- e:
		if e.ID != "" {
			s.last = e.ID
		}
	case <-ctx.Done():
	}
}

// listener tells when something is read from the server, signs of life
// included, which the event reader keeps to itself.
type listener struct {
	http.RoundTripper
	heard func()
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &heardBody{resp.Body, l.heard}
	}
	return resp, err
}

type heardBody struct {
	io.ReadCloser
	heard func()
}

func (b *heardBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.heard()
	}
	return n, err
}

// Decode puts the event's data into v, such as a *chat.Message for
// "message_sent".
func (e Event) Decode(v any) error {
	if err := json.Unmarshal(e.Data, v); err != nil {
		return fmt.Errorf("client: the data of %s: %w", e.Type, err)
	}
	return nil
}
