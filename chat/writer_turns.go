package chat

import "time"

// turns decides when background ops may write. They are the bookkeeping of
// webhooks and the like: many, and nobody waits for them, while behind every
// other op stands a person who has just pressed a key. So they write when
// nobody else does, and, where somebody always does, for a small share of the
// time.
//
// Callers who send one message after the other leave a gap after each commit.
// That is not idleness: after a commit that took long, because many wait for
// it, the next ops need a moment to come. So the writer counts as idle only
// when nothing has come for as long as the last commit took.
type turns struct {
	ended  time.Time     // when the last foreground batch was committed
	took   time.Duration // how long that took
	credit time.Duration // what background ops may use while others write
	since  time.Time     // credit is counted up to here
	own    bool          // the last batch was a background one
}

const (
	backgroundShare = 64 // 1 in so many
	maxCredit       = 5 * time.Millisecond
	maxDebt         = 40 * time.Millisecond // what they used while nobody else wrote is soon forgotten
	minGap          = time.Millisecond
	maxGap          = 20 * time.Millisecond
	quiet           = 100 * time.Millisecond // without foreground ops: background batches may be large
	backgroundBatch = 32                     // weight of a background batch while others write
	backgroundLarge = 256                    // and while nobody does
	weightOfMany    = 8                      // of ops that concern many rows
)

// background says how much weight of background ops may be written now, or,
// if none, how long to wait. contended: foreground ops are waiting. closing:
// everything is to be finished.
func (t *turns) background(now time.Time, contended, closing bool) (room int, wait time.Duration) {
	if !t.since.IsZero() {
		t.credit = min(t.credit+now.Sub(t.since)/backgroundShare, maxCredit)
	}
	t.since = now
	idle := now.Sub(t.ended)
	gap := min(max(t.took, minGap), maxGap)
	switch {
	case contended && (t.own || t.credit <= 0):
		return 0, 0
	case contended:
		return backgroundBatch, 0
	case closing || idle >= quiet:
		return backgroundLarge, 0
	case idle >= gap || t.credit > 0:
		return backgroundBatch, 0
	}
	return 0, gap - idle
}

// wrote takes a batch into account.
func (t *turns) wrote(began, ended time.Time, background bool) {
	t.own = background
	if background {
		t.credit = max(t.credit-ended.Sub(began), -maxDebt)
	} else {
		t.ended, t.took = ended, ended.Sub(began)
	}
}

// weight is about how long a background op takes, in units of the smallest. 0
// is a foreground op.
func weight(op Op) int {
	switch op := op.(type) {
	case AddDeliveries:
		if op.To == 0 {
			return 0 // somebody wants to see a ping
		}
		rows := 0
		for _, m := range op.Messages {
			rows += 1 + len(m.To) + len(m.Skip)
		}
		return 1 + rows/2
	case AddPageViews:
		return 1 + len(op.Views)/2
	case ClaimDeliveries:
		return 1 + op.Limit/2
	case SettleDelivery, HoldCursor:
		return 1
	case RearmDeliveries, PruneDeliveries, PruneEvents:
		return weightOfMany
	}
	return 0
}

// fitting returns how many of the ops fit into room, at least one.
func fitting(ops []*pending, room int) int {
	n := 0
	for n < len(ops) && (n == 0 || room >= weight(ops[n].op)) {
		room -= weight(ops[n].op)
		n++
	}
	return n
}
