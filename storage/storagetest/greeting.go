package storagetest

import (
	"time"

	"github.com/pealchat/pealchat/chat"
)

var greetingRows = []row{
	{"Greeting/OncePerVisitorAndTrigger", testGreetOnce},
	{"Greeting/AnsweredInTime", testGreetingAnswered},
	{"Greeting/CountsByPeriod", testGreetingPeriod},
	{"Greeting/MergeAndErase", testGreetingMerge},
}

func (f *fixture) greet(visitor, trigger string) {
	f.Helper()
	f.wantEvents(f.do(chat.OpGreetVisitor{TriggerID: trigger, VisitorID: visitor, At: f.tick()}), "")
}

// wantGreetings checks the counts of all time.
func (f *fixture) wantGreetings(want ...chat.GreetingCount) {
	f.Helper()
	got, err := f.store.Greetings(f.ctx, time.UnixMilli(0), f.now.Add(time.Hour))
	f.noErr("Greetings", err)
	f.equal("greetings", got, want)
}

func (f *fixture) wantGreeted(visitor string, want ...string) {
	f.Helper()
	got, err := f.store.Greeted(f.ctx, visitor)
	f.noErr("Greeted", err)
	f.equal("triggers of "+visitor, got, want)
}

func testGreetOnce(f *fixture) {
	v, w := f.visitor(), f.visitor()
	f.wantGreetings()
	f.wantGreeted(v.ID)
	f.greet(v.ID, "prices")
	f.greet(v.ID, "basket")
	f.greet(w.ID, "prices")
	f.duplicate(chat.OpGreetVisitor{TriggerID: "prices", VisitorID: v.ID, At: f.tick()})
	f.fails(chat.OpGreetVisitor{TriggerID: "prices", VisitorID: "nobody", At: f.tick()}, chat.ErrUnknownVisitor)
	res := f.append(chat.OpGreetVisitor{TriggerID: "hours", VisitorID: w.ID, At: f.tick()}, chat.OpGreetVisitor{TriggerID: "hours", VisitorID: w.ID, At: f.now})
	f.equal("of two at once the second", [2]bool{res[0].Duplicate, res[1].Duplicate}, [2]bool{false, true})
	f.wantGreeted(v.ID, "basket", "prices")
	f.wantGreeted(w.ID, "hours", "prices")
	f.wantGreeted("nobody")
	f.wantGreetings(chat.GreetingCount{TriggerID: "basket", Shown: 1}, chat.GreetingCount{TriggerID: "hours", Shown: 1}, chat.GreetingCount{TriggerID: "prices", Shown: 2})
}

// testGreetingAnswered has visitors begin sessions at all sorts of times after
// they were greeted.
func testGreetingAnswered(f *fixture) {
	const within = time.Minute
	begin := func(visitor string, after, within time.Duration) chat.Op {
		shown := f.now
		s := f.newSession(visitor)
		s.CreatedAt = shown.Add(after)
		return chat.OpCreateSession{Session: s, Answers: within}
	}
	late, last, early := f.visitor(), f.visitor(), f.visitor()
	for _, v := range []chat.Visitor{late, last, early} {
		f.greet(v.ID, "a")
	}
	f.greet(late.ID, "b")
	f.do(begin(late.ID, within+time.Millisecond, within))
	a, b := chat.GreetingCount{TriggerID: "a", Shown: 3}, chat.GreetingCount{TriggerID: "b", Shown: 1}
	f.wantGreetings(a, b)

	// Only the latest one is answered, once, to the end of the time.
	f.greet(last.ID, "b")
	f.do(begin(last.ID, within, within))
	f.do(begin(last.ID, 0, within))
	b.Shown, b.Answered = 2, 1
	f.wantGreetings(a, b)

	// One that an agent began is no answer, nor is another's.
	f.greet(early.ID, "b")
	f.do(begin(early.ID, 0, 0))
	f.do(begin(f.visitor().ID, 0, within))
	b.Shown = 3
	f.wantGreetings(a, b)
}

func testGreetingPeriod(f *fixture) {
	v, w := f.visitor(), f.visitor()
	f.greet(v.ID, "a")
	first := f.now
	f.greet(w.ID, "a")
	count := func(from, to time.Time) []chat.GreetingCount {
		got, err := f.store.Greetings(f.ctx, from, to)
		f.noErr("Greetings", err)
		return got
	}
	f.equal("the first", count(first, f.now), []chat.GreetingCount{{TriggerID: "a", Shown: 1}})
	f.equal("both", count(first, f.now.Add(time.Millisecond)), []chat.GreetingCount{{TriggerID: "a", Shown: 2}})
	f.equal("none", count(first.Add(time.Millisecond), f.now), []chat.GreetingCount(nil))
}

// testGreetingMerge loses no count, however visitors go.
func testGreetingMerge(f *fixture) {
	from, to := f.visitor(), f.visitor()
	f.greet(from.ID, "a")
	f.greet(from.ID, "b")
	f.greet(to.ID, "b")
	f.do(chat.OpMergeVisitor{From: from.ID, To: to.ID, At: f.tick()})
	f.wantGreeted(to.ID, "a", "b")
	want := []chat.GreetingCount{{TriggerID: "a", Shown: 1}, {TriggerID: "b", Shown: 2}}
	f.wantGreetings(want...)
	f.do(chat.OpEraseVisitor{VisitorID: to.ID})
	f.wantGreetings(want...)
	f.do(chat.OpSaveVisitor{Visitor: to})
	f.wantGreeted(to.ID)
	f.greet(to.ID, "a")
	f.wantGreetings(chat.GreetingCount{TriggerID: "a", Shown: 2}, want[1])
}
