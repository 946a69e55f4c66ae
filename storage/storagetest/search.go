package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pealchat/pealchat/chat"
)

var searchRows = []row{
	{"Search/Messages", testSearchMessages},
	{"Search/Sessions", testSearchSessions},
	{"Search/NothingIsSyntax", testSearchSyntax},
	{"Search/EveryLetter", testSearchEveryLetter},
	{"Search/Order", testSearchOrder},
	{"Search/FollowsChanges", testSearchChanges},
	{"Search/FollowsErasure", testSearchErased},
	{"Search/IndexesInSteps", testSearchSteps},
	{"Search/BadCursors", testSearchCursors},
}

// index brings the index up to date.
func (f *fixture) index() {
	f.Helper()
	for range 100 {
		res := f.append(chat.OpIndexSearch{Limit: 50})[0]
		f.noErr("IndexSearch", res.Err)
		f.equal("events", len(res.Events), 0)
		if res.Count < 50 {
			return
		}
	}
	f.Fatal("there is no end to what is to be indexed")
}

func (f *fixture) search(q chat.SearchQuery) chat.SearchPage {
	f.Helper()
	p, err := f.store.Search(f.ctx, q)
	f.noErr("Search "+strings.Join(q.Words, " "), err)
	return p
}

// found returns what is found with the words, each with [ and ] around the
// matches.
func (f *fixture) found(words string) []string {
	f.Helper()
	f.index()
	list := []string{}
	for _, hit := range f.search(chat.SearchQuery{Words: strings.Fields(words)}).Hits {
		if hit.Message != nil {
			f.equal("the message's session", hit.Session, f.session(hit.Message.SessionID))
			f.equal("searched text", hit.Text, hit.Message.Text)
		}
		runes, text, at := []rune(hit.Text), "", 0
		for _, m := range hit.Matches {
			text, at = text+string(runes[at:m[0]])+"["+string(runes[m[0]:m[1]])+"]", m[1]
		}
		list = append(list, text+string(runes[at:]))
	}
	return list
}

func testSearchMessages(f *fixture) {
	s := f.start("")
	m := f.say(s.ID, chat.SenderVisitor, "Is the Sage glaze\nfood safe, at 1240 °C?")
	n := f.jot(s.ID, "She bought a naïve mug 😀 in México")
	f.say(s.ID, chat.SenderAgent, "Yes: sagely so")
	f.index()
	hits := f.search(chat.SearchQuery{Words: []string{"glaze"}}).Hits
	f.equal("message", *hits[0].Message, m)
	hits = f.search(chat.SearchQuery{Words: []string{"naive"}}).Hits
	f.equal("note", *hits[0].Message, n)
	for words, want := range map[string][]string{
		"SAGE":           {"Yes: [sagely] so", "Is the [Sage] glaze\nfood safe, at 1240 °C?"},
		"sage glaze":     {"Is the [Sage] [glaze]\nfood safe, at 1240 °C?"},
		"sage yes":       {}, // only the last may be unfinished
		"yes sage":       {"[Yes]: [sagely] so"},
		"1240":           {"Is the Sage glaze\nfood safe, at [1240] °C?"},
		"mexico":         {"She bought a naïve mug 😀 in [México]"},
		"mug méx":        {"She bought a naïve [mug] 😀 in [México]"},
		"lage":           {},
		"sage porcelain": {},
	} {
		f.equal(words, f.found(words), want)
	}
}

func testSearchSessions(f *fixture) {
	v := f.visitor()
	in := f.newSession(v.ID)
	in.VisitorName, in.VisitorEmail, in.Tags = "Léa Bonnet", "lea.b@correio.example", []string{"vip", `pre-"sale" <b>`}
	s := f.do(chat.OpCreateSession{Session: in}).Session
	other := f.newSession(v.ID)
	other.VisitorName = "Daniel Weiss"
	f.do(chat.OpCreateSession{Session: other})
	all := `Léa Bonnet · lea.b@correio.example · vip · pre-"sale" <b>`
	for words, want := range map[string]string{
		"lea":                   `[Léa] Bonnet · [lea].b@correio.example · vip · pre-"sale" <b>`,
		"bonnet vip":            `Léa [Bonnet] · lea.b@correio.example · [vip] · pre-"sale" <b>`,
		"lea.b@correio.example": `Léa Bonnet · [lea.b@correio.example] · vip · pre-"sale" <b>`,
		"lea.b@cor":             `Léa Bonnet · [lea.b@correio].example · vip · pre-"sale" <b>`,
		"pre-sale":              `Léa Bonnet · lea.b@correio.example · vip · [pre-"sale]" <b>`,
		"dan":                   "[Daniel] Weiss",
	} {
		f.equal(words, f.found(words), []string{want})
	}
	hit := f.search(chat.SearchQuery{Words: []string{"bonnet"}}).Hits[0]
	f.equal("session", hit.Session, s)
	f.equal("message", hit.Message, (*chat.Message)(nil))
	f.equal("text", hit.Text, all)
}

