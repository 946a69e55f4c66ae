package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// startBusy runs the quickstart on a database that has seen two months.
func startBusy(t *testing.T, flags ...string) *server {
	t.Helper()
	s := startServer(t, flags...)
	s.kill()
	store, err := sqlite.Open(t.Context(), s.db, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	site := storagetest.Site{Seed: 7, From: now.AddDate(0, 0, -60), To: now, Sessions: 900, Messages: 9000, Visitors: 2500, Agents: 3}
	if err := site.Fill(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	s.start()
	return s
}

// onReports opens the console's page of reports.
func (b *tab) onReports() {
	b.t.Helper()
	b.click("Reports", `labelled('.side a', 'Reports')`)
	b.wait("the figures are there", `$$('.reports .kpis strong').length === 5`)
}

// TestReportsPage: an agent sees how the team does, and what each figure is
// made of.
func TestReportsPage(t *testing.T) {
	s := startBusy(t, "-tracking")
	mara := enterConsole(t, s, "Mara")
	mara.onReports()
	mara.wait("the charts are drawn", `$$('.reports .chart path.line').length === 2 && $$('.reports .heat td').length === 168`)
	mara.wait("comments are there", `$$('.reports .comments li').length > 3`)
	mara.wait("pages are there", `$$('.reports .parts tbody tr').length > 3`)
	mara.do(chromedp.EmulateViewport(1440, 1000))
	mara.wait("they fill the width", `$('.reports .chart').clientWidth > 1000`)
	mara.axe("reports")
	mara.do(chromedp.EmulateViewport(1440, 2300))
	calm := `document.getAnimations().every((a) => a.playState !== 'running')`
	mara.wait("the window is tall", `$('.app').clientHeight === 2300 && `+calm)
	mara.shoot("reports-whole")
	mara.dark(true)
	mara.wait("it is dark", calm)
	mara.shoot("reports-whole-dark")
	mara.dark(false)
	mara.wait("it is light", calm)
	eval[string](mara, `document.documentElement.dir = 'rtl'`)
	mara.shoot("reports-whole-rtl")
	eval[string](mara, `document.documentElement.dir = ''`)
	mara.do(chromedp.EmulateViewport(390, 844))
	mara.wait("the window is narrow", `innerWidth === 390 && $('.reports .chart').clientWidth < 390`)
	if wide := eval[string](mara, `[...$('.reports .scroll').querySelectorAll('*')].filter((e) => !e.parentElement.closest('.wide') && e.getBoundingClientRect().right > 391).map((e) => e.outerHTML.slice(0, 120)).join('\n')`); wide != "" {
		t.Errorf("wider than the phone:\n%s", wide)
	}
	mara.wait("nothing is wider than the phone", `document.documentElement.scrollWidth <= 390 && $('.reports .scroll').scrollWidth <= 390`)
	mara.axe("reports on a phone")
	mara.do(chromedp.EmulateViewport(390, 4200))
	mara.wait("the phone is tall", `$('.app').clientHeight === 4200 && `+calm)
	mara.shoot("reports-whole-phone")
	mara.do(chromedp.EmulateViewport(1280, 800))

	// What the chart shows can be heard, and read as a table.
	mara.wait("the chart says what it shows", `/^Conversations: \d+ conversations in all, most on .+ with \d+\. Arrow keys/.test($('.reports .chart-hold').ariaLabel)`)
	eval[bool](mara, `$('.reports .chart-hold').focus(), true`)
	mara.press(kb.End)
	mara.wait("the last day is told", `/: \d+, was \d+$/.test($('.reports .chart-hold [role=status]').innerText) && seen($('.reports .tip rect'))`)
	mara.wait("the page lies still", calm)
	mara.click("As a table", `$('.reports .as-table summary')`)
	mara.wait("a row for each day", `($('.reports .as-table').open = true) && $$('.reports .as-table tbody tr').length === 30`)
	sum := `[...$$('.reports .as-table tbody tr')].reduce((n, tr) => n + Number(tr.children[1].innerText), 0)`
	mara.wait("the days make up the figure", sum+` === Number($('.reports .kpis strong').innerText.replace(/\D/g, ''))`)
	mara.wait("so does the heat map", `[...$$('.reports .heat td a')].reduce((n, a) => n + Number(/: (\d+) conversation/.exec(a.ariaLabel)[1]), 0) === `+sum)
	eval[bool](mara, `$('.reports .heat a[tabindex="0"]').focus(), true`)
	mara.press(kb.ArrowDown)
	mara.wait("the arrows move in the heat map", `/^Tuesday 09:00/.test(document.activeElement.ariaLabel)`)

	// Each figure opens what it is made of.
	mara.click("Missed", `labelled('.reports .kpis a', 'Missed')`)
	mara.wait("the conversations behind it", `labelled('.behind h2', 'Missed') && $$('.behind-list li').length > 0 && $$('.behind-list li').length === Number($('.behind .count').innerText)`)
	mara.axe("reports behind a figure")
	mara.click("one of them", `$('.behind-list a')`)
	mara.wait("it is open", `seen($('.conv .thread'))`)
	eval[bool](mara, `history.back(), true`)
	mara.wait("back at the figure", `labelled('.behind h2', 'Missed')`)
	mara.click("Reports", `$('.reports .up')`)
	mara.wait("the figures again", `$$('.reports .kpis strong').length === 5`)
	cell := `[...$$('.reports .heat a')].find((a) => / 1\d+ conversation| [5-9] conversation/.test(a.ariaLabel))`
	eval[string](mara, `globalThis.cell = `+cell+`.ariaLabel`)
	mara.click("an hour", cell)
	mara.wait("what began then", `labelled('.behind h2', 'Conversations') && $$('.behind-list li').length === Number(/: (\d+)/.exec(cell)[1])`)
	mara.click("Reports", `$('.reports .up')`)

	// So does each number of the tables, of one of the team or one source.
	mara.wait("the team", `$$('.reports tbody th button').length === 3`)
	for _, at := range []struct{ what, link, of, title string }{
		{"an agent's conversations", `$('.reports tbody th button').closest('tr').children[1].querySelector('a')`, `$('.reports tbody th button').innerText`, "Conversations"},
		{"an agent's ratings", `$('.reports tbody th button').closest('tr').children[7].querySelector('a')`, `$('.reports tbody th button').innerText`, "Ratings"},
		{"a source's conversations", `$('.reports .parts tbody a')`, `$('.reports .parts tbody th').innerText`, "Conversations"},
	} {
		mara.click("Source", `labelled('.reports .choice button', 'Source')`)
		mara.wait("by source", `labelled('.reports .parts th', 'widget')`)
		eval[bool](mara, `(globalThis.of = `+at.of+`, globalThis.count = Number(`+at.link+`.innerText.replace(/\D/g, '')), true)`)
		mara.click(at.what, at.link)
		mara.wait("what it is made of", `labelled('.behind h2', '`+at.title+`') && $$('.behind-list li').length > 0 && $('.behind .lead b').innerText.includes(of)`)
		if at.title == "Conversations" {
			mara.wait("as many as it says", `$$('.behind-list li').length === Math.min(count, 50)`)
		}
		mara.click("Reports", `$('.reports .up')`)
		mara.wait("the team again", `$$('.reports tbody th button').length === 3`)
	}

	// Filters, comments, parts.
	eval[string](mara, `globalThis.had = $('.reports tbody th button').closest('tr').children[1].innerText`)
	mara.click("one of the team", `$('.reports tbody th button')`)
	mara.wait("greetings are everybody's", `labelled('.reports .fig p', 'within half an hour, whoever answered')`)
	eval[bool](mara, `(URL.createObjectURL = (file) => (globalThis.saved = file, 'about:blank'), HTMLAnchorElement.prototype.click = () => {}, true)`)
	mara.click("Export", `labelled('.reports .choices button', 'Export')`)
	mara.click("Greetings", `labelled('.reports [role=menuitem]', 'Greetings')`)
	mara.wait("they are saved, filter or not", `globalThis.saved`)
	if csv := eval[string](mara, `await saved.text()`); !strings.HasPrefix(csv, "trigger_id,name,shown,answered,conversion\r\n") {
		t.Errorf("saved: %q", csv)
	}
	mara.wait("their figures only", `$('.reports tbody th button').ariaPressed === 'true' && $('.reports .kpis strong').innerText === had && labelled('.reports section', 'Visits belong to nobody')`)
	mara.click("the same again", `$('.reports tbody th button')`)
	mara.wait("everyone’s", `$$('.reports tbody th button').length === 3`)
	mara.click("the search", `$('.reports .looking input')`)
	mara.do(chromedp.KeyEvent("MINUTES"))
	mara.wait("comments with the word", `$$('.reports .comments li').length > 0 && [...$$('.reports .comments .said > span')].every((s) => s.innerText === 'Solved in minutes, thank you.')`)
	mara.click("Source", `labelled('.reports .choice button', 'Source')`)
	mara.wait("by source", `labelled('.reports .parts th', 'widget') && labelled('.reports .parts th', 'api')`)
	mara.click("the period", `labelled('.reports .choices button', 'Last 30 days')`)
	mara.click("7 days", `labelled('.reports [role=menuitemradio]', 'Last 7 days')`)
	mara.wait("seven days", `labelled('.reports .fig p', 'Dotted: the 7 days before') && labelled('.reports .choices button', 'Last 7 days')`)
	mara.reload()
	mara.wait("the choice is kept", `labelled('.reports .choices button', 'Last 7 days')`)
}

// TestReportsOfNothing is a team's first day.
func TestReportsOfNothing(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	mara.onReports()
	mara.wait("it says so", `labelled('.reports .nothing', 'No conversations in this period') && labelled('.reports .none-here', 'is not followed on this site')`)
	mara.wait("nothing is made up", `$$('.reports .kpis strong')[0].innerText === '0' && [...$$('.reports .kpis strong')].slice(1).every((k) => k.innerText === '–')`)
	mara.axe("reports of nothing")
}

// TestReportsOfOne: one conversation makes no plural, no line and no wrong
// scale.
func TestReportsOfOne(t *testing.T) {
	s := startServer(t)
	v := visit(t, s)
	v.openChat()
	v.say("Is the sage glaze food safe?")
	id := s.onlySession().ID
	s.call("POST", "/sessions/"+id+"/claim", map[string]any{}, nil)
	s.call("POST", "/messages", map[string]any{"session_id": id, "sender": "agent", "message": "It is."}, nil)
	v.wait("the answer is there", `$$('.msg.them').length === 1`)
	s.call("POST", "/sessions/"+id+"/close", map[string]any{}, nil)
	v.wait("they are asked", `seen($('.panel .rate'))`)
	mara := enterConsole(t, s, "Mara")
	mara.onReports()
	mara.wait("the question counts", `labelled('.reports .fig p', '0 ratings, 0% of those who were asked')`)
	v.click("a bad rating", `$$('.panel .rate button')[1]`)
	v.wait("a comment is asked for", `seen($('.panel .rate textarea'))`)
	v.click("the comment", `$('.panel .rate textarea')`)
	v.do(chromedp.KeyEvent("It took too long"))
	v.click("Send", `$('.panel .rate .quiet')`)
	v.wait("it is sent", `!$('.panel .rate .quiet')`)
	mara.reload()
	mara.wait("the rating and its comment", `labelled('.reports .fig p', '1 rating, 100% of those who were asked') && labelled('.reports .comments li', 'It took too long')`)
	mara.wait("one", `$$('.reports .kpis strong')[0].innerText === '1' && labelled('.reports .kpis a', 'of 1 rating') && labelled('.reports .basis', 'Computed from 1 conversation whose')`)
	mara.axe("reports of one")
	v.click("a better rating", `$$('.panel .rate button')[4]`)
	v.wait("it is changed", `$$('.panel .rate button')[4].ariaPressed === 'true'`)
	mara.reload()
	mara.wait("the rating has changed", `$$('.reports .kpis strong')[4].innerText === '100%' && $$('.reports .comments .score')[0].innerText === '5'`)
}
