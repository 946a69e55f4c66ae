package storagetest

import (
	"errors"
	"slices"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func testFiguresLeftOut(f *fixture) {
	in := f.newSession(f.visitor().ID)
	in.Source = chat.SourceTest
	f.do(chat.OpCreateSession{Session: in})
	banned := f.start("")
	until := f.now.Add(time.Hour)
	f.do(chat.OpBanVisitor{VisitorID: banned.VisitorID, Ban: &chat.Ban{At: f.now, Until: until}, At: f.now})
	list := f.figures(chat.SessionFiguresQuery{})
	f.equal("test", []bool{list[0].Test, list[1].Test}, []bool{true, false})
	f.equal("nobody banned", list[0].Ban, (*chat.Ban)(nil))
	if list[1].Ban == nil || !list[1].Ban.Until.Equal(until) {
		f.Fatalf("the ban is %+v", list[1].Ban)
	}
	f.do(chat.OpBanVisitor{VisitorID: banned.VisitorID, At: f.now})
	f.equal("lifted", f.figures(chat.SessionFiguresQuery{})[1].Ban, (*chat.Ban)(nil))
}

// places returns what is counted, the newest first, from a cursor on.
func (f *fixture) places(after chat.Cursor, limit int) (list []chat.Cursor) {
	f.Helper()
	enough := errors.New("enough")
	q := chat.SessionFiguresQuery{From: time.UnixMilli(0), To: f.now.AddDate(1, 0, 0), Newest: true, After: after}
	err := f.store.SessionFigures(f.ctx, q, func(s chat.SessionFigures) error {
		if len(list) == limit {
			return enough
		}
		list = append(list, s.Cursor)
		return nil
	})
	if err != enough {
		f.noErr("SessionFigures", err)
	}
	return list
}

func testFiguresNewest(f *fixture) {
	var ids []string
	same := f.tick()
	for range 5 { // all of one moment: the row tells them apart
		in := f.newSession(f.visitor().ID)
		in.CreatedAt, in.UpdatedAt = same, same
		ids = append(ids, f.do(chat.OpCreateSession{Session: in}).Session.ID)
	}
	slices.Reverse(ids)
	var got []string
	var after chat.Cursor
	for range 3 {
		part := f.places(after, 2)
		sessions, err := f.store.SessionsAt(f.ctx, part)
		f.noErr("SessionsAt", err)
		for _, s := range sessions {
			got = append(got, s.ID)
		}
		after = part[len(part)-1]
	}
	f.equal("in pages of two", got, ids)
	f.equal("behind the last", len(f.places(after, 2)), 0)
}

func testSessionsAt(f *fixture) {
	first, second, third := f.start(""), f.start(""), f.start("")
	places := f.places(chat.Cursor{}, 3) // the third comes first
	f.do(chat.OpEraseVisitor{VisitorID: second.VisitorID})
	sessions, err := f.store.SessionsAt(f.ctx, []chat.Cursor{places[2], places[1], places[0]})
	f.noErr("SessionsAt", err)
	var ids []string
	for _, s := range sessions {
		ids = append(ids, s.ID)
	}
	f.equal("in the order asked for", ids, []string{first.ID, third.ID})
	none, err := f.store.SessionsAt(f.ctx, nil)
	f.noErr("SessionsAt", err)
	f.equal("of nothing", len(none), 0)
}

func testFiguresRatings(f *fixture) {
	rated, asked := f.start(""), f.start("")
	f.start("")
	f.do(chat.OpAskRating{SessionID: asked.ID, At: f.tick()})
	when := f.now
	f.duplicate(chat.OpAskRating{SessionID: asked.ID, At: f.tick()})
	f.fails(chat.OpAskRating{SessionID: "nobody", At: f.now}, chat.ErrUnknownSession)
	f.do(chat.OpRateSession{SessionID: rated.ID, Rating: chat.Rating{Score: 2, Comment: "slow", At: f.tick()}})
	list := f.figures(chat.SessionFiguresQuery{})
	f.equal("asked", []time.Time{list[0].RatingAskedAt, list[1].RatingAskedAt, list[2].RatingAskedAt}, []time.Time{{}, when, {}})
	only := f.figures(chat.SessionFiguresQuery{Rated: true, Detail: true})
	f.equal("rated only", len(only), 1)
	f.equal("the comment", []any{only[0].Score, only[0].Comment}, []any{2, "slow"})
}

func testVisitFigures(f *fixture) {
	begin := f.now
	hour := func(n float64) time.Time { return begin.Add(time.Duration(n * float64(time.Hour))) }
	see := func(id string, at time.Time) {
		f.do(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: id, PageRef: chat.PageRef{URL: "https://shop.example/"}, At: at}}})
	}
	visitor := func(at time.Time) string {
		id := f.id("visitor")
		f.do(chat.OpSaveVisitor{Visitor: chat.Visitor{ID: id, CreatedAt: at, LastSeenAt: at}})
		return id
	}
	say := func(session string, at time.Time) {
		m := f.newMessage(session, chat.SenderVisitor, "x")
		m.At = at
		f.do(chat.OpAppendMessage{Message: m})
	}
	// One who was known before, writes in the first and the third hour, and
	// looks around in all three; one who comes in the second hour and only
	// has a line in the trail in the third.
	old, fresh := visitor(hour(-5)), visitor(hour(1))
	in := f.newSession(old)
	in.CreatedAt = hour(0.1)
	session := f.do(chat.OpCreateSession{Session: in}).Session.ID
	for _, at := range []float64{0, 0.5, 1.5, 2} {
		see(old, hour(at))
	}
	say(session, hour(0.5))
	say(session, hour(2.5))
	see(fresh, hour(1.2))
	f.do(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: fresh, Name: "checkout_started", At: hour(2.1)}}})
	got, err := f.store.VisitFigures(f.ctx, chat.VisitFiguresQuery{Bounds: []time.Time{hour(0), hour(1), hour(2), hour(3), hour(4)}})
	f.noErr("VisitFigures", err)
	f.equal("by the hour", got, []chat.VisitFigures{
		{Views: 2, Visitors: 1, Engaged: 1, Returned: 1},
		{Views: 2, Visitors: 2, Engaged: 0, Returned: 1}, // that somebody wrote before and after says nothing
		{Views: 1, Visitors: 1, Engaged: 1, Returned: 1},
		{},
	})
	got, err = f.store.VisitFigures(f.ctx, chat.VisitFiguresQuery{Bounds: []time.Time{hour(0), hour(3)}})
	f.noErr("VisitFigures", err)
	f.equal("together", got, []chat.VisitFigures{{Views: 5, Visitors: 2, Engaged: 1, Returned: 1}})

	// The other writes before and after the third hour too, and in it in
	// another session; then it turns out that both are the same person.
	for _, at := range [][]float64{{1.3, 3.3}, {2.5, 2.6}} {
		in = f.newSession(fresh)
		in.CreatedAt = hour(at[0])
		id := f.do(chat.OpCreateSession{Session: in}).Session.ID
		say(id, hour(at[0]))
		say(id, hour(at[1]))
		if at[0] > 2 {
			f.do(chat.OpCloseSession{SessionID: id, At: hour(at[1])})
		}
	}
	see(fresh, hour(2.9))
	hours := []time.Time{hour(1), hour(2), hour(3)}
	got, err = f.store.VisitFigures(f.ctx, chat.VisitFiguresQuery{Bounds: hours})
	f.noErr("VisitFigures", err)
	f.equal("by the hour, with another", got, []chat.VisitFigures{
		{Views: 2, Visitors: 2, Engaged: 1, Returned: 1}, {Views: 2, Visitors: 2, Engaged: 2, Returned: 2},
	})
	f.do(chat.OpMergeVisitor{From: fresh, To: old, At: hour(4)})
	got, err = f.store.VisitFigures(f.ctx, chat.VisitFiguresQuery{Bounds: hours})
	f.noErr("VisitFigures", err)
	f.equal("of one person", got, []chat.VisitFigures{
		{Views: 2, Visitors: 1, Engaged: 1, Returned: 1}, {Views: 2, Visitors: 1, Engaged: 1, Returned: 1},
	})
}

