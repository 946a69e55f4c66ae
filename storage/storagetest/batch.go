package storagetest

import (
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

var batchRows = []row{
	{"Append/Nothing", testAppendNothing},
	{"Append/EachSeesTheOnesBefore", testAppendSeesBefore},
	{"Append/AFailingOpTouchesNoOther", testAppendIsolation},
	{"Append/EventsInOrder", testAppendEventOrder},
	{"Append/EraseAmongOthers", testAppendErase},
	{"Append/MergeAmongOthers", testAppendMerge},
	{"Append/DuplicatesInOneBatch", testAppendDuplicates},
	{"Append/LargeBatch", testAppendLarge},
}

func testAppendNothing(f *fixture) {
	res, err := f.store.Append(f.ctx, nil)
	f.noErr("Append", err)
	f.equal("results", len(res), 0)
}

func testAppendSeesBefore(f *fixture) {
	v := chat.Visitor{ID: "v", CreatedAt: f.tick(), LastSeenAt: f.now}
	s := f.newSession("v")
	res := f.append(
		chat.OpSaveVisitor{Visitor: v},
		chat.OpCreateSession{Session: s},
		chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "1")},
		chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderAgent, "2")},
		chat.OpCloseSession{SessionID: s.ID, At: f.tick()},
		chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "3")},
	)
	for i, r := range res[:5] {
		f.noErr(fmt.Sprint("op ", i), r.Err)
	}
	f.equal("second seq", res[3].Message.Seq, int64(2))
	f.equal("session then", res[2].Session.MessageCount, int64(1))
	f.wantErr("the last", res[5].Err, chat.ErrSessionClosed)
	f.equal("session", f.session(s.ID), res[4].Session)
}

// testAppendIsolation puts each kind of failure between ops that succeed.
func testAppendIsolation(f *fixture) {
	s := f.start("")
	taken := f.say(s.ID, chat.SenderVisitor, "0")
	closed := f.start("")
	f.do(chat.OpCloseSession{SessionID: closed.ID, At: f.tick()})
	v := f.visitor()
	v.ExternalID = "user-1"
	f.do(chat.OpSaveVisitor{Visitor: v})

	sameID := f.newMessage(s.ID, chat.SenderVisitor, "x")
	sameID.ID = taken.ID
	badSender := f.newMessage(s.ID, "nobody", "x")
	badSession, newVisitor := f.newSession("new"), chat.Visitor{ID: "new", CreatedAt: f.tick(), LastSeenAt: f.now}
	badSession.AssigneeID = "nobody"
	rival := f.visitor()
	rival.ExternalID = "user-1"
	unencodable := map[string]any{"f": func() {}}
	failing := []chat.Op{
		chat.OpAppendMessage{Message: sameID},
		chat.OpAppendMessage{Message: badSender},
		chat.OpAppendMessage{Message: f.newMessage("nothing", chat.SenderVisitor, "x")},
		chat.OpAppendMessage{Message: f.newMessage(closed.ID, chat.SenderVisitor, "x")},
		chat.OpCreateSession{Session: badSession, Visitor: &newVisitor},
		chat.OpSaveVisitor{Visitor: rival},
		chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{CustomData: &unencodable}, At: f.tick()},
		chat.OpEraseVisitor{VisitorID: "nobody"},
		chat.OpMergeVisitor{From: v.ID, To: "nobody", At: f.tick()},
	}
	ops := []chat.Op{chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "first")}}
	for _, op := range failing {
		ops = append(ops, op, chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "next")})
	}
	before := f.log().Head
	res := f.append(ops...)
	seq, events := taken.Seq, 0
	for i, r := range res {
		if i%2 == 1 {
			if r.Err == nil {
				f.Fatalf("%T at %d did not fail", ops[i], i)
			}
			continue
		}
		f.noErr(fmt.Sprint("op ", i), r.Err)
		seq++
		f.equal("seq", r.Message.Seq, seq)
		events += len(r.Events)
	}
	f.equal("events", len(f.events(chat.EventQuery{After: before})), events)
	f.equal("messages", f.session(s.ID).MessageCount, seq)
	f.wantErr("the visitor of the session that failed", errOf(f.store.Visitor(f.ctx, "new")), chat.ErrUnknownVisitor)
}

func testAppendEventOrder(f *fixture) {
	s, other := f.start(""), f.start("")
	in := f.newSession(s.VisitorID)
	first := f.newMessage(in.ID, chat.SenderVisitor, "first")
	before := f.log().Head
	res := f.append(
		chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "1")},
		chat.OpCreateSession{Session: in, First: &first},
		chat.OpAppendNote{Message: f.newMessage(other.ID, chat.SenderAgent, "2")},
		chat.OpCloseSession{SessionID: s.ID, At: f.tick()},
	)
	var all []*chat.Event
	for _, r := range res {
		all = append(all, r.Events...)
	}
	f.equal("types", eventTypes(all), "message_sent session_started message_sent note_added session_closed session_missed")
	logged := f.events(chat.EventQuery{After: before})
	for i, e := range logged {
		f.equal("position", e.Position, all[i].Position)
		f.equal("id", e.ID, all[i].ID)
	}
	f.equal("types in the log", eventTypes(logged), eventTypes(all))
}

func testAppendErase(f *fixture) {
	s := f.start("")
	res := f.append(
		chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "1")},
		chat.OpEraseVisitor{VisitorID: s.VisitorID},
		chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "2")},
	)
	f.noErr("the message before", res[0].Err)
	f.noErr("erasing", res[1].Err)
	f.wantErr("the message after", res[2].Err, chat.ErrUnknownSession)
	f.equal("events", len(f.events(chat.EventQuery{})), 0)
}

func testAppendMerge(f *fixture) {
	from, to := f.visitor(), f.visitor()
	s := f.start(from.ID)
	res := f.append(
		chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "1")},
		chat.OpMergeVisitor{From: from.ID, To: to.ID, At: f.tick()},
		chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "2")},
	)
	for i, want := range []string{from.ID, to.ID, to.ID} {
		f.noErr(fmt.Sprint("op ", i), res[i].Err)
		f.equal("visitor of the event", res[i].Events[0].VisitorID, want)
	}
	f.equal("events of To", eventTypes(f.events(chat.EventQuery{Topic: chat.Topic{VisitorID: to.ID}})),
		"session_started message_sent session_updated message_sent")
}

func testAppendDuplicates(f *fixture) {
	s := f.start("")
	var ops []chat.Op
	for range 10 {
		m := f.newMessage(s.ID, chat.SenderVisitor, "once")
		m.ClientID, m.Fingerprint = "c1", "fp"
		ops = append(ops, chat.OpAppendMessage{Message: m})
	}
	res := f.append(ops...)
	for i, r := range res {
		f.noErr("append", r.Err)
		f.equal("duplicate", r.Duplicate, i > 0)
		f.equal("message", r.Message, res[0].Message)
	}
	f.equal("count", f.session(s.ID).MessageCount, int64(1))
}

func testAppendLarge(f *fixture) {
	s := f.start("")
	var ops []chat.Op
	for i := range 256 {
		ops = append(ops, chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, fmt.Sprint(i))})
	}
	for i, r := range f.append(ops...) {
		f.noErr("append", r.Err)
		f.equal("seq", r.Message.Seq, int64(i+1))
	}
	f.equal("events", len(f.events(chat.EventQuery{})), 257)
}
