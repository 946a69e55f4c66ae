package e2e

import "testing"

// A press on a picture shows it over the whole window; Escape gives the panel
// and the focus back.
func TestThePictureIsEnlarged(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Look at this")
	visitor.choose(`$('.panel input[type=file]')`, photo(t, 3000, 1000))
	visitor.click("Send", `$('.panel .send.ready')`)
	visitor.wait("the picture is there", redHalf+` && /sent/.test($$('.msg.me').at(-1).innerText)`)
	visitor.wait("its button says what it does", `labelled('.msg .pic', 'half red.png') && labelled('.msg .pic', 'Enlarge')`)
	visitor.click("the picture", `$('.msg .pic')`)
	visitor.wait("it fills the window", `$('.viewer')?.open && ((c) => c.width === 3000 && c.height === 1000 && c.getBoundingClientRect().width > 1000 && c.getBoundingClientRect().width <= innerWidth)($('.viewer canvas'))`)
	visitor.wait("the focus is in it", `$('.viewer').contains(active())`)
	visitor.axe("picture enlarged")
	visitor.click("Actual size", `$('.viewer [aria-label="Actual size"]')`)
	visitor.wait("it has its own pixels and scrolls", `$('.viewer canvas').getBoundingClientRect().width === 3000 && $('.viewer .stage').scrollWidth > innerWidth`)
	visitor.axe("picture in its own size")
	visitor.phone(true)
	visitor.wait("the window is narrow", `innerWidth === 390`)
	visitor.wantTargets(".viewer")
	visitor.shoot("phone-picture")
	visitor.phone(false)
	visitor.wait("the window is wide", `innerWidth === 1280`)
	visitor.press(escape)
	visitor.wait("the panel is still open and the picture has the focus", `!$('.viewer') && seen($('.panel')) && active() === $('.msg .pic')`)
}

// Whoever is banned is told so in words, writes nothing more, and keeps what
// they had begun. When the ban is lifted everything is as before.
func TestABannedVisitor(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Hello")
	var own struct {
		Visitor string `json:"visitor_id"`
	}
	s.call("GET", "/sessions/"+s.onlySession().ID, nil, &own)
	visitor.press("One more")
	s.call("POST", "/visitors/"+own.Visitor+"/ban", map[string]any{"reason": "Spam"}, nil)
	visitor.expectOffline(true) // the browser notes every request that is refused
	visitor.wait("it is said, and one cannot write", `/not open to you/.test($('.panel > .failed')?.innerText ?? '') && !$('.compose')`)
	visitor.wait("nothing blames the connection", `!seen($('.banner'))`)
	visitor.axe("panel banned")
	visitor.reload()
	visitor.wait("the launcher is there", `seen($('.launcher'))`)
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("it is still so", `/not open to you/.test($('.panel > .failed')?.innerText ?? '') && !$('.compose')`)

	s.call("DELETE", "/visitors/"+own.Visitor+"/ban", nil, nil)
	visitor.reload()
	visitor.wait("the launcher is there", `seen($('.launcher'))`)
	visitor.openChat()
	visitor.expectOffline(false)
	visitor.wait("what was begun is there", `$('.panel .ta').value === 'One more' && $('.msg.me')`)
	visitor.write(" thing")
	visitor.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '') && $$('.msg.me').length === 2`)
	s.wantMessages("Hello", "One more thing")
}

// An agent closes while the visitor writes: the draft stays, and sending it
// begins anew.
func TestClosedWhileWriting(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Hello")
	visitor.press("One more th")
	s.call("POST", "/sessions/"+s.onlySession().ID+"/close", map[string]any{}, nil)
	visitor.wait("it is closed, the words are still there", `/was closed/.test($('.log').innerText) && $('.panel .ta').value === 'One more th' && active() === $('.panel .ta')`)
	visitor.write("ing")
	visitor.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '') && $$('.msg.me .b').at(-1).innerText === 'One more thing'`)
	var all struct{ Sessions []session }
	s.call("GET", "/sessions?status=all", nil, &all)
	if len(all.Sessions) != 2 {
		t.Errorf("%d sessions, want two", len(all.Sessions))
	}
}

// What an agent changes or takes back changes before the visitor's eyes.
func TestEditedAndDeletedMessages(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Hello")
	id := s.onlySession().ID
	var one, two struct {
		ID string `json:"message_id"`
	}
	s.call("POST", "/messages", map[string]any{"session_id": id, "sender": "agent", "message": "It costs 22"}, &one)
	s.call("POST", "/messages", map[string]any{"session_id": id, "sender": "agent", "message": "Wrong chat, sorry", "quick_replies": []string{"Yes"}}, &two)
	visitor.hears("Wrong chat, sorry")
	s.call("PATCH", "/sessions/"+id+"/messages/"+one.ID, map[string]any{"message": "It costs 28"}, nil)
	s.call("DELETE", "/sessions/"+id+"/messages/"+two.ID, nil, nil)
	visitor.hears("It costs 28")
	visitor.wait("the other is gone, with its answers", `/was deleted/.test($$('.msg.them').at(-1).innerText) && !$('.answers') && !/Wrong chat/.test($('.log').innerText)`)
	visitor.wantLines("Hello", "It costs 28", "This message was deleted")
	visitor.axe("panel edited and deleted")
}
