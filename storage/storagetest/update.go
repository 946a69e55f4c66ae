package storagetest

import "github.com/pealchat/pealchat/chat"

var updateRows = []row{
	{"Update/EachField", testUpdateEachField},
	{"Update/NothingIsDuplicate", testUpdateNothing},
	{"Update/IfVersion", testIfVersion},
	{"Update/AssignAndRelease", testAssign},
	{"Update/UnknownAgent", testUpdateUnknownAgent},
	{"Update/Claim", testClaim},
	{"Update/ClosedSession", testUpdateClosed},
	{"Update/AgentsNameFollows", testAgentsNameFollows},
}

func testUpdateEachField(f *fixture) {
	s := f.start("")
	ada := f.agent("Ada")
	f.say(s.ID, chat.SenderVisitor, "x")
	for name, step := range map[string]struct {
		patch chat.SessionPatch
		want  func(*chat.Session)
	}{
		"assignee":      {chat.SessionPatch{AssigneeID: &ada.ID}, func(s *chat.Session) { s.AssigneeID, s.AssigneeName, s.AssignedAt = ada.ID, ada.Name, f.now }},
		"department":    {chat.SessionPatch{Department: ptr("sales")}, func(s *chat.Session) { s.Department = "sales" }},
		"tags":          {chat.SessionPatch{Tags: &[]string{"b", "a"}}, func(s *chat.Session) { s.Tags = []string{"b", "a"} }},
		"visitor_name":  {chat.SessionPatch{VisitorName: ptr("Inês")}, func(s *chat.Session) { s.VisitorName = "Inês" }},
		"visitor_email": {chat.SessionPatch{VisitorEmail: ptr("a@b.c")}, func(s *chat.Session) { s.VisitorEmail = "a@b.c" }},
		"custom_data": {chat.SessionPatch{CustomData: &map[string]any{"a": "b"}}, func(s *chat.Session) {
			s.CustomData = map[string]any{"a": "b"}
		}},
	} {
		want := f.session(s.ID)
		want.Version++
		want.UpdatedAt = f.tick()
		step.want(&want)
		res := f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: step.patch, At: f.now})
		f.equal(name+": result", res.Session, want)
		f.equal(name+": session", f.session(s.ID), want)
		f.wantEvents(res, "session_updated")
		f.equal(name+": event's time", res.Events[0].At, f.now)
		f.equal(name+": again", f.duplicate(chat.OpUpdateSession{SessionID: s.ID, Patch: step.patch, At: f.tick()}).Session, want)
	}
	empty := chat.SessionPatch{AssigneeID: ptr(""), Department: ptr(""), Tags: &[]string{}, VisitorName: ptr(""), VisitorEmail: ptr(""), CustomData: &map[string]any{}}
	got := f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: empty, At: f.tick()}).Session
	want := f.session(s.ID)
	want.AssigneeID, want.AssigneeName, want.Department, want.Tags = "", "", "", nil
	want.VisitorName, want.VisitorEmail, want.CustomData = "", "", nil
	f.equal("everything emptied", got, want)
}

func testUpdateNothing(f *fixture) {
	s := f.start("")
	f.equal("an empty patch", f.duplicate(chat.OpUpdateSession{SessionID: s.ID, At: f.tick()}).Session, s)
	f.duplicate(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{VisitorName: &s.VisitorName, AssigneeID: ptr("")}, At: f.tick()})
	f.equal("session", f.session(s.ID), s)
}

func testIfVersion(f *fixture) {
	s := f.start("")
	patch := func(dept string) chat.SessionPatch { return chat.SessionPatch{Department: &dept} }
	f.fails(chat.OpUpdateSession{SessionID: s.ID, Patch: patch("a"), IfVersion: s.Version + 1, At: f.tick()}, chat.ErrVersionMismatch)
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: patch("a"), IfVersion: s.Version, At: f.tick()})
	f.fails(chat.OpUpdateSession{SessionID: s.ID, Patch: patch("b"), IfVersion: s.Version, At: f.tick()}, chat.ErrVersionMismatch)
	// Neither messages nor notes change the version.
	f.say(s.ID, chat.SenderVisitor, "x")
	f.jot(s.ID, "x")
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: patch("b"), IfVersion: s.Version + 1, At: f.tick()})
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	f.fails(chat.OpUpdateSession{SessionID: s.ID, Patch: patch("c"), IfVersion: s.Version + 2, At: f.tick()}, chat.ErrVersionMismatch)
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: patch("c"), IfVersion: s.Version + 3, At: f.tick()})
}

func testAssign(f *fixture) {
	s := f.start("")
	ada, bo := f.agent("Ada"), f.agent("Bo")
	for _, id := range []string{ada.ID, bo.ID, "", ada.ID} {
		got := f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: &id}, At: f.tick()}).Session
		f.equal("assignee", got.AssigneeID, id)
	}
}

func testUpdateUnknownAgent(f *fixture) {
	s := f.start("")
	patch := chat.SessionPatch{AssigneeID: ptr("nobody"), Department: ptr("x")}
	f.fails(chat.OpUpdateSession{SessionID: s.ID, Patch: patch, At: f.tick()}, chat.ErrUnknownAgent)
	f.fails(chat.OpUpdateSession{SessionID: s.ID, Patch: patch, Claim: true, At: f.tick()}, chat.ErrUnknownAgent)
	f.equal("session", f.session(s.ID), s)
}

func testClaim(f *fixture) {
	s := f.start("")
	ada, bo := f.agent("Ada"), f.agent("Bo")
	claim := func(id string) chat.OpUpdateSession {
		return chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: &id}, Claim: true, At: f.tick()}
	}
	f.do(claim(ada.ID))
	f.duplicate(claim(ada.ID))
	f.fails(claim(bo.ID), chat.ErrAlreadyClaimed)
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: ptr("")}, At: f.tick()})
	f.do(claim(bo.ID))

	// Of two claims in one transaction the first wins.
	s = f.start("")
	res := f.append(claim(ada.ID), claim(bo.ID))
	f.noErr("the first claim", res[0].Err)
	f.wantErr("the second claim", res[1].Err, chat.ErrAlreadyClaimed)
	f.equal("assignee", f.session(s.ID).AssigneeID, ada.ID)

	s = f.start("")
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	f.fails(claim(ada.ID), chat.ErrSessionClosed)
}

func testUpdateClosed(f *fixture) {
	s := f.start("")
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	got := f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{Tags: &[]string{"late"}}, At: f.tick()}).Session
	f.equal("tags", got.Tags, []string{"late"})
	f.equal("status", got.Status, chat.StatusClosed)
}

func testAgentsNameFollows(f *fixture) {
	s := f.start("")
	a := f.agent("Ada")
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: &a.ID}, At: f.tick()})
	f.do(chat.OpSaveAgent{Agent: chat.Agent{ID: a.ID, Name: "Ada L.", AvatarURL: "/new.png"}})
	got := f.session(s.ID)
	f.equal("name and photo", [2]string{got.AssigneeName, got.AssigneePhoto}, [2]string{"Ada L.", "/new.png"})
}
