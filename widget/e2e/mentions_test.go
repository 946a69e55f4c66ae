package e2e

import "testing"

const whoAsks = `said('.asking a')`

// A colleague who is asked to look sees that over the list, at once or when
// they come, until they have looked or put it away.
func TestAColleagueWhoIsAskedSeesIt(t *testing.T) {
	s, _, mara := desk(t, "Is the glaze safe?")
	id := s.onlySession().ID
	note := func(text string, mentions ...string) {
		t.Helper()
		s.call("POST", "/sessions/"+id+"/notes", map[string]any{"message": text, "mentions": mentions}, nil)
	}
	jonas := enterConsole(t, s, "Jonas")
	jonas.wait("nobody asks", `$('.list .row') && $$('.asking a').length === 0`)
	mara.click("Note", `labelled('.tabs label', 'Note')`)
	mara.toField()
	mara.press("@jo")
	mara.wait("he is offered", `labelled('.pop li', 'Jonas')`)
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.write("please look")
	jonas.wait("he sees who asks, and what", `/Mara asks you to look\s+Visitor: @Jonas Oduya please look/.test(`+whoAsks+`.join())`)
	if n := eval[int](mara, `$$('.asking a').length`); n != 0 {
		t.Errorf("she who asks is asked %d times", n)
	}
	jonas.axe("asked to look")
	jonas.click("the question", `$('.asking a')`)
	jonas.wait("the note is there, and the question gone", `said('.noteb .text').length === 1 && $('.noteb.asked') && $$('.asking a').length === 0`)
	note("And this", "jonas")
	jonas.wait("who looks at it is not asked", `said('.noteb .text').includes('And this') && $$('.asking a').length === 0`)

	// What came while he was not here waits for him, and nothing that he has seen.
	jonas.goTo("about:blank")
	note("While you were away", "jonas")
	note("For somebody else", "mara")
	jonas.goTo(s.url("/chat/console/#/mine"))
	jonas.wait("he sees what he has not", whoAsks+`.length === 1 && `+whoAsks+`[0].includes('While you were away')`)
	jonas.shoot("asked-to-look")
	jonas.phone(true)
	jonas.shoot("asked-to-look-phone")
	jonas.phone(false)
	note("And a second one", "jonas")
	jonas.wait("one line is enough", whoAsks+`.length === 1 && `+whoAsks+`[0].includes('And a second one')`)
	jonas.click("the rest", `labelled('.asking button', 'Show 1 more')`)
	jonas.wait("both are there, the newer one first", whoAsks+`.length === 2 && `+whoAsks+`[1].includes('While you were away') && active() === $('.asking a')`)
	jonas.axe("asked twice")
	jonas.click("Put it away", `labelled('.asking button', 'Put it away')`)
	jonas.wait("the other one has the focus", whoAsks+`.length === 1 && `+whoAsks+`[0].includes('While you were away') && active() === $('.asking a')`)
	jonas.click("Put it away", `labelled('.asking button', 'Put it away')`)
	jonas.wait("it is gone", `$$('.asking a').length === 0`)
	jonas.reload()
	jonas.wait("the list is there", `$('.list .end, .list .row')`)
	note("Once more", "jonas")
	jonas.wait("it did not come back", whoAsks+`.length === 1 && `+whoAsks+`[0].includes('Once more')`)
}
