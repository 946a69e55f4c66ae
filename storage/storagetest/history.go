package storagetest

import (
	"time"

	"github.com/pealchat/pealchat/chat"
)

var historyRows = []row{
	{"History/WhoHadIt", testHistoryHands},
	{"History/Snoozing", testHistorySnooze},
	{"History/Closing", testHistoryClosing},
	{"History/WhatTheServiceDoes", testHistorySystem},
	{"History/NothingElse", testHistoryQuiet},
	{"History/Pages", testHistoryPages},
}

func (f *fixture) history(q chat.HistoryQuery) chat.HistoryPage {
	f.Helper()
	p, err := f.store.History(f.ctx, q)
	f.noErr("History", err)
	return p
}

// wantHistory compares the whole history of a session, the latest first.
func (f *fixture) wantHistory(what, id string, want ...chat.HistoryEntry) {
	f.Helper()
	f.equal(what, f.history(chat.HistoryQuery{SessionID: id}).Entries, want)
}

func testHistoryHands(f *fixture) {
	ada, bo := f.agent("Ada"), f.agent("Bo")
	byAda := chat.Doer{By: chat.ByAgent, ID: ada.ID, Name: "Ada"}
	entry := func(action string) chat.HistoryEntry {
		return chat.HistoryEntry{Action: action, By: chat.ByAgent, ByID: ada.ID, ByName: "Ada", At: f.now}
	}
	s := f.start("")
	f.do(chat.OpUpdateSession{SessionID: s.ID, Claim: true, Patch: chat.SessionPatch{AssigneeID: &ada.ID}, By: byAda, At: f.tick()})
	claimed := entry(chat.HistoryAssigned)
	claimed.AgentID, claimed.AgentName = ada.ID, ada.Name
	f.wantHistory("claimed", s.ID, claimed)

	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: &bo.ID}, By: byAda, At: f.tick()})
	given := entry(chat.HistoryAssigned)
	given.AgentID, given.AgentName = bo.ID, bo.Name
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: ptr("")}, By: byAda, At: f.tick()})
	released := entry(chat.HistoryReleased)
	released.AgentID, released.AgentName = bo.ID, bo.Name
	f.wantHistory("released", s.ID, released, given, claimed)

	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: &bo.ID}, By: byAda, At: f.tick()})
	again := entry(chat.HistoryAssigned)
	again.AgentID, again.AgentName = bo.ID, bo.Name
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: ptr(""), Department: ptr("Billing")}, By: byAda, At: f.tick()})
	passed := entry(chat.HistoryTransferred)
	passed.Department = "Billing"
	f.wantHistory("passed on", s.ID, passed, again, released, given, claimed)

	in := f.newSession(f.visitor().ID)
	in.AssigneeID = ada.ID
	f.do(chat.OpCreateSession{Session: in, By: byAda})
	began := entry(chat.HistoryAssigned)
	began.AgentID, began.AgentName, began.At = ada.ID, ada.Name, in.CreatedAt
	f.wantHistory("begun with an agent", in.ID, began)
}

func testHistorySnooze(f *fixture) {
	ada, bo := f.agent("Ada"), f.agent("Bo")
	byAda := chat.Doer{By: chat.ByAgent, ID: ada.ID, Name: "Ada"}
	entry := func(action string) chat.HistoryEntry {
		return chat.HistoryEntry{Action: action, By: chat.ByAgent, ByID: ada.ID, ByName: "Ada", At: f.now}
	}
	s := f.waiting("")
	until := f.now.Add(time.Hour)
	f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{Until: until}, ClaimFor: ada.ID, By: byAda, At: f.tick()})
	claimed, off := entry(chat.HistoryAssigned), entry(chat.HistorySnoozed)
	claimed.AgentID, claimed.AgentName, off.Until = ada.ID, ada.Name, &chat.Snooze{Until: until}
	f.wantHistory("put off", s.ID, off, claimed)

	f.do(chat.OpSnoozeSession{SessionID: s.ID, By: byAda, At: f.tick()})
	back := entry(chat.HistoryWoken)
	f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, By: byAda, At: f.tick()})
	reply := entry(chat.HistorySnoozed)
	reply.Until = &chat.Snooze{}
	f.say(s.ID, chat.SenderVisitor, "Back")
	woken := chat.HistoryEntry{Action: chat.HistoryWoken, By: chat.ByVisitor, At: f.now}
	f.wantHistory("woken by the visitor", s.ID, woken, reply, back, off, claimed)

	// Whoever is given it has it at once: that it is no longer put off goes without saying.
	f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{}, By: byAda, At: f.tick()})
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: &bo.ID}, By: byAda, At: f.tick()})
	f.equal("handed on", f.history(chat.HistoryQuery{SessionID: s.ID}).Entries[0].Action, chat.HistoryAssigned)
}

