package e2e

import (
	"fmt"
	"testing"
)

// Several conversations: the list, going back to one that is over, starting
// another, and what was not read yet.
func TestSeveralConversations(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("About the mug")
	first := s.onlySession().ID
	s.call("POST", "/messages", map[string]any{"session_id": first, "sender": "agent", "message": "It holds a quarter of a litre."}, nil)
	visitor.hears("It holds a quarter of a litre.")
	s.call("POST", "/sessions/"+first+"/close", map[string]any{}, nil)
	visitor.wait("it is closed", `/was closed/.test($('.log').innerText)`)
	visitor.click("Very good", `labelled('.rate button', 'Very good')`)
	visitor.wait("a comment may follow", `seen($('.rate textarea')) && $('.rate [aria-pressed=true]').ariaLabel === 'Very good'`)
	visitor.fill("the comment", `$('.rate textarea')`, "Quick and kind")
	visitor.axe("panel rating")
	visitor.click("Send comment", `labelled('.rate button', 'Send comment')`)
	visitor.wait("it was saved", `!labelled('.rate button', 'Send comment')`)
	var rated struct {
		Rating struct {
			Score   int
			Comment string
		}
	}
	s.call("GET", "/sessions/"+first, nil, &rated)
	if rated.Rating.Score != 5 || rated.Rating.Comment != "Quick and kind" {
		t.Errorf("the rating is %+v", rated.Rating)
	}

	visitor.say("About the plate")
	visitor.click("Back", `$('.head .back')`)
	visitor.wait("the start page leads back", `seen($('.home .resume')) && /About the plate/.test($('.home .resume').innerText)`)
	visitor.axe("panel home with conversations")
	visitor.click("Your conversations", `labelled('.home .all', 'Your conversations')`)
	visitor.wait("both are listed, the newest first", `said('.list .line').join() === 'You: About the plate,It holds a quarter of a litre.' && /Closed/.test($$('.list .resume')[1].innerText)`)
	visitor.axe("panel list of conversations")
	visitor.phone(true)
	visitor.wait("the window is narrow", `innerWidth === 390`)
	visitor.wantTargets(".panel")
	visitor.axe("phone list of conversations")
	visitor.phone(false)
	visitor.wait("the window is wide", `innerWidth === 1280`)

	visitor.click("the first one", `$$('.list .resume')[1]`)
	visitor.wantLines("About the mug", "It holds a quarter of a litre.")
	visitor.wait("it is only read", `!$('.compose') && !$('.rate') && labelled('.shut button', 'Back to the open conversation')`)
	visitor.axe("panel past conversation")

	// Meanwhile an answer comes to the open one: it is counted, and read there.
	visitor.click("Back to the open one", `$('.shut button')`)
	visitor.wantLines("About the mug", "It holds a quarter of a litre.", "About the plate")
	visitor.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	visitor.click("Your conversations", `labelled('[role=menuitem]', 'Your conversations')`)
	visitor.wait("the list is there", `$$('.list .resume').length === 2`)
	var open struct{ Sessions []session }
	s.call("GET", "/sessions/active", nil, &open)
	s.call("POST", "/messages", map[string]any{"session_id": open.Sessions[0].ID, "sender": "agent", "message": "It is round."}, nil)
	visitor.wait("it is counted", `$('.list .count')?.innerText.startsWith('1') && Pealchat.state.unread === 1`)
	visitor.click("the open one", `$('.list .resume')`)
	visitor.hears("It is round.")
	visitor.wait("it was read", `Pealchat.state.unread === 0`)

	// Over again: from the list one starts anew, on an empty page.
	s.call("POST", "/sessions/"+open.Sessions[0].ID+"/close", map[string]any{}, nil)
	visitor.wait("it is closed", `$$('.event').length >= 2`)
	visitor.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	visitor.click("Your conversations", `labelled('[role=menuitem]', 'Your conversations')`)
	visitor.click("Start a new one", `labelled('.list > .btn', 'Start a new conversation')`)
	visitor.wait("the page is empty", `!$('.msg') && seen($('.panel .ta'))`)
	visitor.say("About the bowl")
	visitor.wantLines("About the bowl")
	var all struct{ Sessions []session }
	s.call("GET", "/sessions?status=all", nil, &all)
	if len(all.Sessions) != 3 {
		t.Errorf("%d sessions, want three", len(all.Sessions))
	}

	// The server goes away: the list says so, and another try brings it.
	visitor.expectOffline(true)
	s.kill()
	visitor.click("Back", `$('.head .back')`)
	visitor.click("Your conversations", `$('.home .all')`)
	visitor.wait("it is said", `/could not be loaded/.test($('.list .failed')?.innerText ?? '')`)
	visitor.axe("panel list failed")
	s.start()
	visitor.click("Try again", `$('.list .failed button')`)
	visitor.wait("the list is there", `$$('.list .resume').length === 3`)
	visitor.expectOffline(false)
}

// Another agent takes over: a plain line says so, once.
func TestAnotherAgentTakesOver(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Hello")
	mara, jonas := enterConsole(t, s, "Mara Reyes"), enterConsole(t, s, "Jonas")
	for _, agent := range []*tab{mara, jonas} {
		agent.click("All open", `labelled('.nav a', 'All open')`)
		agent.pick("Visitor")
	}
	mara.reply("Good morning")
	visitor.hears("Good morning")
	if eval[bool](visitor, `!!$$('.event').length`) {
		t.Error("the first agent is announced as another")
	}
	jonas.reads("Hello")
	jonas.reply("I take over")
	visitor.hears("I take over")
	jonas.reply("What is it?")
	visitor.hears("What is it?")
	visitor.wait("a line says who", `said('.event').filter((s) => /^Jonas.* joined the conversation$/.test(s)).length === 1`)
	visitor.shoot("agent-joined")
}

// Visitors who have not said their names are told apart by the tint of their
// initials, which is the same for each of them wherever they are shown.
func TestVisitorsWithoutNamesAreToldApart(t *testing.T) {
	s := startServer(t)
	for range 10 { // of five tints
		var made session
		s.call("POST", "/sessions", map[string]any{"visitor_name": "Visitor"}, &made)
		s.call("POST", "/messages", map[string]any{"session_id": made.ID, "sender": "visitor", "message": "Do you ship to Porto?"}, nil)
	}
	mara := enterConsole(t, s, "Mara")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.wait("they are there", `$$('.row').length === 10`)
	const tint = `const tint = (css) => [...$(css).querySelector('.av').classList].find((c) => /^c[1-5]$/.test(c));`
	if n := eval[int](mara, `(() => { `+tint+` return new Set($$('.row').map((row) => [...row.querySelector('.av').classList].find((c) => /^c[1-5]$/.test(c)))).size; })()`); n < 2 {
		t.Errorf("ten visitors have %d tint", n)
	}
	for i := range 3 {
		mara.click("one of them", fmt.Sprintf(`$$('.row')[%d]`, i))
		mara.wait("the same in the list, the log and beside it", fmt.Sprintf(`(() => { `+tint+` return $$('.row')[%d].ariaCurrent && $('.thread .av') && new Set([tint('.row[aria-current]'), tint('.thread'), tint('.about .person')]).size === 1; })()`, i))
	}
	mara.shoot("without-names")
}
