package e2e

import "testing"

const (
	withMe   = `/Release/.test($('.conv .tools').innerText)`
	freeNow  = `/Nobody/.test($('.conv .hands').innerText)`
	noteTab  = `$('.reply').classList.contains('note')`
	replyTab = `$('.reply').classList.contains('reply') && !` + noteTab
)

// Whoever answers somebody whom nobody has, has them from then on; a note
// takes nothing.
func TestAnAnswerTakesTheConversation(t *testing.T) {
	s, visitor, mara := desk(t, "Is anybody there?")
	jonas := enterConsole(t, s, "Jonas")
	jonas.openOnly()
	mara.wait("nobody has it", freeNow)
	mara.click("Note", `labelled('.tabs label', 'Note')`)
	mara.toField()
	mara.write("A regular")
	mara.wait("the note is there", `said('.noteb .text').includes('A regular')`)
	mara.wait("and nobody has it still", freeNow)
	mara.click("Reply", `labelled('.tabs label', 'Reply')`)
	mara.toField()
	mara.write("Yes, hello")
	visitor.hears("Yes, hello")
	mara.wait("it is hers", withMe)
	jonas.wait("Jonas sees whose it is", `/Mara/.test($('.conv .hands').innerText)`)
	visitor.wait("so does the visitor", `$('.panel .head').innerText.includes('Mara Reyes')`)

	// Somebody else who answers as well takes nothing away.
	jonas.toField()
	jonas.write("I can help too")
	visitor.hears("I can help too")
	jonas.wait("it is Mara's", `/Mara/.test($('.conv .hands').innerText)`)
}

// Of two who answer at once one has the conversation. The other is asked, with
// the text in the field.
func TestWhoAnswersLaterIsAsked(t *testing.T) {
	s, visitor, mara := desk(t, "Is anybody there?")
	mara.prefers(`{}`)
	mara.reload()
	mara.toField()
	jonas := enterConsole(t, s, "Jonas")
	jonas.openOnly()
	mara.write("Yes, hello")
	mara.wait("it is held", held)
	jonas.click("Claim", `labelled('.conv button', 'Claim')`)
	jonas.wait("it is his", withMe)
	mara.click("Send now", `labelled('.thread button', 'Send now')`)
	visitor.hears("Yes, hello") // she knew by then whose it is, and he has not answered

	jonas.click("Release", `labelled('.conv button', 'Release')`)
	mara.wait("nobody has it", freeNow)
	mara.press("One moment")
	jonas.click("Claim", `labelled('.conv button', 'Claim')`)
	mara.wait("he has it", `/Jonas/.test($('.conv .hands').innerText)`)
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("she is asked", `/Jonas has taken this conversation/.test($('.ask')?.innerText)`)
	mara.axe("asked about a claim")
	mara.fieldSays("One moment")
	mara.click("Send anyway", `labelled('.ask button', 'Send anyway')`)
	mara.click("Send now", `labelled('.thread button', 'Send now')`)
	visitor.hears("One moment")
	mara.wait("it stays with him", `/Jonas/.test($('.conv .hands').innerText)`)
}

// What the page has not heard of yet, the claim finds out.
func TestAClaimThatIsLostKeepsTheText(t *testing.T) {
	s, visitor, mara := desk(t, "Is anybody there?")
	jonas := enterConsole(t, s, "Jonas")
	jonas.openOnly()
	mara.press("Yes, hello")
	// The first claim comes too late: he has it by then, and no event has said so.
	eval[bool](mara, `((real) => { fetch = async (url, init) => {
		if (String(url).endsWith('/claim')) { fetch = real; while (!window.goOn) await new Promise((r) => setTimeout(r, 20)); return new Response('{"error":"Another agent has this session.","status_code":409,"code":"already_claimed"}', { status: 409, headers: { 'Content-Type': 'application/json' } }); }
		return real(url, init);
	}; return true; })(fetch)`)
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("it is on its way", `/Sending/.test($('.thread').innerText)`)
	mara.press("And")
	jonas.click("Claim", `labelled('.conv button', 'Claim')`)
	jonas.wait("it is his", withMe)
	eval[bool](mara, `window.goOn = true`)
	mara.wait("she is asked", `/Jonas has taken this conversation/.test($('.ask')?.innerText)`)
	mara.fieldSays("Yes, hello\nAnd")
	visitor.wantLines("Is anybody there?")
	mara.click("Send anyway", `labelled('.ask button', 'Send anyway')`)
	visitor.hears("Yes, hello\nAnd")
	s.wantMessages("Is anybody there?", "Yes, hello\nAnd")
}

