package storagetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var visitorRows = []row{
	{"Visitor/SaveInsertsAndUpdates", testSaveVisitor},
	{"Visitor/ExternalID", testExternalID},
	{"Visitor/Tokens", testTokens},
	{"Visitor/Unknown", testUnknownVisitor},
	{"Visitors/LatestSeenFirst", testVisitors},
	{"Visitor/PageViews", testPageViews},
	{"Visitor/Trail", testTrail},
	{"Visitor/Visits", testVisits},
	{"Visitor/VisitsMergeAndErase", testVisitsMerge},
	{"Visitor/Merge", testMerge},
	{"Visitor/MergeKeepsClientIDsApart", testMergeClientIDs},
	{"Visitor/MergeUnknown", testMergeUnknown},
}

func (f *fixture) visitorNow(id string) chat.Visitor {
	f.Helper()
	v, err := f.store.Visitor(f.ctx, id)
	f.noErr("Visitor", err)
	return v
}

func testSaveVisitor(f *fixture) {
	v := chat.Visitor{
		ID: "v1", Name: "Inês 🦜", Email: "ines@example.com", ExternalID: "user-1", Verified: true, Locale: "pt-PT", TimeZone: "Europe/Lisbon", UserAgent: "Browser/1",
		Page: &chat.PageRef{URL: "https://example.com/", Title: "T", Referrer: "R"}, CustomData: map[string]any{"n": json.Number("12345678901234567890")},
		CreatedAt: f.tick(), LastSeenAt: f.now,
	}
	f.equal("result", f.do(chat.OpSaveVisitor{Visitor: v}).Visitor, v)
	f.equal("visitor", f.visitorNow("v1"), v)

	update := chat.Visitor{ID: "v1", Name: "Other", CreatedAt: f.tick(), LastSeenAt: f.tick()}
	res := f.do(chat.OpSaveVisitor{Visitor: update})
	update.CreatedAt = v.CreatedAt
	f.equal("result of the update", res.Visitor, update)
	f.equal("updated visitor", f.visitorNow("v1"), update)
	f.wantEvents(res, "")
	f.equal("the log", f.log(), chat.EventLog{})
}

func testExternalID(f *fixture) {
	one := chat.Visitor{ID: "v1", ExternalID: "user-1", CreatedAt: f.tick(), LastSeenAt: f.now}
	f.do(chat.OpSaveVisitor{Visitor: one})
	got, err := f.store.VisitorByExternalID(f.ctx, "user-1")
	f.noErr("VisitorByExternalID", err)
	f.equal("visitor", got, one)
	two := f.visitor()
	two.ExternalID = "user-1"
	f.fails(chat.OpSaveVisitor{Visitor: two}, chat.ErrConflict)
	three := chat.Visitor{ID: "v3", ExternalID: "user-1", CreatedAt: f.tick(), LastSeenAt: f.now}
	f.fails(chat.OpSaveVisitor{Visitor: three, TokenHash: "h"}, chat.ErrConflict)
	f.fails(chat.OpCreateSession{Session: f.newSession("v3"), Visitor: &three}, chat.ErrConflict)
	_, err = f.store.Visitor(f.ctx, "v3")
	f.wantErr("the refused visitor", err, chat.ErrUnknownVisitor)
	f.visitor() // no external id is not one that two could share
	for _, id := range []string{"", "user-2", "USER-1"} {
		_, err = f.store.VisitorByExternalID(f.ctx, id)
		f.wantErr(fmt.Sprintf("VisitorByExternalID(%q)", id), err, chat.ErrUnknownVisitor)
	}
}

func testTokens(f *fixture) {
	v, other := f.visitor(), f.visitor()
	byToken := func(hash string) string {
		got, err := f.store.VisitorByToken(f.ctx, hash)
		f.noErr("VisitorByToken", err)
		return got.ID
	}
	for _, hash := range []string{"h1", "h2", "h1"} {
		f.do(chat.OpSaveVisitor{Visitor: v, TokenHash: hash})
	}
	f.do(chat.OpSaveVisitor{Visitor: v}) // keeps the tokens
	f.equal("first token", byToken("h1"), v.ID)
	f.equal("second token", byToken("h2"), v.ID)
	f.fails(chat.OpSaveVisitor{Visitor: other, TokenHash: "h1"}, chat.ErrConflict)
	f.equal("first token, still", byToken("h1"), v.ID)
	for _, hash := range []string{"", "h3", "H1"} {
		_, err := f.store.VisitorByToken(f.ctx, hash)
		f.wantErr(fmt.Sprintf("VisitorByToken(%q)", hash), err, chat.ErrUnknownVisitor)
	}
}

