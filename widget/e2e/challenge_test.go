package e2e

import (
	"context"
	"slices"
	"sync"
	"testing"

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
