package e2e

import "testing"

func TestTwoPeopleTalk(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Is the sage glaze food safe?")

	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("Unassigned", `labelled('.nav a', 'Unassigned')`)
	mara.pick("Visitor")
	mara.reads("Is the sage glaze food safe?")
	visitor.wait("the visitor sees that it was read", `/read/.test($$('.msg.me').at(-1)?.innerText)`)
	mara.click("Claim", `labelled('.conv button', 'Claim')`)
	visitor.wait("the visitor sees who answers", `$('.panel .head').innerText.includes('Mara Reyes')`)

	mara.click("the field", `$('.conv .txt')`)
	mara.press("Y")
	visitor.wait("the visitor sees that Mara writes", `seen($('.msg.typing'))`)
	mara.write("es, every glaze is lead free.")
	visitor.hears("Yes, every glaze is lead free.")
	visitor.wait("nobody writes any more", `!$('.msg.typing')`)
	visitor.shoot("talk-visitor")
	mara.shoot("talk-console")

	visitor.say("Perfect, thank you.")
	mara.reads("Perfect, thank you.")
	mara.reply("You are welcome.")
	visitor.hears("You are welcome.")
	want := []string{"Is the sage glaze food safe?", "Yes, every glaze is lead free.", "Perfect, thank you.", "You are welcome."}
	visitor.wantLines(want...)
	s.wantMessages(want...)

	mara.click("Close", `$('.conv .close')`)
	visitor.wait("the visitor learns that it was closed", `/closed this conversation|was closed/.test($('.panel').innerText)`)
}

func TestANoteStaysWithTheTeam(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Hello")
	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.click("Note", `labelled('.tabs label', 'Note')`)
	mara.click("the field", `$('.conv .txt')`)
	mara.write("Sounds like a regular")
	mara.wait("the note is there", `said('.noteb .text').includes('Sounds like a regular')`)
	mara.click("Reply", `labelled('.tabs label', 'Reply')`)
	mara.reply("Hello, how can I help?")
	visitor.hears("Hello, how can I help?")
	visitor.reload()
	visitor.wait("the launcher is there", `seen($('.launcher'))`)
	visitor.openChat()
	visitor.wantLines("Hello", "Hello, how can I help?")
	s.wantMessages("Hello", "Hello, how can I help?")
}

func TestReloadsInMidConversation(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("One")
	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.reply("Two")
	visitor.hears("Two")

	// To another page of the shop, and that page anew.
	visitor.goTo(s.url("/vases"))
	visitor.reload()
	mara.reload()
	mara.wait("the thread is back", `seen($('.conv .txt')) && $$('.thread .msg').length === 2`)
	visitor.wait("the launcher is back", `seen($('.launcher'))`)
	visitor.openChat()
	visitor.wantLines("One", "Two")
	visitor.say("Three")
	mara.reads("Three")
	mara.reply("Four")
	visitor.hears("Four")
	visitor.wantLines("One", "Two", "Three", "Four")
	s.wantMessages("One", "Two", "Three", "Four")
}

// What is written while the server is away goes out when it is back, once and
// in order, from both sides.
func TestTheServerIsKilledInMidConversation(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Before")
	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.reply("I am here")
	visitor.hears("I am here")

	for _, b := range []*tab{visitor, mara} {
		b.expectOffline(true)
	}
	s.kill()
	visitor.click("the field", `$('.panel .ta')`)
	visitor.write("Written while you were away")
	visitor.write("And this too")
	visitor.wait("both wait to be sent", `$$('.msg.me').filter((el) => /Waiting|Sending/.test(el.innerText)).length + $$('.msg.me.waiting').length > 0`)
	mara.click("the field", `$('.conv .txt')`)
	mara.write("So did I")
	visitor.wait("the visitor is told", `/reach our server/.test($('.panel').innerText)`)
	mara.wait("the agent is told", `/reach|server/.test($('.trouble').innerText)`)
	visitor.shoot("away-visitor")
	mara.shoot("away-console")

	s.start()
	mara.reads("Written while you were away")
	mara.reads("And this too")
	visitor.hears("So did I")
	visitor.wait("nothing waits any more", `$$('.msg.me').every((el) => !/Waiting|Sending|Not sent/.test(el.innerText)) && !/reach our server/.test($('.panel').innerText)`)
	mara.wait("the agent is connected again", `!/reach|server/.test($('.trouble').innerText)`)
	for _, b := range []*tab{visitor, mara} {
		b.expectOffline(false)
	}

	visitor.say("After")
	mara.reads("After")
	var page struct{ Messages []message }
	s.call("GET", "/sessions/"+s.onlySession().ID+"/messages?limit=200", nil, &page)
	times := map[string]int{}
	at := map[string]int{}
	for i, m := range page.Messages {
		times[m.Text]++
		at[m.Text] = i
		if m.Seq != i+1 {
			t.Errorf("message %d has seq %d", i+1, m.Seq)
		}
	}
	for _, text := range []string{"Before", "I am here", "Written while you were away", "And this too", "So did I", "After"} {
		if times[text] != 1 {
			t.Errorf("%q is there %d times", text, times[text])
		}
	}
	if at["Written while you were away"] > at["And this too"] {
		t.Error("what waited was sent in another order")
	}
	if len(visitor.lines()) != 6 {
		t.Errorf("the visitor sees %q", visitor.lines())
	}
}

// With the page closed while the message waits, the next page sends it.
func TestAMessageOutlivesItsPage(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("First")
	visitor.expectOffline(true)
	s.kill()
	visitor.click("the field", `$('.panel .ta')`)
	visitor.write("Second")
	visitor.wait("it waits", `$$('.msg.me').length === 2`)
	visitor.goTo("about:blank")
	s.start()
	visitor.expectOffline(false)
	visitor.goTo(s.url("/studio"))
	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.reads("Second")
	s.wantMessages("First", "Second")
}
