package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
)

// asks is a visitor who has told their name and written.
func asks(t *testing.T, s *server, name, text string) (v *tab, id string) {
	t.Helper()
	v = visit(t, s)
	v.openChat()
	v.say(text)
	var list struct{ Sessions []session }
	s.call("GET", "/sessions?status=active", nil, &list)
	id = list.Sessions[0].ID
	s.call("PATCH", "/sessions/"+id, map[string]any{"visitor_name": name}, nil)
	return v, id
}

// to opens one of the console's lists.
func (b *tab) to(list string) {
	b.t.Helper()
	b.click(list, `labelled('.nav a', `+quote(list)+`)`)
	b.wait("it is shown", `$('#list-title')?.innerText === `+quote(list))
}

// wantRows waits until the list shows exactly these people, in any order.
func (b *tab) wantRows(names ...string) {
	b.t.Helper()
	b.wait("the list has "+strings.Join(names, ", "), `said('.row b').sort().join('|') === `+quote(strings.Join(names, "|")))
}

// counts waits until the navigation says so many for a list.
func (b *tab) counts(list, n string) {
	b.t.Helper()
	b.wait(list+" counts "+n, `(labelled('.nav a', `+quote(list)+`)?.querySelector('b')?.innerText ?? '0') === `+quote(n))
}

func (b *tab) item(menu, item string) {
	b.t.Helper()
	b.click(menu, `labelled('.menu-root > button', `+quote(menu)+`)`)
	b.click(item, `labelled('.menu [role^=menuitem]', `+quote(item)+`)`)
}