func testUnknownVisitor(f *fixture) {
	_, err := f.store.Visitor(f.ctx, "nobody")
	f.wantErr("Visitor", err, chat.ErrUnknownVisitor)
	f.fails(chat.OpEraseVisitor{VisitorID: "nobody"}, chat.ErrUnknownVisitor)
}

func testVisitors(f *fixture) {
	list := func(q chat.VisitorQuery) (got []string) {
		for range 50 {
			p, err := f.store.Visitors(f.ctx, q)
			f.noErr("Visitors", err)
			for _, v := range p.Visitors {
				got = append(got, v.ID)
			}
			if p.Next == "" {
				return got
			}
			q.After = p.Next
		}
		f.Fatal("the list has no end")
		return nil
	}
	f.equal("an empty store", list(chat.VisitorQuery{}), []string(nil))
	var want []string
	for range 7 {
		want = append(want, f.visitor().ID)
	}
	tied := f.visitorNow(want[5])
	tied.LastSeenAt = f.visitorNow(want[6]).LastSeenAt
	f.do(chat.OpSaveVisitor{Visitor: tied})
	back := f.visitorNow(want[0])
	back.LastSeenAt = f.tick()
	f.do(chat.OpSaveVisitor{Visitor: back})
	want = append(want[1:], want[0])
	slices.Reverse(want)
	for _, limit := range []int{1, 2, 7, 8} {
		f.equal(fmt.Sprint("pages of ", limit), list(chat.VisitorQuery{Page: chat.Page{Limit: limit}}), want)
	}
	some := []string{want[4], "nobody", want[1], want[1]}
	f.equal("some", list(chat.VisitorQuery{IDs: some, Page: chat.Page{Limit: 1}}), []string{want[1], want[4]})
	f.equal("none", list(chat.VisitorQuery{IDs: []string{}}), []string(nil))
	p, err := f.store.Visitors(f.ctx, chat.VisitorQuery{Page: chat.Page{Limit: 4}})
	f.noErr("Visitors", err)
	p, err = f.store.Visitors(f.ctx, chat.VisitorQuery{Page: chat.Page{Limit: 2, Before: p.Next}})
	f.noErr("Visitors", err)
	f.equal("upwards", []string{p.Visitors[0].ID, p.Visitors[1].ID}, want[1:3])
}

func testPageViews(f *fixture) {
	v, other := f.visitor(), f.visitor()
	var want []chat.PageView
	for _, url := range []string{"https://shop.example/", "https://shop.example/a?b=c", "https://shop.example/d"} {
		want = append(want, chat.PageView{VisitorID: v.ID, PageRef: chat.PageRef{URL: url, Title: "Title 🦜", Referrer: "https://x.example/"}, At: f.tick()})
	}
	tied := want[2]
	tied.URL = "https://shop.example/tied"
	want = append(want, tied)
	theirs := chat.PageView{VisitorID: other.ID, PageRef: chat.PageRef{URL: "https://shop.example/theirs"}, At: f.now}
	res := f.do(chat.OpAddPageViews{Gap: time.Hour, Views: append([]chat.PageView{{VisitorID: "nobody", PageRef: chat.PageRef{URL: "https://x.example/"}, At: f.now}, theirs}, want...)})
	f.wantEvents(res, "")
	slices.Reverse(want)
	v.Page, v.LastSeenAt = &want[0].PageRef, want[0].At
	v.Visit = &chat.Visit{StartedAt: want[3].At, LastAt: want[0].At, Pages: 4, Landing: want[3].PageRef}
	f.equal("who has begun a visit", res.Began, []string{other.ID, v.ID})
	f.equal("visitor", f.visitorNow(v.ID), v)
	list := func(q chat.PageViewQuery) chat.PageViewPage {
		f.Helper()
		p, err := f.store.PageViews(f.ctx, q)
		f.noErr("PageViews", err)
		return p
	}
	f.equal("all", list(chat.PageViewQuery{VisitorID: v.ID}), chat.PageViewPage{Views: want})
	first := list(chat.PageViewQuery{VisitorID: v.ID, Page: chat.Page{Limit: 1}})
	f.equal("first page", first.Views, want[:1])
	f.equal("the rest", list(chat.PageViewQuery{VisitorID: v.ID, Page: chat.Page{After: first.Next}}).Views, want[1:])
	_, err := f.store.PageViews(f.ctx, chat.PageViewQuery{VisitorID: "nobody"})
	f.wantErr("of nobody", err, chat.ErrUnknownVisitor)

	f.do(chat.OpMergeVisitor{From: other.ID, To: v.ID, At: f.tick()})
	f.equal("merged", len(list(chat.PageViewQuery{VisitorID: v.ID}).Views), 5)
	f.do(chat.OpEraseVisitor{VisitorID: v.ID})
	f.do(chat.OpSaveVisitor{Visitor: v})
	f.equal("erased", list(chat.PageViewQuery{VisitorID: v.ID}), chat.PageViewPage{})
}

