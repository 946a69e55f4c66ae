package e2e

import "testing"

// What an agent offers stands under the newest message, is chosen by keyboard
// or by hand, goes out once, and is gone after that.
func TestQuickReplies(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("I have a question")
	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.click("the field", `$('.conv .txt')`)
	mara.write("Hello")
	visitor.hears("Hello")

	mara.click("Offer answers", `labelled('.reply footer button', 'Offer answers')`)
	mara.wait("an answer can be written", `active() === $('.offer input')`)
	mara.write("About an order")
	mara.write("About a glaze")
	mara.write("Both")
	mara.click("leave Both out", `labelled('.offer button', 'Leave out Both')`)
	mara.wait("two are left", `said('.offer bdi').join() === 'About an order,About a glaze'`)
	mara.axe("console offering answers")
	mara.click("the field", `$('.conv .txt')`)
	mara.write("What is it about?")
	mara.wait("the thread says what was offered", `said('.offered li').join() === 'About an order,About a glaze' && !$('.offer')`)

	visitor.wait("the answers are there", `said('.answers button').join() === 'About an order,About a glaze'`)
	visitor.axe("panel quick replies")
	visitor.phone(true)
	visitor.wait("the window is narrow", `innerWidth === 390`)
	visitor.wantTargets(".answers")
	visitor.axe("phone quick replies")
	visitor.phone(false)
	visitor.wait("the window is wide", `innerWidth === 1280`)

	// By keyboard: the answers come after the log and before the field. What
	// stands in the field stays there.
	visitor.click("the field", `$('.panel .ta')`)
	visitor.press("Hm")
	eval[bool](visitor, `($('.log').focus(), true)`)
	visitor.press("\t")
	visitor.wait("the first answer has the focus", `active().innerText === 'About an order'`)
	visitor.press("\t")
	visitor.write("")
	visitor.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '') && $$('.msg.me .b').at(-1).innerText === 'About a glaze'`)
	visitor.wait("the answers are gone, one can go on writing", `!$('.answers') && active() === $('.panel .ta') && $('.panel .ta').value === 'Hm'`)
	mara.reads("About a glaze")

	// Two presses before anything is drawn are one answer.
	s.call("POST", "/messages", map[string]any{"session_id": s.onlySession().ID, "sender": "bot", "message": "Food safe?", "quick_replies": []string{"Yes", "No"}}, nil)
	visitor.wait("the answers are there", `$$('.answers button').length === 2`)
	eval[bool](visitor, `(([a, b]) => { a.click(); a.click(); b.click(); return true; })($$('.answers button'))`)
	visitor.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '') && !$('.answers')`)
	s.wantMessages("I have a question", "Hello", "What is it about?", "About a glaze", "Food safe?", "Yes")

	// An answer in one's own words ends the choice as well, as does a reload.
	s.call("POST", "/messages", map[string]any{"session_id": s.onlySession().ID, "sender": "agent", "message": "Which one?", "quick_replies": []string{"Sage", "Sand"}}, nil)
	visitor.wait("the answers are there", `$$('.answers button').length === 2`)
	visitor.reload()
	visitor.wait("the launcher is there", `seen($('.launcher'))`)
	visitor.openChat()
	visitor.wait("the answers are still there", `said('.answers button').join() === 'Sage,Sand'`)
	eval[bool](visitor, `(active().select(), true)`)
	visitor.write("The blue one")
	visitor.wait("they are gone", `!$('.answers') && $$('.msg.me .b').at(-1).innerText === 'The blue one'`)
}
