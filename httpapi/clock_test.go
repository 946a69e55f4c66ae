package httpapi

import (
	"log/slog"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"golang.org/x/time/rate"
)

// A clock that is set back by an hour, or ahead by a day and back, lets no
// signed identity be used again, and makes nobody wait for longer than the limit says.
func TestClockThatMovesOpensNothingAndLocksNobodyOut(t *testing.T) {
	const secret = "a secret of the host that is long enough"
	var v vouchers
	v.init([]string{secret}, slog.New(slog.DiscardHandler))
	signed, err := SignVisitor(secret, chat.Identity{ID: "ines"}, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Round(0) // as of the wall alone
	if _, err := v.open(signed, now); err != nil {
		t.Fatal(err)
	}
	for _, shift := range []time.Duration{0, 24 * time.Hour, 0, -time.Hour, time.Second} {
		if who, err := v.open(signed, now.Add(shift)); err == nil {
			t.Errorf("with the clock moved by %v it is good again, for %s", shift, who.ID)
		}
	}

	r := rule{name: "messages", each: "visitor", count: 5, per: 10 * time.Second}
	b := buckets{of: map[bucketKey]*rate.Limiter{}}
	for range r.count {
		if wait, _ := b.reserve(r, "ines", true, now); wait > 0 {
			t.Fatalf("a wait of %v", wait)
		}
	}
	for _, shift := range []time.Duration{0, -time.Hour, 24 * time.Hour, 0, -time.Hour} {
		if wait, _ := b.reserve(r, "ines", true, now.Add(shift)); wait > r.per {
			t.Errorf("with the clock moved by %v one has to wait for %v", shift, wait)
		}
	}
}
