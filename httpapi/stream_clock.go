package httpapi

import (
	"context"
	"time"
)

// The clock reminds all streams of what is due with one ticker, so that a
// stream costs no timer of its own.

// cutAfter is how long readers have to take their bye when the service
// closes. Those who stall until then are cut off.
const cutAfter = time.Second

// tick is how exact the clock is.
func (o streamOptions) tick() time.Duration {
	return max(min(o.heartbeat/15, o.recheck/15, time.Second), time.Millisecond)
}

// join puts the stream on the clock.
func (st *streamer) join(s *stream) {
	now := time.Now()
	s.beatAt, s.checkAt = now.Add(st.opts.heartbeat), now.Add(s.recheckEvery())
	s.endAt = now.Add(between(st.opts.life*8/10, st.opts.life))
	st.mu.Lock()
	defer st.mu.Unlock()
	st.streams[s] = struct{}{}
	if st.stop == nil {
		st.stop = make(chan struct{})
		go st.clock(st.stop)
	}
}

// part takes the stream off the clock. The last one stops it.
func (st *streamer) part(s *stream) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.streams, s)
	if len(st.streams) == 0 && st.stop != nil {
		close(st.stop)
		st.stop = nil
	}
}

func (st *streamer) clock(stop chan struct{}) {
	ticker := time.NewTicker(st.opts.tick())
	defer ticker.Stop()
	closed := st.svc.Done()
	var cut <-chan time.Time
	for {
		select {
		case now := <-ticker.C:
			st.recheckBanned(context.Background())
			st.remind(now)
		case <-closed:
			closed, cut = nil, time.After(cutAfter)
		case <-cut:
			st.cutAll()
		case <-stop:
			return
		}
	}
}

func (st *streamer) remind(now time.Time) {
	var scratch [512]byte
	st.mu.Lock()
	defer st.mu.Unlock()
	for s := range st.streams {
		if s.raw != nil {
			s.raw.probe(now, scratch[:])
		}
		var due duty
		if !now.Before(s.beatAt) {
			s.beatAt = now.Add(st.opts.heartbeat)
			due |= dutyBeat
		}
		if !now.Before(s.checkAt) {
			s.checkAt = now.Add(s.recheckEvery())
			due |= dutyCheck
		}
		if !now.Before(s.endAt) {
			due |= dutyEnd
		}
		if s.stuck.Swap(false) || due != 0 {
			s.remind(due)
		}
	}
}

// recheck asks at once whether the readers called id still may listen. What
// happens after it returns reaches only those who may.
func (st *streamer) recheck(id string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for s := range st.streams {
		if s.by.ID() == id {
			s.remind(dutyCheck)
		}
	}
}

// recheckPerson is recheck for somebody whom the host knows by an id of its own.
func (st *streamer) recheckPerson(id string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for s := range st.streams {
		if s.by.ExternalID() == id {
			s.remind(dutyCheck)
		}
	}
}

// recheckBanned asks all visitors' streams whether they still may listen, if
// other addresses are banned than when it asked last. Another process may have
// banned them, so the clock calls it as well.
func (st *streamer) recheckBanned(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond) // the heartbeats wait for it
	defer cancel()
	changes := st.svc.BanChanges(ctx)
	st.mu.Lock()
	defer st.mu.Unlock()
	if changes == st.banChanges {
		return
	}
	st.banChanges = changes
	for s := range st.streams {
		if s.by.IsVisitor() {
			s.remind(dutyCheck)
		}
	}
}

// troubled has the clock wake a stream whose events could not be read.
func (st *streamer) troubled(s *stream, err error) {
	if s.ctx.Err() != nil {
		return // the reader left in the middle of it
	}
	s.stuck.Store(true)
	st.mu.Lock()
	defer st.mu.Unlock()
	if now := time.Now(); now.Sub(st.reported) >= time.Minute {
		st.reported = now
		st.opts.logger.Warn("httpapi: event streams could not read the log and will try again", "error", err)
	}
}

func (st *streamer) cutAll() {
	st.mu.Lock()
	defer st.mu.Unlock()
	for s := range st.streams {
		s.out.close()
	}
}
