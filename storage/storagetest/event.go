package storagetest

import (
	"fmt"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var eventRows = []row{
	{"Events/Topics", testEventTopics},
	{"Events/Pages", testEventPages},
	{"Events/AreAsTheRowsAreNow", testEventsHydrate},
	{"Events/Log", testLog},
	{"Events/Prune", testPrune},
	{"Events/PruneLeavesNoGap", testPruneLeavesNoGap},
}

func testEventTopics(f *fixture) {
	one, two := f.visitor(), f.visitor()
	a, b, c := f.start(one.ID), f.start(two.ID), f.start(one.ID)
	f.say(a.ID, chat.SenderVisitor, "x")
	f.say(b.ID, chat.SenderVisitor, "x")
	f.jot(a.ID, "x")
	f.do(chat.OpCloseSession{SessionID: c.ID, At: f.tick()})
	count := func(t chat.Topic) string { return eventTypes(f.events(chat.EventQuery{Topic: t})) }
	f.equal("everything", count(chat.Topic{}),
		"session_started session_started session_started message_sent message_sent note_added session_closed")
	f.equal("a session", count(chat.Topic{SessionID: a.ID}), "session_started message_sent note_added")
	f.equal("a visitor", count(chat.Topic{VisitorID: one.ID}), "session_started session_started message_sent note_added session_closed")
	f.equal("no such session", count(chat.Topic{SessionID: "nothing"}), "")
	f.equal("no such visitor", count(chat.Topic{VisitorID: "nobody"}), "")
	for _, t := range []chat.Topic{{}, {SessionID: a.ID}, {VisitorID: one.ID}} {
		var last chat.Position
		for _, e := range f.events(chat.EventQuery{Topic: t}) {
			if e.Position <= last {
				f.Fatalf("position %d after %d", e.Position, last)
			}
			last = e.Position
			if t.SessionID != "" && e.SessionID != t.SessionID || t.VisitorID != "" && e.VisitorID != t.VisitorID {
				f.Fatalf("an event of session %s, visitor %s in topic %+v", e.SessionID, e.VisitorID, t)
			}
		}
	}
}

func testEventPages(f *fixture) {
	s := f.start("")
	for i := range 10 {
		f.say(s.ID, chat.SenderVisitor, fmt.Sprint(i))
	}
	for _, t := range []chat.Topic{{}, {SessionID: s.ID}, {VisitorID: s.VisitorID}} {
		all := f.events(chat.EventQuery{Topic: t})
		f.equal("events", len(all), 11)
		for _, limit := range []int{1, 3, 11} {
			var got []*chat.Event
			var after chat.Position
			for {
				page := f.events(chat.EventQuery{Topic: t, After: after, Limit: limit})
				if len(page) == 0 {
					break
				}
				// A full page is how readers know that there may be more.
				if left := len(all) - len(got); len(page) != min(limit, left) {
					f.Fatalf("a page of %d events with %d left and a limit of %d", len(page), left, limit)
				}
				got = append(got, page...)
				after = page[len(page)-1].Position
			}
			f.equal(fmt.Sprint("pages of ", limit), got, all)
		}
		f.equal("after the head", len(f.events(chat.EventQuery{Topic: t, After: f.log().Head + 100})), 0)
	}
}

func testEventsHydrate(f *fixture) {
	s := f.start("")
	m := f.say(s.ID, chat.SenderAgent, "teh")
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{Department: ptr("sales")}, At: f.tick()})
	m = f.do(chat.OpEditMessage{SessionID: s.ID, MessageID: m.ID, Text: "the", At: f.tick()}).Message
	f.do(chat.OpRateSession{SessionID: s.ID, Rating: chat.Rating{Score: 5, At: f.tick()}})
	now := f.session(s.ID)
	for _, e := range f.events(chat.EventQuery{}) {
		switch e.Type {
		case chat.EventMessageSent, chat.EventMessageUpdated:
			f.equal(e.Type, e.Data, any(m))
		default:
			f.equal(e.Type, e.Data, any(now))
		}
		f.equal("visitor", e.VisitorID, s.VisitorID)
	}
}

func testLog(f *fixture) {
	f.equal("an empty log", f.log(), chat.EventLog{})
	f.visitor()
	f.equal("after what has no events", f.log(), chat.EventLog{})
	res := f.do(chat.OpCreateSession{Session: f.newSession(f.visitor().ID)})
	f.equal("log", f.log(), chat.EventLog{Head: res.Events[0].Position})
}

func testPrune(f *fixture) {
	f.duplicate(chat.OpPruneEvents{Before: f.tick()})
	s := f.start("")
	var marks []*chat.Event
	for i := range 6 {
		res := f.do(chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, fmt.Sprint(i))})
		marks = append(marks, res.Events[0])
	}
	head := f.log().Head
	res := f.do(chat.OpPruneEvents{Before: marks[3].At})
	f.wantEvents(res, "")
	f.equal("events", f.events(chat.EventQuery{}), marks[3:])
	log := f.log()
	f.equal("head", log.Head, head)
	if log.Pruned < marks[2].Position || log.Pruned >= marks[3].Position {
		f.Fatalf("pruned to %d, want from %d to %d", log.Pruned, marks[2].Position, marks[3].Position-1)
	}
	f.duplicate(chat.OpPruneEvents{Before: marks[3].At})
	f.equal("log", f.log(), log)
	f.equal("messages", len(f.messages(chat.MessageQuery{SessionID: s.ID}).Messages), 6)

	f.do(chat.OpPruneEvents{Before: f.tick()})
	f.equal("events", len(f.events(chat.EventQuery{})), 0)
	f.equal("log", f.log(), chat.EventLog{Head: head, Pruned: head})
	next := f.do(chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "x")}).Events[0]
	if next.Position <= head {
		f.Fatalf("position %d was given out before (%d)", next.Position, head)
	}
	f.equal("after", f.events(chat.EventQuery{After: head}), []*chat.Event{next})
}

// testPruneLeavesNoGap: an event that was late by its clock stays behind one
// that is kept.
func testPruneLeavesNoGap(f *fixture) {
	s := f.start("")
	limit := f.tick()
	for _, at := range []time.Duration{-2, 1, -1, 2} {
		m := f.newMessage(s.ID, chat.SenderVisitor, "x")
		m.At = limit.Add(at * time.Second)
		f.do(chat.OpAppendMessage{Message: m})
	}
	want := f.events(chat.EventQuery{})[2:]
	f.do(chat.OpPruneEvents{Before: limit})
	f.equal("events", f.events(chat.EventQuery{}), want)
	if got := f.log().Pruned; got >= want[0].Position {
		f.Fatalf("pruned to %d, but event %d is kept", got, want[0].Position)
	}
}
