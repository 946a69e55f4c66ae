package storagetest

import (
	"github.com/pealchat/pealchat/chat"
)

var noteRows = []row{
	{"Note/KeepsEverything", testNoteKeepsEverything},
	{"Note/ChangesNothingVisible", testNoteChangesNothing},
	{"Note/StandsAmongTheMessages", testNotePlace},
	{"Note/ToClosedSession", testNoteToClosed},
	{"Note/AgainIsDuplicate", testNoteAgain},
	{"Note/ClientIDOfAMessage", testNoteClientIDOfMessage},
	{"Note/IsNoCursorForVisitors", testNoteIsNoCursor},
	{"Note/EditAndDelete", testNoteEdit},
}

func testNoteKeepsEverything(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "x")
	m := f.newMessage(s.ID, chat.SenderAgent, "Careful with this one 🤫")
	m.ClientID, m.Fingerprint = "c1", "fp"
	res := f.do(chat.OpAppendNote{Message: m})
	m.Note, m.Seq = true, 0
	f.equal("result", res.Message, m)
	got, err := f.store.Message(f.ctx, s.ID, m.ID)
	f.noErr("Message", err)
	f.equal("message", got, m)
	f.wantEvents(res, "note_added")
}

func testNoteChangesNothing(f *fixture) {
	s := f.start("")
	f.jot(s.ID, "before any message")
	f.equal("empty session", f.session(s.ID), s)
	f.say(s.ID, chat.SenderVisitor, "x")
	f.say(s.ID, chat.SenderAgent, "y")
	before, list := f.session(s.ID), f.messages(chat.MessageQuery{SessionID: s.ID})
	res := f.do(chat.OpAppendNote{Message: f.newMessage(s.ID, chat.SenderAgent, "secret")})
	f.equal("session in the result", res.Session, before)
	f.equal("session", f.session(s.ID), before)
	f.equal("messages", f.messages(chat.MessageQuery{SessionID: s.ID}), list)
	f.equal("latest page", f.messages(chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Before: chat.Latest}}), list)
	f.equal("next seq", f.say(s.ID, chat.SenderVisitor, "z").Seq, int64(3))
}

func testNotePlace(f *fixture) {
	s := f.start("")
	var want []string
	for _, step := range []string{"n", "n", "m", "n", "m", "m", "n", "n"} {
		if step == "n" {
			want = append(want, f.jot(s.ID, "note").ID)
		} else {
			want = append(want, f.say(s.ID, chat.SenderVisitor, "message").ID)
		}
	}
	f.equal("with notes", ids(f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true})), want)
	f.equal("without", ids(f.messages(chat.MessageQuery{SessionID: s.ID})), []string{want[2], want[4], want[5]})
	f.equal("two before the end", ids(f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true, Page: chat.Page{Before: chat.Latest, Limit: 2}})), want[6:])
	f.equal("after seq 1", ids(f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true, Page: chat.Page{After: "1"}})), want[3:])
	f.equal("before seq 2", ids(f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true, Page: chat.Page{Before: "2"}})), want[:4])
	f.equal("after a note", ids(f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true, Page: chat.Page{After: want[3]}})), want[4:])
	f.equal("before a note", ids(f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true, Page: chat.Page{Before: want[1]}})), want[:1])
}

func testNoteToClosed(f *fixture) {
	s := f.start("")
	closed := f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()}).Session
	f.jot(s.ID, "for the record")
	f.equal("session", f.session(s.ID), closed)
}

func testNoteAgain(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderAgent, "note")
	m.ClientID, m.Fingerprint = "c1", "fp"
	first := f.do(chat.OpAppendNote{Message: m}).Message
	m.ID = f.id("message")
	f.equal("message", f.duplicate(chat.OpAppendNote{Message: m}).Message, first)
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	f.duplicate(chat.OpAppendNote{Message: m})
	m.Fingerprint = "other"
	f.fails(chat.OpAppendNote{Message: m}, chat.ErrClientIDReused)
}

// A note must never answer for a message, nor the other way round, even where
// the requests look the same.
func testNoteClientIDOfMessage(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderAgent, "x")
	m.ClientID, m.Fingerprint = "c1", "fp"
	f.do(chat.OpAppendMessage{Message: m})
	m.ID = f.id("message")
	f.fails(chat.OpAppendNote{Message: m}, chat.ErrClientIDReused)
	m.ClientID = "c2"
	f.do(chat.OpAppendNote{Message: m})
	m.ID = f.id("message")
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrClientIDReused)
}

func testNoteIsNoCursor(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "x")
	n := f.jot(s.ID, "secret")
	for _, p := range []chat.Page{{After: n.ID}, {Before: n.ID}} {
		_, err := f.store.Messages(f.ctx, chat.MessageQuery{SessionID: s.ID, Page: p})
		f.wantErr("a note's id as a cursor without notes", err, chat.ErrInvalidCursor)
		_, unknown := f.store.Messages(f.ctx, chat.MessageQuery{SessionID: s.ID, Page: chat.Page{After: p.After + "x", Before: ""}})
		if p.After != "" {
			f.equal("the error tells it from an unknown id", err.Error(), unknown.Error())
		}
	}
}

func testNoteEdit(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "x")
	n := f.jot(s.ID, "note")
	before := f.session(s.ID)
	res := f.do(chat.OpEditMessage{SessionID: s.ID, MessageID: n.ID, Text: "better", At: f.tick()})
	n.Text, n.EditedAt = "better", f.now
	f.equal("edited", res.Message, n)
	f.wantEvents(res, "message_updated")
	res = f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: n.ID, At: f.tick()})
	n.Text, n.DeletedAt = "", f.now
	f.equal("deleted", res.Message, n)
	f.wantEvents(res, "message_deleted")
	f.equal("session", f.session(s.ID), before)
}

// ids lists the ids of a page's messages.
func ids(p chat.MessagePage) []string {
	var list []string
	for _, m := range p.Messages {
		list = append(list, m.ID)
	}
	return list
}
