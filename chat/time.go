package chat

import (
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"
)

// stampFormat is how times stand in JSON: UTC, always with milliseconds, so
// that times sort as text.
const stampFormat = "2006-01-02T15:04:05.000Z07:00"

// stamp is a time on its way to JSON. The zero time is left out by omitzero.
type stamp time.Time

func (s stamp) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, time.Time(s).UTC().Format(stampFormat)), nil
}

func (s stamp) IsZero() bool { return time.Time(s).IsZero() }

// clock rounds what the host's clock says to what stores can keep.
func clock(now func() time.Time) time.Time {
	return time.UnixMilli(now().UnixMilli()).UTC()
}

// hostClock keeps a panic of the host's clock to itself, and asks the machine's
// instead: half of what asks for the time has nobody whom it could tell.
func hostClock(now func() time.Time, log *slog.Logger) func() time.Time {
	var told atomic.Int64 // when that was logged last, in Unix seconds
	return func() (t time.Time) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			t = time.Now()
			if last := told.Load(); t.Unix()-last >= 10 && told.CompareAndSwap(last, t.Unix()) {
				log.Error("chat: Options.Now panicked; the machine's clock is asked instead", "panic", v, "stack", string(debug.Stack()))
			}
		}()
		return now()
	}
}
