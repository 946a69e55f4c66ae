package storagetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

var messagePageRows = []row{
	{"Messages/Pages", testMessagePages},
	{"Messages/CursorForms", testMessageCursorForms},
	{"Messages/WalkWhileOthersWrite", testMessageWalk},
	{"Messages/MalformedCursors", testMessageMalformed},
	{"Messages/Empty", testMessagesEmpty},
}

var sessionPageRows = []row{
	{"Sessions/NewestFirst", testSessionsNewestFirst},
	{"Sessions/ByActivity", testSessionsByActivity},
	{"Sessions/Filters", testSessionFilters},
	{"Sessions/BothDirections", testSessionsBothDirections},
	{"Sessions/WalkWhileOthersWrite", testSessionWalk},
	{"Sessions/MalformedCursors", testSessionsMalformed},
}

// badCursors are texts that no list has given out. Ids of what does not exist
// count as such too.
var badCursors = []string{"x", " ", "-1", "+1", "1.5", "01", "1 ", "%", "\x00", "9223372036854775808", "latest ", "Latest",
	"AAAA", "MS4x=", "MS4xx", strings.Repeat("MS4x", 50), "NULL", "1; DROP TABLE chat_messages", "日本"}

func wantBadCursor(f *fixture, text, field string, err error) {
	f.Helper()
	if !errors.Is(err, chat.ErrInvalidCursor) || !errors.Is(err, chat.ErrInvalid) {
		f.Errorf("cursor %q as %s: error %v, want %v", text, field, err, chat.ErrInvalidCursor)
		return
	}
	var e *chat.Error
	if errors.As(err, &e); e.Field != field || e.Code != chat.ErrInvalidCursor.Code {
		f.Errorf("cursor %q: field %q, code %q, want field %q", text, e.Field, e.Code, field)
	}
}

func testMessagePages(f *fixture) {
	s := f.start("")
	var want []string
	for i := range 7 {
		want = append(want, f.say(s.ID, chat.SenderVisitor, fmt.Sprint(i)).ID)
	}
	q := chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Limit: 3}}
	var got []string
	for pages := 0; ; pages++ {
		p := f.messages(q)
		got = append(got, ids(p)...)
		if p.Next == "" {
			f.equal("pages", pages+1, 3)
			break
		}
		q.After = p.Next
	}
	f.equal("forward", got, want)

	q.Page, got = chat.Page{Limit: 3, Before: chat.Latest}, nil
	for {
		p := f.messages(q)
		got = append(ids(p), got...)
		if p.Next == "" {
			break
		}
		q.Before = p.Next
	}
	f.equal("backward", got, want)

	// A page that ends exactly at the end says so.
	for _, p := range []chat.Page{{Limit: 7}, {Limit: 7, Before: chat.Latest}, {Limit: 200}, {}} {
		page := f.messages(chat.MessageQuery{SessionID: s.ID, Page: p})
		f.equal("whole list", ids(page), want)
		f.equal("next", page.Next, "")
	}
}

func testMessageCursorForms(f *fixture) {
	s := f.start("")
	var all []chat.Message
	for i := range 5 {
		all = append(all, f.say(s.ID, chat.SenderVisitor, fmt.Sprint(i)))
	}
	list := func(p chat.Page) []string { return ids(f.messages(chat.MessageQuery{SessionID: s.ID, Page: p})) }
	f.equal("after an id", list(chat.Page{After: all[2].ID}), []string{all[3].ID, all[4].ID})
	f.equal("before an id", list(chat.Page{Before: all[2].ID}), []string{all[0].ID, all[1].ID})
	f.equal("after a seq", list(chat.Page{After: "3"}), []string{all[3].ID, all[4].ID})
	f.equal("before a seq", list(chat.Page{Before: "3"}), []string{all[0].ID, all[1].ID})
	f.equal("nearest before a seq", list(chat.Page{Before: "4", Limit: 1}), []string{all[2].ID})
	f.equal("after seq 0", list(chat.Page{After: "0", Limit: 1}), []string{all[0].ID})
	f.equal("before seq 1", list(chat.Page{Before: "1"}), []string(nil))
	f.equal("after the end", list(chat.Page{After: "5"}), []string(nil))
	f.equal("after what is to come", list(chat.Page{After: "100"}), []string(nil))
	f.equal("before what is to come", list(chat.Page{Before: "100", Limit: 1}), []string{all[4].ID})
	f.equal("after a deleted message", func() []string {
		f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: all[3].ID, At: f.tick()})
		return list(chat.Page{After: all[3].ID})
	}(), []string{all[4].ID})
}

// testMessageWalk pages through a session in both directions while it grows:
// what was there at the start comes exactly once, in order.
func testMessageWalk(f *fixture) {
	for _, notes := range []bool{false, true} {
		s := f.start("")
		var want []string
		for i := range 20 {
			want = append(want, f.say(s.ID, chat.SenderVisitor, fmt.Sprint(i)).ID)
			if n := f.jot(s.ID, "note"); notes {
				want = append(want, n.ID)
			}
		}
		grow := func() {
			f.say(s.ID, chat.SenderAgent, "meanwhile")
			f.jot(s.ID, "meanwhile")
		}
		q := chat.MessageQuery{SessionID: s.ID, Notes: notes, Page: chat.Page{Limit: 3, Before: chat.Latest}}
		var got []string
		for more := true; more; {
			page := f.messages(q)
			got = append(ids(page), got...)
			q.Before, more = page.Next, page.Next != ""
			grow()
		}
		f.equal("backward", got, want)

		q.Page, got = chat.Page{Limit: 3}, nil
		for len(got) < len(want) {
			page := f.messages(q)
			got = append(got, ids(page)...)
			if q.After = page.Next; q.After == "" {
				f.Fatalf("the list ended after %d of more than %d", len(got), len(want))
			}
			grow()
		}
		f.equal("forward", got[:len(want)], want)
	}
}

func testMessageMalformed(f *fixture) {
	one, two := f.start(""), f.start("")
	f.say(one.ID, chat.SenderVisitor, "x")
	other := f.say(two.ID, chat.SenderVisitor, "x")
	for _, text := range append(badCursors, other.ID, one.ID) {
		_, err := f.store.Messages(f.ctx, chat.MessageQuery{SessionID: one.ID, Page: chat.Page{After: text}})
		wantBadCursor(f, text, "after", err)
		_, err = f.store.Messages(f.ctx, chat.MessageQuery{SessionID: one.ID, Page: chat.Page{Before: text}})
		wantBadCursor(f, text, "before", err)
	}
	_, err := f.store.Messages(f.ctx, chat.MessageQuery{SessionID: one.ID, Page: chat.Page{After: chat.Latest}})
	wantBadCursor(f, chat.Latest, "after", err)
}

func testMessagesEmpty(f *fixture) {
	s := f.start("")
	for _, p := range []chat.Page{{}, {Before: chat.Latest}, {After: "0"}, {Before: "1"}} {
		f.equal("page", f.messages(chat.MessageQuery{SessionID: s.ID, Page: p}), chat.MessagePage{})
	}
	f.equal("notes", f.messages(chat.MessageQuery{SessionID: s.ID, Notes: true}), chat.MessagePage{})
}
