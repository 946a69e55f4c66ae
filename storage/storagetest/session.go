package storagetest

import (
	"encoding/json"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var sessionRows = []row{
	{"Session/CreateKeepsEverything", testCreateKeepsEverything},
	{"Session/CreateStartsTheFigures", testCreateStartsTheFigures},
	{"Session/CreateWithVisitor", testCreateWithVisitor},
	{"Session/CreateWithFirstMessage", testCreateWithFirstMessage},
	{"Session/CreateAgainIsDuplicate", testCreateAgain},
	{"Session/CreateAgainWithFirstMessage", testCreateAgainWithFirst},
	{"Session/ClientIDOfAnotherVisitor", testCreateClientIDOfAnother},
	{"Session/CreateUnknownVisitor", testCreateUnknownVisitor},
	{"Session/CreateFailsWhole", testCreateFailsWhole},
	{"Session/MaxOpen", testMaxOpen},
	{"Session/Unknown", testUnknownSession},
	{"Session/CustomDataIsExact", testCustomDataIsExact},
	{"Session/CloseOnce", testClose},
	{"Session/Rate", testRate},
	{"Session/Counts", testCounts},
}

func testCreateKeepsEverything(f *fixture) {
	v, a := f.visitor(), of(f.do(chat.OpSaveAgent{Agent: chat.Agent{ID: "ada", Name: "Ada", AvatarURL: "/ada.png"}}).Agent)
	in := f.newSession(v.ID)
	in.VisitorName, in.VisitorEmail = "Inês 🦜", "ines@example.com"
	in.Source, in.Department, in.AssigneeID = "widget", "sales", a.ID
	in.Tags = []string{"vip", "b", "a"}
	in.CustomData = map[string]any{"plan": "gold", "deep": map[string]any{"list": []any{"x", true, nil}}}
	in.Page = &chat.PageRef{URL: "https://example.com/?q=1#x", Title: "Title", Referrer: "https://example.org/"}
	in.ClientID, in.Fingerprint = "c1", "fp"
	in.Consent = &chat.Consent{Text: "By writing you agree, é.", At: in.CreatedAt}
	res := f.do(chat.OpCreateSession{Session: in})
	want := in
	want.AssigneeName, want.AssigneePhoto, want.AssignedAt = "Ada", "/ada.png", in.CreatedAt
	f.equal("result", res.Session, want)
	f.equal("session", f.session(in.ID), want)
	f.wantEvents(res, "session_started")
	f.equal("event's time", res.Events[0].At, in.CreatedAt)
}

func testCreateStartsTheFigures(f *fixture) {
	in := chat.Session{ID: f.id("session"), VisitorID: f.visitor().ID, VisitorName: "Visitor", CreatedAt: f.tick()}
	s := f.do(chat.OpCreateSession{Session: in}).Session
	in.Status, in.Version, in.UpdatedAt = chat.StatusActive, 1, in.CreatedAt
	f.equal("session", s, in)
}

func testCreateWithVisitor(f *fixture) {
	v := chat.Visitor{ID: "new", Name: "New", CreatedAt: f.tick(), LastSeenAt: f.now}
	f.do(chat.OpCreateSession{Session: f.newSession(v.ID), Visitor: &v})
	got, err := f.store.Visitor(f.ctx, v.ID)
	f.noErr("Visitor", err)
	f.equal("visitor", got, v)
}

func testCreateWithFirstMessage(f *fixture) {
	in := f.newSession(f.visitor().ID)
	first := f.newMessage(in.ID, chat.SenderVisitor, "Hello")
	first.ClientID, first.Fingerprint = "c1", "fp"
	res := f.do(chat.OpCreateSession{Session: in, First: &first})
	first.Seq = 1
	f.equal("message", res.Message, first)
	want := in
	want.MessageCount, want.Unread, want.VisitorSeen = 1, 1, 1
	want.WaitingSince, want.QueuedAt, want.UpdatedAt = first.At, first.At, first.At
	want.LastMessage = first.Preview()
	f.equal("session", res.Session, want)
	f.wantEvents(res, "session_started message_sent")
	f.equal("message in the event", res.Events[1].Data.(chat.Message), first)
}

func testCreateAgain(f *fixture) {
	in := f.newSession(f.visitor().ID)
	in.ClientID, in.Fingerprint = "c1", "fp"
	first := f.do(chat.OpCreateSession{Session: in}).Session
	f.say(first.ID, chat.SenderVisitor, "later")
	again := in
	again.ID = f.id("session")
	res := f.duplicate(chat.OpCreateSession{Session: again})
	f.equal("session", res.Session, f.session(first.ID))
	_, err := f.store.Session(f.ctx, again.ID)
	f.wantErr("the second session", err, chat.ErrUnknownSession)
	again.Fingerprint = "other"
	f.fails(chat.OpCreateSession{Session: again}, chat.ErrClientIDReused)

	// A session that is closed meanwhile is still the one that was made.
	f.do(chat.OpCloseSession{SessionID: first.ID, At: f.tick()})
	again.Fingerprint = "fp"
	f.duplicate(chat.OpCreateSession{Session: again, MaxOpen: 1})
}

func testCreateAgainWithFirst(f *fixture) {
	in := f.newSession(f.visitor().ID)
	in.ClientID, in.Fingerprint = "c1", "fp"
	m := f.newMessage(in.ID, chat.SenderVisitor, "Hello")
	first := f.do(chat.OpCreateSession{Session: in, First: &m})
	f.say(in.ID, chat.SenderAgent, "Hi")
	in.ID, m.ID = f.id("session"), f.id("message")
	m.SessionID = in.ID
	res := f.duplicate(chat.OpCreateSession{Session: in, First: &m})
	f.equal("message", res.Message, first.Message)
}

func testCreateClientIDOfAnother(f *fixture) {
	for range 2 {
		in := f.newSession(f.visitor().ID)
		in.ClientID, in.Fingerprint = "same", "fp"
		f.do(chat.OpCreateSession{Session: in})
	}
	v := f.visitor()
	f.start(v.ID)
	f.start(v.ID) // an empty client id is none
}

func testCreateUnknownVisitor(f *fixture) {
	f.fails(chat.OpCreateSession{Session: f.newSession("nobody")}, chat.ErrUnknownVisitor)
}

func testCreateFailsWhole(f *fixture) {
	v := chat.Visitor{ID: "new", Name: "New", CreatedAt: f.tick(), LastSeenAt: f.now}
	in := f.newSession(v.ID)
	in.AssigneeID = "nobody"
	f.fails(chat.OpCreateSession{Session: in, Visitor: &v}, chat.ErrUnknownAgent)
	_, err := f.store.Visitor(f.ctx, v.ID)
	f.wantErr("the visitor of a session that failed", err, chat.ErrUnknownVisitor)

	known := f.start("")
	in = f.newSession(known.VisitorID)
	taken := f.say(known.ID, chat.SenderVisitor, "taken")
	m := f.newMessage(in.ID, chat.SenderVisitor, "x")
	m.ID = taken.ID
	f.fails(chat.OpCreateSession{Session: in, First: &m}, chat.ErrConflict)
	_, err = f.store.Session(f.ctx, in.ID)
	f.wantErr("the session whose message failed", err, chat.ErrUnknownSession)
}

func testMaxOpen(f *fixture) {
	v := f.visitor()
	one := f.start(v.ID)
	f.start(v.ID)
	f.start("") // another visitor's does not count
	f.fails(chat.OpCreateSession{Session: f.newSession(v.ID), MaxOpen: 2}, chat.ErrTooManySessions)
	f.do(chat.OpCreateSession{Session: f.newSession(v.ID), MaxOpen: 3})
	f.do(chat.OpCreateSession{Session: f.newSession(v.ID)})
	f.fails(chat.OpCreateSession{Session: f.newSession(v.ID), MaxOpen: 4}, chat.ErrTooManySessions)
	f.do(chat.OpCloseSession{SessionID: one.ID, At: f.tick()})
	f.do(chat.OpCreateSession{Session: f.newSession(v.ID), MaxOpen: 4})
}

func testUnknownSession(f *fixture) {
	_, err := f.store.Session(f.ctx, "nothing")
	f.wantErr("Session", err, chat.ErrUnknownSession)
	at := f.tick()
	for _, op := range []chat.Op{
		chat.OpAppendMessage{Message: f.newMessage("nothing", chat.SenderVisitor, "x")},
		chat.OpAppendNote{Message: f.newMessage("nothing", chat.SenderAgent, "x")},
		chat.OpEditMessage{SessionID: "nothing", MessageID: "m", Text: "x", At: at},
		chat.OpDeleteMessage{SessionID: "nothing", MessageID: "m", At: at},
		chat.OpUpdateSession{SessionID: "nothing", Patch: chat.SessionPatch{Department: ptr("x")}, At: at},
		chat.OpCloseSession{SessionID: "nothing", At: at},
		chat.OpRateSession{SessionID: "nothing", Rating: chat.Rating{Score: 5, At: at}},
		chat.OpMarkSeen{SessionID: "nothing", MessageID: "m", Sender: chat.SenderAgent},
	} {
		f.fails(op, chat.ErrUnknownSession)
	}
	m := f.newMessage("nothing", chat.SenderVisitor, "x")
	m.ClientID = "c1"
	f.fails(chat.OpAppendMessage{Message: m}, chat.ErrUnknownSession)
}

// Numbers come back digit for digit, whatever a float64 could hold.
func testCustomDataIsExact(f *fixture) {
	data := map[string]any{
		"big":   json.Number("9223372036854775807"),
		"huge":  json.Number("123456789012345678901234567890"),
		"float": json.Number("0.1000000000000000055511151231257827"),
		"exp":   json.Number("1e400"),
		"text":  "👩‍👩‍👧 <b>\u2028\"\\",
		"":      "empty key",
		"𝒳":     "key outside the basic plane",
		"list":  []any{json.Number("1"), json.Number("1.0"), false, nil, map[string]any{}},
	}
	in := f.newSession(f.visitor().ID)
	in.CustomData = data
	f.equal("result", f.do(chat.OpCreateSession{Session: in}).Session.CustomData, data)
	f.equal("session", f.session(in.ID).CustomData, data)
	s := f.start("")
	f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{CustomData: &data}, At: f.tick()})
	f.equal("patched session", f.session(s.ID).CustomData, data)
}

