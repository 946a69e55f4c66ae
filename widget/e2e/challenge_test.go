package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/pealchat/pealchat/chat"
)

// captcha is a page's own challenge: a button in the place that the panel
// gives it, whose answer is used up by one look at it.
const captcha = `<script>
window.asked = [];
document.addEventListener('pealchat:challenge', ({ detail }) => {
	asked.push(detail);
	const button = detail.place.appendChild(document.createElement('button'));
	button.id = 'human';
	button.textContent = 'I am a person';
	button.onclick = () => detail.pass('token ' + asked.length);
});
</script>`

// guard lets a visitor go on with a token that it has not seen.
type guard struct {
	mu      sync.Mutex
	answers []string
	refuse  string // an answer that is not good enough
}

func (g *guard) check(_ context.Context, c chat.Challenge) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.Answer == "" || c.Answer == g.refuse || slices.Contains(g.answers, c.Answer) {
		return chat.ErrChallenge
	}
	g.answers = append(g.answers, c.Answer)
	return nil
}

// What was written waits for the page's own challenge, over a reload too, and
// goes out once, in its order.
func TestThePagesOwnChallenge(t *testing.T) {
	g := &guard{refuse: "token 1"}
	h := startHostSite(t, chat.Options{Hooks: chat.Hooks{Challenge: g.check}}, map[string]string{"/": captcha + tag("")})
	b := h.open("/")
	b.expectOffline(true) // the browser notes every request that is refused
	b.openChat()
	b.click("the field", `$('.panel .ta')`)
	b.write("First")
	const shown = `seen(document.querySelector('#human'))`
	b.wait("the challenge stands in the panel", shown+` && document.querySelector('peal-chat > [slot=challenge] > #human')`)
	b.wait("it is said what is missing", `$$('.msg.failed .meta').at(-1)?.innerText.startsWith('Not sent yet. Please show that you are a person.')`)
	b.axe("panel with the page's challenge")
	b.click("the field", `$('.panel .ta')`)
	b.write("Second")
	b.wait("what comes after it waits", `/Waiting/.test($$('.msg.me').at(-1).innerText)`)
	b.click("the page's button", `document.querySelector('#human')`)
	b.wait("that was not good enough", `asked.length === 2 && `+shown)

	b.goTo(h.srv.URL + "/")
	b.wait("asked again", `asked.length === 1`)
	b.openChat()
	b.wait("the challenge stands there again", shown)
	b.click("try again", `labelled('.msg.failed button', 'Try again')`)
	b.wait("once more, in place of the first", `asked.length === 2 && document.querySelectorAll('#human').length === 1 && `+shown)
	b.wait("an old answer changes nothing", `(asked[0].pass('late'), `+shown+`)`)
	b.click("the page's button", `document.querySelector('#human')`)
	b.wait("both were sent", `$$('.msg.me').length === 2 && !$('.msg.failed') && /sent/.test($$('.msg.me').at(-1).innerText) && !document.querySelector('#human')`)
	b.say("Third")
	b.expectOffline(false)

	page, err := h.svc.Sessions(t.Context(), host, chat.SessionQuery{})
	if err != nil || len(page.Sessions) != 1 {
		t.Fatalf("sessions %+v, %v", page.Sessions, err)
	}
	messages, err := h.svc.Messages(t.Context(), host, chat.MessageQuery{SessionID: page.Sessions[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range messages.Messages {
		texts = append(texts, m.Text)
	}
	if !slices.Equal(texts, []string{"First", "Second", "Third"}) || !slices.Equal(g.answers, []string{"token 2"}) {
		t.Errorf("sent %q with the answers %q", texts, g.answers)
	}
}

// A conversation that a file begins is challenged like any other.
func TestAFileWaitsForTheChallenge(t *testing.T) {
	g := &guard{}
	h := startHostSite(t, chat.Options{Hooks: chat.Hooks{Challenge: g.check}}, map[string]string{"/": captcha + tag("")})
	b := h.open("/")
	b.expectOffline(true) // the browser notes every request that is refused
	b.openChat()
	b.give(`$('.panel .ta')`, "paste", `[new File(['Hello'], 'hello.txt')]`)
	b.wait("it is about to go", `said('.staged bdi').join() === 'hello.txt'`)
	b.click("Send", `$('.panel .send.ready')`)
	b.wait("the challenge", `seen(document.querySelector('#human'))`)
	b.click("the page's button", `document.querySelector('#human')`)
	b.wait("it was sent", `/sent/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	b.expectOffline(false)
}

// foreignBox is a challenge as services of others bring it: of a size of its own,
// light whatever stands around it.
const foreignBox = `<style>
.captcha { box-sizing: border-box; width: 304px; height: 78px; display: flex; align-items: center; gap: 12px; padding: 0 12px; border: 1px solid #d3d3d3; border-radius: 3px; color-scheme: light; background: #f9f9f9; color: #222; font: 14px sans-serif }
.captcha input { inline-size: 28px; block-size: 28px }
</style><script>
document.addEventListener('pealchat:challenge', ({ detail }) => {
	const label = detail.place.appendChild(document.createElement('label'));
	label.className = 'captcha';
	const input = label.appendChild(document.createElement('input'));
	input.type = 'checkbox';
	label.append('I am a person');
	input.onchange = () => detail.pass('token');
});
</script>`

// The page's challenge stands whole in the panel, and what it is for beside it:
// on a desk and on a phone, written from the left and from the right, light and
// dark.
func TestThePagesChallengeFits(t *testing.T) {
	axeSource(t)
	for lang, words := range galleryWords {
		for screen, phone := range map[string]bool{"desk": false, "phone": true} {
			t.Run(lang+" "+screen, func(t *testing.T) {
				dir := map[string]string{"en": "ltr", "ar": "rtl"}[lang]
				h := startHostSite(t, chat.Options{Hooks: chat.Hooks{Challenge: new(guard).check}}, map[string]string{
					"/": foreignBox + tag("") + fmt.Sprintf(`<script>document.documentElement.lang = %q; document.documentElement.dir = %q</script><main><h1>Alder &amp; Clay</h1><p>Stoneware for everyday tables.</p></main>`, lang, dir)})
				g := &gallery{hostSite: h, t: t, name: "challenge-" + lang + "-" + screen, words: words, phone: phone}
				b := g.visit()
				b.expectOffline(true) // the browser notes every request that is refused
				g.openPanel(b, ".ta")
				g.tell(b, "Do you ship to Portugal?")
				const stands = `((el) => seen(el) && [el.getBoundingClientRect(), $('.panel .log').getBoundingClientRect()])(document.querySelector('.captcha'))`
				b.wait("the challenge stands whole in the log", `(([c, log]) => c && c.left >= log.left && c.right <= log.right && c.top >= log.top && c.bottom <= log.bottom)(`+stands+` || [])`)
				g.at(b, "asked")
				if phone { // the narrowest there are
					b.do(chromedp.EmulateViewport(320, 568, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)))
					b.wait("it still does", `(([c, log]) => c && c.left >= log.left && c.right <= log.right && c.top >= log.top && c.bottom <= log.bottom)(`+stands+` || [])`)
					g.at(b, "asked, narrow")
				}
				b.click("the box", `document.querySelector('.captcha input')`)
				b.wait("it was sent", `!document.querySelector('.captcha') && $$('.msg.me').length === 1 && !$('.msg.failed')`)
				b.expectOffline(false)
			})
		}
	}
}
