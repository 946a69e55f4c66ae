package chat

import (
	"testing"
	"time"
)

// turnsRig plays a writer whose batches take known times.
type turnsRig struct {
	turns
	now time.Time
}

// write plays one batch: a background one if there is room for it, else one
// of the others if contended, else it waits.
func (r *turnsRig) write(contended bool, background, other time.Duration) (own bool) {
	room, wait := r.background(r.now, contended, false)
	took := other
	switch {
	case room > 0:
		own, took = true, background
	case !contended:
		r.now = r.now.Add(wait)
		return false
	}
	began := r.now
	r.now = r.now.Add(took)
	r.wrote(began, r.now, own)
	return own
}

func TestBackgroundOpsGetTheirShareOnly(t *testing.T) {
	r := turnsRig{now: time.Now()}
	var own, all time.Duration
	for range 20000 {
		before := r.now
		took := r.write(true, 4*time.Millisecond, 5*time.Millisecond)
		all += r.now.Sub(before)
		if took {
			own += r.now.Sub(before)
		}
	}
	if share := float64(own) / float64(all); share > 0.022 || share < 0.012 {
		t.Fatalf("background ops got %.3f of the time", share)
	}
}

// However long nobody has written and however slow background batches are,
// whoever comes then waits for one of them at most.
func TestNobodyWaitsForTwoBackgroundBatches(t *testing.T) {
	r := turnsRig{now: time.Now()}
	for round := range 1000 {
		for range round % 7 {
			r.write(false, 300*time.Millisecond, 0)
		}
		if r.write(true, 300*time.Millisecond, time.Millisecond) && r.write(true, 300*time.Millisecond, time.Millisecond) {
			t.Fatalf("round %d: two background batches while somebody waited", round)
		}
		r.now = r.now.Add(time.Duration(round) * time.Millisecond)
	}
}

// Callers who write one after the other leave gaps, which are not idleness.
func TestGapsBetweenWritesAreLeftAlone(t *testing.T) {
	r := turnsRig{now: time.Now()}
	own := 0
	for range 1000 {
		r.write(true, 4*time.Millisecond, 5*time.Millisecond)
		r.now = r.now.Add(300 * time.Microsecond) // until the next ones have come
		if room, _ := r.background(r.now, false, false); room > 0 {
			own++
			began := r.now
			r.now = r.now.Add(4 * time.Millisecond)
			r.wrote(began, r.now, true)
		}
	}
	if own > 60 {
		t.Fatalf("%d of 1000 gaps were used", own)
	}
}

func TestBackgroundOpsHaveAnIdleWriterToThemselves(t *testing.T) {
	r := turnsRig{now: time.Now()}
	r.wrote(r.now, r.now.Add(time.Millisecond), false)
	r.now = r.now.Add(quiet + time.Millisecond)
	for range 100 {
		if room, _ := r.background(r.now, false, false); room != backgroundLarge {
			t.Fatalf("room for %d", room)
		}
		r.now = r.now.Add(10 * time.Millisecond)
		r.wrote(r.now.Add(-10*time.Millisecond), r.now, true)
	}
	// After a foreground op they wait for a moment, and not for ever.
	r.wrote(r.now, r.now.Add(2*time.Millisecond), false)
	r.now = r.now.Add(2 * time.Millisecond)
	room, wait := r.background(r.now, false, false)
	if room != 0 || wait <= 0 || wait > maxGap {
		t.Fatalf("room for %d, or wait %v", room, wait)
	}
	r.now = r.now.Add(wait)
	if room, _ := r.background(r.now, false, false); room == 0 {
		t.Fatal("no room after the wait")
	}
	if room, _ := r.background(r.now, false, true); room == 0 {
		t.Fatal("no room when everything is to be finished")
	}
}
