package storagetest

import "github.com/pealchat/pealchat/chat"

var draftRows = []row{
	{"Draft/SaveReplaceRemove", testDraft},
	{"Draft/OneForEachAgentAndKind", testDraftKeys},
	{"Draft/OfUnknownSession", testDraftUnknown},
	{"Draft/ChangesNothingElse", testDraftApart},
}

func (f *fixture) draft(session, agent string, note bool, text string) chat.Draft {
	f.Helper()
	d := chat.Draft{SessionID: session, AgentID: agent, Note: note, Text: text, UpdatedAt: f.tick()}
	f.wantEvents(f.do(chat.OpSaveDraft{Draft: d}), "")
	return d
}

func (f *fixture) wantDraft(want chat.Draft) {
	f.Helper()
	got, err := f.store.Draft(f.ctx, want.SessionID, want.AgentID, want.Note)
	f.noErr("Draft", err)
	f.equal("draft", got, want)
}

func testDraft(f *fixture) {
	s := f.start("")
	f.wantDraft(chat.Draft{SessionID: s.ID, AgentID: "a1"})
	f.wantDraft(f.draft(s.ID, "a1", false, "Let me look\n\t🦜"))
	f.wantDraft(f.draft(s.ID, "a1", false, "Let me look that up"))
	f.draft(s.ID, "a1", false, "")
	f.wantDraft(chat.Draft{SessionID: s.ID, AgentID: "a1"})
	f.draft(s.ID, "a1", false, "") // again
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	f.wantDraft(f.draft(s.ID, "a1", true, "for the record"))
}

func testDraftKeys(f *fixture) {
	s, other := f.start(""), f.start("")
	drafts := []chat.Draft{
		f.draft(s.ID, "a1", false, "1"), f.draft(s.ID, "a1", true, "2"), f.draft(s.ID, "a2", false, "3"), f.draft(other.ID, "a1", false, "4"),
	}
	for _, d := range drafts {
		f.wantDraft(d)
	}
	f.draft(s.ID, "a1", false, "")
	for _, d := range drafts[1:] {
		f.wantDraft(d)
	}
}

func testDraftUnknown(f *fixture) {
	f.fails(chat.OpSaveDraft{Draft: chat.Draft{SessionID: "nothing", AgentID: "a1", Text: "x", UpdatedAt: f.tick()}}, chat.ErrUnknownSession)
	f.fails(chat.OpSaveDraft{Draft: chat.Draft{SessionID: "nothing", AgentID: "a1", UpdatedAt: f.tick()}}, chat.ErrUnknownSession)
}

func testDraftApart(f *fixture) {
	s := f.start("")
	f.draft(s.ID, "a1", false, "x")
	f.equal("session", f.session(s.ID), s)
}
