package chat

import "time"

// turns decides when background ops may write. They are the bookkeeping of
// webhooks and the like: many, and nobody waits for them, while behind every
// other op stands a person who has just pressed a key.
//
// While others write, background ops ride along in their transactions, which
// spares them commits of their own. A small transaction, most of which is
// waiting for the disk, takes enough of them to keep up with any ordinary
// traffic. The larger it is the fewer they become, down to a share that costs
// the others a few percent: then everybody writes as fast as they can, and the
// backlog of webhooks waits until the rush is over.
//
// While nobody else writes they have transactions of their own. Callers who
// send one message after the other leave a gap after each commit, which is not
// idleness: the next ops need a moment to come. So the writer counts as idle
// only when nothing has come for as long as the last commit took.
type turns struct {
	ended  time.Time     // when the last transaction with foreground ops was committed
	took   time.Duration // how long that took
	credit float64       // weight that may ride along; negative after a heavy op
}

const (
	alongFill  = 10 // weight that a transaction of one foreground op takes along; less by 1 for each further one
	alongShare = 16 // but 1 for so many foreground ops at least

	minGap          = time.Millisecond
	maxGap          = 20 * time.Millisecond
	quiet           = 100 * time.Millisecond // without foreground ops: background batches may be large
	backgroundBatch = 32                     // weight of a background batch while others may come back soon
	backgroundLarge = 256                    // and while nobody is there
	weightOfMany    = 64                     // of ops that concern many rows
)

// along says how much weight of background ops may ride with n foreground ops.
func (t *turns) along(n int) (room int) {
	t.credit = min(t.credit+max(float64(alongFill-n), float64(n)/alongShare), alongFill)
	return int(t.credit)
}

// rode takes into account what did.
func (t *turns) rode(weight int) { t.credit -= float64(weight) }

// alone says how much weight of background ops may be written while no
// foreground op waits, or, if none, for how long to leave them be. closing:
// everything is to be finished.
func (t *turns) alone(now time.Time, closing bool) (room int, wait time.Duration) {
	idle := now.Sub(t.ended)
	gap := min(max(t.took, minGap), maxGap)
	switch {
	case closing || idle >= quiet:
		return backgroundLarge, 0
	case idle >= gap:
		return backgroundBatch, 0
	}
	return 0, gap - idle
}

// wrote takes a transaction with foreground ops into account.
func (t *turns) wrote(began, ended time.Time) {
	t.ended, t.took = ended, ended.Sub(began)
}

// weight is about how long a background op takes, in units of the smallest. 0
// is a foreground op.
func weight(op Op) int {
	switch op := op.(type) {
	case OpAddDeliveries:
		if op.To == 0 {
			return 0 // somebody wants to see a ping
		}
		rows := 0
		for _, m := range op.Messages {
			rows += 1 + len(m.To) + len(m.Skip)
		}
		return 1 + rows/2
	case OpAddPageViews:
		return 1 + len(op.Views)/2
	case OpClaimDeliveries:
		return 1 + op.Limit/2
	case OpSettleDelivery, OpHoldCursor, OpSeeVisitor, OpSeeAgent:
		return 1
	case OpRearmDeliveries, OpPruneDeliveries, OpPruneEvents, OpPruneBans, OpPurgeSessions, OpPurgePageViews, OpPurgeVisitors, OpPurgeFiles:
		return weightOfMany
	}
	return 0
}

// fitting returns how many of the ops fit into room, and what they weigh. One
// that is heavier than the whole room fits if it is the first.
func fitting(ops []*pending, room int) (n, total int) {
	for n < len(ops) {
		w := weight(ops[n].op)
		if total+w > room && (n > 0 || room <= 0) {
			break
		}
		total += w
		n++
	}
	return n, total
}
