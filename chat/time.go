package chat

import (
	"strconv"
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
