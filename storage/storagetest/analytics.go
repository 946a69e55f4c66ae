package storagetest

import (
	"errors"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var analyticsRows = []row{
	{"SessionFigures/FollowMessages", testFiguresMessages},
	{"SessionFigures/FollowAssignmentAndClosing", testFiguresEnd},
	{"SessionFigures/PeriodIsHalfOpen", testFiguresPeriod},
	{"SessionFigures/Filters", testFiguresFilters},
	{"SessionFigures/StopAtAnError", testFiguresError},
	{"SessionFigures/TellTestsAndBansApart", testFiguresLeftOut},
	{"SessionFigures/NewestFirstFromACursor", testFiguresNewest},
	{"SessionFigures/Ratings", testFiguresRatings},
	{"SessionsAt/Places", testSessionsAt},
	{"VisitFigures/CountVisitors", testVisitFigures},
	{"VisitFigures/OfSomePages", testVisitedURLs},
	{"SessionFigures/TellWhoWasHandedOver", testHandedOver},
	{"AgentLoad/Assignments", testAssignments},
	{"AgentLoad/RoutedAssignments", testRoutedAssignments},
	{"AgentLoad/Shifts", testShifts},
	{"Stats/TellThePresent", testStats},
	{"Site/HasWhatItSays", testSite},
}

// figures returns what is counted in a period, all of it without one.
func (f *fixture) figures(q chat.SessionFiguresQuery) []chat.SessionFigures {
	f.Helper()
	if q.To.IsZero() {
		q.From, q.To = time.UnixMilli(0), f.now.AddDate(1, 0, 0)
	}
	list := []chat.SessionFigures{}
	f.noErr("SessionFigures", f.store.SessionFigures(f.ctx, q, func(s chat.SessionFigures) error {
		s.Cursor = chat.Cursor{} // of the store's own making
		list = append(list, s)
		return nil
	}))
	return list
}

// write appends a message of an agent's, or of whom else is named.
func (f *fixture) write(sessionID, sender, senderID string) chat.Message {
	f.Helper()
	m := f.newMessage(sessionID, sender, "x")
	m.SenderID = senderID
	return f.do(chat.OpAppendMessage{Message: m}).Message
}

func testFiguresMessages(f *fixture) {
	mara, jonas := f.agent("Mara"), f.agent("Jonas")
	s := f.start("")
	f.equal("without a word", f.figures(chat.SessionFiguresQuery{}), []chat.SessionFigures{{CreatedAt: s.CreatedAt, VisitorID: s.VisitorID}})
	f.write(s.ID, chat.SenderBot, "b")       // before the visitor: answers nothing
	f.write(s.ID, chat.SenderAgent, mara.ID) // nor does this
	first := f.write(s.ID, chat.SenderVisitor, "v")
	f.write(s.ID, chat.SenderVisitor, "v")
	f.jot(s.ID, "a note")
	bot := f.write(s.ID, chat.SenderBot, "b")
	f.write(s.ID, chat.SenderBot, "b")
	reply := f.write(s.ID, chat.SenderAgent, mara.ID)
	f.write(s.ID, chat.SenderAgent, jonas.ID) // in a row: no answer of its own
	second := f.write(s.ID, chat.SenderVisitor, "v")
	f.write(s.ID, chat.SenderBot, "b")
	answer := f.write(s.ID, chat.SenderAgent, jonas.ID)
	third := f.write(s.ID, chat.SenderVisitor, "v")
	program := f.write(s.ID, chat.SenderAgent, "some key")
	f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: second.ID, At: f.tick()})
	want := chat.SessionFigures{
		CreatedAt: s.CreatedAt, FirstVisitorAt: first.At, LastVisitorAt: third.At, FirstReplyAt: reply.At, FirstBotAt: bot.At, QueuedAt: first.At,
		VisitorMessages: 4, AgentMessages: 5, BotMessages: 4, Unseen: true, VisitorID: s.VisitorID,
		Replies: []chat.AgentReply{
			{AgentID: mara.ID, Took: reply.At.Sub(first.At), After: first.At.Sub(s.CreatedAt)},
			{AgentID: jonas.ID, Took: answer.At.Sub(second.At), After: second.At.Sub(s.CreatedAt)},
			{Took: program.At.Sub(third.At), After: third.At.Sub(s.CreatedAt)},
		},
	}
	f.equal("figures", f.figures(chat.SessionFiguresQuery{}), []chat.SessionFigures{want})
	f.do(chat.OpMarkSeen{SessionID: s.ID, MessageID: program.ID, Sender: chat.SenderVisitor})
	want.Unseen = false
	f.equal("figures once seen", f.figures(chat.SessionFiguresQuery{}), []chat.SessionFigures{want})
}