func testHistoryClosing(f *fixture) {
	s, left := f.start(""), f.start("")
	f.do(chat.OpCloseSession{SessionID: s.ID, By: chat.Doer{By: chat.ByKey, ID: "k", Name: "Cleaner"}, At: f.tick()})
	closed := chat.HistoryEntry{Action: chat.HistoryClosed, By: chat.ByKey, ByID: "k", ByName: "Cleaner", At: f.now}
	f.duplicate(chat.OpCloseSession{SessionID: s.ID, By: chat.Doer{By: chat.ByVisitor}, At: f.tick()})
	f.wantHistory("closed once", s.ID, closed)
	f.do(chat.OpCloseSession{SessionID: left.ID, By: chat.Doer{By: chat.ByVisitor}, At: f.tick()})
	f.wantHistory("by its visitor", left.ID, chat.HistoryEntry{Action: chat.HistoryClosed, By: chat.ByVisitor, At: f.now})
}

func testHistorySystem(f *fixture) {
	ada := f.agent("Ada")
	s := f.waiting("")
	f.do(chat.OpAssignSession{SessionID: s.ID, AgentID: ada.ID, At: f.tick()})
	given := chat.HistoryEntry{Action: chat.HistoryAssigned, By: chat.BySystem, AgentID: ada.ID, AgentName: "Ada", At: f.now}
	f.duplicate(chat.OpReturnSession{SessionID: s.ID, Before: f.now.Add(-time.Hour), At: f.tick()})
	before := f.tick()
	f.do(chat.OpReturnSession{SessionID: s.ID, Before: before, At: f.tick()})
	returned := chat.HistoryEntry{Action: chat.HistoryReleased, By: chat.BySystem, AgentID: ada.ID, AgentName: "Ada", At: f.now}
	until := f.now.Add(time.Hour)
	f.do(chat.OpSnoozeSession{SessionID: s.ID, Snooze: &chat.Snooze{Until: until}, At: f.tick()})
	off := chat.HistoryEntry{Action: chat.HistorySnoozed, By: chat.BySystem, Until: &chat.Snooze{Until: until}, At: f.now}
	f.do(chat.OpWakeSession{SessionID: s.ID, At: until})
	f.wantHistory("history", s.ID, chat.HistoryEntry{Action: chat.HistoryWoken, By: chat.BySystem, At: until}, off, returned, given)
}

func testHistoryQuiet(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "x")
	f.say(s.ID, chat.SenderAgent, "y")
	f.jot(s.ID, "z")
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{Tags: &[]string{"x"}, VisitorName: ptr("Ines")}, At: f.tick()})
	f.fails(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: ptr("nobody")}, At: f.tick()}, chat.ErrUnknownAgent)
	f.equal("history", f.history(chat.HistoryQuery{SessionID: s.ID}), chat.HistoryPage{})
	f.equal("of no session", f.history(chat.HistoryQuery{SessionID: "nothing"}), chat.HistoryPage{})
}

func testHistoryPages(f *fixture) {
	s, other := f.start(""), f.start("")
	var all []string
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{Department: &name}, At: f.tick()})
		f.do(chat.OpUpdateSession{SessionID: other.ID, Patch: chat.SessionPatch{Department: &name}, At: f.tick()})
		all = append([]string{name}, all...)
	}
	page := func(p chat.Page) (names []string, next string) {
		f.Helper()
		got := f.history(chat.HistoryQuery{SessionID: s.ID, Page: p})
		for _, e := range got.Entries {
			names = append(names, e.Department)
		}
		return names, got.Next
	}
	first, next := page(chat.Page{Limit: 2})
	f.equal("first page", first, all[:2])
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{Department: ptr("f")}, At: f.tick()})
	second, end := page(chat.Page{Limit: 3, After: next})
	f.equal("the rest", second, all[2:])
	f.equal("its end", end, "")
	_, err := f.store.History(f.ctx, chat.HistoryQuery{SessionID: s.ID, Page: chat.Page{After: "x"}})
	f.wantErr("a cursor that none is", err, chat.ErrInvalidCursor)
	f.do(chat.OpEraseVisitor{VisitorID: s.VisitorID})
	f.equal("erased", f.history(chat.HistoryQuery{SessionID: s.ID}), chat.HistoryPage{})
	f.equal("the other's", len(f.history(chat.HistoryQuery{SessionID: other.ID}).Entries), 5)
}