// TestTwoAgentsShareThreeVisitors goes through claim, transfer, later and what
// is done with several at once.
func TestTwoAgentsShareThreeVisitors(t *testing.T) {
	s := startServer(t)
	s.call("POST", "/departments", map[string]any{"name": "Orders"}, nil)
	ines, _ := asks(t, s, "Ines", "Where is my bowl?")
	daniel, _ := asks(t, s, "Daniel", "Is the glaze safe?")
	_, hana := asks(t, s, "Hana", "Do you ship to Kyoto?")
	mara := enterConsole(t, s, "Mara Reyes")
	jonas := enterConsole(t, s, "Jonas")

	// A claim shows to the colleague at once, and in the figures of both.
	mara.to("Unassigned")
	mara.wantRows("Daniel", "Hana", "Ines")
	jonas.to("Unassigned")
	mara.pick("Ines")
	mara.click("Claim", `labelled('.tools button', 'Claim')`)
	jonas.wantRows("Daniel", "Hana")
	mara.counts("Mine", "1")
	jonas.counts("Unassigned", "2")
	jonas.counts("Mine", "0")

	// To a colleague, and to a department: nobody has it there.
	mara.item("Assigned to", "Jonas")
	jonas.counts("Mine", "1")
	jonas.to("Mine")
	jonas.wantRows("Ines")
	jonas.pick("Ines")
	jonas.item("Assigned to", "Orders")
	jonas.wait("it is in the department", `/Orders/.test($('.about').innerText)`)
	jonas.wantRows()
	mara.to("Unassigned")
	mara.wantRows("Daniel", "Hana", "Ines")

	// Filters hold at once, and say that they are on.
	mara.click("Filter", `labelled('.list > header button', 'Filter')`)
	mara.wait("the form is there", `seen($('.filters select'))`)
	mara.axe("filters")
	eval[bool](mara, `((el) => { el.value = 'Orders'; el.dispatchEvent(new Event('change', { bubbles: true })); return true; })($('.filters select'))`)
	mara.wantRows("Ines")
	mara.shoot("inbox-filter")
	mara.wait("the button says so", `!!labelled('.list > header button', 'Filter, 1 on')`)
	mara.click("Show everything", `labelled('.filters button', 'Show everything')`)
	mara.wantRows("Daniel", "Hana", "Ines")
	mara.click("Done", `labelled('.filters button', 'Done')`)

	// Later, by the key: it is the agent's own from then on, and leaves the lists.
	mara.pick("Daniel")
	mara.toField()
	mara.press(escape)
	mara.key("h")
	mara.wait("when is asked", `seen($('.later .times button')) && active() === $('.later .times button')`)
	mara.axe("later")
	mara.shoot("inbox-later")
	mara.click("When they reply", `labelled('.later .times button', 'When they reply')`)
	mara.wait("it is said", `/Put off until they reply/.test($('.conv .with').innerText)`)
	mara.wantRows("Hana", "Ines")
	mara.counts("Later", "1")
	jonas.counts("Unassigned", "2")
	mara.to("Later")
	mara.wantRows("Daniel")
	mara.wait("until when stands in the row", `/until they reply/.test($('.row').innerText)`)
	mara.shoot("inbox-later-list")
	daniel.say("I found the answer, thank you")
	mara.wantRows()
	mara.to("Mine")
	mara.wantRows("Daniel")

	// A time of one's own, and taking it back before.
	mara.pick("Daniel")
	mara.click("Later", `$('.tools .put')`)
	mara.click("a time", `$('.later input')`)
	eval[bool](mara, `((el) => { el.value = '2001-01-01T09:00'; el.dispatchEvent(new Event('input', { bubbles: true })); return true; })($('.later input'))`)
	mara.click("Put off", `labelled('.later form button', 'Put off')`)
	mara.wait("the past is refused", `/has passed/.test($('.later .wrong')?.innerText ?? '')`)
	eval[bool](mara, `((el) => { const at = new Date(Date.now() + 3 * 86400000); at.setMinutes(at.getMinutes() - at.getTimezoneOffset()); el.value = at.toISOString().slice(0, 16); el.dispatchEvent(new Event('input', { bubbles: true })); return true; })($('.later input'))`)
	mara.click("Put off", `labelled('.later form button', 'Put off')`)
	mara.wantRows()
	mara.wait("it is said", `/Put off until/.test($('.conv .with').innerText)`)
	mara.click("Later", `$('.tools .put')`)
	mara.click("Take it back", `labelled('.later button', 'Take it back')`)
	mara.wantRows("Daniel")

	// Several at once: chosen with the key and with Shift, tagged, assigned, closed.
	mara.to("All open")
	mara.wantRows("Daniel", "Hana", "Ines")
	mara.key("j")
	mara.key("x")
	mara.wait("one is chosen", `/1 chosen/.test($('.bulk')?.innerText ?? '')`)
	at := eval[[]float64](mara, `((r) => [r.x + r.width / 2, r.y + r.height / 2])($$('.row').at(-1).getBoundingClientRect())`)
	for _, kind := range []input.DispatchMouseEventType{"mousePressed", "mouseReleased"} {
		mara.do(call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at[0], Y: at[1], Button: "left", ClickCount: 1, Modifiers: 8}))
	}
	mara.wait("the range is chosen", `/3 chosen/.test($('.bulk').innerText)`)
	mara.axe("several chosen")
	mara.shoot("inbox-chosen")
	mara.dark(true)
	mara.shoot("inbox-chosen-dark")
	mara.dark(false)
	mara.click("Tag", `labelled('.bulk button', 'Tag')`)
	mara.wait("the tag can be typed", `active() === $('.bulk input')`)
	mara.write("monday")
	mara.wait("it is said", `/3 conversations tagged monday/.test($('.foot').innerText)`)
	mara.wait("none is chosen any more", `!$('.bulk')`)

	choose := func() {
		t.Helper()
		mara.press(escape)
		mara.key("j")
		mara.key("x")
		mara.click("all of them", `labelled('.bulk button', 'All in this list')`)
		mara.wait("all are chosen", `/3 chosen/.test($('.bulk').innerText)`)
	}
	choose()
	mara.item("Assign", "Jonas")
	jonas.counts("Mine", "3")
	choose()
	mara.click("Close", `labelled('.bulk button', 'Close')`)
	mara.click("Keep open", `labelled('.bulk button', 'Keep open')`)
	mara.wait("they are chosen still", `/3 chosen/.test($('.bulk').innerText)`)
	mara.click("Close", `labelled('.bulk button', 'Close')`)
	mara.wantRows()
	mara.counts("All open", "0")
	jonas.counts("Mine", "0")
	ines.wait("the visitor is told", `/closed/i.test($('.panel').innerText)`)
	var got struct {
		Status, AssigneeName string
		Tags                 []string
	}
	s.call("GET", "/sessions/"+hana, nil, &got)
	if got.Status != "closed" || strings.Join(got.Tags, "|") != "monday" {
		t.Errorf("Hana's is %+v", got)
	}
}

