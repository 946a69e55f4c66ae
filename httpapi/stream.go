package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/r3labs/sse/v2"
)

// streamOptions configures the event streams. A zero field has its default.
type streamOptions struct {
	heartbeat time.Duration // between two comments that keep a quiet stream alive; 15 s
	recheck   time.Duration // between two looks at whether the reader still may listen; 30 s, agents at most agentRecheck
	life      time.Duration // of one connection at most, of which each gets 80 to 100 %; 10 min
	write     time.Duration // that one write may take before the reader counts as stalled; 10 s
	ordinary  bool          // take no connection over from net/http
	logger    *slog.Logger
	now       func() time.Time // for the timestamps of control events
}

// agentRecheck bounds how long a stream of the agents' API outlives the right
// to it: five seconds, with the second by which a service may be late to know of
// a key that another process has revoked and the one that the clock takes to go
// round.
const agentRecheck = 3 * time.Second

func (o streamOptions) withDefaults() streamOptions {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.heartbeat, 15 * time.Second}, {&o.recheck, 30 * time.Second}, {&o.life, 10 * time.Minute}, {&o.write, 10 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.logger == nil {
		o.logger = slog.Default()
	}
	if o.now == nil {
		o.now = time.Now
	}
	return o
}

// streamer serves event streams. It owns one goroutine, a clock for all of
// its streams, while there is at least one.
type streamer struct {
	svc    *chat.Service
	opts   streamOptions
	server *sse.Server
	pool   streamPool

	warnDeadline, warnContext, warnRefused sync.Once // what the host's middleware does is worth one line in the log

	mu       sync.Mutex
	streams  []*stream     // on the clock, in no order
	stop     chan struct{} // ends the clock
	reported time.Time     // when trouble with the log was last reported

	banChanges int64 // when the streams were last asked because of a ban
}

func newStreamer(svc *chat.Service, opts streamOptions) *streamer {
	server := sse.New()
	server.AutoReplay, server.AutoStream, server.SplitData = false, false, false
	server.BufferSize = 1
	return &streamer{svc: svc, opts: opts.withDefaults(), server: server}
}

// serve answers with the events of the topic until the reader leaves, the
// stream's time is up, or the service closes. What goes wrong before the
// status line is returned for the caller to answer; afterwards it returns nil.
// It may return at once, having taken the connection over.
//
// Now and then the caller's right to listen is looked at again. release, if not
// nil, is called once, when the stream is over or has not begun.
func (st *streamer) serve(w http.ResponseWriter, r *http.Request, by chat.Actor, topic chat.Topic, may right, release func()) error {
	if release == nil {
		release = func() {}
	}
	s, err := st.open(w, r, by, topic, may)
	if err != nil {
		release()
		return err
	}
	if s.detached {
		if st.takeOver(s, w, release) {
			return nil
		}
		defer context.AfterFunc(r.Context(), s.cancel)()
	}
	defer release()
	defer s.leave() // before the response ends: nothing may touch w or r afterwards
	if r.Method == http.MethodHead {
		setStreamHeaders(w.Header(), r.ProtoMajor)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	c := newSSEConn(s, w, r.ProtoMajor)
	s.out = c
	c.run()
	return nil
}

// open does what can still be answered with an error. It is apart from serve
// because what serve has on its stack stays there for as long as the stream.
func (st *streamer) open(w http.ResponseWriter, r *http.Request, by chat.Actor, topic chat.Topic, may right) (*stream, error) {
	after, field, err := resumeFrom(r)
	if err != nil {
		return nil, err
	}
	until, err := st.checkStreaming(w, r)
	if err != nil {
		return nil, err
	}
	ctx, detached := r.Context(), st.mayTakeOver(w, r)
	if detached {
		ctx = context.WithoutCancel(ctx) // it ends when the handler returns
	}
	s := newStream(ctx, st, by, may)
	s.detached = detached
	s.sub, err = st.svc.Subscribe(s.ctx, by, chat.SubscribeOptions{Topic: topic, After: after, Wake: s.wake, Farewell: true})
	if err != nil {
		s.cancel()
		if errors.Is(err, chat.ErrInvalidEventID) {
			err = invalidEventID(field)
		}
		return nil, err
	}
	if !until.IsZero() {
		s.timer = time.AfterFunc(time.Until(until), func() { s.remind(dutyEnd) })
	}
	return s, nil
}

// resumeFrom returns the event id that the request asks to resume after, and
// the name of the field it came in. None, and an empty one, mean from now on.
func resumeFrom(r *http.Request) (id, field string, err error) {
	field = "Last-Event-ID"
	ids := r.Header.Values(field)
	if len(ids) == 0 || len(ids) == 1 && ids[0] == "" {
		field = "after"
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return "", field, invalidEventID(field)
		}
		ids = query[field]
	}
	switch {
	case len(ids) == 0:
		return "", field, nil
	case len(ids) > 1, len(ids[0]) > 64:
		return "", field, invalidEventID(field)
	}
	return ids[0], field, nil
}

func invalidEventID(field string) error {
	err := *chat.ErrInvalidEventID
	err.Field = field
	return &err
}

// setStreamHeaders sets what every stream is answered with. There is no
// Content-Encoding: even "identity" makes some compressing middleware hold
// back what it gets.
func setStreamHeaders(h http.Header, protoMajor int) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	h.Set("X-Content-Type-Options", "nosniff")
	if protoMajor == 1 {
		// A reader that was cut off would otherwise hold its connection, and
		// a goroutine, until it asked for something else.
		h.Set("Connection", "close")
	} else {
		// With HTTP/2 it would send away every other request there.
		h.Del("Connection")
	}
}

// retry is how long a reader waits before it connects again.
func (st *streamer) retry() time.Duration { return between(time.Second, 3*time.Second) }

// between returns a random duration, so that what begins together does not
// come back together.
func between(from, to time.Duration) time.Duration { return from + rand.N(max(to-from, 1)) } //nolint:gosec // G404: nobody gains by foreseeing it
