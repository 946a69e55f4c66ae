package storagetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var messageRows = []row{
	{"Message/KeepsEverything", testMessageKeepsEverything},
	{"Message/SeqIsDense", testSeqIsDense},
	{"Message/Figures", testFigures},
	{"Message/FirstReply", testFirstReply},
	{"Message/PreviewIsShort", testPreviewIsShort},
	{"Message/AgainIsDuplicate", testMessageAgain},
	{"Message/ClientIDIsPerSenderAndSession", testClientIDScope},
	{"Message/DuplicateBeforeClosed", testDuplicateBeforeClosed},
	{"Message/ToClosedSession", testMessageToClosed},
	{"Message/IDTaken", testMessageIDTaken},
	{"Message/Unknown", testUnknownMessage},
	{"Message/TextsAreExact", testTextsAreExact},
	{"Message/TimesAreExact", testTimesAreExact},
	{"Message/Translation", testTranslation},
}

func testMessageKeepsEverything(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderAgent, "See attached")
	m.ClientID, m.Fingerprint = "c1", "fp"
	f.do(chat.OpAddFile{FileID: "f1", At: f.now})
	f.do(chat.OpAddFile{FileID: "f2", At: f.now})
	m.Attachments = []chat.Attachment{
		{FileID: "f1", Name: "ä.pdf", ContentType: "application/pdf", Size: 1 << 40, URL: "files/f1"},
		{FileID: "f2", Name: "b.png", ContentType: "image/png", Size: 0, URL: "files/f2", Width: 3, Height: 2},
	}
	m.QuickReplies = []string{"Yes", "Não 🙂"}
	res := f.do(chat.OpAppendMessage{Message: m})
	m.Seq = 1
	f.equal("result", res.Message, m)
	got, err := f.store.Message(f.ctx, s.ID, m.ID)
	f.noErr("Message", err)
	f.equal("message", got, m)
	f.equal("list", f.messages(chat.MessageQuery{SessionID: s.ID}).Messages, []chat.Message{m})
	f.equal("session in the result", res.Session, f.session(s.ID))
	f.wantEvents(res, "message_sent")
	f.equal("event's time", res.Events[0].At, m.At)
}

func testSeqIsDense(f *fixture) {
	one, two := f.start(""), f.start("")
	for i := range 5 {
		f.equal("seq", f.say(one.ID, chat.SenderVisitor, "x").Seq, int64(i+1))
		f.jot(one.ID, "a note takes no number")
		f.fails(chat.OpAppendMessage{Message: f.newMessage("nothing", chat.SenderVisitor, "x")}, chat.ErrUnknownSession)
		if i%2 == 0 {
			f.equal("seq of another session", f.say(two.ID, chat.SenderAgent, "y").Seq, int64(i/2+1))
		}
	}
	f.equal("count", f.session(one.ID).MessageCount, int64(5))
}

// testFigures checks every figure of the session after each message.
func testFigures(f *fixture) {
	s := f.start("")
	var at [8]time.Time
	for i, step := range []struct {
		sender                                        string
		unread, agentSeen, visitorSeen, visitorUnread int64
		waiting, reply                                int // the message whose time it is
	}{
		{chat.SenderBot, 0, 0, 0, 1, 0, 0},
		{chat.SenderVisitor, 1, 0, 2, 0, 2, 0},
		{chat.SenderBot, 1, 0, 2, 1, 2, 0},
		{chat.SenderVisitor, 2, 0, 4, 0, 2, 0},
		{chat.SenderAgent, 0, 5, 4, 1, 0, 5},
		{chat.SenderAgent, 0, 6, 4, 2, 0, 5},
		{chat.SenderVisitor, 1, 6, 7, 0, 7, 5},
	} {
		before := f.session(s.ID)
		m := f.say(s.ID, step.sender, fmt.Sprint("message ", i+1))
		at[i+1] = m.At
		want := before
		want.MessageCount, want.LastMessage, want.UpdatedAt = int64(i+1), m.Preview(), m.At
		want.Unread, want.AgentSeenSeq, want.VisitorSeen, want.VisitorUnread = step.unread, step.agentSeen, step.visitorSeen, step.visitorUnread
		want.WaitingSince, want.FirstReplyAt = at[step.waiting], at[step.reply]
		if i > 0 {
			want.QueuedAt = at[2] // the visitor's first
		}
		f.equal(fmt.Sprintf("session after message %d", i+1), f.session(s.ID), want)
	}
}