// TestTheQueueMoves sees a visitor learn their place, and sessions go to
// agents in turn.
func TestTheQueueMoves(t *testing.T) {
	s := startServer(t)
	ines, first := asks(t, s, "Ines", "Hello")
	ines.wait("nobody is there to wait for", `/Nobody is here right now/.test($('.panel').innerText) && !/queue/.test($('.panel').innerText)`)
	mara := enterConsole(t, s, "Mara Reyes")
	daniel, second := asks(t, s, "Daniel", "Hello")
	place := func(v *tab, n string) {
		t.Helper()
		v.wait("place "+n, `new RegExp(`+quote(n)+`).test($('.panel').innerText)`)
	}
	place(ines, "next")
	s.call("POST", "/sessions/"+first+"/close", nil, nil)
	place(daniel, "next")
	daniel.shoot("queue")
	mara.pick("Daniel")
	mara.press("H")
	daniel.wait("somebody writes: nobody is in front", `seen($('.typing')) && !/queue/.test($('.panel').innerText)`)

	var set map[string]any
	s.call("GET", "/settings", nil, &set)
	set["routing"] = map[string]any{"mode": "round_robin", "capacity": 1, "sticky": true, "missed_after_minutes": 5}
	s.call("PUT", "/settings", set, nil)
	mara.counts("Mine", "1")
	mara.to("Mine")
	mara.wantRows("Daniel")
	_, _ = asks(t, s, "Hana", "Is anybody there?") // no room: she waits
	mara.counts("Unassigned", "1")
	s.call("POST", "/sessions/"+second+"/close", nil, nil)
	mara.wantRows("Hana")
	jonas := enterConsole(t, s, "Jonas")
	_, _ = asks(t, s, "Erik", "Hello")
	jonas.counts("Mine", "1")
}

// TestDepartmentsAndRouting makes a department with hours of its own, changes
// the rules, and sees what is wrong named.
func TestDepartmentsAndRouting(t *testing.T) {
	s := startServer(t)
	_ = enterConsole(t, s, "Jonas") // a colleague, to be chosen
	b := enterConsole(t, s, "Mara Reyes")
	b.goTo(s.url("/chat/console/#/settings/team"))
	b.click("New department", `labelled('.settings button', 'New department')`)
	b.wait("its name can be typed", `active() === $('.department input')`)
	b.click("Save", `labelled('.department button', 'Save')`)
	b.wait("a name is missed", `/What is it called/.test($('.department .wrong')?.innerText ?? '')`)
	b.click("the name", `$('.department input')`)
	b.press("Orders")
	b.click("a member", `labelled('.department .ticks label', 'Jonas')`)
	b.click("hours of its own", `labelled('.department .wide-field label', 'Hours of its own')`)
	b.wait("the week is there", `$$('.department .weekday').length === 7`)
	eval[bool](b, `((el) => { el.value = 'round_robin'; el.dispatchEvent(new Event('change', { bubbles: true })); return true; })($('.department select'))`)
	b.axe("department")
	b.shoot("department")
	b.click("Save", `labelled('.department > .line button', 'Save')`)
	b.wait("it stands in the list", `/Orders[^]*Jonas[^]*given out in turn, hours of its own/.test($('.departments')?.innerText ?? '')`)
	var list struct {
		Departments []struct {
			Name    string
			Agents  []string `json:"agent_ids"`
			Hours   struct{ Enabled bool }
			Routing string
		}
	}
	s.call("GET", "/departments", nil, &list)
	if d := list.Departments; len(d) != 1 || d[0].Name != "Orders" || len(d[0].Agents) != 1 || !d[0].Hours.Enabled || d[0].Routing != "round_robin" {
		t.Errorf("the server holds %+v", d)
	}

	// A name twice, and one that changes.
	b.click("New department", `labelled('.settings button', 'New department')`)
	b.wait("its name can be typed", `active() === $('.department input')`)
	b.expectOffline(true) // browsers write a refused request on their console
	b.write("orders")
	b.wait("the name is taken", `/Another department has this name/.test($('.department .wrong')?.innerText ?? '')`)
	b.expectOffline(false)
	b.press(escape)
	b.wait("the form is gone", `!$('.department')`)
	b.click("Edit", `labelled('.departments button', 'Edit Orders')`)
	b.wait("its name can be typed", `active() === $('.department input')`)
	eval[bool](b, `($('.department input').select(), true)`)
	b.write("Orders and returns")
	b.wait("it is renamed", `/Orders and returns/.test($('.departments')?.innerText ?? '') && !$('.department')`)
	b.shoot("team")

	b.click("Routing", `labelled('.subnav nav a', 'Routing')`)
	b.wait("the rules are there", `$$('.settings .kept').length === 3`)
	b.click("in turn", `labelled('.options label', 'given out in turn')`)
	eval[bool](b, `((el) => { el.value = '4'; el.dispatchEvent(new Event('input', { bubbles: true })); return true; })($('.figure'))`)
	eval[bool](b, `((el) => { el.value = '60'; el.dispatchEvent(new Event('change', { bubbles: true })); return true; })($$('.settings .kept select')[1])`)
	b.axe("routing")
	b.shoot("routing")
	b.click("Save", `labelled('.savebar button', 'Save')`)
	b.wait("it is saved", `/Saved/.test($('.foot').innerText)`)
	var set struct {
		Routing struct {
			Mode      string
			Capacity  int
			Sticky    bool
			AutoClose int `json:"auto_close_minutes"`
		}
	}
	s.call("GET", "/settings", nil, &set)
	if r := set.Routing; r.Mode != "round_robin" || r.Capacity != 4 || !r.Sticky || r.AutoClose != 60 {
		t.Errorf("the server holds %+v", r)
	}
	b.phone(true)
	b.wait("the window is narrow", `innerWidth === 390`)
	b.wantNoSideways()
	b.shoot("routing-phone")
	b.goTo(s.url("/chat/console/#/settings/team"))
	b.click("Edit", `labelled('.departments button', 'Edit Orders')`)
	b.wait("its name can be typed", `active() === $('.department input')`)
	b.wantNoSideways()
	b.shoot("department-phone")
	b.press(escape)
	b.click("Remove", `labelled('.departments button', 'Remove Orders')`)
	b.click("yes", `labelled('.departments button', 'Remove; conversations')`)
	b.wait("there are none", `/There are none/.test($('.settings').innerText)`)
}

