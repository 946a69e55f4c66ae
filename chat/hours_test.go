package chat

import (
	"testing"
	"time"
)

// weekdays is nine to six in Lisbon, Monday to Friday.
func weekdays() Hours {
	day := []Interval{{"09:00", "18:00"}}
	return Hours{Enabled: true, TimeZone: "Europe/Lisbon", Weekly: Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day}}
}

func everyDay(zone, from, to string) Hours {
	day := []Interval{{from, to}}
	return Hours{Enabled: true, TimeZone: zone, Weekly: Week{day, day, day, day, day, day, day}}
}

func TestHours(t *testing.T) {
	lunch := weekdays()
	lunch.Weekly.Monday = []Interval{{"09:00", "13:00"}, {"14:00", "18:00"}}
	holidays := weekdays()
	holidays.Holidays = []string{"2026-11-23", "2026-11-24"}
	late := Hours{Enabled: true, TimeZone: "Europe/Lisbon", Weekly: Week{Friday: []Interval{{"22:00", "02:00"}}}}
	lateAndSaturday := late
	lateAndSaturday.Holidays = []string{"2026-11-28"}
	lateAndSaturday.Weekly.Saturday = []Interval{{"02:00", "04:00"}}
	joined := late
	joined.Weekly.Saturday = []Interval{{"01:00", "04:00"}}
	never := Hours{Enabled: true, TimeZone: "UTC"}

	// Lisbon's clocks: forward on 29 March 2026 at 01:00, back on 25 October
	// at 02:00. New York's: forward on 8 March at 02:00, back on 1 November at
	// 02:00. Lord Howe Island's go by half an hour. Samoa had no 30 December 2011.
	for _, test := range []struct {
		name  string
		hours Hours
		at    string
		open  bool
		next  string
	}{
		{"off", Hours{}, "2026-11-23T12:00:00Z", true, ""},
		{"never", never, "2026-11-23T12:00:00Z", false, ""},
		{"always", everyDay("UTC", "00:00", "24:00"), "2026-11-23T12:00:00Z", true, ""},
		{"always, from nine to nine", everyDay("UTC", "09:00", "08:59"), "2026-11-23T12:00:00Z", true, "2026-11-24T08:59:00Z"},

		{"before", weekdays(), "2026-11-23T08:59:59Z", false, "2026-11-23T09:00:00Z"},
		{"the first moment", weekdays(), "2026-11-23T09:00:00Z", true, "2026-11-23T18:00:00Z"},
		{"the last moment", weekdays(), "2026-11-23T17:59:59Z", true, "2026-11-23T18:00:00Z"},
		{"after", weekdays(), "2026-11-23T18:00:00Z", false, "2026-11-24T09:00:00Z"},
		{"over the weekend", weekdays(), "2026-11-20T18:00:00Z", false, "2026-11-23T09:00:00Z"},
		{"lunch", lunch, "2026-11-23T13:30:00Z", false, "2026-11-23T14:00:00Z"},
		{"till lunch", lunch, "2026-11-23T12:30:00Z", true, "2026-11-23T13:00:00Z"},

		{"holidays", holidays, "2026-11-23T12:00:00Z", false, "2026-11-25T09:00:00Z"},
		{"the evening before", holidays, "2026-11-22T12:00:00Z", false, "2026-11-25T09:00:00Z"},

		{"past midnight", late, "2026-11-27T23:00:00Z", true, "2026-11-28T02:00:00Z"},
		{"after midnight", late, "2026-11-28T01:59:59Z", true, "2026-11-28T02:00:00Z"},
		{"two o'clock", late, "2026-11-28T02:00:00Z", false, "2026-12-04T22:00:00Z"},
		{"midnight into a holiday", lateAndSaturday, "2026-11-28T01:00:00Z", true, "2026-11-28T02:00:00Z"},
		{"intervals of two days that touch", lateAndSaturday, "2026-12-05T01:00:00Z", true, "2026-12-05T04:00:00Z"},
		{"intervals of two days that overlap", joined, "2026-11-27T22:30:00Z", true, "2026-11-28T04:00:00Z"},

		{"summer time", weekdays(), "2026-07-06T07:59:59Z", false, "2026-07-06T08:00:00Z"},
		{"forward: over it", everyDay("America/New_York", "01:00", "04:00"), "2026-03-08T06:00:00Z", true, "2026-03-08T08:00:00Z"},
		{"forward: begins in the gap", everyDay("America/New_York", "02:30", "05:00"), "2026-03-08T06:30:00Z", false, "2026-03-08T07:00:00Z"},
		{"forward: begins in Lisbon's gap", everyDay("Europe/Lisbon", "01:30", "05:00"), "2026-03-29T00:59:59Z", false, "2026-03-29T01:00:00Z"},
		{"forward: ends in the gap", everyDay("America/New_York", "01:00", "02:30"), "2026-03-08T06:30:00Z", true, "2026-03-08T07:00:00Z"},
		{"forward: all of it in the gap", everyDay("America/New_York", "02:10", "02:50"), "2026-03-08T06:30:00Z", false, "2026-03-09T06:10:00Z"},
		{"back: over it", everyDay("America/New_York", "00:30", "03:00"), "2026-11-01T05:30:00Z", true, "2026-11-01T08:00:00Z"},
		{"back: begins twice", everyDay("America/New_York", "01:30", "03:00"), "2026-11-01T05:00:00Z", false, "2026-11-01T05:30:00Z"},
		{"back: between the two", everyDay("America/New_York", "01:30", "03:00"), "2026-11-01T06:10:00Z", true, "2026-11-01T08:00:00Z"},
		{"back: ends twice", everyDay("Europe/Lisbon", "00:00", "01:30"), "2026-10-25T00:29:00Z", true, "2026-10-25T00:30:00Z"},
		{"back: after the first end", everyDay("Europe/Lisbon", "00:00", "01:30"), "2026-10-25T00:31:00Z", false, "2026-10-26T00:00:00Z"},
		{"half an hour back", everyDay("Australia/Lord_Howe", "01:40", "03:00"), "2026-04-04T14:30:00Z", false, "2026-04-04T14:40:00Z"},
		{"half an hour forward", everyDay("Australia/Lord_Howe", "02:10", "03:00"), "2026-10-03T15:29:00Z", false, "2026-10-03T15:30:00Z"},
		{"a day that never was", everyDay("Pacific/Apia", "09:00", "17:00"), "2011-12-30T03:00:00Z", false, "2011-12-30T19:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, test.at)
			if err != nil {
				t.Fatal(err)
			}
			open, next := test.hours.Open(at)
			var got string
			if !next.IsZero() {
				got = next.UTC().Format(time.RFC3339)
			}
			if open != test.open || got != test.next {
				t.Errorf("open %v next %q, want %v %q", open, got, test.open, test.next)
			}
		})
	}
}