func testFirstReply(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderAgent, "Can I help?")
	f.equal("after an agent who spoke first", f.session(s.ID).FirstReplyAt, time.Time{})
	f.say(s.ID, chat.SenderVisitor, "Yes")
	reply := f.say(s.ID, chat.SenderAgent, "Go on")
	f.say(s.ID, chat.SenderVisitor, "…")
	f.say(s.ID, chat.SenderAgent, "…")
	f.equal("first reply", f.session(s.ID).FirstReplyAt, reply.At)
}

func testPreviewIsShort(f *fixture) {
	s := f.start("")
	m := f.say(s.ID, chat.SenderVisitor, "Line\n\n"+strings.Repeat("𝒳 ", 500))
	last := f.session(s.ID).LastMessage
	f.equal("preview", last, m.Preview())
	if n := len([]rune(last.Text)); n > chat.PreviewLength {
		f.Errorf("the preview has %d runes, want at most %d", n, chat.PreviewLength)
	}
}

func testMessageAgain(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderVisitor, "Hello")
	m.ClientID, m.Fingerprint = "c1", "fp"
	first := f.do(chat.OpAppendMessage{Message: m}).Message
	f.say(s.ID, chat.SenderAgent, "Hi")
	m.ID = f.id("message")
	res := f.duplicate(chat.OpAppendMessage{Message: m})
	f.equal("message", res.Message, first)
	f.equal("session", res.Session, f.session(s.ID))
	m.Fingerprint = "other"
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrClientIDReused)
	f.equal("seq goes on", f.say(s.ID, chat.SenderVisitor, "x").Seq, int64(3))

	// Without a client id everything is new.
	same := f.newMessage(s.ID, chat.SenderVisitor, "same")
	for range 2 {
		same.ID = f.id("message")
		f.do(chat.OpAppendMessage{Message: same})
	}
}

func testClientIDScope(f *fixture) {
	one, two := f.start(""), f.start("")
	for _, id := range []string{one.ID, two.ID} {
		for _, sender := range []string{chat.SenderVisitor, chat.SenderAgent, chat.SenderBot} {
			m := f.newMessage(id, sender, "x")
			m.ClientID, m.Fingerprint = "same", sender
			f.do(chat.OpAppendMessage{Message: m})
		}
	}
}

func testDuplicateBeforeClosed(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderVisitor, "Hello")
	m.ClientID, m.Fingerprint = "c1", "fp"
	first := f.do(chat.OpAppendMessage{Message: m}).Message
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	m.ID = f.id("message")
	f.equal("message", f.duplicate(chat.OpAppendMessage{Message: m}).Message, first)
	m.Fingerprint = "other"
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrClientIDReused)
	m.ClientID = "c2"
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrSessionClosed)
}

func testMessageToClosed(f *fixture) {
	s := f.start("")
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	before := f.session(s.ID)
	for _, sender := range []string{chat.SenderVisitor, chat.SenderAgent, chat.SenderBot} {
		f.fails(chat.OpAppendMessage{Message: f.newMessage(s.ID, sender, "x")}, chat.ErrSessionClosed)
	}
	f.equal("session", f.session(s.ID), before)
}

func testMessageIDTaken(f *fixture) {
	s := f.start("")
	first := f.say(s.ID, chat.SenderVisitor, "Hello")
	m := f.newMessage(s.ID, chat.SenderVisitor, "x")
	m.ID = first.ID
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrConflict)
	m.ClientID = "c1"
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrConflict)
	f.fails(chat.OpAppendNote{Message: m}, chat.ErrConflict)
	f.equal("seq", f.say(s.ID, chat.SenderVisitor, "y").Seq, int64(2))
}

