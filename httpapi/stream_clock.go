package httpapi

import (
	"context"
	"time"
)

// The clock reminds all streams of what is due with one timer, so that a
// stream costs no timer of its own. It goes round them once a tick, in steps:
// thousands that began together are due together, and to write to all of them
// at once would hold up who sends a message in that moment.

// cutAfter is how long readers have to take their bye when the service
// closes. Those who stall until then are cut off.
const cutAfter = time.Second

const (
	// stepStreams is how many streams the clock looks at in one step, as long
	// as that does not ask for steps that are shorter than stepAtLeast.
	stepStreams = 64
	stepAtLeast = 10 * time.Millisecond
)

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
	s.place = len(st.streams)
	st.streams = append(st.streams, s)
	if st.stop == nil {
		st.stop = make(chan struct{})
		go st.clock(st.stop)
	}
}

// part takes the stream off the clock, if it is on it. The last one stops it.
// Another takes its place, and so may be passed over in this round.
func (st *streamer) part(s *stream) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.place < 0 {
		return
	}
	last := len(st.streams) - 1
	st.streams[s.place] = st.streams[last]
	st.streams[s.place].place = s.place
	st.streams[last] = nil
	st.streams = st.streams[:last]
	s.place = -1
	if last == 0 && st.stop != nil {
		close(st.stop)
		st.stop, st.streams = nil, nil
	}
}

func (st *streamer) clock(stop chan struct{}) {
	round := st.opts.tick()
	var reader nowReader
	step, steps := 0, 1
	timer := time.NewTimer(round)
	defer timer.Stop()
	closed := st.svc.Done()
	var cut <-chan time.Time
	for {
		select {
		case now := <-timer.C:
			if step == 0 {
				st.recheckBanned(context.Background())
				steps = st.steps(round)
			}
			st.remind(now, step, steps, &reader)
			step = (step + 1) % steps
			timer.Reset(round / time.Duration(steps))
		case <-closed:
			closed, cut = nil, time.After(cutAfter)
		case <-cut:
			st.cutAll()
		case <-stop:
			return
		}
	}
}

// steps says in how many steps the next round should go.
func (st *streamer) steps(round time.Duration) int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return max(1, min(len(st.streams)/stepStreams, int(round/stepAtLeast)))
}

// remind does one step of a round.
func (st *streamer) remind(now time.Time, step, steps int, reader *nowReader) {
	st.mu.Lock()
	defer st.mu.Unlock()
	n := len(st.streams)
	for _, s := range st.streams[n*step/steps : n*(step+1)/steps] {
		if s.raw != nil {
			s.raw.probe(now, reader)
		}
		var due duty
		if !now.Before(s.beatAt) {
			s.beatAt = now.Add(st.opts.heartbeat)
			due |= dutyBeat
		}
		if !now.Before(s.checkAt) {
			s.checkAt = now.Add(s.recheckEvery())
			if !s.vouched(now) {
				due |= dutyCheck
			}
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
	for _, s := range st.streams {
		if s.by.ID() == id {
			s.remind(dutyCheck)
		}
	}
}

// recheckPerson is recheck for somebody whom the host knows by an id of its own.
func (st *streamer) recheckPerson(id string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, s := range st.streams {
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
	for _, s := range st.streams {
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
	for _, s := range st.streams {
		s.out.close()
	}
}
