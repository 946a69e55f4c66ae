package chat

import (
	"slices"
	"time"
)

// openHours knows how much of a stretch of time lies within the opening hours.
// It is made once for a report and asked for each of its durations.
type openHours struct {
	spans []span          // in order, none touching the next
	sums  []time.Duration // of all spans before each
}

// newOpenHours works out the hours for stretches between from and to. Hours
// that are always open give nil, with which all time counts.
func newOpenHours(h Hours, from, to time.Time) *openHours {
	zone, err := time.LoadLocation(h.TimeZone)
	if !h.Enabled || err != nil {
		return nil
	}
	o := &openHours{}
	year, month, day := from.In(zone).Date()
	for i := -1; ; i++ { // what began the day before may reach into the first
		if i > 0 && wallTime(zone, year, month, day+i, 0).After(to) {
			break
		}
		for _, s := range h.day(zone, year, month, day+i) {
			last := len(o.spans) - 1
			switch {
			case last < 0 || s.from.After(o.spans[last].to):
				o.spans = append(o.spans, s)
			case s.to.After(o.spans[last].to):
				o.spans[last].to = s.to
			}
		}
	}
	o.sums = make([]time.Duration, len(o.spans))
	for i := 1; i < len(o.spans); i++ {
		o.sums[i] = o.sums[i-1] + o.spans[i-1].to.Sub(o.spans[i-1].from)
	}
	return o
}

func (o *openHours) between(from, to time.Time) time.Duration {
	return max(0, o.until(to)-o.until(from))
}

// until is how much is open before t, counted from the first span on.
func (o *openHours) until(t time.Time) time.Duration {
	i, _ := slices.BinarySearchFunc(o.spans, t, func(s span, t time.Time) int { return s.from.Compare(t) })
	if i--; i < 0 {
		return 0
	}
	return o.sums[i] + min(t.Sub(o.spans[i].from), o.spans[i].to.Sub(o.spans[i].from))
}
