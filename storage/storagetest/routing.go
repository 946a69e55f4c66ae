package storagetest

import (
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var routingRows = []row{
	{"Routing/Queue", testQueue},
	{"Routing/LastAgent", testLastAgent},
	{"Routing/Released", testReleased},
	{"Routing/Assign", testAssignSession},
	{"Routing/Capacity", testAssignCapacity},
	{"Routing/OneWins", testAssignOneWins},
	{"Routing/Return", testReturnSession},
	{"Routing/Missed", testMarkMissed},
	{"Routing/Idle", testCloseIdle},
	{"Routing/Bots", testRoutingBots},
	{"Routing/SeeVisitor", testSeeVisitor},
	{"Routing/Filters", testRoutingFilters},
}

// waiting starts a session whose visitor has written.
func (f *fixture) waiting(visitorID string) chat.Session {
	f.Helper()
	s := f.start(visitorID)
	f.say(s.ID, chat.SenderVisitor, "Hello")
	return f.session(s.ID)
}

func (f *fixture) queue() []chat.QueuedSession {
	f.Helper()
	q, err := f.store.Queue(f.ctx, 100)
	f.noErr("Queue", err)
	return q
}

// queued lists the sessions that wait.
func (f *fixture) queued() []string {
	f.Helper()
	ids := []string{}
	for _, q := range f.queue() {
		ids = append(ids, q.SessionID)
	}
	return ids
}

func (f *fixture) dueNow(kind string, at time.Time) []string {
	f.Helper()
	list, err := f.store.Due(f.ctx, chat.DueQuery{Kind: kind, At: at, Limit: 100})
	f.noErr("Due", err)
	ids := []string{}
	for _, d := range list {
		ids = append(ids, d.SessionID)
	}
	return ids
}

func (f *fixture) load(agentID string) chat.RoutingLoad {
	f.Helper()
	loads, err := f.store.Loads(f.ctx)
	f.noErr("Loads", err)
	for _, l := range loads {
		if l.AgentID == agentID {
			return l
		}
	}
	f.Fatalf("no load of %s", agentID)
	return chat.RoutingLoad{}
}

func (f *fixture) hand(sessionID, agentID string) chat.Session {
	f.Helper()
	return f.do(chat.OpUpdateSession{SessionID: sessionID, Patch: chat.SessionPatch{AssigneeID: &agentID}, At: f.tick()}).Session
}

func testQueue(f *fixture) {
	f.equal("nobody", f.queued(), []string{})
	ada := f.agent("Ada")
	silent := f.start("")
	second, first, answered, snoozed, closed, taken := f.start(""), f.waiting(""), f.waiting(""), f.waiting(""), f.waiting(""), f.waiting("")
	f.say(second.ID, chat.SenderVisitor, "Hello")
	f.say(first.ID, chat.SenderVisitor, "Still here")
	f.say(first.ID, chat.SenderBot, "A bot's answer is none")
	f.say(answered.ID, chat.SenderAgent, "Hello")
	f.do(chat.OpSnoozeSession{SessionID: snoozed.ID, Snooze: &chat.Snooze{}, At: f.tick()})
	f.do(chat.OpCloseSession{SessionID: closed.ID, At: f.tick()})
	f.hand(taken.ID, ada.ID)
	q := f.queue()
	f.equal("who waits", f.queued(), []string{first.ID, second.ID})
	f.equal("the first", q[0], chat.QueuedSession{SessionID: first.ID, VisitorID: first.VisitorID, QueuedAt: first.WaitingSince, Version: first.Version, ForBots: true})
	f.say(silent.ID, chat.SenderVisitor, "Now I write")
	f.say(answered.ID, chat.SenderVisitor, "Nobody has it")
	f.equal("who waits then", f.queued(), []string{first.ID, answered.ID, second.ID, silent.ID})
	one, err := f.store.Queue(f.ctx, 1)
	f.noErr("Queue", err)
	f.equal("the limit", len(one), 1)
}

func testLastAgent(f *fixture) {
	ada, bo := f.agent("Ada"), f.agent("Bo")
	v := f.visitor()
	f.hand(f.start(v.ID).ID, ada.ID)
	f.hand(f.start(v.ID).ID, bo.ID)
	f.start(v.ID)                  // nobody had this one
	f.hand(f.start("").ID, ada.ID) // another visitor's
	s := f.start(v.ID)
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{Department: ptr("Care")}, At: f.tick()})
	f.say(s.ID, chat.SenderVisitor, "x")
	got := f.queue()
	f.equal("queue", len(got), 1)
	f.equal("last agent", [2]string{got[0].LastAgent, got[0].Department}, [2]string{bo.ID, "Care"})
}