func testClose(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "waiting")
	before := f.session(s.ID)
	at := f.tick()
	res := f.do(chat.OpCloseSession{SessionID: s.ID, Reason: "solved", At: at})
	want := before
	want.Status, want.ClosedAt, want.CloseReason, want.UpdatedAt = chat.StatusClosed, at, "solved", at
	want.WaitingSince, want.Missed, want.Version = time.Time{}, true, before.Version+1
	f.equal("result", res.Session, want)
	f.equal("session", f.session(s.ID), want)
	f.wantEvents(res, "session_closed session_missed")
	f.equal("event's time", res.Events[0].At, at)
	again := f.duplicate(chat.OpCloseSession{SessionID: s.ID, Reason: "other", At: f.tick()})
	f.equal("the second time", again.Session, want)
}

func testRate(f *fixture) {
	s := f.start("")
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	version := f.session(s.ID).Version
	rating := chat.Rating{Score: 4, Comment: "Très bien 👍", At: f.tick()}
	res := f.do(chat.OpRateSession{SessionID: s.ID, Rating: rating})
	f.equal("rating", f.session(s.ID).Rating, &rating)
	f.equal("version", res.Session.Version, version)
	f.wantEvents(res, "session_rated")
	later := rating
	later.At = f.tick()
	f.equal("rating again", f.duplicate(chat.OpRateSession{SessionID: s.ID, Rating: later}).Session.Rating, &rating)
	later.Score = 1
	f.wantEvents(f.do(chat.OpRateSession{SessionID: s.ID, Rating: later}), "session_rated")
	later.Comment = ""
	f.do(chat.OpRateSession{SessionID: s.ID, Rating: later})
	f.equal("changed rating", f.session(s.ID).Rating, &later)
}

func testCounts(f *fixture) {
	counts := func(agent string) chat.SessionCounts {
		c, err := f.store.SessionCounts(f.ctx, agent)
		f.noErr("SessionCounts", err)
		return c
	}
	f.equal("an empty store", counts("ada"), chat.SessionCounts{})
	ada, bo := f.agent("Ada"), f.agent("Bo")
	for i := range 6 {
		s := f.start("")
		var assignee string
		switch {
		case i < 1:
			assignee = ada.ID
		case i < 3:
			assignee = bo.ID
		}
		if assignee != "" {
			f.do(chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: &assignee}, At: f.tick()})
		}
		if i == 2 || i == 5 {
			f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
		}
	}
	f.equal("Ada's", counts(ada.ID), chat.SessionCounts{Mine: 1, Unassigned: 2, Open: 4, Closed: 2})
	f.equal("Bo's", counts(bo.ID), chat.SessionCounts{Mine: 1, Unassigned: 2, Open: 4, Closed: 2})
	f.equal("a stranger's", counts("nobody"), chat.SessionCounts{Unassigned: 2, Open: 4, Closed: 2})
}