// TestAVisitorChoosesADepartment asks for one before the first message.
func TestAVisitorChoosesADepartment(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara Reyes")
	var team struct {
		Agents []struct {
			ID string `json:"agent_id"`
		}
	}
	s.call("GET", "/agents", nil, &team)
	s.call("POST", "/departments", map[string]any{"name": "Orders", "agent_ids": []string{team.Agents[0].ID}}, nil)
	s.call("POST", "/departments", map[string]any{"name": "Nobody is here"}, nil)
	var set map[string]any
	s.call("GET", "/settings", nil, &set)
	set["pre_chat"] = map[string]any{"department": "required"}
	s.call("PUT", "/settings", set, nil)

	v := visit(t, s)
	v.click("the launcher", `$('.launcher')`)
	v.wait("departments are offered", `[...($('#peal-department')?.options ?? [])].map((o) => o.value).join('|') === '|Orders'`)
	v.click("the field", `$('#peal-text')`)
	v.press("Where is my bowl?")
	v.click("send", `$('.form .btn')`)
	v.wait("one is missed", `/Choose a department/.test($('.form .wrong')?.innerText ?? '') && active() === $('#peal-department')`)
	v.axe("choice of a department")
	v.shoot("visitor-department")
	eval[bool](v, `($('#peal-department').value = 'Orders', true)`)
	v.click("send", `$('.form .btn')`)
	v.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	mara.to("Unassigned")
	mara.pick("Visitor")
	mara.wait("it belongs there", `/Orders/.test($('.about').innerText)`)
}

// TestTheInboxOnAPhone narrows, chooses and puts off with a finger, and from
// right to left.
func TestTheInboxOnAPhone(t *testing.T) {
	s := startServer(t)
	seed(s)
	b := newPerson(t)
	b.phone(true)
	b.goTo(s.url("/staff"))
	b.click("Mara’s button", `labelled('main button', 'Mara Reyes')`)
	b.wait("the console is there", `seen($('.app'))`)
	b.goTo(s.url("/chat/console/#/open"))
	b.wait("the list is there", `$$('.row').length === 3`)
	b.click("Filter", `labelled('.list > header button', 'Filter')`)
	b.wait("the form is there", `seen($('.filters select'))`)
	b.wantNoSideways()
	b.wantTargets(".filters")
	b.shoot("phone-filters")
	b.click("Done", `labelled('.filters button', 'Done')`)

	// A long press chooses.
	eval[bool](b, `$('.row').dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true })) || true`)
	b.wait("one is chosen", `/1 chosen/.test($('.bulk')?.innerText ?? '')`)
	b.click("another", `$$('.pick').at(-1)`)
	b.wait("two are chosen", `/2 chosen/.test($('.bulk').innerText)`)
	b.wantNoSideways()
	b.axe("phone, several chosen")
	b.shoot("phone-chosen")
	b.click("Later", `labelled('.bulk button', 'Later')`)
	b.wait("when is asked", `seen($('.later .times button'))`)
	b.wantNoSideways()
	b.axe("phone, later")
	b.shoot("phone-later")
	eval[string](b, `document.documentElement.dir = 'rtl'`)
	b.wantNoSideways()
	b.shoot("phone-later-rtl")
	b.click("Tomorrow", `labelled('.later .times button', 'Tomorrow')`)
	b.wait("one is left", `$$('.row').length === 1 && !$('.bulk')`)
	eval[bool](b, `$('.row').dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true })) || true`)
	b.wait("one is chosen", `/1 chosen/.test($('.bulk')?.innerText ?? '')`)
	b.shoot("phone-chosen-rtl")
	eval[string](b, `document.documentElement.dir = ''`)
	b.click("Choose none", `labelled('.bulk button', 'Choose none')`)
	b.counts("Later", "2")
}