func testReleased(f *fixture) {
	ada := f.agent("Ada")
	s := f.waiting("")
	f.hand(s.ID, ada.ID)
	f.hand(s.ID, "")
	f.equal("released by", f.queue()[0].ReleasedBy, ada.ID)
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{Department: ptr("x")}, At: f.tick()})
	f.equal("still", f.queue()[0].ReleasedBy, ada.ID)
	f.equal("the place is kept", f.queue()[0].QueuedAt, s.WaitingSince)

	// Who was given a session before its visitor wrote is queued from the
	// release on.
	other := f.start("")
	f.hand(other.ID, ada.ID)
	f.say(other.ID, chat.SenderVisitor, "x")
	f.equal("not queued", f.session(other.ID).QueuedAt, time.Time{})
	f.equal("queued", f.hand(other.ID, "").QueuedAt, f.now)
}

func testAssignSession(f *fixture) {
	ada := f.agent("Ada")
	s := f.waiting("")
	f.equal("before", f.load(ada.ID), chat.RoutingLoad{AgentID: ada.ID})
	at := f.tick()
	res := f.do(chat.OpAssignSession{SessionID: s.ID, AgentID: ada.ID, At: at})
	want := s
	want.AssigneeID, want.AssigneeName, want.AssignedAt, want.UpdatedAt, want.Version = ada.ID, ada.Name, at, at, s.Version+1
	f.equal("result", res.Session, want)
	f.equal("session", f.session(s.ID), want)
	f.wantEvents(res, "session_updated")
	f.equal("load", f.load(ada.ID), chat.RoutingLoad{AgentID: ada.ID, Open: 1, RoutedAt: at})
	f.equal("queue", f.queued(), []string{})

	bo := f.agent("Bo")
	f.fails(chat.OpAssignSession{SessionID: s.ID, AgentID: bo.ID, At: f.tick()}, chat.ErrAlreadyClaimed)
	f.fails(chat.OpAssignSession{SessionID: s.ID, AgentID: ada.ID, At: f.tick()}, chat.ErrAlreadyClaimed)
	f.fails(chat.OpAssignSession{SessionID: "nothing", AgentID: ada.ID, At: f.tick()}, chat.ErrUnknownSession)
	f.fails(chat.OpAssignSession{SessionID: s.ID, AgentID: "nobody", At: f.tick()}, chat.ErrUnknownAgent)
	answered := f.waiting("")
	f.say(answered.ID, chat.SenderAgent, "x")
	f.duplicate(chat.OpAssignSession{SessionID: answered.ID, AgentID: bo.ID, At: f.tick()})
	closed := f.waiting("")
	f.do(chat.OpCloseSession{SessionID: closed.ID, At: f.tick()})
	f.duplicate(chat.OpAssignSession{SessionID: closed.ID, AgentID: bo.ID, At: f.tick()})
	f.equal("Bo was given nothing", f.load(bo.ID), chat.RoutingLoad{AgentID: bo.ID})
}

