package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
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
	eval[bool](mara, `($('.thread').scrollTop = $('.thread').scrollHeight, true)`)
	if rows := eval[int](mara, `$$('.row').length`); rows > 60 {
		t.Errorf("%d rows are drawn", rows)
	}
	t.Logf("%d messages and %d rows are in the page", eval[int](mara, `$$('.thread .msg').length`), eval[int](mara, `$$('.row').length`))
	mara.toField()

	eval[bool](mara, `(globalThis.drawn = 0, new MutationObserver((all) => { drawn += all.length; }).observe($('.thread'), { childList: true, subtree: true, characterData: true, attributes: true }), true)`)
	took := mara.trace(func() {
		for _, letter := range "The quick brown fox jumps over the lazy dog, and then again" {
			mara.press(string(letter))
			time.Sleep(60 * time.Millisecond) // a fast hand; the trace tells the keys apart by it
		}
	})
	if len(took) < 50 {
		t.Fatalf("the trace has %d keys", len(took))
	}
	slices.Sort(took)
	t.Logf("%d sessions, %d messages: a keystroke keeps the page busy for %.1f ms (median), %.1f ms (95th percentile), %.1f ms (longest of %d)",
		manySessions, manyMessages, took[len(took)/2], took[len(took)*95/100], took[len(took)-1], len(took))
	if n := eval[int](mara, `drawn`); n != 0 {
		t.Errorf("%d changes of the log while something was typed below it", n)
	}
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

// traceEvent is what the browser tells of itself.
type traceEvent struct {
	Name string  `json:"name"`
	Ph   string  `json:"ph"`
	TS   float64 `json:"ts"`
	Dur  float64 `json:"dur"`
	PID  int     `json:"pid"`
	TID  int     `json:"tid"`
	Args struct {
		Data struct {
			Type string `json:"type"`
		} `json:"data"`
	} `json:"args"`
}

var (
	traceMu   sync.Mutex
	traced    []traceEvent
	traceDone chan struct{}
)

// hearTrace takes in what the browser tells of its work.
func hearTrace(ev any) {
	switch e := ev.(type) {
	case *tracing.EventDataCollected:
		traceMu.Lock()
		defer traceMu.Unlock()
		for _, raw := range e.Value {
			var one traceEvent
			if json.Unmarshal(raw, &one) == nil {
				traced = append(traced, one)
			}
		}
	case *tracing.EventTracingComplete:
		close(traceDone)
	}
}

// trace runs fn and tells how long, in milliseconds, each key kept the page's
// main thread busy: everything from the key to the next one, with style,
// layout and paint.
func (b *tab) trace(fn func()) []float64 {
	b.t.Helper()
	traced, traceDone = nil, make(chan struct{})
	b.do(call(tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{IncludedCategories: []string{"devtools.timeline", "disabled-by-default-devtools.timeline"}}}))
	fn()
	b.do(call(tracing.End, cdp.Empty{}))
	select {
	case <-traceDone:
	case <-time.After(patience):
		b.t.Fatal("the browser does not end its trace")
	}
	traceMu.Lock()
	defer traceMu.Unlock()
	var keys []traceEvent
	for _, e := range traced {
		if e.Name == "EventDispatch" && e.Args.Data.Type == "keydown" {
			keys = append(keys, e)
		}
	}
	slices.SortFunc(keys, func(a, c traceEvent) int { return int(a.TS - c.TS) })
	var took []float64
	for i, k := range keys {
		end := k.TS + 55_000 // µs, less than the time between two keys
		if i+1 < len(keys) {
			end = min(end, keys[i+1].TS)
		}
		var busy float64
		for _, e := range traced {
			if e.PID == k.PID && e.TID == k.TID && e.Ph == "X" && e.Name == "RunTask" && e.TS+e.Dur > k.TS && e.TS < end {
				busy += e.Dur
			}
		}
		took = append(took, busy/1000)
	}
	return took
}
