package webhooks

import (
	"net/http"
	"testing"
	"time"
)

// walk makes every try at the very moment that the schedule names, and
// returns when each was.
func walk(s schedule, after func(try int) time.Duration) []time.Duration {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := []time.Duration{0}
	for now, try := start, 1; ; try++ {
		next, ok := s.next(try, start, now, after(try))
		if !ok {
			return at
		}
		now = next
		at = append(at, now.Sub(start))
	}
}

func TestScheduleLastsThreeDays(t *testing.T) {
	s := newSchedule(defaultSchedule)
	if s.span < 72*time.Hour {
		t.Fatalf("the span is %v", s.span)
	}
	never := func(int) time.Duration { return 0 }
	early, late := false, false
	for range 5000 {
		at := walk(s, never)
		if len(at) != len(defaultSchedule)+1 {
			t.Fatalf("%d tries: %v", len(at), at)
		}
		if last := at[len(at)-1]; last < 72*time.Hour || last > 95*time.Hour {
			t.Fatalf("the last try is after %v", last)
		}
		for i, d := range defaultSchedule[:len(defaultSchedule)-1] {
			wait := at[i+1] - at[i]
			if wait < d*4/5 || wait > d*6/5 {
				t.Fatalf("wait %d is %v, want %v give or take a fifth", i, wait, d)
			}
			early, late = early || wait < d*9/10, late || wait > d*11/10
		}
	}
	if !early || !late {
		t.Fatal("the waits do not vary")
	}
}

func TestScheduleHonoursRetryAfter(t *testing.T) {
	s := newSchedule(defaultSchedule)
	for range 1000 {
		at := walk(s, func(try int) time.Duration {
			if try <= 2 {
				return time.Hour
			}
			return 0
		})
		for i := range 2 {
			if wait := at[i+1] - at[i]; wait < time.Hour || wait > 66*time.Minute+time.Second {
				t.Fatalf("wait %d is %v", i, wait)
			}
		}
		if wait := at[3] - at[2]; wait > 36*time.Minute+time.Second {
			t.Fatalf("a wait that nobody asked for is %v", wait)
		}
	}
}

// Deliveries that were brought forward have had more tries than the schedule
// has waits. They are not given up before its span is over.
func TestScheduleDoesNotEndEarly(t *testing.T) {
	s := newSchedule(defaultSchedule)
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, try := range []int{10, 11, 50} {
		at, ok := s.next(try, start, start.Add(time.Hour), 0)
		if !ok || at.Sub(start) < 72*time.Hour {
			t.Errorf("after try %d in the first hour: %v, %v", try, at.Sub(start), ok)
		}
	}
	if _, ok := s.next(10, start, start.Add(s.span), 0); ok {
		t.Error("the tenth try, after three days, is not the last")
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"":                              0,
		"soon":                          0,
		"-5":                            0,
		"1.5":                           0,
		"0":                             time.Second,
		"120":                           2 * time.Minute,
		" 120 ":                         2 * time.Minute,
		"86401":                         24 * time.Hour,
		"9223372036854775807":           24 * time.Hour,
		"99999999999999999999":          0,
		"Sun, 01 Mar 2026 12:05:00 GMT": 5 * time.Minute,
		"Sun, 01 Mar 2026 11:00:00 GMT": time.Second,
		"Fri, 01 Mar 2030 11:00:00 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}