func testAssignCapacity(f *fixture) {
	ada := f.agent("Ada")
	busy, late, other := f.waiting(""), f.waiting(""), f.waiting("")
	assign := func(id string) chat.OpAssignSession {
		return chat.OpAssignSession{SessionID: id, AgentID: ada.ID, Capacity: 1, At: f.tick()}
	}
	f.do(assign(busy.ID))
	f.fails(assign(late.ID), chat.ErrNoRoom)
	f.do(chat.OpSnoozeSession{SessionID: busy.ID, Snooze: &chat.Snooze{}, At: f.tick()})
	f.equal("what is put off does not count", f.load(ada.ID).Open, 0)
	f.do(assign(late.ID))
	f.fails(assign(other.ID), chat.ErrNoRoom)
	f.do(chat.OpCloseSession{SessionID: late.ID, At: f.tick()})
	f.do(chat.OpSaveAgent{Agent: chat.Agent{ID: ada.ID, Name: ada.Name, Availability: chat.Away}})
	f.fails(assign(other.ID), chat.ErrNoRoom)
	f.do(chat.OpSaveAgent{Agent: chat.Agent{ID: ada.ID, Name: ada.Name, Availability: chat.Available}})
	f.do(assign(other.ID))

	// Two in one transaction see each other.
	f.do(chat.OpCloseSession{SessionID: other.ID, At: f.tick()})
	res := f.append(assign(f.waiting("").ID), assign(f.waiting("").ID))
	f.noErr("the first", res[0].Err)
	f.wantErr("the second", res[1].Err, chat.ErrNoRoom)
}