func testMerge(f *fixture) {
	from, to := f.visitor(), f.visitor()
	f.do(chat.OpSaveVisitor{Visitor: from, TokenHash: "h-from"})
	f.do(chat.OpSaveVisitor{Visitor: to, TokenHash: "h-to"})
	one := f.start(from.ID)
	f.say(one.ID, chat.SenderVisitor, "mine")
	two, own, other := f.start(from.ID), f.start(to.ID), f.start("")
	f.do(chat.OpCloseSession{SessionID: two.ID, At: f.tick()})
	want := []chat.Session{f.session(one.ID), f.session(two.ID)}
	res := f.do(chat.OpMergeVisitor{From: from.ID, To: to.ID, At: f.tick()})
	f.wantEvents(res, "session_updated session_updated")
	for i := range want {
		want[i].VisitorID, want[i].UpdatedAt = to.ID, f.now
		want[i].Version++
		f.equal("moved session", f.session(want[i].ID), want[i])
		f.equal("event", res.Events[i].Data, any(want[i]))
	}
	f.equal("visitor", res.Visitor, f.visitorNow(to.ID))
	f.equal("To's own session", f.session(own.ID), own)
	f.equal("another's session", f.session(other.ID), other)
	_, err := f.store.Visitor(f.ctx, from.ID)
	f.wantErr("From", err, chat.ErrUnknownVisitor)
	_, err = f.store.VisitorByToken(f.ctx, "h-from")
	f.wantErr("From's token", err, chat.ErrUnknownVisitor)
	_, err = f.store.VisitorByToken(f.ctx, "h-to")
	f.noErr("To's token", err)
	f.equal("To's events", len(f.events(chat.EventQuery{Topic: chat.Topic{VisitorID: to.ID}})), 7)
}

func testMergeClientIDs(f *fixture) {
	from, to := f.visitor(), f.visitor()
	var made []string
	for _, v := range []string{from.ID, to.ID} {
		in := f.newSession(v)
		in.ClientID, in.Fingerprint = "same", "fp"
		made = append(made, f.do(chat.OpCreateSession{Session: in}).Session.ID)
	}
	f.do(chat.OpMergeVisitor{From: from.ID, To: to.ID, At: f.tick()})
	f.equal("moved", f.session(made[0]).VisitorID, to.ID)
	again := f.newSession(to.ID)
	again.ClientID, again.Fingerprint = "same", "fp"
	f.equal("To's own is still the one", f.duplicate(chat.OpCreateSession{Session: again}).Session.ID, made[1])
}

func testMergeUnknown(f *fixture) {
	v := f.visitor()
	f.fails(chat.OpMergeVisitor{From: "nobody", To: v.ID, At: f.tick()}, chat.ErrUnknownVisitor)
	f.fails(chat.OpMergeVisitor{From: v.ID, To: "nobody", At: f.tick()}, chat.ErrUnknownVisitor)
	f.duplicate(chat.OpMergeVisitor{From: v.ID, To: v.ID, At: f.tick()})
	f.equal("visitor", f.visitorNow(v.ID), v)
}
