package storagetest

import (
	"fmt"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var banRows = []row{
	{"Ban/Visitor", testBan},
	{"Ban/TellsOpenSessions", testBanTellsSessions},
	{"Ban/ListsTheBanned", testBannedVisitors},
	{"Ban/Address", testAddressBan},
	{"Ban/AddressPages", testAddressBanPages},
	{"Ban/AddressLimit", testAddressBanLimit},
	{"Ban/AddressAlong", testAddressAlong},
	{"Ban/Prune", testPruneBans},
}

func testBan(f *fixture) {
	v, other := f.visitor(), f.visitor()
	v.Banned = &chat.Ban{Reason: "Spam 🦜", Until: f.tick(), At: f.tick(), By: "agent-1", WithAddress: true}
	res := f.do(chat.OpBanVisitor{VisitorID: v.ID, Ban: v.Banned, At: f.now})
	f.equal("result", res.Visitor, v)
	f.wantEvents(res, "")
	plain := v
	plain.Banned = nil
	f.do(chat.OpSaveVisitor{Visitor: plain}) // leaves it
	f.equal("visitor", f.visitorNow(v.ID), v)
	v.Banned = &chat.Ban{At: f.tick(), By: "agent-2"}
	f.do(chat.OpBanVisitor{VisitorID: v.ID, Ban: v.Banned, At: f.now})
	f.equal("the second ban", f.visitorNow(v.ID), v)
	f.equal("lifted", f.do(chat.OpBanVisitor{VisitorID: v.ID, At: f.tick()}).Visitor, plain)
	f.equal("lifted again", f.duplicate(chat.OpBanVisitor{VisitorID: v.ID, At: f.tick()}).Visitor, plain)
	f.equal("another visitor", f.visitorNow(other.ID), other)
	f.fails(chat.OpBanVisitor{VisitorID: "nobody", Ban: v.Banned, At: f.now}, chat.ErrUnknownVisitor)
}

func testBanTellsSessions(f *fixture) {
	v := f.visitor()
	open, closed := f.start(v.ID), f.start(v.ID)
	f.do(chat.OpCloseSession{SessionID: closed.ID, At: f.tick()})
	want := f.session(open.ID)
	want.Banned, want.UpdatedAt = &chat.Ban{Reason: "Spam", At: f.tick()}, f.now
	want.Version++
	res := f.do(chat.OpBanVisitor{VisitorID: v.ID, Ban: want.Banned, At: f.now})
	f.wantEvents(res, "session_updated")
	f.equal("event", res.Events[0].Data, any(want))
	f.equal("session", f.session(open.ID), want)
	f.equal("the closed one", f.session(closed.ID).Banned, want.Banned)
	f.equal("with a message", f.do(chat.OpAppendMessage{Message: f.newMessage(open.ID, chat.SenderAgent, "x")}).Session.Banned, want.Banned)
	f.wantEvents(f.do(chat.OpBanVisitor{VisitorID: v.ID, At: f.tick()}), "session_updated")
	f.equal("lifted", f.session(open.ID).Banned, (*chat.Ban)(nil))
}

func testBannedVisitors(f *fixture) {
	list := func(at time.Time) (ids []string) {
		f.Helper()
		p, err := f.store.Visitors(f.ctx, chat.VisitorQuery{BannedAt: at})
		f.noErr("Visitors", err)
		for _, v := range p.Visitors {
			ids = append(ids, v.ID)
		}
		return ids
	}
	one, two := f.visitor(), f.visitor()
	f.visitor()
	now := f.tick()
	f.equal("nobody", list(now), []string(nil))
	f.do(chat.OpBanVisitor{VisitorID: one.ID, Ban: &chat.Ban{At: now}, At: now})
	f.do(chat.OpBanVisitor{VisitorID: two.ID, Ban: &chat.Ban{At: now, Until: now.Add(time.Hour)}, At: now})
	f.equal("two", list(now), []string{two.ID, one.ID})
	f.equal("one has ended", list(now.Add(time.Hour)), []string{one.ID})
}

func (f *fixture) newAddressBan(address string) chat.AddressBan {
	return chat.AddressBan{ID: f.id("ban"), Address: address, Reason: "Spam 🦜", Until: f.tick().Add(time.Hour), At: f.now, By: "agent-1"}
}

func (f *fixture) bans(q chat.BanQuery) chat.BanPage {
	f.Helper()
	if q.At.IsZero() {
		q.At = f.now
	}
	p, err := f.store.Bans(f.ctx, q)
	f.noErr("Bans", err)
	return p
}

func testAddressBan(f *fixture) {
	f.equal("before", f.bans(chat.BanQuery{}), chat.BanPage{})
	one, two := f.newAddressBan("203.0.113.7"), f.newAddressBan("2001:db8::/32")
	two.Until = time.Time{}
	res := f.do(chat.OpBanAddress{Ban: one, At: f.now})
	f.equal("result", of(res.AddressBan), one)
	f.wantEvents(res, "")
	f.do(chat.OpBanAddress{Ban: two, At: f.now})
	f.equal("both", f.bans(chat.BanQuery{}).Bans, []chat.AddressBan{two, one})
	f.equal("one has ended", f.bans(chat.BanQuery{At: one.Until}).Bans, []chat.AddressBan{two})

	again := f.newAddressBan(one.Address)
	again.Reason, again.By = "", "agent-2"
	got := of(f.do(chat.OpBanAddress{Ban: again, At: f.now}).AddressBan)
	again.ID = one.ID
	f.equal("in its place", got, again)
	f.equal("the list", f.bans(chat.BanQuery{}).Bans, []chat.AddressBan{again, two})

	f.wantEvents(f.do(chat.OpLiftAddressBan{BanID: one.ID}), "")
	f.equal("lifted", f.bans(chat.BanQuery{}).Bans, []chat.AddressBan{two})
	f.fails(chat.OpLiftAddressBan{BanID: one.ID}, chat.ErrUnknownBan)
}

func testAddressBanPages(f *fixture) {
	var want []chat.AddressBan
	for n := range 5 {
		want = append([]chat.AddressBan{of(f.do(chat.OpBanAddress{Ban: f.newAddressBan(fmt.Sprint("203.0.113.", n)), At: f.now}).AddressBan)}, want...)
	}
	first := f.bans(chat.BanQuery{Page: chat.Page{Limit: 2}})
	f.equal("first", first.Bans, want[:2])
	second := f.bans(chat.BanQuery{Page: chat.Page{Limit: 3, After: first.Next}})
	f.equal("second", second, chat.BanPage{Bans: want[2:]})
	third := f.bans(chat.BanQuery{Page: chat.Page{Limit: 3}}).Next
	f.equal("back", f.bans(chat.BanQuery{Page: chat.Page{Limit: 2, Before: third}}).Bans, want[:2])
}

func testAddressBanLimit(f *fixture) {
	var ops []chat.Op
	for n := range chat.MaxAddressBans {
		ops = append(ops, chat.OpBanAddress{Ban: f.newAddressBan(fmt.Sprintf("198.51.%d.%d", n/250, n%250)), At: f.now})
	}
	f.append(ops...)
	end := f.now.Add(2 * time.Hour)
	f.fails(chat.OpBanAddress{Ban: f.newAddressBan("203.0.113.7"), At: f.now}, chat.ErrTooManyBans)
	f.do(chat.OpBanAddress{Ban: f.newAddressBan("198.51.0.0"), At: f.now}) // it is there
	f.do(chat.OpBanAddress{Ban: f.newAddressBan("203.0.113.7"), At: end})  // what has ended does not count
}

func testAddressAlong(f *fixture) {
	v, other := f.visitor(), f.visitor()
	along := f.newAddressBan("203.0.113.7")
	along.VisitorID = v.ID
	f.duplicate(chat.OpBanAddress{Ban: along, At: f.now}) // nobody asked for it
	f.do(chat.OpBanVisitor{VisitorID: v.ID, Ban: &chat.Ban{At: f.tick(), WithAddress: true}, At: f.now})
	f.equal("along", of(f.do(chat.OpBanAddress{Ban: along, At: f.now}).AddressBan), along)
	f.equal("once", f.visitorNow(v.ID).Banned.WithAddress, false)
	second := along
	second.ID, second.Address = f.id("ban"), "203.0.113.8"
	f.duplicate(chat.OpBanAddress{Ban: second, At: f.now})
	f.equal("the list", f.bans(chat.BanQuery{}).Bans, []chat.AddressBan{along})

	f.do(chat.OpMergeVisitor{From: v.ID, To: other.ID, At: f.tick()})
	along.VisitorID = other.ID
	f.equal("merged", f.bans(chat.BanQuery{}).Bans, []chat.AddressBan{along})
	f.do(chat.OpBanVisitor{VisitorID: other.ID, Ban: &chat.Ban{At: f.tick()}, At: f.now})
	f.do(chat.OpBanVisitor{VisitorID: other.ID, At: f.tick()})
	f.equal("lifted with the visitor's", f.bans(chat.BanQuery{}), chat.BanPage{})

	f.do(chat.OpBanVisitor{VisitorID: other.ID, Ban: &chat.Ban{At: f.tick(), WithAddress: true}, At: f.now})
	f.do(chat.OpBanAddress{Ban: along, At: f.now})
	f.do(chat.OpEraseVisitor{VisitorID: other.ID})
	f.equal("erased with the visitor", f.bans(chat.BanQuery{}), chat.BanPage{})
	along.VisitorID = "nobody"
	f.fails(chat.OpBanAddress{Ban: along, At: f.now}, chat.ErrUnknownVisitor)
}

func testPruneBans(f *fixture) {
	v, other := f.visitor(), f.visitor()
	end := f.tick().Add(time.Hour)
	short, long := &chat.Ban{At: f.now, Until: end}, &chat.Ban{At: f.now}
	f.do(chat.OpBanVisitor{VisitorID: v.ID, Ban: short, At: f.now})
	f.do(chat.OpBanVisitor{VisitorID: other.ID, Ban: long, At: f.now})
	one, two := f.newAddressBan("203.0.113.7"), f.newAddressBan("203.0.113.8")
	one.Until, two.Until = end, time.Time{}
	f.append(chat.OpBanAddress{Ban: one, At: f.now}, chat.OpBanAddress{Ban: two, At: f.now})
	f.duplicate(chat.OpPruneBans{At: end.Add(-time.Millisecond)})
	f.wantEvents(f.do(chat.OpPruneBans{At: end}), "")
	f.equal("ended", f.visitorNow(v.ID).Banned, (*chat.Ban)(nil))
	f.equal("holds", f.visitorNow(other.ID).Banned, long)
	f.equal("addresses", f.bans(chat.BanQuery{}).Bans, []chat.AddressBan{two})
}
