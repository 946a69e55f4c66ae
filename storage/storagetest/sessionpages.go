package storagetest

import (
	"fmt"
	"slices"

	"github.com/pealchat/pealchat/chat"
)

func sessionIDs(p chat.SessionPage) []string {
	var list []string
	for _, s := range p.Sessions {
		list = append(list, s.ID)
	}
	return list
}

// walk pages through a list of sessions from its start on.
func (f *fixture) walk(q chat.SessionQuery, between func()) []string {
	f.Helper()
	var got []string
	for range 100 {
		p := f.sessions(q)
		got = append(got, sessionIDs(p)...)
		if p.Next == "" {
			return got
		}
		q.After = p.Next
		if between != nil {
			between()
		}
	}
	f.Fatal("the list has no end")
	return nil
}

func testSessionsNewestFirst(f *fixture) {
	f.equal("no sessions", f.sessions(chat.SessionQuery{}), chat.SessionPage{})
	var want []string
	for range 7 {
		want = append(want, f.start("").ID)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 2, 3, 6, 7, 8} {
		f.equal(fmt.Sprint("pages of ", limit), f.walk(chat.SessionQuery{Page: chat.Page{Limit: limit}}, nil), want)
	}
	p := f.sessions(chat.SessionQuery{})
	f.equal("each is whole", p.Sessions[0], f.session(want[0]))
	// The order is that of their making, whatever the clock said.
	early := f.newSession(f.visitor().ID)
	early.CreatedAt = early.CreatedAt.AddDate(-1, 0, 0)
	f.do(chat.OpCreateSession{Session: early})
	f.equal("newest", sessionIDs(f.sessions(chat.SessionQuery{Page: chat.Page{Limit: 1}})), []string{early.ID})
}

func testSessionsByActivity(f *fixture) {
	var s []string
	for range 6 {
		s = append(s, f.start("").ID)
	}
	f.say(s[1], chat.SenderVisitor, "x")
	f.say(s[3], chat.SenderAgent, "x")
	f.jot(s[0], "a note is no activity")
	f.do(chat.OpCloseSession{SessionID: s[2], At: f.tick()})
	f.do(chat.OpCloseSession{SessionID: s[4], At: f.tick()})
	f.say(s[1], chat.SenderVisitor, "y")
	for _, c := range []struct {
		status string
		want   []string
	}{
		{chat.StatusActive, []string{s[1], s[3], s[5], s[0]}},
		{chat.StatusClosed, []string{s[4], s[2]}},
		{"", []string{s[1], s[4], s[2], s[3], s[5], s[0]}},
	} {
		for _, limit := range []int{1, 2, 10} {
			q := chat.SessionQuery{Status: c.status, ByActivity: true, Page: chat.Page{Limit: limit}}
			f.equal(fmt.Sprintf("%q in pages of %d", c.status, limit), f.walk(q, nil), c.want)
		}
	}

	// Where the time is the same, the row decides, and none gets lost.
	var same []string
	for range 5 {
		in := f.newSession(f.visitor().ID)
		in.CreatedAt, in.UpdatedAt = f.now, f.now
		if len(same) > 0 {
			in.CreatedAt = f.session(same[0]).CreatedAt
		}
		same = append(same, f.do(chat.OpCreateSession{Session: in}).Session.ID)
	}
	slices.Reverse(same)
	f.equal("ties", f.walk(chat.SessionQuery{ByActivity: true, Page: chat.Page{Limit: 2}}, nil)[:5], same)
}

