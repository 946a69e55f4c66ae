package storagetest

import "github.com/pealchat/pealchat/chat"

var eraseRows = []row{
	{"Erase/RemovesEverything", testErase},
	{"Erase/LeavesOthersAlone", testEraseLeavesOthers},
	{"Erase/PositionsGoOn", testErasePositions},
}

func testErase(f *fixture) {
	v := f.visitor()
	v.ExternalID = "user-1"
	f.do(chat.OpSaveVisitor{Visitor: v, TokenHash: "h"})
	in := f.newSession(v.ID)
	in.Tags = []string{"gone"}
	first := f.newMessage(in.ID, chat.SenderVisitor, "x")
	f.do(chat.OpCreateSession{Session: in, First: &first})
	f.say(in.ID, chat.SenderAgent, "y")
	f.jot(in.ID, "z")
	f.mention(in.ID, "a1")
	f.draft(in.ID, "a1", false, "secret")
	f.do(chat.OpRateSession{SessionID: in.ID, Rating: chat.Rating{Score: 1, At: f.tick()}})
	f.start(v.ID)
	res := f.do(chat.OpEraseVisitor{VisitorID: v.ID})
	f.wantEvents(res, "")
	for what, err := range map[string]error{
		"Visitor":             errOf(f.store.Visitor(f.ctx, v.ID)),
		"VisitorByToken":      errOf(f.store.VisitorByToken(f.ctx, "h")),
		"VisitorByExternalID": errOf(f.store.VisitorByExternalID(f.ctx, "user-1")),
	} {
		f.wantErr(what, err, chat.ErrUnknownVisitor)
	}
	f.wantErr("Session", errOf(f.store.Session(f.ctx, in.ID)), chat.ErrUnknownSession)
	f.wantErr("Messages", errOf(f.store.Messages(f.ctx, chat.MessageQuery{SessionID: in.ID})), chat.ErrUnknownSession)
	f.wantErr("Message", errOf(f.store.Message(f.ctx, in.ID, first.ID)), chat.ErrUnknownMessage)
	f.equal("sessions", f.sessions(chat.SessionQuery{}), chat.SessionPage{})
	f.equal("tagged sessions", f.sessions(chat.SessionQuery{Tag: "gone"}), chat.SessionPage{})
	f.equal("events", len(f.events(chat.EventQuery{})), 0)
	f.equal("mentions", f.mentions(chat.MentionQuery{AgentID: "a1"}), chat.MentionPage{})
	f.fails(chat.OpEraseVisitor{VisitorID: v.ID}, chat.ErrUnknownVisitor)

	// The ids are free again, as if nothing had been.
	f.do(chat.OpSaveVisitor{Visitor: v, TokenHash: "h"})
	f.do(chat.OpCreateSession{Session: in, First: &first})
	d, err := f.store.Draft(f.ctx, in.ID, "a1", false)
	f.noErr("Draft", err)
	f.equal("draft", d.Text, "")
}

func errOf[T any](_ T, err error) error { return err }

func testEraseLeavesOthers(f *fixture) {
	gone, stays := f.visitor(), f.visitor()
	f.do(chat.OpSaveVisitor{Visitor: stays, TokenHash: "h"})
	s := f.start(stays.ID)
	f.start(gone.ID)
	m := f.say(s.ID, chat.SenderVisitor, "x")
	n := f.jot(s.ID, "y")
	session, events := f.session(s.ID), f.events(chat.EventQuery{Topic: chat.Topic{VisitorID: stays.ID}})
	f.do(chat.OpEraseVisitor{VisitorID: gone.ID})
	f.equal("session", f.session(s.ID), session)
	f.equal("messages", f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true}).Messages, []chat.Message{m, n})
	f.equal("events", f.events(chat.EventQuery{}), events)
	f.noErr("token", errOf(f.store.VisitorByToken(f.ctx, "h")))
}

func testErasePositions(f *fixture) {
	v := f.visitor()
	s := f.start(v.ID)
	f.say(s.ID, chat.SenderVisitor, "x")
	head := f.log().Head
	f.do(chat.OpEraseVisitor{VisitorID: v.ID})
	f.equal("log", f.log(), chat.EventLog{Head: head})
	res := f.do(chat.OpCreateSession{Session: f.newSession(f.visitor().ID)})
	if res.Events[0].Position <= head {
		f.Fatalf("position %d was given out before (%d)", res.Events[0].Position, head)
	}
}