func testVisitedURLs(f *fixture) {
	v := f.visitor()
	for _, path := range []string{"a", "b", "a"} {
		f.do(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: v.ID, PageRef: chat.PageRef{URL: "https://shop.example/" + path}, At: f.tick()}}})
	}
	from, to := time.UnixMilli(0), f.now.Add(time.Second)
	urls, err := f.store.VisitedURLs(f.ctx, from, to)
	f.noErr("VisitedURLs", err)
	slices.Sort(urls)
	f.equal("addresses", urls, []string{"https://shop.example/a", "https://shop.example/b"})
	for _, c := range []struct {
		urls []string
		want int64
	}{{nil, 3}, {[]string{}, 0}, {urls[:1], 2}, {urls, 3}} {
		got, err := f.store.VisitFigures(f.ctx, chat.VisitFiguresQuery{Bounds: []time.Time{from, to}, URLs: c.urls})
		f.noErr("VisitFigures", err)
		f.equal("views", got[0].Views, c.want)
	}
}

func (f *fixture) spans(from, to time.Time) chat.AgentLoad {
	f.Helper()
	load, err := f.store.AgentLoad(f.ctx, chat.SessionFiguresQuery{From: from, To: to})
	f.noErr("AgentLoad", err)
	return load
}

func testAssignments(f *fixture) {
	mara, jonas := f.agent("Mara"), f.agent("Jonas")
	begin := f.now
	s := f.start("")
	assign := func(id, agent string) time.Time {
		at := f.tick()
		f.do(chat.OpUpdateSession{SessionID: id, At: at, Patch: chat.SessionPatch{AssigneeID: &agent}})
		return at
	}
	first := assign(s.ID, mara.ID)
	f.do(chat.OpUpdateSession{SessionID: s.ID, At: f.tick(), Patch: chat.SessionPatch{Department: ptr("sales")}}) // says nothing of who has it
	second := assign(s.ID, jonas.ID)
	released := assign(s.ID, "")
	third := assign(s.ID, mara.ID)
	closed := f.tick()
	f.do(chat.OpCloseSession{SessionID: s.ID, At: closed})
	assign(s.ID, jonas.ID) // for the record only: nobody works on it any more

	in := f.newSession(f.visitor().ID)
	in.AssigneeID, in.Source = jonas.ID, chat.SourceTest
	open := f.do(chat.OpCreateSession{Session: in}).Session
	want := []chat.AgentSpan{
		{AgentID: mara.ID, From: first, To: second}, {AgentID: jonas.ID, From: second, To: released}, {AgentID: mara.ID, From: third, To: closed},
		{AgentID: jonas.ID, From: open.CreatedAt, Test: true},
	}
	f.equal("all", f.spans(begin, f.now.Add(time.Hour)).Assignments, want)
	f.equal("what reaches into a period", f.spans(first, second).Assignments, want[:1])
	f.equal("what ends as it begins", f.spans(second, released).Assignments, want[1:2])
	f.equal("what lasts", f.spans(f.now.Add(time.Hour), f.now.Add(2*time.Hour)).Assignments, want[3:])

	load, err := f.store.AgentLoad(f.ctx, chat.SessionFiguresQuery{From: begin, To: f.now.Add(time.Hour), Department: "sales"})
	f.noErr("AgentLoad", err)
	f.equal("of a department", load.Assignments, want[:3])
	f.do(chat.OpEraseVisitor{VisitorID: s.VisitorID})
	f.equal("once erased", f.spans(begin, f.now.Add(time.Hour)).Assignments, want[3:])
}