func testFiguresEnd(f *fixture) {
	mara, jonas := f.agent("Mara"), f.agent("Jonas")
	s := f.start("")
	m := f.say(s.ID, chat.SenderVisitor, "x")
	assigned := f.tick()
	f.do(chat.OpUpdateSession{SessionID: s.ID, At: assigned, Patch: chat.SessionPatch{AssigneeID: &mara.ID}})
	f.do(chat.OpUpdateSession{SessionID: s.ID, At: f.tick(), Patch: chat.SessionPatch{AssigneeID: &jonas.ID}})
	f.do(chat.OpUpdateSession{SessionID: s.ID, At: f.tick(), Patch: chat.SessionPatch{Tags: &[]string{"a"}}})
	f.do(chat.OpCloseSession{SessionID: s.ID, VisitorLeft: true, At: f.tick()})
	want := chat.SessionFigures{
		CreatedAt: s.CreatedAt, FirstVisitorAt: m.At, LastVisitorAt: m.At, VisitorMessages: 1,
		QueuedAt: m.At, AssignedAt: assigned, AssigneeID: jonas.ID, ClosedAt: f.now, VisitorLeft: true,
	}
	f.duplicate(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	f.do(chat.OpRateSession{SessionID: s.ID, Rating: chat.Rating{Score: 4, At: f.tick()}})
	want.Score = 4
	f.equal("figures", f.figures(chat.SessionFiguresQuery{}), []chat.SessionFigures{want})
	f.do(chat.OpUpdateSession{SessionID: s.ID, At: f.tick(), Patch: chat.SessionPatch{AssigneeID: ptr("")}})
	want.AssigneeID = ""
	f.equal("figures once released", f.figures(chat.SessionFiguresQuery{}), []chat.SessionFigures{want})

	in := f.newSession(f.visitor().ID)
	in.AssigneeID = mara.ID
	f.do(chat.OpCreateSession{Session: in})
	f.equal("assigned at once", f.figures(chat.SessionFiguresQuery{})[1].AssignedAt, in.CreatedAt)
}

func testHandedOver(f *fixture) {
	for _, tags := range [][]string{{"vip", chat.HandedOver}, {"vip"}, nil} {
		in := f.newSession(f.visitor().ID)
		in.Tags = tags
		s := f.do(chat.OpCreateSession{Session: in}).Session
		f.say(s.ID, chat.SenderVisitor, "x")
		f.write(s.ID, chat.SenderBot, "b")
	}
	var got []bool
	for _, s := range f.figures(chat.SessionFiguresQuery{}) {
		got = append(got, s.HandedOver)
	}
	f.equal("handed over", got, []bool{true, false, false})
}

func testFiguresPeriod(f *fixture) {
	var firsts []time.Time
	for range 3 {
		s := f.start("")
		firsts = append(firsts, f.say(s.ID, chat.SenderVisitor, "x").At)
	}
	silent := f.start("")
	counted := func(from, to time.Time) (list []time.Time) {
		for _, s := range f.figures(chat.SessionFiguresQuery{From: from, To: to}) {
			list = append(list, s.CountedAt())
		}
		return list
	}
	f.equal("from the first to the last", counted(firsts[0], firsts[2]), firsts[:2])
	f.equal("after the first", counted(firsts[0].Add(time.Millisecond), f.now), firsts[1:])
	f.equal("all", counted(firsts[0], f.now.Add(time.Second)), append(firsts, silent.CreatedAt))
	f.equal("nothing", len(counted(f.now.Add(time.Second), f.now.Add(time.Hour))), 0)
}

func testFiguresFilters(f *fixture) {
	in := f.newSession(f.visitor().ID)
	in.Department, in.Source, in.Tags, in.Page = "sales", "widget", []string{"vip"}, &chat.PageRef{URL: "https://shop.example/a"}
	f.do(chat.OpCreateSession{Session: in})
	f.start("")
	for what, q := range map[string]chat.SessionFiguresQuery{"department": {Department: "sales"}, "source": {Source: "widget"}, "tag": {Tag: "vip"}} {
		f.equal(what, len(f.figures(q)), 1)
	}
	for what, q := range map[string]chat.SessionFiguresQuery{"department": {Department: "x"}, "source": {Source: "x"}, "tag": {Tag: "x"}, "both": {Tag: "vip", Source: "x"}} {
		f.equal("no "+what, len(f.figures(q)), 0)
	}
	list := f.figures(chat.SessionFiguresQuery{Detail: true})
	f.equal("pages", []string{list[0].PageURL, list[1].PageURL}, []string{"https://shop.example/a", ""})
	f.equal("department, source and tags", []any{list[0].Department, list[0].Source, list[0].Tags, list[1].Tags}, []any{"sales", "widget", []string{"vip"}, []string(nil)})
	f.equal("not asked for", f.figures(chat.SessionFiguresQuery{})[0].PageURL, "")
}

func testFiguresError(f *fixture) {
	f.start("")
	f.start("")
	stop, calls := errors.New("stop"), 0
	err := f.store.SessionFigures(f.ctx, chat.SessionFiguresQuery{From: time.UnixMilli(0), To: f.now.AddDate(1, 0, 0)}, func(chat.SessionFigures) error {
		calls++
		return stop
	})
	f.wantErr("SessionFigures", err, stop)
	f.equal("calls", calls, 1)
}

// testSite keeps honest what reports are measured with.
func testSite(f *fixture) {
	site := LargeSite()
	site.Sessions, site.Messages, site.Visitors = 60, 900, 20
	site.From = site.To.AddDate(0, 0, -14) // the agents' working hours are noted every two minutes
	f.noErr("Fill", site.Fill(f.ctx, f.store))
	var messages, replies, rated, closed, bots int64
	list := f.figures(chat.SessionFiguresQuery{From: site.From, To: site.To})
	for _, s := range list {
		messages += s.VisitorMessages + s.AgentMessages + s.BotMessages
		replies += int64(len(s.Replies))
		rated += int64(min(s.Score, 1))
		bots += s.BotMessages
		if !s.ClosedAt.IsZero() {
			closed++
		}
	}
	f.equal("sessions", len(list), site.Sessions)
	f.equal("messages", messages, int64(site.Messages))
	if replies < 100 || rated < 5 || bots < 1 || closed < 50 {
		f.Fatalf("%d replies, %d ratings, %d messages of bots, %d closed", replies, rated, bots, closed)
	}
}
