package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/chromedp"
	"github.com/pealchat/pealchat/chat"
)

const (
	manySessions = 10_000
	manyMessages = 5_000
)

// How long a keystroke keeps the page busy, in a conversation and an inbox
// larger than anybody's, all of both read in. The figure is printed, not
// asserted: it is the machine's as much as ours. What is asserted is that no
// more is drawn than can be seen, and that a key draws only the field.
func TestTypingInALargeInbox(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": tag("")})
	talk := fillInbox(t, h)
	mara := h.console()
	mara.alsoHear(hearTrace)
	mara.wait("the list is there", `$$('.row').length > 8`)
	mara.patiently("every row is read in", `((box) => { box.scrollTop = box.scrollHeight; return $('.rows li').ariaSetSize === '`+fmt.Sprint(manySessions)+`'; })($('.list .scroll'))`)
	mara.do(chromedp.Navigate(h.srv.URL + "/chat/console/#/open/" + talk))
	mara.wait("one can write", `active() === $('.conv .txt')`)
	mara.patiently("every message is read in", `((box) => { box.scrollTop = 0; return $$('.thread .msg').length >= `+fmt.Sprint(manyMessages)+` || /started a conversation/.test($('.thread .event')?.textContent ?? ''); })($('.thread'))`)
	eval[bool](mara, `($('.thread').scrollTop = $('.thread').scrollHeight, $('.list .scroll').scrollTop = 0, true)`)
	if rows := eval[int](mara, `$$('.row').length`); rows > 60 {
		t.Errorf("%d rows are drawn", rows)
	}
	t.Logf("%d messages and %d rows are in the page", eval[int](mara, `$$('.thread .msg').length`), eval[int](mara, `$$('.row').length`))
	mara.toField()

	eval[bool](mara, `(globalThis.drawn = 0, new MutationObserver((all) => { drawn += all.length; }).observe($('.thread'), { childList: true, subtree: true, characterData: true, attributes: true }), true)`)
	settle := func() { mara.do(call(heapprofiler.CollectGarbage, cdp.Empty{})) } // what reading all of it has left is not the keys'
	hand := func() {
		for _, letter := range "The quick brown fox jumps over the lazy dog, and then again. " {
			mara.press(string(letter))
			time.Sleep(60 * time.Millisecond) // a fast hand; the trace tells the keys apart by it
		}
	}
	settle()
	tell(t, "nobody else writes", mara.trace("typing", hand))
	if n := eval[int](mara, `drawn`); n != 0 {
		t.Errorf("%d changes of the log while something was typed below it", n)
	}

	stop := h.traffic(10)
	mara.wait("the list moves", `/^News /.test($('.row p')?.textContent)`)
	settle()
	tell(t, "ten visitors a second write elsewhere", mara.trace("typing-in-traffic", hand))
	stop()
	if n := eval[int](mara, `drawn`); n != 0 {
		t.Errorf("%d changes of the log while others wrote elsewhere", n)
	}
}

// traffic has visitors of the inbox write, so many in a second, until the
// function that it answers is called.
func (h *hostSite) traffic(rate int) (stop func()) {
	h.t.Helper()
	page, err := h.svc.Sessions(h.t.Context(), host, chat.SessionQuery{Page: chat.Page{Limit: 200}})
	if err != nil {
		h.t.Fatal(err)
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			// The long one is the last that was made: the open one, where nothing is to be drawn.
			to := page.Sessions[1+i%(len(page.Sessions)-1)]
			if _, err := h.svc.SendMessage(h.t.Context(), host, chat.NewMessage{SessionID: to.ID, Sender: chat.SenderVisitor, Text: fmt.Sprintf("News %d", i)}); err != nil {
				if h.t.Context().Err() == nil {
					h.t.Error(err)
				}
				return
			}
		}
	}()
	return sync.OnceFunc(func() { close(end); <-ended })
}

// patiently waits for what takes many requests.
func (b *tab) patiently(what, js string) {
	b.t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(30 * time.Millisecond) {
		if ok, _ := try[bool](b, "!!("+js+")"); ok {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("in vain: %s", what)
		}
	}
}

// fillInbox makes open sessions, one of them long, whose id it returns.
func fillInbox(t *testing.T, h *hostSite) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	each := func(n int, fn func(i int) error) {
		var wg sync.WaitGroup
		for w := range 64 {
			wg.Go(func() {
				for i := w; i < n && ctx.Err() == nil; i += 64 {
					if err := fn(i); err != nil {
						t.Error(err)
						cancel()
					}
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			t.FailNow()
		}
	}
	each(manySessions-1, func(i int) error {
		_, err := h.svc.CreateSession(ctx, host, chat.NewSession{VisitorName: fmt.Sprintf("Visitor %d", i), Message: "Do you ship to Porto?"})
		return err
	})
	long, err := h.svc.CreateSession(ctx, host, chat.NewSession{VisitorName: "Ines Carvalho", Message: "Is the sage glaze food safe?"})
	if err != nil {
		t.Fatal(err)
	}
	each(manyMessages-1, func(i int) error {
		_, err := h.svc.SendMessage(ctx, host, chat.NewMessage{SessionID: long.Session.ID, Sender: []string{chat.SenderVisitor, chat.SenderAgent}[i/3%2], Text: fmt.Sprintf("Message %d. %s", i, strings.Repeat("Some words. ", i%9))})
		return err
	})
	return long.Session.ID
}