// TestHoursAgainstTheClock walks a year in steps of five minutes over zones
// that change their clocks, and compares with what a clock on the wall says.
// Around a change the two may differ, as the comment of Open tells.
func TestHoursAgainstTheClock(t *testing.T) {
	for _, h := range []Hours{
		weekdays(), everyDay("America/New_York", "20:00", "04:00"), everyDay("Asia/Kolkata", "00:00", "06:30"), everyDay("Australia/Lord_Howe", "12:00", "24:00"),
	} {
		zone, err := time.LoadLocation(h.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var told time.Time // when the last answer said that it changes
		was, first := false, true
		for end := at.AddDate(1, 0, 0); at.Before(end); at = at.Add(10 * time.Minute) {
			open, next := h.openIn(zone, at)
			if !first && open != was && told.After(at) {
				t.Fatalf("%s: changed before %s, which was told", at, told)
			}
			if !next.After(at) {
				t.Fatalf("%s: the next change is %s", at, next)
			}
			if after, _ := h.openIn(zone, next); after == open {
				t.Fatalf("%s: nothing changes at %s", at, next)
			}
			if want := onTheWall(h, at.In(zone)); want != open && !nearChange(at.In(zone)) {
				t.Fatalf("%s: open %v, the clock on the wall says %v", at.In(zone), open, want)
			}
			was, told, first = open, next, false
		}
	}
}

func onTheWall(h Hours, at time.Time) bool {
	now := at.Hour()*60 + at.Minute()
	for _, i := range h.Weekly.on(at.Weekday()) {
		from, _ := minutes(i.From)
		to, _ := minutes(i.To)
		if now >= from && (now < to || to < from) {
			return true
		}
	}
	for _, i := range h.Weekly.on((at.Weekday() + 6) % 7) {
		from, _ := minutes(i.From)
		if to, _ := minutes(i.To); to < from && now < to {
			return true
		}
	}
	return false
}

func nearChange(at time.Time) bool {
	_, before := at.Add(-3 * time.Hour).Zone()
	_, after := at.Add(3 * time.Hour).Zone()
	return before != after
}
