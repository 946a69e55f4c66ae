package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestSearch finds a message far back in a long, closed conversation and goes
// to it, with the keyboard alone.
func TestSearch(t *testing.T) {
	s := startServer(t)
	var first, second session
	s.call("POST", "/sessions", map[string]string{"visitor_name": "Léa Bonnet", "visitor_email": "lea@correio.example"}, &first)
	s.call("POST", "/sessions", map[string]string{"visitor_name": "Erik <b>Kowalski</b>"}, &second)
	for i := range 130 {
		text := fmt.Sprintf("Line %d", i)
		if i == 7 {
			text = "Is the kiln <i>electric</i>,\nor does it burn wood?"
		}
		s.call("POST", "/messages", map[string]string{"session_id": first.ID, "sender": "visitor", "message": text}, nil)
	}
	s.call("POST", "/sessions/"+first.ID+"/close", nil, nil)
	s.call("POST", "/sessions/"+second.ID+"/notes", map[string]string{"message": "Asked for the electric kiln twice"}, nil)

	mara := enterConsole(t, s, "Mara Reyes")
	mara.press("/")
	mara.wait("the field has the focus", `active() === $('.find input')`)
	mara.press("electric ki")
	mara.wait("both are found, the newer first", `$$('.row.hit').length === 2 && $$('.row.hit')[0].innerText.includes('Note: Asked for the electric kiln twice')`)
	mara.wait("the words are marked and nothing is markup", `$$('.row.hit')[1].querySelectorAll('i, br').length === 0 && [...$$('.row.hit')[1].querySelectorAll('mark')].map((m) => m.innerText).join() === 'kiln,electric'`)
	mara.axe("search")
	mara.press(kb.ArrowDown)
	mara.press(kb.ArrowDown)
	mara.wait("the second has the focus", `active() === $$('.row.hit')[1]`)
	mara.do(enter("keyDown"), enter("keyUp"))
	inSight := `((el) => { if (!el) return false; const r = el.getBoundingClientRect(), box = $('.thread').getBoundingClientRect(); return r.top >= box.top && r.bottom <= box.bottom; })`
	asked := inSight + `(labelled('.thread .b', 'Is the kiln <i>electric</i>'))`
	mara.wait("the message is in sight", asked)
	mara.wait("the results are still there", `$$('.row.hit').length === 2 && $$('.row.hit')[1].ariaCurrent === 'true'`)
	mara.shoot("search-opened")

	// What comes meanwhile does not take the place away.
	s.call("POST", "/sessions/"+first.ID+"/notes", map[string]string{"message": "A note at the end"}, nil)
	mara.wait("the note has come", `$('.pill')?.innerText.includes('1 new message')`)
	mara.wait("the message is still in sight", asked)

	mara.click("the field", `$('.find input')`)
	eval[bool](mara, `($('.find input').select(), true)`)
	mara.press("lea")
	mara.wait("a visitor is found by name and address", `$$('.row.hit').length === 1 && [...$('.row.hit').querySelectorAll('mark')].map((m) => m.innerText).join() === 'Léa,lea'`)
	s.call("POST", "/messages", map[string]string{"session_id": second.ID, "sender": "visitor", "message": strings.Repeat("many words ", 9) + "porcelain"}, nil)
	eval[bool](mara, `($('.find input').select(), true)`)
	mara.press("porcelain")
	mara.wait("what was looked for is in sight, though it stands far behind", `((mark, p) => mark?.innerText === 'porcelain' && mark.getBoundingClientRect().bottom <= p.getBoundingClientRect().bottom)($('.row.hit mark'), $('.row.hit p'))`)
	eval[bool](mara, `($('.find input').select(), true)`)
	mara.press(`"nobody" AND (`)
	mara.wait("nothing is found", `said('.end.empty').join().includes('Nothing found') && $$('.row.hit').length === 0`)
	mara.press(kb.Escape)
	mara.wait("the list is back", `!$('.find') && said('.row b').join() === 'Erik <b>Kowalski</b>'`)
}