func testUnknownMessage(f *fixture) {
	one, two := f.start(""), f.start("")
	m := f.say(two.ID, chat.SenderVisitor, "of another session")
	for _, id := range []string{"nothing", m.ID} {
		_, err := f.store.Message(f.ctx, one.ID, id)
		f.wantErr("Message", err, chat.ErrUnknownMessage)
		f.fails(chat.OpEditMessage{SessionID: one.ID, MessageID: id, Text: "x", At: f.tick()}, chat.ErrUnknownMessage)
		f.fails(chat.OpDeleteMessage{SessionID: one.ID, MessageID: id, At: f.tick()}, chat.ErrUnknownMessage)
		f.fails(chat.OpMarkSeen{SessionID: one.ID, MessageID: id, Sender: chat.SenderAgent}, chat.ErrUnknownMessage)
	}
	_, err := f.store.Messages(f.ctx, chat.MessageQuery{SessionID: "nothing"})
	f.wantErr("Messages", err, chat.ErrUnknownSession)
}

func testTextsAreExact(f *fixture) {
	s := f.start("")
	for _, text := range []string{
		"naïve façade", "日本語", "👩‍👩‍👧‍👦 𝒳𝔘", "a\u0301 ≠ á", "\tTab\nnew line\n\n", "'; DROP TABLE chat_messages; --", `"\u0000" \ %s ? :name ${x} {y}`,
		"עברית العربية \u202e", "\ufeff\u2028\u2029\ufffd", strings.Repeat("long 🦜 ", 5000),
	} {
		m := f.newMessage(s.ID, chat.SenderVisitor, text)
		m.SenderName, m.ClientID = text, text
		res := f.do(chat.OpAppendMessage{Message: m})
		m.Seq = res.Message.Seq
		f.equal("result", res.Message, m)
		got, err := f.store.Message(f.ctx, s.ID, m.ID)
		f.noErr("Message", err)
		f.equal("message", got, m)
		m.ID = f.id("message")
		f.duplicate(chat.OpAppendMessage{Message: m})
	}
}

func testTimesAreExact(f *fixture) {
	s := f.start("")
	for _, ms := range []int64{0, 1, 999, 1_000, 1_763_890_200_123, 253_402_300_799_999} {
		m := f.newMessage(s.ID, chat.SenderAgent, "x")
		m.At = time.UnixMilli(ms).In(time.FixedZone("elsewhere", 5*3600))
		f.do(chat.OpAppendMessage{Message: m})
		got, err := f.store.Message(f.ctx, s.ID, m.ID)
		f.noErr("Message", err)
		f.equal("milliseconds", got.At.UnixMilli(), ms)
		f.equal("offset", got.At.Format("Z07:00"), "Z")
	}
}

func testTranslation(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderVisitor, "Wo ist meine Schale?")
	m.Translation = "Where is my bowl?"
	f.equal("appended", f.do(chat.OpAppendMessage{Message: m}).Message.Translation, m.Translation)
	stored := func() chat.Message {
		got, err := f.store.Message(f.ctx, s.ID, m.ID)
		if err != nil {
			f.Fatal(err)
		}
		return got
	}
	f.equal("stored", stored().Translation, m.Translation)
	edit := func(text, translation string) string {
		res := f.do(chat.OpEditMessage{SessionID: s.ID, MessageID: m.ID, Text: text, Translation: translation, At: f.tick()})
		f.equal("edited", res.Message, stored())
		return stored().Translation
	}
	f.equal("edited", edit("Wo ist mein Krug?", "Where is my jug?"), "Where is my jug?")
	f.equal("edited without one", edit("Wo?", ""), "")
	edit("Wo ist sie?", "Where is it?")
	f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: m.ID, At: f.tick()})
	f.equal("deleted", stored().Translation, "")
}