func testSearchSyntax(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "alpha NOT beta NEAR gamma OR delta body")
	for _, words := range []string{
		`"`, `a"b`, `"alpha`, `alpha"`, `*`, `a*`, `(alpha`, `alpha)`, `body:alpha`, `body :alpha`, `-alpha`, `^alpha`, `+`, `NEAR(alpha beta)`, `{alpha}`, `alpha AND`, `OR`, `NOT alpha`,
		`'; DROP TABLE chat_messages; --`, `:words`, `?`, `\`, "😀", "…", "\u200b", `""`, `a""b`, "\xff", "alpha\x00beta", `"*`, strings.Repeat("a ", 100), strings.Repeat(`"`, 200), "配達", "ﬁ", "e\u0301",
	} {
		f.index()
		for _, word := range []string{words, words + " alpha"} {
			if _, err := f.store.Search(f.ctx, chat.SearchQuery{Words: strings.Fields(word)}); err != nil {
				f.Errorf("%q: %v", word, err)
			}
		}
	}
	for words, want := range map[string]int{
		"alpha NOT beta": 1, "alpha OR zeta": 0, "alpha AND beta": 0, "body:alpha": 0, "alph* bet": 0, "delta body": 1, "NEAR(gamma": 1, "alpha*": 1,
	} {
		f.equal(words, len(f.found(words)), want)
	}
}

// testSearchEveryLetter: some letters are nothing but an accent, and stand in
// people's smileys.
func testSearchEveryLetter(f *fixture) {
	s := f.start("")
	var text strings.Builder
	n := 0
	for r := range rune(unicode.MaxRune) {
		if !unicode.In(r, unicode.Letter, unicode.Number, unicode.Mark) {
			continue
		}
		text.WriteString(string(r) + " ")
		if n++; n%5000 == 0 {
			f.say(s.ID, chat.SenderAgent, text.String())
			text.Reset()
		}
	}
	f.say(s.ID, chat.SenderAgent, text.String())
	f.say(s.ID, chat.SenderVisitor, "(ﾟ∀ﾟ) ͺ ﹰ")
	for word, want := range map[string]int{"ﾟ": 2, "ͺ": 2, "ﹰ": 2, "(ﾟ∀ﾟ)": 1} { // in its own message, and among all
		f.equal(word, len(f.found(word)), want)
	}
}

func testSearchOrder(f *fixture) {
	var sessions, messages []string // the newest first
	start := func(name string) {
		in := f.newSession(f.visitor().ID)
		in.VisitorName = name
		sessions = append([]string{f.do(chat.OpCreateSession{Session: in}).Session.ID}, sessions...)
	}
	for i := range 4 {
		start(fmt.Sprint("Sage ", i))
		for j := range 3 {
			messages = append([]string{f.say(sessions[0], chat.SenderVisitor, fmt.Sprintf("sage %d", j)).ID}, messages...)
		}
	}
	want := append(slices.Clone(sessions), messages...)
	f.index()
	walk := func(limit int, between func()) (got []string) {
		q := chat.SearchQuery{Words: []string{"sage"}, Limit: limit}
		for range 20 {
			page := f.search(q)
			for _, hit := range page.Hits {
				if hit.Message != nil {
					got = append(got, hit.Message.ID)
				} else {
					got = append(got, hit.Session.ID)
				}
			}
			if q.After = page.Next; q.After == "" {
				return got
			}
			between()
		}
		f.Fatal("the walk does not end")
		return nil
	}
	for _, limit := range []int{1, 3, 4, 5, 16, 200} {
		f.equal(fmt.Sprint("in pages of ", limit), walk(limit, func() {}), want)
	}
	f.equal("while others write", walk(4, func() {
		start("Sage late")
		f.index()
	}), append(slices.Clone(want[:4]), messages...))
}

func testSearchChanges(f *fixture) {
	v := f.visitor()
	in := f.newSession(v.ID)
	in.VisitorName, in.Tags = "Ines", []string{"old"}
	f.do(chat.OpCreateSession{Session: in})
	edited, deleted := f.say(in.ID, chat.SenderAgent, "typo one"), f.say(in.ID, chat.SenderAgent, "secret two")
	f.equal("before", f.found("typo"), []string{"[typo] one"})
	f.do(chat.OpEditMessage{SessionID: in.ID, MessageID: edited.ID, Text: "right one", At: f.tick()})
	f.do(chat.OpDeleteMessage{SessionID: in.ID, MessageID: deleted.ID, At: f.tick()})
	f.do(chat.OpUpdateSession{SessionID: in.ID, Patch: chat.SessionPatch{VisitorName: ptr("Agnes"), Tags: ptr([]string{"new", "more"})}, At: f.tick()})
	for words, want := range map[string][]string{
		"typo": {}, "secret": {}, "two": {}, "ines": {}, "old": {}, "right": {"[right] one"}, "agnes": {"[Agnes] · new · more"}, "more": {"Agnes · new · [more]"},
	} {
		// Not even before the index was brought up to date again.
		if got := f.search(chat.SearchQuery{Words: []string{words}}); len(got.Hits) != len(want) {
			f.Errorf("%s: %d hits at once, want %d", words, len(got.Hits), len(want))
		}
		f.equal(words, f.found(words), want)
	}
	// What was changed before it came into the index.
	m := f.say(in.ID, chat.SenderAgent, "never seen")
	f.do(chat.OpEditMessage{SessionID: in.ID, MessageID: m.ID, Text: "seen at last", At: f.tick()})
	f.equal("never", f.found("never"), []string{})
	f.equal("last", f.found("last"), []string{"seen at [last]"})
}

func testSearchErased(f *fixture) {
	stays, gone := f.visitor(), f.visitor()
	one := f.start(stays.ID)
	f.say(one.ID, chat.SenderVisitor, "glaze one")
	two := f.start(gone.ID)
	f.say(two.ID, chat.SenderVisitor, "glaze two")
	f.jot(two.ID, "glaze three")
	f.equal("before", len(f.found("glaze")), 3)
	f.say(two.ID, chat.SenderVisitor, "glaze, not in the index yet")
	f.do(chat.OpEraseVisitor{VisitorID: gone.ID})
	f.equal("at once", len(f.search(chat.SearchQuery{Words: []string{"glaze"}}).Hits), 1)
	// Numbers of rows that are given out again must not hide what comes.
	three := f.start(stays.ID)
	f.say(three.ID, chat.SenderVisitor, "glaze four")
	f.equal("afterwards", f.found("glaze"), []string{"[glaze] four", "[glaze] one"})
	f.equal("sessions", len(f.found("visitor")), 2)
	f.do(chat.OpEraseVisitor{VisitorID: stays.ID})
	f.equal("none", f.found("glaze"), []string{})
	f.say(f.start("").ID, chat.SenderVisitor, "glaze five")
	f.equal("anew", f.found("glaze"), []string{"[glaze] five"})
}

func testSearchSteps(f *fixture) {
	f.duplicateOrDone()
	s := f.start("")
	for i := range 7 {
		f.say(s.ID, chat.SenderVisitor, fmt.Sprint("glaze ", i))
	}
	total := 0
	for range 10 {
		res := f.append(chat.OpIndexSearch{Limit: 3})[0]
		f.noErr("IndexSearch", res.Err)
		if res.Count > 3 {
			f.Fatalf("%d in one step, at most 3 were asked for", res.Count)
		}
		total += res.Count
		if res.Count < 3 {
			break
		}
	}
	f.equal("indexed, unless at once", total == 0 || total == 7, true)
	f.equal("found", len(f.search(chat.SearchQuery{Words: []string{"glaze"}}).Hits), 7)
	f.duplicateOrDone()
}

// duplicateOrDone: with nothing to index nothing changes.
func (f *fixture) duplicateOrDone() {
	f.Helper()
	f.equal("nothing to index", f.duplicate(chat.OpIndexSearch{Limit: 10}).Count, 0)
}

func testSearchCursors(f *fixture) {
	f.say(f.start("").ID, chat.SenderVisitor, "glaze")
	f.index()
	for _, after := range []string{"x", "AAAA", chat.Cursor{Key: 2, Row: 1}.String(), chat.Cursor{Key: -1, Row: 1}.String(), chat.Cursor{Key: 1}.String()} {
		f.wantErr(after, errOf(f.store.Search(f.ctx, chat.SearchQuery{Words: []string{"glaze"}, After: after})), chat.ErrInvalid)
	}
}
