package e2e

import "testing"

// TestFirstSteps: whoever opens the console of a new installation is led to
// one page, which sees by itself what is done.
func TestFirstSteps(t *testing.T) {
	s := startServer(t)
	mara := newPerson(t)
	mara.goTo(s.url("/staff"))
	mara.click("Mara’s button", `labelled('main button', 'Mara')`)
	step := func(n string) string { return `$$('.steps > li')[` + n + `]` }
	mara.wait("the first steps", `location.hash === '#/start' && seen($('.start .steps')) && labelled('.side a', 'First steps')`)
	mara.wait("the line for the pages", `labelled('.line-to-copy code', '<script defer src="/chat/chat.js"></script>')`)
	mara.wait("nothing is done yet", `!$('.steps .done') && labelled('.steps .said', 'Nobody has opened the chat yet.')`)
	mara.wait("the installation was examined", `!!$('.findings') || !!labelled('.steps .fine', 'in order')`)
	mara.axe("first steps")
	mara.phone(true)
	mara.wait("the window is narrow", `innerWidth === 390`)
	mara.wantNoSideways()
	mara.shoot("phone-first-steps")
	mara.phone(false)

	mara.goTo(s.url("/chat/console/"))
	mara.wait("once they were shown, the inbox comes first", `seen($('.app .list')) && !$('.start')`)
	mara.click("First steps", `labelled('.side a', 'First steps')`)
	mara.wait("they are still to be had", `seen($('.start .steps'))`)

	v := newPerson(t)
	v.goTo(eval[string](mara, `labelled('.start .ghost', 'Open the chat as a visitor').href`))
	v.wait("one can write", `seen($('.ta'))`)
	mara.wait("somebody was seen", step("0")+`.className === 'done'`)
	v.click("the field", `$('.ta')`)
	v.write("Hello, me")
	mara.wait("the message is here", step("1")+`.className === 'done' && labelled('.start .ghost', 'Answer it')`)
	enterConsole(t, s, "Jonas")
	mara.click("answer it", `labelled('.start .ghost', 'Answer it')`)
	mara.reads("Hello, me")
	mara.goTo(s.url("/chat/console/#/start"))
	mara.reload()
	mara.wait("all is done", `$$('.steps .done').length === 3 && labelled('.start .solid', 'Done')`)
	mara.axe("first steps, done")
	mara.click("Done", `labelled('.start .solid', 'Done')`)
	mara.wait("the inbox, and no more leading", `seen($('.app .list')) && !labelled('.side a', 'First steps')`)
}
