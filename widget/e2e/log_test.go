package e2e

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
	"github.com/pealchat/pealchat/chat"
)

// act chooses what to do with the message that says this.
func (b *tab) act(text, what string) {
	b.t.Helper()
	message := `$$('.thread .msg, .thread .noteb').find((el) => el.innerText.includes(` + quote(text) + `))`
	b.wait("the message is there", message)
	eval[bool](b, `(`+message+`.scrollIntoView({ block: 'nearest' }), true)`)
	at := eval[[]float64](b, `((el) => { const r = el.getBoundingClientRect(); return [r.x + r.width / 2, r.y + 10]; })(`+message+`)`)
	b.do(call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseMoved", X: at[0], Y: at[1]}))
	b.click("what to do with it", message+`?.querySelector('.do')`)
	b.click(what, `labelled('.do-list [role=menuitem]', `+quote(what)+`)`)
}

func TestMessagesAreChangedQuotedAndTakenAway(t *testing.T) {
	s, visitor, mara := desk(t, "Is the sage glaze food safe?")
	mara.reply("Yes, evry glaze is")
	visitor.hears("Yes, evry glaze is")

	// The field is empty: the key up changes what was sent last.
	mara.press(kb.ArrowUp)
	mara.wait("it can be changed", `active()?.closest('.editing') && active().value === 'Yes, evry glaze is'`)
	mara.axe("changing a message")
	eval[bool](mara, `(active().select(), true)`)
	mara.write("Yes, every glaze is")
	mara.wait("it was changed", `$$('.thread .msg.me .b').some((el) => el.innerText.trim() === 'Yes, every glaze is') && /edited/.test($('.thread').innerText)`)
	visitor.hears("Yes, every glaze is")
	mara.wait("the field has the focus again", `active() === $('.conv .txt')`)

	// Escape leaves it.
	mara.press(kb.ArrowUp)
	mara.press("oops")
	mara.press(escape)
	mara.wait("nothing was changed", `!$('.editing') && active() === $('.conv .txt') && !/oops/.test($('.thread').innerText)`)

	mara.act("sage glaze", "Quote")
	mara.fieldSays("> Is the sage glaze food safe?\n")
	mara.press("It is.")
	mara.do(enter("keyDown"), enter("keyUp"))
	visitor.wait("the visitor sees the quote", `$('.msg.them blockquote')?.innerText === 'Is the sage glaze food safe?'`)

	// What is deleted can be kept for a while.
	mara.reply("This was for somebody else")
	mara.act("somebody else", "Delete")
	mara.wait("it can be kept", `labelled('.thread .meta button', 'Undo')`)
	mara.click("Undo", `labelled('.thread .meta button', 'Undo')`)
	mara.wait("it is there again", `!$('.thread .gone')`)
	mara.act("somebody else", "Delete")
	mara.wait("it is gone", `/Message deleted/.test($('.thread').innerText)`)
	visitor.wait("for the visitor too", `!/somebody else/.test($('.panel .log').innerText)`)

	// Notes too; nobody but the team hears of it.
	mara.key("n")
	mara.write("She is a reglar")
	mara.wait("the note is there", `$$('.noteb').length === 1 && !/Sending/.test($('.noteb').innerText)`)
	mara.press(kb.ArrowUp)
	mara.wait("it can be changed", `active()?.closest('.editing.note')`)
	eval[bool](mara, `(active().select(), true)`)
	mara.write("She is a regular")
	mara.wait("it was changed", `/She is a regular/.test($('.noteb')?.innerText)`)

	// Of a visitor's words an agent may delete none, and change none.
	mara.act("food safe?", "Quote")
	if eval[bool](mara, `/Edit|Delete/.test($('.do-list')?.innerText ?? '')`) {
		t.Error("an agent is offered to change what a visitor wrote")
	}
	s.wantMessages("Is the sage glaze food safe?", "Yes, every glaze is", "> Is the sage glaze food safe?\nIt is.", "")

	// By keyboard: from the newest message's button up to the others.
	eval[bool](mara, `($$('.do').at(-1).focus(), true)`)
	mara.press(kb.ArrowUp)
	mara.wait("the one before", `active() === $$('.do').at(-2)`)
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("the list is open", `active()?.closest('.do-list')`)
	mara.press(escape)
	mara.wait("back at the button", `!$('.do-list') && active() === $$('.do').at(-2)`)
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("the list is open", `active()?.closest('.do-list')`)
	mara.axe("what to do with a message")
}

func TestTheFirstUnreadMessageIsFound(t *testing.T) {
	s, _, mara := desk(t, "Message 1")
	id := s.onlySession().ID
	mara.reply("I read this")
	mara.press(escape)
	mara.press(escape)
	mara.wait("no conversation is open", `!$('.conv .txt')`)
	for i := range 70 {
		s.call("POST", "/messages", map[string]any{"session_id": id, "sender": "visitor", "message": fmt.Sprintf("More %d\nand another line\nand one more", i)}, nil)
	}
	mara.pick("Visitor")
	mara.wait("they are offered", `/70 unread messages/.test($('.top-pill')?.innerText)`)
	mara.axe("unread messages above")
	mara.click("the way there", `$('.top-pill')`)
	mara.wait("the line is in sight", `(() => { const line = $('.fresh')?.getBoundingClientRect(), box = $('.thread').getBoundingClientRect(); return line && line.top > box.top && line.bottom < box.bottom; })()`)
	if next := eval[string](mara, `$('.fresh').nextElementSibling.innerText`); next[:6] != "More 0" {
		t.Errorf("after the line stands %q", next)
	}
	mara.wait("the way is gone", `!$('.top-pill')`)
}

// Reading back through a long conversation nothing moves under the eye, though
// older messages come above and what is far away is not laid out.
func TestALongConversationStaysWhereItIsRead(t *testing.T) {
	s, _, mara := desk(t, "Message 0")
	id := s.onlySession().ID
	for i := range 260 {
		s.call("POST", "/messages", map[string]any{"session_id": id, "sender": []string{"visitor", "agent"}[i/2%2], "message": fmt.Sprintf("Message %d\n%s", i+1, strings.Repeat("Some more words to read. ", i%7))}, nil)
	}
	mara.reload()
	mara.wait("the end is there", `/Message 260/.test($('.thread')?.innerText)`)
	const jumps = `new Promise(async (done) => {
		const box = $('.thread'), frame = () => new Promise(requestAnimationFrame), moved = [];
		const eye = () => { const top = box.getBoundingClientRect().top; return $$('.thread .msg').find((el) => el.getBoundingClientRect().top > top + 40); };
		const top = () => /^Message 0/.test(eye()?.innerText ?? '');
		for (let n = 0; n < 25 && !top(); n++) {
			const el = eye(), before = el.getBoundingClientRect().top, was = box.scrollTop;
			box.scrollTop -= 150;
			const by = was - box.scrollTop;
			await frame(); await frame(); await frame();
			const off = Math.round(el.getBoundingClientRect().top - before - by);
			if (Math.abs(off) > 3) moved.push(el.innerText.slice(0, 12) + ' by ' + off);
			if (box.scrollTop <= 0) await new Promise((r) => setTimeout(r, 30));
		}
		done({ moved, top: top() });
	})`
	var moved []string
	for range 16 { // a busy machine draws few frames in the time that one answer may take
		got := eval[struct {
			Moved []string
			Top   bool
		}](mara, jumps)
		moved = append(moved, got.Moved...)
		if got.Top {
			break
		}
	}
	if n := eval[int](mara, `$$('.thread .msg').length`); n != 261 || len(moved) > 0 {
		t.Errorf("of 261 messages %d were read; moved under the eye: %q", n, moved)
	}
}

func TestWhatIsBeingWrittenIsSeenWhereItMay(t *testing.T) {
	s, visitor, mara := desk(t, "Hello")
	visitor.click("the field", `$('.panel .ta')`)
	visitor.press("not yet sent")
	mara.wait("she sees that something is written", `$('.thread .typing') && /writing/.test($('.row p').innerText)`)
	mara.wait("but not what", `!/not yet sent/.test($('.app').innerText)`)
	if eval[bool](visitor, `/as you write/.test($('.panel').innerText)`) {
		t.Error("the visitor is told of what is off")
	}

	var settings map[string]any
	s.call("GET", "/settings", nil, &settings)
	settings["typing_preview"] = true
	s.call("PUT", "/settings", settings, nil)
	visitor.reload()
	visitor.wait("the chat is there", `seen($('.launcher')) || seen($('.panel'))`)
	if !eval[bool](visitor, `seen($('.panel .ta'))`) {
		visitor.openChat()
	}
	visitor.wait("the visitor is told", `/The team sees what you write/.test($('.panel').innerText)`)
	visitor.axe("panel telling of the preview")
	visitor.click("the field", `$('.panel .ta')`)
	visitor.press(" but seen <b>now</b>")
	mara.wait("she reads along", `$('.thread .growing .b')?.innerText === 'not yet sent but seen <b>now</b>'`)
	mara.axe("reading along")
	visitor.do(enter("keyDown"), enter("keyUp"))
	mara.reads("not yet sent but seen <b>now</b>")
	mara.wait("it grows no more", `!$('.growing')`)
}

// A bot's answer is seen as it grows, and is no colleague to cross.
func TestABotsAnswerGrowsInTheConsole(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	more := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		h.svc.RunBot(ctx, "Peal", chat.BotFunc(func(ctx context.Context, _ chat.Turn, reply *chat.Reply) error {
			io.WriteString(reply, "Let me look")
			select {
			case <-more:
			case <-ctx.Done():
			}
			_, err := io.WriteString(reply, " that up")
			return err
		}), nil)
	}()
	t.Cleanup(func() { cancel(); <-gone })

	mara := h.console()
	visitor := h.open("/")
	visitor.openChat()
	visitor.say("Hello")
	eval[bool](mara, `(location.hash = '#/open', true)`)
	mara.wait("the row is there", `$$('.row').length === 1`)
	mara.click("the row", `$('.row')`)
	mara.wait("the answer grows", `$('.thread .msg.me.growing .b')?.innerText === 'Let me look'`)
	mara.axe("a bot's answer growing")
	close(more)
	mara.wait("it has arrived", `!$('.growing') && /Let me look that up/.test($('.thread').innerText)`)
	mara.toField()
	mara.press("A person is here too")
	mara.do(enter("keyDown"), enter("keyUp"))
	mara.wait("nothing is asked", held+` && !$('.ask')`)
	mara.click("Send now", `labelled('.thread button', 'Send now')`)
	visitor.hears("A person is here too")
}

