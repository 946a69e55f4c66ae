package storagetest

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Site describes a made-up site that has been in use for months. The same
// description always makes the same content, whatever the store.
type Site struct {
	Seed     uint64
	From, To time.Time
	Sessions int
	Messages int // of all sessions together, at least one each
	Visitors int // who have seen pages and written nothing, beside those who have
	Agents   int // 6 where it is 0
}

// LargeSite is what reports and lists are measured with: a million messages in
// 20,000 sessions over six months.
func LargeSite() Site {
	return Site{
		Seed: 1, Sessions: 20_000, Messages: 1_000_000, Visitors: 60_000,
		From: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	}
}

// Fill writes the site's content into an empty store, in the order in which it
// would have happened, and brings the search index up to date.
func (s Site) Fill(ctx context.Context, store chat.Store) error {
	m := &maker{Site: s, rand: rand.New(rand.NewPCG(s.Seed, 0)), ctx: ctx, store: store}
	if m.Agents == 0 {
		m.Agents = 6
	}
	for i := range m.Agents {
		m.add(chat.OpSaveAgent{Agent: chat.Agent{ID: agentID(i), Name: agentNames[i%len(agentNames)]}})
	}
	m.work()
	m.browse()
	m.talk()
	for len(m.due) > 0 && m.err == nil {
		t := heap.Pop(&m.due).(*thread)
		if next := t.next; next != nil {
			t.next = nil
			next(m, t)
		}
		if t.next != nil {
			heap.Push(&m.due, t)
		}
	}
	m.flush()
	for m.err == nil {
		res, err := store.Append(ctx, []chat.Op{chat.OpIndexSearch{Limit: 2000}})
		if err != nil || res[0].Err != nil || res[0].Count < 2000 {
			return err
		}
	}
	return m.err
}

// maker goes through the site's life.
type maker struct {
	Site
	rand  *rand.Rand
	ctx   context.Context
	store chat.Store
	ops   []chat.Op
	due   threads
	known []string // visitors who have written before
	ids   int
	err   error
}

// thread is somebody's life on the site: what happens next, and when.
type thread struct {
	at   time.Time
	next func(*maker, *thread)

	visitor, session string
	left             int // messages that are still to come
	agent            int // who answers; -1 for nobody
	bot              bool
	turn             string
	last             string // the latest message
}

func (m *maker) add(op chat.Op) {
	if m.ops = append(m.ops, op); len(m.ops) >= 500 {
		m.flush()
	}
}

func (m *maker) flush() {
	if m.err != nil || len(m.ops) == 0 {
		return
	}
	results, err := m.store.Append(m.ctx, m.ops)
	for i := range results {
		if err == nil && results[i].Err != nil {
			err = fmt.Errorf("storagetest: %T: %w", m.ops[i], results[i].Err)
		}
	}
	m.ops, m.err = m.ops[:0], err
}

func (m *maker) id(prefix string) string {
	m.ids++
	return fmt.Sprintf("%s-%07d", prefix, m.ids)
}

func agentID(i int) string { return fmt.Sprintf("agent-%d", i) }

// moment is when somebody comes: by day rather than by night, on working days
// rather than at weekends.
func (m *maker) moment() time.Time {
	for {
		at := m.From.Add(time.Duration(m.rand.Int64N(int64(m.To.Sub(m.From))))).Truncate(time.Millisecond)
		weight := byHour[at.Hour()]
		if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
			weight *= 0.6
		}
		if m.rand.Float64() < weight {
			return at
		}
	}
}

// pause is mostly short and sometimes long.
func (m *maker) pause(mean time.Duration) time.Duration {
	return time.Duration(m.rand.ExpFloat64() * float64(mean)).Truncate(time.Millisecond)
}

// browse sends in the visitors who write nothing.
func (m *maker) browse() {
	for range m.Visitors {
		m.due = append(m.due, &thread{at: m.moment(), next: arrive, left: 1 + m.rand.IntN(4)})
	}
}

func arrive(m *maker, t *thread) {
	t.visitor = m.id("visitor")
	m.add(chat.OpSaveVisitor{Visitor: chat.Visitor{ID: t.visitor, CreatedAt: t.at, LastSeenAt: t.at}})
	if m.rand.IntN(3) == 0 {
		m.add(chat.OpGreetVisitor{TriggerID: fmt.Sprintf("trigger-%d", m.rand.IntN(3)), VisitorID: t.visitor, At: t.at})
	}
	see(m, t)
}

// work has the agents be available from eight to five on working days, at
// most one of them missing.
func (m *maker) work() {
	t := &thread{at: m.From.Truncate(24 * time.Hour).Add(8 * time.Hour)}
	t.next = shift
	m.due = append(m.due, t)
}

func shift(m *maker, t *thread) {
	if day := t.at.Weekday(); day != time.Saturday && day != time.Sunday {
		away := t.at.YearDay() % (m.Agents + 1)
		op := chat.OpNoteShifts{At: t.at}
		for i := range m.Agents {
			if i != away {
				op.AgentIDs = append(op.AgentIDs, agentID(i))
			}
		}
		m.add(op)
	}
	pause := 2 * time.Minute
	if t.at.Hour() >= 17 {
		pause = 15 * time.Hour
		t.at = t.at.Truncate(time.Hour)
	}
	if t.at.Add(pause).Before(m.To) {
		t.after(pause, shift)
	}
}

func see(m *maker, t *thread) {
	m.add(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: t.visitor, PageRef: m.page(), At: t.at}}})
	if t.left--; t.left <= 0 {
		return
	}
	gap := m.pause(time.Minute)
	if m.rand.IntN(8) == 0 {
		gap = m.pause(20 * 24 * time.Hour) // comes back
	}
	if t.at = t.at.Add(gap); t.at.Before(m.To) {
		t.next = see
	}
}

func (m *maker) page() chat.PageRef {
	path := pages[m.rand.IntN(len(pages))]
	return chat.PageRef{URL: "https://shop.example" + path, Title: "Alder & Clay"}
}

// threads is a heap by time.
type threads []*thread

func (h threads) Len() int           { return len(h) }
func (h threads) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h threads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *threads) Push(x any)        { *h = append(*h, x.(*thread)) }
func (h *threads) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
