package storagetest

import "github.com/pealchat/pealchat/chat"

var seenRows = []row{
	{"Seen/ByAgent", testSeenByAgent},
	{"Seen/ByVisitor", testSeenByVisitor},
	{"Seen/NeverMovesBack", testSeenNeverBack},
	{"Seen/Note", testSeenNote},
}

func testSeenByAgent(f *fixture) {
	s := f.start("")
	one := f.say(s.ID, chat.SenderVisitor, "1")
	f.say(s.ID, chat.SenderBot, "2")
	f.say(s.ID, chat.SenderVisitor, "3")
	last := f.say(s.ID, chat.SenderVisitor, "4")
	f.jot(s.ID, "note")
	want := f.session(s.ID)
	f.equal("unread", want.Unread, int64(3))
	res := f.do(chat.OpMarkSeen{SessionID: s.ID, MessageID: one.ID, Sender: chat.SenderAgent})
	want.AgentSeenSeq, want.Unread = 1, 2
	f.equal("session in the result", res.Session, want)
	f.equal("session", f.session(s.ID), want)
	f.equal("message", res.Message, one)
	f.wantEvents(res, "")
	f.do(chat.OpMarkSeen{SessionID: s.ID, MessageID: last.ID, Sender: chat.SenderAgent})
	want.AgentSeenSeq, want.Unread = 4, 0
	f.equal("session with all seen", f.session(s.ID), want)
	f.equal("unread after one more", f.do(chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "5")}).Session.Unread, int64(1))
}

func testSeenByVisitor(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "1")
	two := f.say(s.ID, chat.SenderAgent, "2")
	f.jot(s.ID, "note")
	f.say(s.ID, chat.SenderBot, "3")
	f.jot(s.ID, "note behind what is not seen yet")
	want := f.session(s.ID)
	f.equal("unread", want.VisitorUnread, int64(2))
	res := f.do(chat.OpMarkSeen{SessionID: s.ID, MessageID: two.ID, Sender: chat.SenderVisitor})
	want.VisitorSeen, want.VisitorUnread = 2, 1
	f.equal("session in the result", res.Session, want)
	f.equal("session", f.session(s.ID), want)
	f.wantEvents(res, "")
}

func testSeenNeverBack(f *fixture) {
	s := f.start("")
	one := f.say(s.ID, chat.SenderAgent, "1")
	two := f.say(s.ID, chat.SenderAgent, "2")
	f.do(chat.OpMarkSeen{SessionID: s.ID, MessageID: two.ID, Sender: chat.SenderVisitor})
	before := f.session(s.ID)
	for _, m := range []chat.Message{one, two} {
		res := f.duplicate(chat.OpMarkSeen{SessionID: s.ID, MessageID: m.ID, Sender: chat.SenderVisitor})
		f.equal("message", res.Message, m)
		f.equal("session in the result", res.Session, before)
	}
	f.duplicate(chat.OpMarkSeen{SessionID: s.ID, MessageID: two.ID, Sender: chat.SenderAgent}) // who wrote it has seen it
	f.equal("session", f.session(s.ID), before)
}

func testSeenNote(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "1")
	n := f.jot(s.ID, "note")
	before := f.session(s.ID)
	f.duplicate(chat.OpMarkSeen{SessionID: s.ID, MessageID: n.ID, Sender: chat.SenderAgent})
	f.duplicate(chat.OpMarkSeen{SessionID: s.ID, MessageID: n.ID, Sender: chat.SenderVisitor})
	f.equal("session", f.session(s.ID), before)
}