// A note goes to nobody but the team, whatever comes between; a conversation
// that is opened begins with a reply.
func TestANoteStaysANote(t *testing.T) {
	s, visitor, mara := desk(t, "Hello")
	mara.prefers(`{}`)
	mara.reload()
	mara.toField()
	id := s.onlySession().ID
	mara.write("I will have a look")
	mara.wait("it is held", held)
	mara.press(escape)
	mara.key("n")
	mara.wait("it is a note", noteTab+` && active() === $('.conv .txt')`)
	mara.press("The password is ")
	// Meanwhile the reply is refused, since somebody else was faster.
	s.call("POST", "/messages", map[string]any{"session_id": id, "sender": "agent", "message": "From the desk", "sender_name": "Tess"}, nil)
	mara.expectOffline(true)
	mara.wait("she hears of it", `/Tess replied to Visitor first/.test($('.toast')?.innerText)`)
	mara.expectOffline(false)
	mara.wait("she still writes a note", noteTab+` && active() === $('.conv .txt') && $('.conv .txt').value === 'The password is '`)
	mara.wait("the reply is marked as not sent", `/not sent yet/.test(labelled('.tabs label', 'Reply').innerText)`)
	mara.shoot("note-beside-a-reply")
	mara.axe("note beside a reply")
	mara.write("secret")
	mara.wait("the note is there", `said('.noteb .text').includes('The password is secret')`)
	mara.wait("the next one is a note too", noteTab)
	mara.click("Reply", `labelled('.tabs label', 'Reply')`)
	mara.fieldSays("I will have a look")
	mara.wait("the question stands there", `/Tess replied/.test($('.ask')?.innerText)`)
	mara.click("Note", `labelled('.tabs label', 'Note')`)

	mara.click("Saved replies", `labelled('.nav a', 'Saved replies')`)
	mara.openOnly()
	mara.wait("it begins with a reply", replyTab)
	mara.fieldSays("I will have a look")
	mara.click("Note", `labelled('.tabs label', 'Note')`)
	mara.toField()
	mara.press("half a note")
	mara.click("Saved replies", `labelled('.nav a', 'Saved replies')`)
	mara.openOnly()
	mara.wait("what was begun goes on", noteTab)
	mara.fieldSays("half a note")
	visitor.wantLines("Hello", "From the desk")
}

// A reply that is being written when its conversation is closed stays in
// sight, and the keys that are typed on do nothing else.
func TestAReplyIsLeftWhenItsConversationIsClosed(t *testing.T) {
	s, visitor, mara := desk(t, "Hello")
	mara.press("You may also like")
	s.call("POST", "/sessions/"+s.onlySession().ID+"/close", nil, nil)
	mara.wait("it is closed", `/Your reply was not sent/.test($('.reply')?.innerText)`)
	mara.press(" jug number nine")
	mara.wait("the text and the focus stayed", `$('.conv .txt').value === 'You may also like' && active() === $('.conv .txt')`)
	mara.shoot("reply-left")
	mara.axe("reply left")
	mara.click("Add it as a note", `labelled('.reply button', 'Add it as a note')`)
	mara.wait("it is a note", noteTab+` && active() === $('.conv .txt') && $('.conv .txt').value === 'You may also like'`)
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("the note is there", `said('.noteb .text').includes('You may also like')`)
	visitor.wantLines("Hello")
}

func TestListsHaveTheirMarks(t *testing.T) {
	s, visitor, mara := desk(t, "How do I wash it?")
	s.call("POST", "/messages", map[string]any{"session_id": s.onlySession().ID, "sender": "agent", "message": "Please:\n\n1. rinse\n2. dry\n\nand never:\n\n- bleach\n- boil"}, nil)
	const marks = `["ol", "ul"].map((name) => { const el = $('.msg .b ' + name); return el && getComputedStyle(el).listStyleType; }).join()`
	for _, b := range []*tab{visitor, mara} {
		b.wait("numbers and bullets", marks+` === 'decimal,disc'`)
	}
}
