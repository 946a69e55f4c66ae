package storagetest

import "github.com/pealchat/pealchat/chat"

var mentionRows = []row{
	{"Mention/NoteKeepsThem", testMentionKept},
	{"Mention/OfEachAgent", testMentions},
	{"Mention/DeletedNotesMentionNobody", testMentionDeleted},
	{"Mention/Pages", testMentionPages},
}

func (f *fixture) mention(session string, agents ...string) chat.Message {
	f.Helper()
	m := f.newMessage(session, chat.SenderAgent, "Look at this")
	m.Mentions = agents
	return f.do(chat.OpAppendNote{Message: m}).Message
}

func (f *fixture) mentions(q chat.MentionQuery) chat.MentionPage {
	f.Helper()
	p, err := f.store.Mentions(f.ctx, q)
	f.noErr("Mentions", err)
	return p
}

func mentionsOf(p chat.MentionPage) []string {
	var list []string
	for _, m := range p.Mentions {
		list = append(list, m.Note.ID)
	}
	return list
}

func testMentionKept(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderAgent, "Look at this")
	m.Mentions = []string{"b", "a"}
	res := f.do(chat.OpAppendNote{Message: m})
	m.Note = true
	f.equal("result", res.Message, m)
	f.equal("list", f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true}).Messages, []chat.Message{m})
	f.wantEvents(res, "note_added")
	f.equal("mention", f.mentions(chat.MentionQuery{AgentID: "b"}).Mentions, []chat.Mention{{Note: m, VisitorName: s.VisitorName}})
}

func testMentions(f *fixture) {
	s, other := f.start(""), f.start("")
	both, one := f.mention(s.ID, "a", "b"), f.mention(other.ID, "a")
	f.jot(s.ID, "nobody")
	f.equal("a's", mentionsOf(f.mentions(chat.MentionQuery{AgentID: "a"})), []string{one.ID, both.ID})
	f.equal("b's", mentionsOf(f.mentions(chat.MentionQuery{AgentID: "b"})), []string{both.ID})
	f.equal("c's", f.mentions(chat.MentionQuery{AgentID: "c"}), chat.MentionPage{})
}

func testMentionDeleted(f *fixture) {
	s := f.start("")
	gone, stays := f.mention(s.ID, "a"), f.mention(s.ID, "a")
	f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: gone.ID, At: f.tick()})
	f.equal("mentions", mentionsOf(f.mentions(chat.MentionQuery{AgentID: "a"})), []string{stays.ID})
}

func testMentionPages(f *fixture) {
	s := f.start("")
	var all []string
	for range 5 {
		all = append([]string{f.mention(s.ID, "a").ID}, all...)
	}
	first := f.mentions(chat.MentionQuery{AgentID: "a", Page: chat.Page{Limit: 2}})
	f.equal("first page", mentionsOf(first), all[:2])
	f.mention(s.ID, "a")
	second := f.mentions(chat.MentionQuery{AgentID: "a", Page: chat.Page{Limit: 2, After: first.Next}})
	f.equal("second page", mentionsOf(second), all[2:4])
	last := f.mentions(chat.MentionQuery{AgentID: "a", Page: chat.Page{Limit: 2, After: second.Next}})
	f.equal("last page", mentionsOf(last), all[4:])
	f.equal("its end", last.Next, "")
	f.equal("back", mentionsOf(f.mentions(chat.MentionQuery{AgentID: "a", Page: chat.Page{Limit: 1, Before: second.Next}})), all[2:3])
	_, err := f.store.Mentions(f.ctx, chat.MentionQuery{AgentID: "a", Page: chat.Page{After: "x"}})
	f.wantErr("a cursor that none is", err, chat.ErrInvalidCursor)
}
