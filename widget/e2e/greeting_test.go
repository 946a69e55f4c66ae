package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pealchat/pealchat/chat"
)

// greetsAt serves a site whose triggers are the given ones.
func greetsAt(t *testing.T, pages map[string]string, triggers ...chat.Trigger) *hostSite {
	t.Helper()
	h := startHostSite(t, chat.Options{Tracking: chat.Tracking{On: true}}, pages)
	for i := range triggers {
		triggers[i].Name, triggers[i].Enabled = "A trigger", true
	}
	if _, err := h.svc.SaveSettings(t.Context(), host, chat.Settings{Name: "Alder & Clay", Triggers: triggers}); err != nil {
		t.Fatal(err)
	}
	return h
}

// wantGreetings checks what was counted of the one trigger that there is.
func (h *hostSite) wantGreetings(shown, answered int64) {
	h.t.Helper()
	got, err := h.store.Greetings(h.t.Context(), time.Unix(0, 0), time.Now().Add(time.Hour))
	if err != nil || len(got) != 1 || got[0].Shown != shown || got[0].Answered != answered {
		h.t.Errorf("greetings %+v (%v), want %d shown and %d answered", got, err, shown, answered)
	}
}

const bubble = `seen($('.preview')) && $('.preview').innerText`

func TestGreeting(t *testing.T) {
	const words = "Can I help you choose?"
	body := tag("") + `<main><h1>Vases</h1></main>`
	h := greetsAt(t, map[string]string{"/": body, "/prices": body, "/more": body},
		chat.Trigger{ID: "prices", Message: words, Conditions: chat.Conditions{Page: "/prices*", SecondsOnPage: 1}})
	b := h.open("/")
	wantTrail(t, h, "/ /")
	if got := eval[[]string](b, asked); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "panel") }) {
		t.Errorf("somebody who is not greeted has loaded %v", got)
	}
	eval[bool](b, `(history.pushState({}, '', '/prices'), true)`)
	b.wait("the greeting", bubble+`.endsWith('Alder & Clay\n`+words+`')`)
	b.wait("nothing is unread, nothing is open", `Pealchat.state.unread === 0 && !Pealchat.state.open && !Pealchat.state.conversation`)
	b.axe("greeting")
	b.phone(true)
	b.wait("the window is narrow", `innerWidth === 390`)
	b.shoot("greeting-phone")
	b.phone(false)

	// It goes along to the next page, and is not counted there, until it is dismissed.
	b.goTo(h.srv.URL + "/more")
	b.wait("the greeting is there again", bubble)
	h.wantGreetings(1, 0)
	b.click("Dismiss", `labelled('.preview .icon', 'Dismiss')`)
	b.wait("it is gone", `!$('.preview')`)
	b.goTo(h.srv.URL + "/prices")
	wantNoBubble(b)
	h.wantGreetings(1, 0)

	// Somebody else answers.
	c := h.open("/prices")
	c.wait("the greeting", bubble)
	c.click("the greeting", `$('.preview .say')`)
	c.wait("it is the first line", `$('.home h1')?.innerText === 'Can I help you choose?'`)
	c.axe("greeting answered")
	c.say("Yes, please")
	c.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	h.wantGreetings(2, 1)
	c.press(escape)
	c.goTo(h.srv.URL + "/prices")
	wantNoBubble(c)
}

// wantNoBubble gives a greeting time to appear that must not.
func wantNoBubble(b *tab) {
	b.t.Helper()
	b.wait("signs of life were given", `performance.getEntriesByType('resource').some((e) => e.name.endsWith('/presence'))`)
	if eval[bool](b, `new Promise((done) => setTimeout(() => done(!!$('.preview')), 2500))`) {
		b.t.Error("a greeting was shown")
	}
}

// TestGreetingInOneTab: of several tabs one shows it.
func TestGreetingInOneTab(t *testing.T) {
	h := greetsAt(t, map[string]string{"/": tag("")},
		chat.Trigger{ID: "vip", Message: "Welcome back", Conditions: chat.Conditions{CustomData: map[string]any{"plan": "pro"}}})
	b := h.open("/")
	wantTrail(t, h, "/ /")
	tabs := []*tab{b.another(), b.another(), b.another()}
	for _, other := range tabs {
		other.do(chromedp.Navigate(h.srv.URL))
		other.wait("its sign of life was answered", `performance.getEntriesByType('resource').some((e) => e.name.endsWith('/presence') && e.responseEnd)`)
	}
	for _, other := range tabs {
		eval[bool](other, `(Pealchat.set({ plan: 'pro' }), true)`)
	}
	shown := func() (n int) {
		for _, other := range tabs {
			if eval[bool](other, `!!(`+bubble+`)`) {
				n++
			}
		}
		return n
	}
	comesTrue(t, "one tab greets", func() bool { return shown() > 0 })
	time.Sleep(3 * time.Second) // the others have the chance
	if n := shown(); n != 1 {
		t.Errorf("%d tabs greet", n)
	}
	h.wantGreetings(1, 0)
	if eval[bool](b, bubble) {
		t.Error("the page that says nothing of its visitor greets")
	}
}

// TestGreetingRightToLeft also has the widget at the other end.
func TestGreetingRightToLeft(t *testing.T) {
	h := greetsAt(t, map[string]string{"/": tag(`data-locale="ar" data-position="start"`) + `<main><h1>Vases</h1></main>`}, chat.Trigger{ID: "a", Message: "هل يمكنني مساعدتك في الاختيار؟"})
	b := h.open("/")
	b.wait("the greeting", bubble)
	b.axe("greeting ar")
	if !eval[bool](b, `((r) => r.left >= 0 && r.right <= innerWidth && r.left > innerWidth / 2)($('.preview').getBoundingClientRect())`) {
		t.Error("the greeting stands in the wrong place")
	}
	eval[bool](b, `($('.preview .words').textContent = 'May I help you choose?', true)`) // also in a language that is read from the other side
	b.wait("it begins below the name", `((range) => { range.selectNodeContents($('.preview .words')); return Math.abs(range.getBoundingClientRect().right - $('.preview small bdi').getBoundingClientRect().right) < 2; })(document.createRange())`)
}