func testRoutedAssignments(f *fixture) {
	mara := f.agent("Mara")
	begin := f.now
	s := f.waiting("")
	given := f.tick()
	f.do(chat.OpAssignSession{SessionID: s.ID, AgentID: mara.ID, At: given})
	returned := f.tick()
	f.do(chat.OpReturnSession{SessionID: s.ID, Before: returned, At: returned})
	f.do(chat.OpMarkMissed{SessionID: s.ID, Before: f.tick(), At: f.now}) // says nothing of who has it
	snoozed := f.tick()
	f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, ClaimFor: mara.ID, At: snoozed})
	f.equal("spans", f.spans(begin, f.now.Add(time.Hour)).Assignments, []chat.AgentSpan{
		{AgentID: mara.ID, From: given, To: returned}, {AgentID: mara.ID, From: snoozed},
	})
}

func testShifts(f *fixture) {
	mara, jonas := f.agent("Mara"), f.agent("Jonas")
	begin := f.now
	note := func(after time.Duration, ids ...string) time.Time {
		at := begin.Add(after)
		f.do(chat.OpNoteShifts{AgentIDs: ids, At: at})
		return at
	}
	from := note(0, mara.ID)
	note(time.Minute, mara.ID, jonas.ID, "nobody")
	until := note(time.Minute+chat.ShiftGap, mara.ID) // just in time
	note(90*time.Second, mara.ID)                     // of another process, late
	again := note(time.Minute+2*chat.ShiftGap+time.Millisecond, mara.ID)
	end := note(12*time.Minute, jonas.ID)
	f.equal("stretches", f.spans(begin, end.Add(time.Hour)).Shifts, []chat.AgentSpan{
		{AgentID: mara.ID, From: from, To: until}, {AgentID: jonas.ID, From: begin.Add(time.Minute), To: begin.Add(time.Minute)},
		{AgentID: mara.ID, From: again, To: again}, {AgentID: jonas.ID, From: end, To: end},
	})
	f.equal("of a part", len(f.spans(until, again).Shifts), 0)
}

func testStats(f *fixture) {
	stats := func() chat.StoreStats {
		f.Helper()
		s, err := f.store.Stats(f.ctx)
		f.noErr("Stats", err)
		return s
	}
	f.equal("of nothing", stats(), chat.StoreStats{})
	mara := f.agent("Mara")
	s, silent := f.waiting(""), f.start("")
	f.equal("one waits", stats(), chat.StoreStats{OpenSessions: 2, Waiting: 1})
	f.do(chat.OpUpdateSession{SessionID: s.ID, At: f.tick(), Patch: chat.SessionPatch{AssigneeID: &mara.ID}})
	f.equal("taken", stats(), chat.StoreStats{OpenSessions: 2})
	f.do(chat.OpCloseSession{SessionID: silent.ID, At: f.tick()})
	f.equal("closed", stats(), chat.StoreStats{OpenSessions: 1})
	w := f.hook().ID
	f.post(f.sent(f.say(s.ID, chat.SenderVisitor, "x")), w)
	f.equal("to be sent", stats(), chat.StoreStats{OpenSessions: 1, DeliveriesPending: 1})
	f.delivered(f.claimOne(w))
	f.equal("sent", stats(), chat.StoreStats{OpenSessions: 1})
}
