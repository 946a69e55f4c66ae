package webhooks

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// defaultSchedule has the waits between tries: ten tries in 75 hours. Short
// ones first, for a receiver that is being restarted; then long enough for
// somebody to come back from a weekend.
var defaultSchedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// A Retry-After is honoured between these bounds.
const (
	minRetryAfter = time.Second
	maxRetryAfter = 24 * time.Hour
)

// schedule says when to try again.
type schedule struct {
	waits []time.Duration
	span  time.Duration // no delivery is given up before this age: 72 h of the default's 75.6
}

func newSchedule(waits []time.Duration) schedule {
	var total time.Duration
	for _, w := range waits {
		total += w
	}
	return schedule{waits: waits, span: total / 25 * 24}
}

// next returns when to try again after the tries-th try has failed, counted
// from 1, of a delivery first tried at started. ok is false when it is time to
// give up. after is what the receiver asked for, or 0.
//
// Waits vary by a fifth, so that what failed together does not come back
// together. Jitter must not shorten the whole: the last try of the schedule is
// not before span is over. Tries beyond it happen where deliveries were
// brought forward because their endpoint had come back.
func (s schedule) next(tries int, started, now time.Time, after time.Duration) (at time.Time, ok bool) {
	last := len(s.waits)
	end := started.Add(s.span)
	if tries > last && !now.Before(end) {
		return time.Time{}, false
	}
	at = now.Add(jitter(s.waits[min(tries, last)-1]))
	if tries >= last {
		end = end.Add(rand.N(s.span/50 + 1)) //nolint:gosec // G404: nobody gains by foreseeing it
		if at.Before(end) || tries > last {
			at = end
		}
	}
	if asked := now.Add(after); after > 0 && at.Before(asked) {
		at = asked.Add(rand.N(after/10 + 1)) //nolint:gosec // G404: nobody gains by foreseeing it
	}
	return at, true
}

// jitter changes d by up to a fifth, either way.
func jitter(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*(d/5)+1) //nolint:gosec // G404: nobody gains by foreseeing it
}

// retryAfter reads the header of that name: seconds, or a date. 0 means that
// there is none that makes sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	var d time.Duration
	if seconds, err := strconv.ParseInt(v, 10, 64); err == nil {
		if seconds < 0 {
			return 0
		}
		d = time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		d = at.Sub(now)
	} else {
		return 0
	}
	return min(max(d, minRetryAfter), maxRetryAfter)
}
