package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/debugger"

	"github.com/pealchat/pealchat/chat"
)

// freeze stops all that the tab does, as a laptop's lid or a phone's pocket
// does, or lets it go on.
func (b *tab) freeze(asleep bool) {
	b.t.Helper()
	if asleep {
		b.do(call(debugger.Enable, debugger.EnableParams{}), call(debugger.Pause, cdp.Empty{}))
	} else {
		b.do(call(debugger.Resume, debugger.ResumeParams{}))
	}
}

// ticks has the tab count its time in tenths of seconds.
const ticks = `(globalThis.ticks = 0, setInterval(() => ticks++, 100), true)`

// What was said while a browser slept is there when it wakes, once and in
// order, whether its connections lived on or not.
func TestSleep(t *testing.T) {
	for name, cut := range map[string]bool{"connections live on": false, "connections are gone": true} {
		t.Run(name, func(t *testing.T) {
			h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
			p := h.behind()
			b := newPerson(t)
			b.goTo(p.srv.URL + "/")
			b.wait("the launcher is there", `seen($('.launcher'))`)
			b.openChat()
			b.say("One")
			b.expectOffline(true) // the browser notes what was cut
			eval[bool](b, ticks)
			b.freeze(true)
			h.answer("Two")
			if cut {
				p.srv.CloseClientConnections()
			}
			h.answer("Three")
			time.Sleep(time.Second)
			b.freeze(false)
			if n := eval[int](b, `ticks`); n > 5 {
				t.Errorf("the tab was awake for %d tenths of a second", n)
			}
			b.hears("Three")
			b.expectOffline(false)
			b.say("Four")
			want := []string{"One", "Two", "Three", "Four"}
			b.wantLines(want...)
			h.wantKept(want...)
		})
	}
}

// The tab that holds the stream falls asleep. Whoever looks at another tab does
// not wait for it.
func TestTheLeadingTabSleeps(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	first := h.open("/")
	first.openChat()
	first.say("One")
	second := first.another()
	second.goTo(h.srv.URL + "/")
	second.wait("it knows the conversation", `Pealchat.state.conversation`)
	second.openChat()
	h.answer("Two")
	second.hears("Two")
	first.freeze(true)
	// Somebody turns to the other tab, which the page is told like this.
	eval[bool](second, `(document.dispatchEvent(new Event('visibilitychange')), true)`)
	h.answer("Three")
	second.hears("Three")
	second.say("Four")
	first.freeze(false)
	first.wait("it has heard of all", `$$('.msg .b').length === 4`)
	want := []string{"One", "Two", "Three", "Four"}
	first.wantLines(want...)
	second.wantLines(want...)
	h.wantKept(want...)
}
