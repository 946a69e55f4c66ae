package chat

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Hours says when there is somebody to answer. A day's intervals belong to
// the day they begin on: one that runs past midnight ends on the next day,
// even where that is a holiday.
type Hours struct {
	Enabled  bool     `json:"enabled"`   // false means always open
	TimeZone string   `json:"time_zone"` // a name of the IANA database, such as "Europe/Lisbon"; empty means UTC
	Weekly   Week     `json:"weekly"`
	Holidays []string `json:"holidays"` // days on which nothing begins, such as "2026-12-25"
}

// Week holds each weekday's intervals; a day without any is closed.
type Week struct {
	Monday    []Interval `json:"monday"`
	Tuesday   []Interval `json:"tuesday"`
	Wednesday []Interval `json:"wednesday"`
	Thursday  []Interval `json:"thursday"`
	Friday    []Interval `json:"friday"`
	Saturday  []Interval `json:"saturday"`
	Sunday    []Interval `json:"sunday"`
}

// Interval is a time of day, from "00:00" to "23:59", until another, up to
// "24:00". An end that is not after the start lies on the next day.
type Interval struct {
	From string `json:"from"`
	To   string `json:"to"`
}

const (
	maxHolidays  = 366
	maxIntervals = 8
	dateFormat   = "2006-01-02"
	dayMinutes   = 24 * 60
)

// Open says whether it is open at t, and when that changes next: the end of
// the opening hours if it is open, their next beginning if it is closed. next
// is zero where it never changes. Where the clocks go forward over a time, it
// counts as the moment of the change; where they go back, a time that comes
// twice means the first. Hours that do not pass the checks of the settings
// count as always open.
func (h Hours) Open(t time.Time) (open bool, next time.Time) {
	zone, err := time.LoadLocation(h.TimeZone)
	if err != nil {
		return true, time.Time{}
	}
	return h.openIn(zone, t)
}

// openIn walks the days from the one before t, which may reach into t's, and
// joins intervals that touch. A holiday can put off an opening by a week at
// most, which bounds the walk.
func (h Hours) openIn(zone *time.Location, t time.Time) (open bool, next time.Time) {
	if !h.Enabled {
		return true, time.Time{}
	}
	year, month, day := t.In(zone).Date()
	var until time.Time // the end of what is open at t
	for i := -1; i <= 8+7*len(h.Holidays); i++ {
		for _, span := range h.day(zone, year, month, day+i) {
			switch {
			case open && span.from.After(until):
				return true, until
			case open || !span.from.After(t) && span.to.After(t):
				open = true
				if span.to.After(until) {
					until = span.to
				}
			case span.from.After(t):
				return false, span.from
			}
		}
		// A day's end may still be joined by what begins on the next.
		if open && until.Before(wallTime(zone, year, month, day+i+1, 0)) {
			return true, until
		}
	}
	return open, time.Time{}
}

type span struct{ from, to time.Time }

