package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is one page of the browser. Anything that a visitor's browser would
// complain about on its console fails the test.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
	crashed  bool         // on purpose: it answers nothing any more
	offline  bool         // the server is meant to be unreachable: failed requests are no problem
	strict   bool         // the browser is meant to refuse things, and may say so
	hear     func(ev any) // what a test wants to hear besides
}

// newPerson opens a tab in a profile of its own, as somebody else's browser.
func newPerson(t *testing.T) *tab {
	t.Helper()
	return open(t, browser, chromedp.WithNewBrowserContext())
}

// another opens a further tab of the same person.
func (b *tab) another() *tab {
	b.t.Helper()
	return open(b.t, b.ctx)
}

func open(t *testing.T, parent context.Context, opts ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t}
	ctx, end := chromedp.NewContext(parent, append(opts, chromedp.WithListener(b.listen))...)
	b.ctx = ctx
	b.do(chromedp.EmulateViewport(1280, 800), call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchPolicy}))
	t.Cleanup(func() {
		if t.Failed() && !b.crashed {
			t.Logf("at %s", eval[string](b, "location.href"))
			b.shoot("failed-" + strings.ReplaceAll(t.Name(), "/", "-"))
		}
		for _, p := range b.complaints() {
			t.Errorf("the page complained: %s", p)
		}
		end()
	})
	return b
}

// watchPolicy notes what the page's Content-Security-Policy has refused, and
// any code of strangers that ran.
const watchPolicy = `document.addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));`

func (b *tab) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hear != nil {
		b.hear(ev)
	}
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.problems = append(b.problems, text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			var text []string
			for _, arg := range e.Args {
				text = append(text, string(arg.Value)+arg.Description)
			}
			b.problems = append(b.problems, strings.Join(text, " "))
		}
	case *log.EventEntryAdded:
		if b.offline && e.Entry.Source == "network" || b.strict && e.Entry.Source == "security" {
			return
		}
		if e.Entry.Level == "error" || e.Entry.Source == "security" {
			b.problems = append(b.problems, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *page.EventJavascriptDialogOpening:
		b.problems = append(b.problems, "a dialog: "+e.Message)
	}
}

func (b *tab) alsoHear(fn func(ev any)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hear = fn
}

func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.problems
}

func (b *tab) expectOffline(offline bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offline = offline
}

func (b *tab) mayBeOffline() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.offline
}

// call is a command of the browser's protocol as a step.
func call[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, cmd, params)
		return chromedp.Void{}, err
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	// The first command of a tab must not carry a context that ends: the tab would end with it.
	if chromedp.FromContext(b.ctx).Target == nil {
		ctx = b.ctx
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) goTo(url string) { b.t.Helper(); b.do(chromedp.Navigate(url)) }
func (b *tab) reload()         { b.t.Helper(); b.do(chromedp.Reload()) }

// prelude are the words in which the tests ask about a page: $ and $$ look in
// the page and in the widget alike, seen says whether a person could see it.
const prelude = `
const roots = [document, document.querySelector('peal-chat')?.shadowRoot].filter(Boolean);
const $$ = (css) => roots.flatMap((r) => [...r.querySelectorAll(css)]);
const $ = (css) => $$(css)[0];
const seen = (el) => !!el && el.getClientRects().length > 0 && getComputedStyle(el).visibility !== 'hidden';
const said = (css) => $$(css).filter(seen).map((el) => el.innerText.trim());
const labelled = (css, text) => $$(css).find((el) => seen(el) && ((el.ariaLabel ?? '') + ' ' + el.innerText).includes(text));
const active = () => { let el = document.activeElement; while (el?.shadowRoot?.activeElement) el = el.shadowRoot.activeElement; return el; };
`

// eval asks the page. It is not bound by the page's policy, as a person with
// the developer tools is not.
func eval[T any](b *tab, js string) T {
	b.t.Helper()
	got, err := try[T](b, js)
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return got
}

func try[T any](b *tab, js string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T]("(async () => {"+prelude+"return ("+js+");})()", chromedp.EvalAwaitPromise))
}

// wait returns when the page answers js with something true. It asks again and
// again, over navigations too.
func (b *tab) wait(what, js string) {
	b.t.Helper()
	began, limit := time.Now(), patience
	if b.mayBeOffline() {
		limit = 3 * patience // those who lost their server ask for it ever more rarely
	}
	for {
		ok, err := try[bool](b, "!!("+js+")")
		if ok {
			if took := time.Since(began); took > 5*time.Second {
				b.t.Logf("%s: only after %v", what, took.Round(time.Millisecond))
			}
			return
		}
		if time.Since(began) > limit {
			b.t.Fatalf("in vain: %s (error %v)\nthe page says: %s", what, err, b.text())
		}
		time.Sleep(15 * time.Millisecond)
	}
}

// text is all that a person can read in the tab.
func (b *tab) text() string {
	text, err := try[string](b, `roots.map((r) => (r.body ?? r.firstElementChild)?.innerText ?? '').join('\n---\n')`)
	if err != nil {
		return err.Error()
	}
	return text
}

// click presses the mouse on the element that js finds, once it is there, lies
// still and is not covered: what is drawn anew moves what lies below it.
func (b *tab) click(what, js string) {
	b.t.Helper()
	b.wait("click "+what, `await (async (el) => {
		if (!seen(el)) return false;
		el.scrollIntoView({ block: 'nearest' });
		const before = el.getBoundingClientRect();
		for (let frame = 0; frame < 2; frame++) await new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 50); });
		const { x, y, width, height } = el.getBoundingClientRect();
		if (x !== before.x || y !== before.y) return false;
		let top = document.elementFromPoint(x + width / 2, y + height / 2);
		while (top?.shadowRoot?.elementFromPoint(x + width / 2, y + height / 2)) {
			const inner = top.shadowRoot.elementFromPoint(x + width / 2, y + height / 2);
			if (inner === top) break;
			top = inner;
		}
		return el.contains(top);
	})(`+js+`)`)
	at := eval[[]float64](b, `((el) => { const r = el.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })(`+js+`)`)
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

// write types into whatever has the focus, and presses Enter.
func (b *tab) write(text string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(text), enter("keyDown"), enter("keyUp"))
}

// enter is the key as a keyboard sends it: the page may keep it from breaking
// the line, which it cannot with the browser protocol's "char".
func enter(kind input.DispatchKeyEventType) chromedp.Action[chromedp.Void] {
	params := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}
	if kind == "keyDown" {
		params.Text = "\r"
	}
	return call(input.DispatchKeyEvent, params)
}

func (b *tab) press(key string) { b.t.Helper(); b.do(chromedp.KeyEvent(key)) }

func (b *tab) dark(on bool) {
	b.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	b.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}))
}

// shoot leaves a picture where PEALCHAT_SHOTS asks for it.
func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("PEALCHAT_SHOTS")
	if dir == "" {
		return
	}
	// A tall page is painted in parts, of which some may still show what was
	// there before: the second frame from now has all of them.
	eval[bool](b, `await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Logf("no picture %s: %v", name, err)
	}
}

// quote writes a string as JavaScript reads it.
func quote(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(out)
}
