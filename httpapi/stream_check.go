package httpapi

import (
	"fmt"
	"net/http"
	"time"
)

// checkStreaming finds out, while an error can still be answered, whether
// what stands between this handler and the connection lets a stream through.
// until, if not zero, is when the stream has to be over because the request's
// context then ends.
//
// Flush would tell less: some writers that hold everything back report
// success. What gives those away is that they have a deadline to meet but let
// nobody set one.
func (st *streamer) checkStreaming(w http.ResponseWriter, r *http.Request) (until time.Time, err error) {
	flushes, inner := unwrap(w)
	err = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(st.opts.write))
	deadline, limited := r.Context().Deadline()
	switch {
	case limited && err != nil:
		return until, st.impossible("%T holds responses back and ends them at a deadline. Keep the timeout middleware away from the event streams.", inner)
	case !flushes:
		return until, st.impossible("%T cannot flush. Give it an Unwrap method, or keep that middleware away from the event streams.", inner)
	case err != nil:
		st.warnDeadline.Do(func() {
			st.opts.logger.Warn("httpapi: write deadlines cannot be set: a WriteTimeout of the server cuts event streams off, and readers that stall are noticed late",
				"writer", fmt.Sprintf("%T", inner), "error", err)
		})
	case limited:
		st.warnContext.Do(func() {
			st.opts.logger.Warn("httpapi: requests have a deadline: event streams end shortly before it, and readers reconnect",
				"after", time.Until(deadline).Round(time.Millisecond))
		})
		left := time.Until(deadline)
		until = deadline.Add(-min(left/10, time.Second))
	}
	return until, nil
}

// impossible is answered with words that say what to change, to whoever asks:
// it is a developer, before the site is in use.
func (st *streamer) impossible(format string, culprit http.ResponseWriter) error {
	f := &failure{
		status: http.StatusInternalServerError, code: "streaming_impossible",
		message: "Streaming is impossible: " + fmt.Sprintf(format, culprit),
	}
	st.warnRefused.Do(func() { st.opts.logger.Error("httpapi: event streams are refused", "error", f.message) })
	return f
}

// unwrap looks through the writers that middleware has put around each other:
// whether one of them flushes, and which is the innermost that can be seen.
func unwrap(w http.ResponseWriter) (flushes bool, inner http.ResponseWriter) {
	for {
		switch w.(type) {
		case http.Flusher, interface{ FlushError() error }:
			flushes = true
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return flushes, w
		}
		next := u.Unwrap()
		if next == nil {
			return flushes, w
		}
		w = next
	}
}
