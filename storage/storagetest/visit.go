package storagetest

import (
	"encoding/json"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func (f *fixture) visits(visitor string, page chat.Page) chat.VisitPage {
	f.Helper()
	p, err := f.store.Visits(f.ctx, chat.VisitQuery{VisitorID: visitor, Page: page})
	f.noErr("Visits", err)
	return p
}

// testVisits has a visitor come three times: what counts is the time between
// two pages, not how long they stay.
func testVisits(f *fixture) {
	v := f.visitor()
	gap := 30 * time.Minute
	come := func(after time.Duration, url string) (chat.PageView, chat.OpResult) {
		f.now = f.now.Add(after)
		view := chat.PageView{VisitorID: v.ID, PageRef: chat.PageRef{URL: url, Referrer: "https://search.example/"}, At: f.now, Visit: chat.Visit{
			Campaign: &chat.Campaign{Source: "letter", Name: "spring"}, Locale: "pt-PT", Address: "192.0.2.0",
			Device: chat.Device{Kind: chat.DevicePhone, Browser: "Firefox", System: "Android"},
		}}
		return view, f.do(chat.OpAddPageViews{Views: []chat.PageView{view}, Gap: gap})
	}
	first, res := come(time.Minute, "https://shop.example/")
	f.equal("began", res.Began, []string{v.ID})
	last, res := come(gap, "https://shop.example/vases")
	f.equal("went on", res.Began, []string(nil))
	want := first.Visit
	want.StartedAt, want.LastAt, want.Pages, want.Landing = first.At, last.At, 2, first.PageRef
	f.equal("visits", f.visits(v.ID, chat.Page{}), chat.VisitPage{Visits: []chat.Visit{want}})
	f.equal("visitor's", *f.visitorNow(v.ID).Visit, want)

	second, res := come(gap+time.Millisecond, "https://shop.example/again")
	f.equal("began again", res.Began, []string{v.ID})
	place := chat.Place{Country: "Portugal", City: "Porto", Company: "Alder & Clay"}
	f.wantEvents(f.do(chat.OpPlaceVisit{VisitorID: v.ID, Place: place}), "")
	next := second.Visit
	next.StartedAt, next.LastAt, next.Pages, next.Landing, next.Returning, next.Place = second.At, second.At, 1, second.PageRef, true, &place
	f.equal("both", f.visits(v.ID, chat.Page{}).Visits, []chat.Visit{next, want})
	one := f.visits(v.ID, chat.Page{Limit: 1})
	f.equal("the first page", one.Visits, []chat.Visit{next})
	f.equal("the second", f.visits(v.ID, chat.Page{Limit: 1, After: one.Next}), chat.VisitPage{Visits: []chat.Visit{want}})
	come(time.Second, "https://shop.example/more")
	f.equal("the place stays", f.visitorNow(v.ID).Visit.Place, &place)

	// Who was known for longer than the gap is no newcomer, also on their first
	// visit.
	old := f.visitor()
	f.now = f.now.Add(gap + time.Second)
	f.do(chat.OpAddPageViews{Gap: gap, Views: []chat.PageView{{VisitorID: old.ID, PageRef: first.PageRef, At: f.now}}})
	f.equal("returning", f.visitorNow(old.ID).Visit.Returning, true)

	f.duplicate(chat.OpPlaceVisit{VisitorID: f.visitor().ID, Place: place})
	f.fails(chat.OpPlaceVisit{VisitorID: "nobody", Place: place}, chat.ErrUnknownVisitor)
	_, err := f.store.Visits(f.ctx, chat.VisitQuery{VisitorID: "nobody"})
	f.wantErr("of nobody", err, chat.ErrUnknownVisitor)
}

// testTrail puts what the host's pages say among the pages.
func testTrail(f *fixture) {
	v := f.visitor()
	page := chat.PageView{VisitorID: v.ID, PageRef: chat.PageRef{URL: "https://shop.example/basket", Title: "Basket"}, At: f.tick()}
	line := chat.PageView{VisitorID: v.ID, Name: "checkout_started", Data: map[string]any{"total": json.Number("12.50")}, At: f.tick()}
	bare := chat.PageView{VisitorID: v.ID, Name: "paid", At: f.tick()}
	f.do(chat.OpAddPageViews{Gap: time.Hour, Views: []chat.PageView{page, line, bare}})
	line.URL, bare.URL = page.URL, page.URL
	list := func(trail bool) []chat.PageView {
		p, err := f.store.PageViews(f.ctx, chat.PageViewQuery{VisitorID: v.ID, Trail: trail})
		f.noErr("PageViews", err)
		return p.Views
	}
	f.equal("trail", list(true), []chat.PageView{bare, line, page})
	f.equal("pages", list(false), []chat.PageView{page})
	f.equal("a line is no page of the visit", f.visitorNow(v.ID).Visit.Pages, 1)
	early := f.visitor()
	f.do(chat.OpAddPageViews{Gap: time.Hour, Views: []chat.PageView{{VisitorID: early.ID, Name: "first", At: f.tick()}}})
	f.equal("without a page there is no visit", f.visitorNow(early.ID), early)
}

func testVisitsMerge(f *fixture) {
	from, to := f.visitor(), f.visitor()
	view := func(v chat.Visitor) chat.PageView {
		return chat.PageView{VisitorID: v.ID, PageRef: chat.PageRef{URL: "https://shop.example/" + v.ID}, At: f.tick()}
	}
	older, newer := view(to), view(from)
	f.do(chat.OpAddPageViews{Gap: time.Hour, Views: []chat.PageView{older, newer}})
	f.do(chat.OpMergeVisitor{From: from.ID, To: to.ID, At: f.tick()})
	got := f.visits(to.ID, chat.Page{}).Visits
	f.equal("visits", len(got), 2)
	f.equal("the latest", f.visitorNow(to.ID).Visit.Landing, newer.PageRef)
	f.do(chat.OpEraseVisitor{VisitorID: to.ID})
	f.do(chat.OpSaveVisitor{Visitor: to})
	f.equal("erased", f.visits(to.ID, chat.Page{}), chat.VisitPage{Visits: []chat.Visit{}})
	f.equal("no visit", f.visitorNow(to.ID).Visit, (*chat.Visit)(nil))
}
