package storagetest

import (
	"time"

	"github.com/pealchat/pealchat/chat"
)

var snoozeRows = []row{
	{"Snooze/UntilATime", testSnoozeTime},
	{"Snooze/UntilTheyReply", testSnoozeReply},
	{"Snooze/Claims", testSnoozeClaims},
	{"Snooze/WhatEndsIt", testSnoozeEnds},
	{"Snooze/Counts", testSnoozeCounts},
}

func testSnoozeTime(f *fixture) {
	s := f.waiting("")
	until := f.now.Add(time.Hour)
	res := f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{Until: until}, At: f.tick()})
	want := s
	want.Snooze, want.UpdatedAt, want.Version = &chat.Snooze{Until: until}, f.now, s.Version+1
	f.equal("result", res.Session, want)
	f.equal("session", f.session(s.ID), want)
	f.wantEvents(res, "session_updated")
	f.duplicate(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{Until: until}, At: f.tick()})
	f.equal("not due", f.dueNow(chat.DueWake, until.Add(-time.Millisecond)), []string{})
	f.duplicate(chat.OpWakeSession{SessionID: s.ID, At: until.Add(-time.Millisecond)})
	f.equal("due", f.dueNow(chat.DueWake, until), []string{s.ID})
	woken := f.do(chat.OpWakeSession{SessionID: s.ID, At: until})
	f.wantEvents(woken, "session_updated")
	want.Snooze, want.UpdatedAt, want.Version = nil, until, want.Version+1
	f.equal("woken", f.session(s.ID), want)
	f.duplicate(chat.OpWakeSession{SessionID: s.ID, At: until})
	f.fails(chat.OpWakeSession{SessionID: "nothing", At: until}, chat.ErrUnknownSession)
	f.fails(chat.OpSnoozeSession{SessionID: "nothing", Snooze: &chat.Snooze{}, At: until}, chat.ErrUnknownSession)
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	f.fails(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, At: f.tick()}, chat.ErrSessionClosed)
	f.duplicate(chat.OpSnoozeSession{SessionID: s.ID, At: f.tick()})
}

func testSnoozeReply(f *fixture) {
	s := f.waiting("")
	f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, At: f.tick()})
	f.equal("never due", f.dueNow(chat.DueWake, f.now.AddDate(10, 0, 0)), []string{})
	f.duplicate(chat.OpWakeSession{SessionID: s.ID, At: f.now.AddDate(10, 0, 0)})
	for _, sender := range []string{chat.SenderAgent, chat.SenderBot} {
		f.say(s.ID, sender, "x")
	}
	f.jot(s.ID, "x")
	before := f.session(s.ID)
	f.equal("only the visitor wakes it", before.Snooze, &chat.Snooze{})
	res := f.do(chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "Back")})
	f.wantEvents(res, "message_sent session_updated")
	f.equal("result", res.Session, f.session(s.ID))
	f.equal("woken", [2]any{res.Session.Snooze == nil, res.Session.Version}, [2]any{true, before.Version + 1})
}

func testSnoozeClaims(f *fixture) {
	ada, bo := f.agent("Ada"), f.agent("Bo")
	s := f.waiting("")
	f.fails(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, ClaimFor: "nobody", At: f.tick()}, chat.ErrUnknownAgent)
	got := f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, ClaimFor: ada.ID, At: f.tick()}).Session
	f.equal("claimed", [2]any{got.AssigneeID, got.AssignedAt}, [2]any{ada.ID, f.now})
	f.duplicate(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, ClaimFor: bo.ID, At: f.tick()})
	got = f.do(chat.OpSnoozeSession{SessionID: s.ID, At: f.tick()}).Session
	f.equal("taken back", [2]any{got.AssigneeID, got.Snooze == nil}, [2]any{ada.ID, true})
	f.duplicate(chat.OpSnoozeSession{SessionID: s.ID, At: f.tick()})
}

func testSnoozeEnds(f *fixture) {
	ada, bo := f.agent("Ada"), f.agent("Bo")
	for name, end := range map[string]func(id string) chat.Op{
		"another agent": func(id string) chat.Op {
			return chat.OpUpdateSession{SessionID: id, Patch: chat.SessionPatch{AssigneeID: &bo.ID}, At: f.tick()}
		},
		"another department": func(id string) chat.Op {
			return chat.OpUpdateSession{SessionID: id, Patch: chat.SessionPatch{Department: ptr("Care")}, At: f.tick()}
		},
		"closing": func(id string) chat.Op { return chat.OpCloseSession{SessionID: id, At: f.tick()} },
	} {
		s := f.waiting("")
		f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, ClaimFor: ada.ID, At: f.tick()})
		f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{Tags: &[]string{"x"}}, At: f.tick()})
		f.equal(name+": a tag does not end it", f.session(s.ID).Snooze, &chat.Snooze{})
		f.equal(name, f.do(end(s.ID)).Session.Snooze == nil, true)
	}
}

func testSnoozeCounts(f *fixture) {
	ada, bo := f.agent("Ada"), f.agent("Bo")
	snooze := func(id, agent string) {
		f.do(chat.OpSnoozeSession{SessionID: id, Snooze: &chat.Snooze{}, ClaimFor: agent, At: f.tick()})
	}
	f.hand(f.waiting("").ID, ada.ID)
	snooze(f.waiting("").ID, ada.ID)
	snooze(f.waiting("").ID, bo.ID)
	snooze(f.waiting("").ID, "")
	f.waiting("")
	for _, c := range []struct {
		agent string
		want  chat.SessionCounts
	}{
		{ada.ID, chat.SessionCounts{Mine: 1, Unassigned: 1, Open: 2, Later: 1}},
		{bo.ID, chat.SessionCounts{Unassigned: 1, Open: 2, Later: 1}},
		{"nobody", chat.SessionCounts{Unassigned: 1, Open: 2}},
	} {
		got, err := f.store.SessionCounts(f.ctx, c.agent)
		f.noErr("SessionCounts", err)
		f.equal("counts of "+c.agent, got, c.want)
	}
}