// console signs in to the site's console with a key of its own.
func (h *hostSite) console() *tab {
	h.t.Helper()
	_, secret, err := h.svc.CreateAPIKey(h.t.Context(), host, chat.NewAPIKey{Name: "Mara", Scopes: []string{"read", "write", "admin"}})
	if err != nil {
		h.t.Fatal(err)
	}
	b := newPerson(h.t)
	b.expectOffline(true) // the browser logs the 401 that says who is not signed in
	b.goTo(h.srv.URL + "/chat/console/")
	b.wait("the sign-in is there", `seen($('#key'))`)
	eval[bool](b, `(sessionStorage.setItem('pealchat:/chat/api/v1:key', JSON.stringify(`+quote(secret)+`)), true)`)
	b.reload()
	b.wait("the console is there", `seen($('.app .list'))`)
	b.expectOffline(false)
	return b
}

// Who reads and who writes is seen in the list as well.
func TestColleaguesAreSeenInTheList(t *testing.T) {
	s, _, mara := desk(t, "Hello")
	jonas := enterConsole(t, s, "Jonas Oduya")
	jonas.click("All open", `labelled('.nav a', 'All open')`)
	jonas.wait("Mara reads it", `/Mara Reyes reads this/.test($('.row').textContent)`)
	mara.toField()
	mara.press("One moment")
	jonas.wait("Mara writes", `/Mara is writing/.test($('.row p').innerText)`)
	jonas.axe("list with a colleague")
	began := time.Now()
	mara.press(escape)
	mara.press(escape)
	jonas.wait("Mara has left", `!/reads this/.test($('.row').textContent)`)
	t.Logf("seen to have left after %v", time.Since(began).Round(time.Millisecond))
}
