package storagetest

import (
	"fmt"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var retentionRows = []row{
	{"Retention/Sessions", testPurgeSessions},
	{"Retention/SessionsInParts", testPurgeSessionsInParts},
	{"Retention/EventsCountAsPruned", testPurgePrunes},
	{"Retention/PageViews", testPurgePageViews},
	{"Retention/Visitors", testPurgeVisitors},
	{"Retention/Files", testPurgeFiles},
	{"Retention/Deliveries", testPurgeDeliveries},
}

// closed makes a session with a message that is closed now.
func (f *fixture) closed(visitor string) chat.Session {
	f.Helper()
	s := f.start(visitor)
	f.say(s.ID, chat.SenderVisitor, "Text of "+s.ID)
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	return f.session(s.ID)
}

func testPurgeSessions(f *fixture) {
	v := f.visitor()
	gone, open := f.closed(v.ID), f.start(v.ID)
	f.jot(gone.ID, "A note")
	rated := f.closed(v.ID)
	cut := f.tick()
	f.do(chat.OpRateSession{SessionID: rated.ID, Rating: chat.Rating{Score: 5, At: f.tick()}})
	late := f.closed(v.ID)
	res := f.do(chat.OpPurgeSessions{Before: cut, Limit: 10})
	f.equal("count", res.Count, 1)
	f.wantEvents(res, "")
	f.wantErr("the old one", errOf(f.store.Session(f.ctx, gone.ID)), chat.ErrUnknownSession)
	f.wantErr("its messages", errOf(f.store.Messages(f.ctx, chat.MessageQuery{SessionID: gone.ID})), chat.ErrUnknownSession)
	f.equal("events of it", len(f.events(chat.EventQuery{Topic: chat.Topic{SessionID: gone.ID}})), 0)
	for what, id := range map[string]string{"open": open.ID, "rated since": rated.ID, "closed since": late.ID} {
		f.equal(what, f.session(id).ID, id)
	}
	f.equal("the visitor", f.visitorNow(v.ID), v)
	f.equal("again", f.do(chat.OpPurgeSessions{Before: cut, Limit: 10}).Count, 0)

	quiet := f.closed(v.ID)
	cut = f.tick()
	f.jot(quiet.ID, "Read up on it again")
	f.equal("what had a note since stays", f.do(chat.OpPurgeSessions{Before: cut, Limit: 10}).Count, 2)
	f.equal("it", f.session(quiet.ID).ID, quiet.ID)
}

func testPurgeSessionsInParts(f *fixture) {
	v := f.visitor()
	var all []string
	for range 5 {
		all = append(all, f.closed(v.ID).ID)
	}
	end := f.tick()
	for i, want := range []int{2, 2, 1, 0} {
		f.equal(fmt.Sprint("part ", i), f.do(chat.OpPurgeSessions{Before: end, Limit: 2}).Count, want)
		if i == 0 {
			f.wantErr("the oldest goes first", errOf(f.store.Session(f.ctx, all[1])), chat.ErrUnknownSession)
			f.equal("a younger one", f.session(all[2]).ID, all[2])
		}
	}
	f.equal("sessions", f.sessions(chat.SessionQuery{}), chat.SessionPage{})
	counts, err := f.store.SessionCounts(f.ctx, "")
	f.noErr("SessionCounts", err)
	f.equal("figures", counts, chat.SessionCounts{})
}

func testPurgePrunes(f *fixture) {
	v := f.visitor()
	before := f.start(v.ID)
	gone := f.closed(v.ID)
	last := f.log().Head
	cut := f.tick()
	after := f.say(before.ID, chat.SenderVisitor, "later")
	f.do(chat.OpPurgeSessions{Before: cut, Limit: 10})
	f.wantErr("the session", errOf(f.store.Session(f.ctx, gone.ID)), chat.ErrUnknownSession)
	log := f.log()
	f.equal("pruned", log.Pruned, last)
	if log.Head <= last {
		f.Errorf("the head is %d", log.Head)
	}
	left := f.events(chat.EventQuery{After: last})
	if len(left) != 1 || left[0].Data.(chat.Message).ID != after.ID {
		f.Errorf("left are %v", left)
	}
}

func testPurgePageViews(f *fixture) {
	v := f.visitor()
	view := func(n int) chat.PageView {
		return chat.PageView{VisitorID: v.ID, PageRef: chat.PageRef{URL: fmt.Sprint("https://shop.example/", n)}, At: f.tick()}
	}
	for n := range 5 {
		f.do(chat.OpAddPageViews{Views: []chat.PageView{view(n)}, Gap: time.Millisecond})
	}
	cut := f.tick()
	f.do(chat.OpAddPageViews{Views: []chat.PageView{view(5)}, Gap: time.Millisecond})
	f.equal("first part", f.do(chat.OpPurgePageViews{Before: cut, Limit: 3}).Count, 3)
	f.equal("second part", f.do(chat.OpPurgePageViews{Before: cut, Limit: 3}).Count, 2)
	f.equal("no more", f.do(chat.OpPurgePageViews{Before: cut, Limit: 3}).Count, 0)
	p, err := f.store.PageViews(f.ctx, chat.PageViewQuery{VisitorID: v.ID})
	f.noErr("PageViews", err)
	visits, err := f.store.Visits(f.ctx, chat.VisitQuery{VisitorID: v.ID})
	f.noErr("Visits", err)
	if len(p.Views) != 1 || len(visits.Visits) != 1 || f.visitorNow(v.ID).Visit == nil {
		f.Errorf("left are %v, %v", p.Views, visits.Visits)
	}
	f.do(chat.OpPurgePageViews{Before: f.tick(), Limit: 3})
	f.equal("the visit beside the visitor", f.visitorNow(v.ID).Visit, (*chat.Visit)(nil))
	other := f.visitor()
	f.do(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: other.ID, PageRef: chat.PageRef{URL: "https://shop.example/"}, At: f.tick()}}})
	f.equal("somebody else's visit is not taken for it", f.visitorNow(v.ID).Visit, (*chat.Visit)(nil))
}