func testSessionFilters(f *fixture) {
	ada, bo := f.agent("Ada"), f.agent("Bo")
	v := f.visitor()
	var s []string
	for i := range 6 {
		in := f.newSession(v.ID)
		if i == 5 {
			in.VisitorID = f.visitor().ID
		}
		in.Department = []string{"sales", "support"}[i%2]
		in.Tags = [][]string{nil, {"vip"}, {"vip", "late"}, {"viper"}, {"vip%"}, {"VIP"}}[i]
		in.AssigneeID = []string{ada.ID, bo.ID, "", "", ada.ID, ""}[i]
		s = append(s, f.do(chat.OpCreateSession{Session: in}).Session.ID)
	}
	f.do(chat.OpCloseSession{SessionID: s[4], At: f.tick()})
	f.do(chat.OpUpdateSession{SessionID: s[3], Patch: chat.SessionPatch{Tags: &[]string{"vip", "vip"}}, At: f.tick()})
	f.do(chat.OpUpdateSession{SessionID: s[1], Patch: chat.SessionPatch{Tags: &[]string{"old"}}, At: f.tick()})
	for _, c := range []struct {
		name string
		q    chat.SessionQuery
		want []int
	}{
		{"all", chat.SessionQuery{}, []int{5, 4, 3, 2, 1, 0}},
		{"active", chat.SessionQuery{Status: chat.StatusActive}, []int{5, 3, 2, 1, 0}},
		{"closed", chat.SessionQuery{Status: chat.StatusClosed}, []int{4}},
		{"Ada's", chat.SessionQuery{AssigneeID: ada.ID}, []int{4, 0}},
		{"Ada's active", chat.SessionQuery{AssigneeID: ada.ID, Status: chat.StatusActive}, []int{0}},
		{"a stranger's", chat.SessionQuery{AssigneeID: "nobody"}, nil},
		{"unassigned", chat.SessionQuery{Unassigned: true}, []int{5, 3, 2}},
		{"of a department", chat.SessionQuery{Department: "sales"}, []int{4, 2, 0}},
		{"of no such department", chat.SessionQuery{Department: "Sales"}, nil},
		{"tagged", chat.SessionQuery{Tag: "vip"}, []int{3, 2}},
		{"tagged with a wildcard", chat.SessionQuery{Tag: "vip%"}, []int{4}},
		{"with a tag that was taken off", chat.SessionQuery{Tag: "viper"}, nil},
		{"of a visitor", chat.SessionQuery{VisitorID: v.ID}, []int{4, 3, 2, 1, 0}},
		{"of no visitor", chat.SessionQuery{VisitorID: "nobody"}, nil},
		{"of everything", chat.SessionQuery{Status: chat.StatusActive, Unassigned: true, Department: "sales", Tag: "late", VisitorID: v.ID}, []int{2}},
	} {
		var want []string
		for _, i := range c.want {
			want = append(want, s[i])
		}
		for _, limit := range []int{1, 2, 50} {
			c.q.Limit = limit
			f.equal(fmt.Sprintf("%s in pages of %d", c.name, limit), f.walk(c.q, nil), want)
		}
		c.q.ByActivity = true
		got := f.walk(c.q, nil)
		slices.Sort(got)
		slices.Sort(want)
		f.equal(c.name+" by activity", got, want)
	}
}

// testSessionsBothDirections goes down a list page by page and up again.
func testSessionsBothDirections(f *fixture) {
	for range 7 {
		s := f.start("")
		f.say(s.ID, chat.SenderVisitor, "x")
	}
	for _, byActivity := range []bool{false, true} {
		q := chat.SessionQuery{ByActivity: byActivity, Page: chat.Page{Limit: 200}}
		all := sessionIDs(f.sessions(q))
		q.Limit = 2
		first := f.sessions(q)
		q.After = first.Next
		second := f.sessions(q)
		q.After = second.Next
		third := f.sessions(q)
		f.equal("third page", sessionIDs(third), all[4:6])

		q.After, q.Before = "", third.Next
		up := f.sessions(q)
		f.equal("the page above the third's end", sessionIDs(up), all[3:5])
		q.Before = up.Next
		up = f.sessions(q)
		f.equal("the next page up", sessionIDs(up), all[1:3])
		q.Before = up.Next
		up = f.sessions(q)
		f.equal("the last page up", sessionIDs(up), all[:1])
		f.equal("its next", up.Next, "")
	}
}

// testSessionWalk: the list by creation shows every session once while others
// are made, written to and closed.
func testSessionWalk(f *fixture) {
	var want []string
	for range 20 {
		want = append(want, f.start("").ID)
	}
	slices.Reverse(want)
	i := 0
	got := f.walk(chat.SessionQuery{Page: chat.Page{Limit: 3}}, func() {
		f.start("")
		f.say(want[i], chat.SenderVisitor, "x")
		f.do(chat.OpCloseSession{SessionID: want[len(want)-1-i], At: f.tick()})
		i++
	})
	f.equal("the walk", got, want)
}

func testSessionsMalformed(f *fixture) {
	f.start("")
	f.start("")
	created := f.sessions(chat.SessionQuery{Page: chat.Page{Limit: 1}}).Next
	active := f.sessions(chat.SessionQuery{ByActivity: true, Page: chat.Page{Limit: 1}}).Next
	for _, c := range []struct {
		byActivity bool
		other      string
	}{{false, active}, {true, created}} {
		for _, text := range append(badCursors, "1", chat.Latest, c.other) {
			_, err := f.store.Sessions(f.ctx, chat.SessionQuery{ByActivity: c.byActivity, Page: chat.Page{After: text}})
			wantBadCursor(f, text, "after", err)
			_, err = f.store.Sessions(f.ctx, chat.SessionQuery{ByActivity: c.byActivity, Page: chat.Page{Before: text}})
			wantBadCursor(f, text, "before", err)
		}
	}
	for _, text := range append(badCursors, "1", chat.Latest, created) {
		_, err := f.store.Visitors(f.ctx, chat.VisitorQuery{Page: chat.Page{After: text}})
		wantBadCursor(f, text, "after", err)
	}
}