// testAssignOneWins has many try to give out, and to claim, the same sessions
// at once.
func testAssignOneWins(f *fixture) {
	const capacity, tries = 3, 8
	agents := []chat.Agent{f.agent("Ada"), f.agent("Bo"), f.agent("Cy")}
	var sessions []string
	for range 12 {
		sessions = append(sessions, f.waiting("").ID)
	}
	at := f.tick()
	won := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range tries {
		all.Go(func() {
			for i, id := range sessions {
				agent := agents[(i+n)%len(agents)].ID
				var op chat.Op = chat.OpAssignSession{SessionID: id, AgentID: agent, Capacity: capacity, At: at}
				res, err := f.store.Append(f.ctx, []chat.Op{op})
				if err != nil {
					f.Errorf("Append: %v", err)
					return
				}
				if res[0].Err == nil && !res[0].Duplicate {
					mu.Lock()
					won[id]++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	for id, n := range won {
		if n != 1 {
			f.Errorf("session %s was given out %d times", id, n)
		}
	}
	f.equal("given out", len(won), capacity*len(agents))
	for _, a := range agents {
		f.equal(a.Name+" has", f.load(a.ID).Open, capacity)
	}
	f.equal("still waiting", len(f.queued()), len(sessions)-len(won))
}

func testReturnSession(f *fixture) {
	ada := f.agent("Ada")
	s := f.waiting("")
	f.do(chat.OpAssignSession{SessionID: s.ID, AgentID: ada.ID, At: f.tick()})
	given := f.now
	give := func(before time.Time) chat.OpReturnSession {
		return chat.OpReturnSession{SessionID: s.ID, Before: before, At: f.tick()}
	}
	f.equal("not due", f.dueNow(chat.DueReturn, given.Add(-1)), []string{})
	f.duplicate(give(given.Add(-time.Millisecond)))
	f.do(chat.OpSeeAgent{AgentID: ada.ID, At: f.tick()})
	seen := f.now
	f.duplicate(chat.OpSeeAgent{AgentID: ada.ID, At: given})
	f.duplicate(chat.OpSeeAgent{AgentID: "nobody", At: f.tick()})
	f.duplicate(give(given))
	f.equal("due", f.dueNow(chat.DueReturn, seen), []string{s.ID})
	res := f.do(give(seen))
	f.wantEvents(res, "session_updated")
	f.equal("nobody has it", res.Session.AssigneeID, "")
	f.equal("the queue", f.queue(), []chat.QueuedSession{{SessionID: s.ID, VisitorID: s.VisitorID, QueuedAt: s.WaitingSince, Version: res.Session.Version, ForBots: true}})
	f.duplicate(give(seen))

	// An agent who has answered keeps it, and so does one who has just been
	// given it.
	f.hand(s.ID, ada.ID)
	f.duplicate(give(seen))
	f.say(s.ID, chat.SenderAgent, "x")
	f.equal("answered", f.dueNow(chat.DueReturn, f.tick()), []string{})
	f.duplicate(give(f.now))
	f.fails(chat.OpReturnSession{SessionID: "nothing", Before: f.now, At: f.now}, chat.ErrUnknownSession)
}

func testMarkMissed(f *fixture) {
	s := f.waiting("")
	wrote := s.WaitingSince
	mark := func(before time.Time) chat.OpMarkMissed {
		return chat.OpMarkMissed{SessionID: s.ID, Before: before, At: f.tick()}
	}
	f.equal("not due", f.dueNow(chat.DueMissed, wrote.Add(-time.Millisecond)), []string{})
	f.duplicate(mark(wrote.Add(-time.Millisecond)))
	f.equal("due", f.dueNow(chat.DueMissed, wrote), []string{s.ID})
	f.do(chat.OpSeeVisitor{VisitorID: s.VisitorID, At: f.tick()})
	back := f.now
	f.equal("back", f.dueNow(chat.DueMissed, wrote), []string{})
	f.duplicate(mark(wrote))
	res := f.do(mark(back))
	f.wantEvents(res, "session_missed")
	f.equal("missed", [2]any{res.Session.Missed, res.Session.Version}, [2]any{true, s.Version + 1})
	f.duplicate(mark(back))
	f.equal("no longer due", f.dueNow(chat.DueMissed, f.tick()), []string{})

	// An answer makes up for it.
	answer := f.newMessage(s.ID, chat.SenderAgent, "Sorry")
	sent := f.do(chat.OpAppendMessage{Message: answer})
	f.wantEvents(sent, "message_sent session_updated")
	f.equal("answered", f.session(s.ID), sent.Session)
	f.equal("not missed", sent.Session.Missed, false)
	f.duplicate(mark(f.now))

	// It is missed once, whether it is closed or left first.
	closed, left := f.waiting(""), f.waiting("")
	f.wantEvents(f.do(chat.OpCloseSession{SessionID: closed.ID, At: f.tick()}), "session_closed session_missed")
	f.do(chat.OpMarkMissed{SessionID: left.ID, Before: f.tick(), At: f.now})
	f.wantEvents(f.do(chat.OpCloseSession{SessionID: left.ID, At: f.tick()}), "session_closed")

	silent := f.start("")
	f.wantEvents(f.do(chat.OpCloseSession{SessionID: silent.ID, At: f.tick()}), "session_closed")
	f.equal("without a word nothing is missed", f.session(silent.ID).Missed, false)
}

func testCloseIdle(f *fixture) {
	ada := f.agent("Ada")
	idle, waits, put := f.waiting(""), f.waiting(""), f.waiting("")
	f.say(idle.ID, chat.SenderAgent, "Anything else?")
	said := f.now
	f.say(put.ID, chat.SenderAgent, "Let me see")
	f.do(chat.OpSnoozeSession{SessionID: put.ID, Snooze: &chat.Snooze{}, ClaimFor: ada.ID, At: f.tick()})
	f.equal("not yet", f.dueNow(chat.DueIdle, said.Add(-time.Millisecond)), []string{})
	f.equal("due", f.dueNow(chat.DueIdle, f.tick()), []string{idle.ID})
	shut := func(id string, since time.Time) chat.OpCloseSession {
		return chat.OpCloseSession{SessionID: id, Reason: chat.CloseReasonIdle, IdleSince: since, At: f.tick()}
	}
	for _, id := range []string{waits.ID, put.ID} {
		f.duplicate(shut(id, f.now))
	}
	f.duplicate(shut(idle.ID, said.Add(-time.Millisecond)))
	res := f.do(shut(idle.ID, said))
	f.equal("closed", [2]any{res.Session.CloseReason, res.Session.Missed}, [2]any{"idle", false})
	f.duplicate(shut(idle.ID, said))
}

// testRoutingBots: what a bot alone sees to is neither missed nor waiting, until
// it is handed over.
func testRoutingBots(f *fixture) {
	hand := func(id string) {
		f.do(chat.OpUpdateSession{SessionID: id, Patch: chat.SessionPatch{Tags: &[]string{chat.HandedOver}}, At: f.tick()})
	}
	alone, over, asked := f.waiting(""), f.waiting(""), f.waiting("")
	for _, s := range []chat.Session{alone, over, asked} {
		f.say(s.ID, chat.SenderBot, "I can help")
	}
	hand(over.ID)
	f.say(asked.ID, chat.SenderVisitor, "And one more thing")
	for _, q := range f.queue() {
		f.equal("for bots", q.ForBots, q.SessionID != over.ID)
		f.equal("version", q.Version, f.session(q.SessionID).Version)
	}
	f.equal("idle", f.dueNow(chat.DueIdle, f.tick()), []string{alone.ID})
	f.equal("missed", f.dueNow(chat.DueMissed, f.now), []string{over.ID})
	f.duplicate(chat.OpMarkMissed{SessionID: alone.ID, Before: f.now, At: f.tick()})
	for _, s := range []chat.Session{over, asked} {
		f.duplicate(chat.OpCloseSession{SessionID: s.ID, IdleSince: f.now, At: f.tick()})
	}
	f.equal("the bot has seen to it", f.do(chat.OpCloseSession{SessionID: alone.ID, IdleSince: f.now, At: f.tick()}).Session.Missed, false)
	f.equal("nobody took it up", f.do(chat.OpCloseSession{SessionID: over.ID, At: f.tick()}).Session.Missed, true)
	f.say(asked.ID, chat.SenderAgent, "Yes?")
	f.equal("an agent answered", f.queued(), []string{})
	f.say(asked.ID, chat.SenderVisitor, "Thanks")
	f.equal("it is people's from then on", f.queue()[0].ForBots, false)
}

func testSeeVisitor(f *fixture) {
	v := f.visitor()
	at := f.tick()
	f.do(chat.OpSeeVisitor{VisitorID: v.ID, At: at})
	f.duplicate(chat.OpSeeVisitor{VisitorID: v.ID, At: at})
	got, err := f.store.Visitor(f.ctx, v.ID)
	f.noErr("Visitor", err)
	f.equal("last seen", got.LastSeenAt, at)
}

func testRoutingFilters(f *fixture) {
	api := f.newSession(f.visitor().ID)
	api.Source = "api"
	s := []string{f.do(chat.OpCreateSession{Session: api}).Session.ID, f.waiting("").ID, f.waiting("").ID}
	f.do(chat.OpSnoozeSession{SessionID: s[1], Snooze: &chat.Snooze{}, At: f.tick()})
	f.do(chat.OpCloseSession{SessionID: s[2], At: f.tick()})
	for _, c := range []struct {
		name string
		q    chat.SessionQuery
		want []string
	}{
		{"by source", chat.SessionQuery{Source: "api"}, s[:1]},
		{"snoozed", chat.SessionQuery{Snoozed: ptr(true)}, s[1:2]},
		{"active and not snoozed", chat.SessionQuery{Status: chat.StatusActive, Snoozed: ptr(false)}, s[:1]},
		{"missed", chat.SessionQuery{Missed: ptr(true)}, s[2:]},
		{"not missed", chat.SessionQuery{Missed: ptr(false)}, []string{s[1], s[0]}},
	} {
		f.equal(c.name, sessionIDs(f.sessions(c.q)), c.want)
		c.q.ByActivity = true
		f.equal(c.name+" by activity", len(f.sessions(c.q).Sessions), len(c.want))
	}
}