func testPurgeVisitors(f *fixture) {
	var idle []chat.Visitor
	for range 3 {
		idle = append(idle, f.visitor())
	}
	f.do(chat.OpSaveVisitor{Visitor: idle[0], TokenHash: "h"})
	f.do(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: idle[1].ID, PageRef: chat.PageRef{URL: "https://shop.example/"}, At: f.tick()}}})
	talked, banned := f.visitor(), f.visitor()
	f.closed(talked.ID)
	f.do(chat.OpBanVisitor{VisitorID: banned.ID, Ban: &chat.Ban{At: f.tick()}, At: f.now})
	cut := f.tick()
	here := f.visitor()
	op := chat.OpPurgeVisitors{Before: cut, Limit: 2}
	count := 0
	for range 10 {
		res := f.do(op)
		count += res.Count
		if res.Next == 0 {
			break
		}
		op.After = time.UnixMilli(res.Next).UTC()
		if res.Count == 0 {
			op.After = op.After.Add(time.Millisecond)
		}
	}
	f.equal("count", count, 3)
	for _, v := range idle {
		f.wantErr("an idle one", errOf(f.store.Visitor(f.ctx, v.ID)), chat.ErrUnknownVisitor)
	}
	f.wantErr("their token", errOf(f.store.VisitorByToken(f.ctx, "h")), chat.ErrUnknownVisitor)
	for _, v := range []chat.Visitor{talked, banned, here} {
		f.equal("one who stays", f.visitorNow(v.ID).ID, v.ID)
	}
}

func testPurgeFiles(f *fixture) {
	s := f.start(f.visitor().ID)
	send := func(file string) chat.Message {
		f.do(chat.OpAddFile{FileID: file, At: f.tick()})
		f.do(chat.OpAddFileChunk{FileID: file, Data: []byte("content")})
		m := f.newMessage(s.ID, chat.SenderVisitor, "")
		m.Attachments = []chat.Attachment{{FileID: file, Name: file + ".txt", Size: 7}}
		return f.do(chat.OpAppendMessage{Message: m}).Message
	}
	old := send("old")
	cut := f.tick()
	young := send("young")
	res := f.do(chat.OpPurgeFiles{Before: cut, Limit: 10})
	f.equal("count", res.Count, 1)
	f.equal("files", res.Files, []string{"old"})
	f.wantEvents(res, "")
	f.wantErr("the old one", errOf(f.store.File(f.ctx, "old")), chat.ErrUnknownFile)
	f.wantErr("its content", errOf(f.store.FileChunk(f.ctx, "old", 0)), chat.ErrUnknownFile)
	f.noErr("the young one", errOf(f.store.File(f.ctx, "young")))
	old.Attachments[0].Expired = true
	for _, want := range []chat.Message{old, young} {
		got, err := f.store.Message(f.ctx, s.ID, want.ID)
		f.noErr("Message", err)
		f.equal("message", got, want)
	}
	f.do(chat.OpDeleteFile{FileID: "old"})
	f.equal("again", f.do(chat.OpPurgeFiles{Before: cut, Limit: 10}).Count, 0)
}

func testPurgeDeliveries(f *fixture) {
	f.do(chat.OpSaveWebhook{Webhook: chat.Webhook{ID: "hook", URL: "https://example.com/", Events: []string{chat.EventMessageSent}, Enabled: true, CreatedAt: f.tick()}})
	s := f.start(f.visitor().ID)
	send := func() string {
		res := f.do(chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "x")})
		e := res.Events[0]
		f.do(chat.OpAddDeliveries{Due: f.now, Messages: []chat.OutgoingEvent{{
			Position: e.Position, Event: e.Type, At: e.At, SessionID: s.ID, MessageID: res.Message.ID, Body: []byte("{}"), To: []string{"hook"},
		}}})
		d := f.do(chat.OpClaimDeliveries{WebhookID: "hook", Limit: 1, Now: f.now, Lease: f.now.Add(time.Hour)}).Deliveries[0]
		f.do(chat.OpSettleDelivery{DeliveryID: d.ID, Attempt: d.Attempt, State: chat.DeliveryDelivered, Now: f.now,
			Attempts: []chat.Attempt{{Number: d.Attempt, At: f.now, Status: 200}}})
		return d.ID
	}
	old := send()
	cut := f.tick()
	young := send()
	f.do(chat.OpPruneDeliveries{Before: cut, Limit: 100})
	f.wantErr("the old one", errOf(f.store.Delivery(f.ctx, old)), chat.ErrUnknownDelivery)
	f.noErr("the young one", errOf(f.store.Delivery(f.ctx, young)))
	f.equal("the log", f.log().Pruned, chat.Position(0))
}