// day returns what begins on a day, in order.
func (h Hours) day(zone *time.Location, year int, month time.Month, day int) []span {
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if slices.Contains(h.Holidays, date.Format(dateFormat)) {
		return nil
	}
	var spans []span
	for _, i := range h.Weekly.on(date.Weekday()) {
		from, ok := minutes(i.From)
		to, ok2 := minutes(i.To)
		if !ok || !ok2 {
			continue
		}
		if to <= from {
			to += dayMinutes
		}
		s := span{wallTime(zone, year, month, day, from), wallTime(zone, year, month, day, to)}
		if s.from.Before(s.to) { // a whole interval can fall into the hour that the clocks leave out
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	return spans
}

// wallTime returns the first moment at which the clocks of the zone show that
// time of the day, or a later one.
func wallTime(zone *time.Location, year int, month time.Month, day, minute int) time.Time {
	want := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	t := time.Date(year, month, day, 0, minute, 0, 0, zone)
	start, end := t.ZoneBounds()
	switch shown := wall(t); {
	case shown.After(want): // left out; t is after the change
		return start
	case shown.Before(want): // left out; t is before the change
		return end
	case start.IsZero():
		return t
	}
	_, now := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); first.Before(t) && wall(first).Equal(want) {
		return first
	}
	return t
}

// wall returns what the clocks show at t, as if they were in UTC.
func wall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// minutes returns a time of day such as "09:30" in minutes since midnight.
func minutes(s string) (int, bool) {
	hour, minute, ok := strings.Cut(s, ":")
	h, err1 := strconv.ParseUint(hour, 10, 8)
	m, err2 := strconv.ParseUint(minute, 10, 8)
	if !ok || len(hour) != 2 || len(minute) != 2 || err1 != nil || err2 != nil || m > 59 || h*60+m > dayMinutes {
		return 0, false
	}
	return int(h*60 + m), true
}

// days returns the week's days by name, Monday first.
func (w *Week) days() []weekday {
	return []weekday{
		{"monday", &w.Monday}, {"tuesday", &w.Tuesday}, {"wednesday", &w.Wednesday}, {"thursday", &w.Thursday},
		{"friday", &w.Friday}, {"saturday", &w.Saturday}, {"sunday", &w.Sunday},
	}
}

type weekday struct {
	name      string
	intervals *[]Interval
}

func (w *Week) on(day time.Weekday) []Interval { return *w.days()[(day+6)%7].intervals }

// complete fills in what an empty field stands for.
func (h Hours) complete() Hours {
	h.Holidays = notNil(h.Holidays)
	for _, day := range h.Weekly.days() {
		*day.intervals = notNil(*day.intervals)
	}
	if h.TimeZone == "" {
		h.TimeZone = "UTC"
	}
	return h
}

// check returns the hours ready to store, and their time zone.
func (h Hours) check() (Hours, *time.Location, error) {
	zone, err := time.LoadLocation(h.TimeZone)
	if err != nil || h.TimeZone == "Local" { // "Local" would mean something else on each machine
		return h, nil, invalid("hours.time_zone", "hours.time_zone must be the name of a time zone, such as \"Europe/Lisbon\".")
	}
	for _, day := range h.Weekly.days() {
		if *day.intervals, err = checkDay("hours.weekly."+day.name, *day.intervals); err != nil {
			return h, nil, err
		}
	}
	if len(h.Holidays) > maxHolidays {
		return h, nil, invalid("hours.holidays", "hours.holidays has more than "+strconv.Itoa(maxHolidays)+" days.")
	}
	for i, date := range h.Holidays {
		if d, err := time.Parse(dateFormat, date); err != nil || d.Format(dateFormat) != date || d.Year() < 1 {
			field := "hours.holidays[" + strconv.Itoa(i) + "]"
			return h, nil, invalid(field, field+" must be a date, such as \"2026-12-25\".")
		}
	}
	h.Holidays = slices.Clone(h.Holidays)
	slices.Sort(h.Holidays)
	h.Holidays = notNil(slices.Compact(h.Holidays))
	return h, zone, nil
}

func checkDay(field string, in []Interval) ([]Interval, error) {
	if len(in) > maxIntervals {
		return nil, invalid(field, field+" has more than "+strconv.Itoa(maxIntervals)+" intervals.")
	}
	end := 0
	for i, v := range in {
		at := field + "[" + strconv.Itoa(i) + "]"
		from, ok := minutes(v.From)
		if !ok || from == dayMinutes {
			return nil, invalid(at+".from", at+".from must be a time such as \"09:00\".")
		}
		to, ok := minutes(v.To)
		if !ok {
			return nil, invalid(at+".to", at+".to must be a time such as \"17:30\", at most \"24:00\".")
		}
		if from == to {
			return nil, invalid(at+".to", at+".to must not be the same as from; a whole day is \"00:00\" to \"24:00\".")
		}
		if i > 0 && from < end {
			return nil, invalid(at+".from", at+".from must not be before the end of the interval above.")
		}
		if end = to; to < from {
			end = dayMinutes
		}
	}
	return notNil(in), nil
}

// notNil keeps lists from being null in JSON.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
