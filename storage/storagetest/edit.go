package storagetest

import "github.com/pealchat/pealchat/chat"

var editRows = []row{
	{"Edit/ReplacesTheText", testEdit},
	{"Edit/PreviewFollowsTheLatest", testEditPreview},
	{"Edit/SameTextIsDuplicate", testEditSame},
	{"Delete/EmptiesTheMessage", testDelete},
	{"Delete/IsGoneFromTheLog", testDeleteLog},
	{"Delete/EndsEditing", testDeleteEndsEditing},
}

func testEdit(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderAgent, "teh")
	m.Attachments, m.QuickReplies = []chat.Attachment{f.file("a")}, []string{"Yes"}
	m = f.do(chat.OpAppendMessage{Message: m}).Message
	f.say(s.ID, chat.SenderVisitor, "x")
	before := f.session(s.ID)
	res := f.do(chat.OpEditMessage{SessionID: s.ID, MessageID: m.ID, Text: "the 🙂", At: f.tick()})
	m.Text, m.EditedAt = "the 🙂", f.now
	f.equal("result", res.Message, m)
	f.equal("list", f.messages(chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Limit: 1}}).Messages, []chat.Message{m})
	f.equal("session", f.session(s.ID), before)
	f.wantEvents(res, "message_updated")
	f.equal("event's time", res.Events[0].At, f.now)
}

func testEditPreview(f *fixture) {
	s := f.start("")
	first, last := f.say(s.ID, chat.SenderAgent, "one"), f.say(s.ID, chat.SenderAgent, "two")
	f.do(chat.OpEditMessage{SessionID: s.ID, MessageID: first.ID, Text: "one!", At: f.tick()})
	f.equal("after editing another", f.session(s.ID).LastMessage.Text, "two")
	res := f.do(chat.OpEditMessage{SessionID: s.ID, MessageID: last.ID, Text: "two!", At: f.tick()})
	f.equal("in the result", res.Session.LastMessage.Text, "two!")
	f.equal("after editing the latest", f.session(s.ID).LastMessage.Text, "two!")
	f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: last.ID, At: f.tick()})
	f.equal("after deleting the latest", f.session(s.ID).LastMessage.Text, "")
}

func testEditSame(f *fixture) {
	s := f.start("")
	m := f.say(s.ID, chat.SenderAgent, "same")
	res := f.duplicate(chat.OpEditMessage{SessionID: s.ID, MessageID: m.ID, Text: "same", At: f.tick()})
	f.equal("message", res.Message, m)
	got, err := f.store.Message(f.ctx, s.ID, m.ID)
	f.noErr("Message", err)
	f.equal("stored message", got, m)
}

func testDelete(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderBot, "regret")
	m.Attachments, m.QuickReplies = []chat.Attachment{f.file("a")}, []string{"Yes"}
	m = f.do(chat.OpAppendMessage{Message: m}).Message
	f.say(s.ID, chat.SenderVisitor, "x")
	before := f.session(s.ID)
	res := f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: m.ID, At: f.tick()})
	m.Text, m.Attachments, m.QuickReplies, m.DeletedAt = "", nil, nil, f.now
	f.equal("result", res.Message, m)
	f.equal("list", f.messages(chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Limit: 1}}).Messages, []chat.Message{m})
	f.equal("session", f.session(s.ID), before)
	f.wantEvents(res, "message_deleted")
	f.equal("event's time", res.Events[0].At, f.now)
	f.equal("again", f.duplicate(chat.OpDeleteMessage{SessionID: s.ID, MessageID: m.ID, At: f.tick()}).Message, m)
	f.equal("next seq", f.say(s.ID, chat.SenderVisitor, "y").Seq, int64(3))
}

func testDeleteLog(f *fixture) {
	s := f.start("")
	m := f.say(s.ID, chat.SenderVisitor, "regret")
	f.do(chat.OpEditMessage{SessionID: s.ID, MessageID: m.ID, Text: "regret more", At: f.tick()})
	want := f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: m.ID, At: f.tick()}).Message
	events := f.events(chat.EventQuery{})
	f.equal("types", eventTypes(events), "session_started message_sent message_updated message_deleted")
	for _, e := range events[1:] {
		f.equal(e.Type, e.Data, any(want))
	}
	f.equal("the session's preview", events[0].Data.(chat.Session).LastMessage.Text, "")
}

func testDeleteEndsEditing(f *fixture) {
	s := f.start("")
	m := f.say(s.ID, chat.SenderVisitor, "x")
	f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: m.ID, At: f.tick()})
	f.fails(chat.OpEditMessage{SessionID: s.ID, MessageID: m.ID, Text: "back", At: f.tick()}, chat.ErrUnknownMessage)
	f.fails(chat.OpEditMessage{SessionID: s.ID, MessageID: m.ID, Text: "", At: f.tick()}, chat.ErrUnknownMessage)
}
