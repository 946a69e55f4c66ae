package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
)

// older takes away what the oldest browsers that README.md names do not all
// have: Firefox 115 and Safari 16.4 beside Chrome 111.
const older = `(() => {
	const drop = (owner, ...names) => { for (const name of names) if (owner) delete owner[name]; };
	for (const proto of [Element.prototype, ElementInternals.prototype]) {
		for (const name of Object.getOwnPropertyNames(proto)) if (/^aria[A-Z]/.test(name)) delete proto[name];
	}
	drop(Element.prototype, 'checkVisibility', 'moveBefore', 'getHTML', 'setHTMLUnsafe');
	drop(HTMLElement.prototype, 'showPopover', 'hidePopover', 'togglePopover', 'popover');
	drop(Document.prototype, 'startViewTransition', 'caretPositionFromPoint');
	drop(window, 'requestIdleCallback', 'cancelIdleCallback', 'scheduler', 'CloseWatcher', 'Iterator');
	Object.defineProperty(window, 'navigation', { value: undefined });
	drop(Navigator.prototype, 'userActivation', 'setAppBadge', 'clearAppBadge');
	drop(Array, 'fromAsync'); drop(Object, 'groupBy'); drop(Map, 'groupBy'); drop(Promise, 'withResolvers', 'try');
	drop(Set.prototype, 'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom');
	drop(Object.getPrototypeOf(Object.getPrototypeOf([].values())), 'map', 'filter', 'take', 'drop', 'flatMap', 'reduce', 'toArray', 'forEach', 'some', 'every', 'find');
	drop(String.prototype, 'isWellFormed', 'toWellFormed'); drop(RegExp, 'escape'); drop(URL, 'canParse', 'parse');
	drop(AbortSignal, 'any'); drop(ReadableStream, 'from'); drop(ReadableStream.prototype, Symbol.asyncIterator, 'values');
	drop(Intl, 'Segmenter', 'DurationFormat'); drop(Intl.Locale.prototype, 'textInfo', 'getTextInfo', 'weekInfo', 'getWeekInfo');
	const supports = CSS.supports.bind(CSS);
	CSS.supports = (name, ...rest) => !/field-sizing|overflow-anchor/.test(name) && supports(name, ...rest);
})()`

// asOlder has the tab go on as such a browser.
func (b *tab) asOlder() {
	b.t.Helper()
	b.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: older}))
	b.reload()
}

// Everything that is needed for a conversation works in them, and has its
// names and states for those who do not see it.
func TestOlderBrowsers(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.asOlder()
	const launcher = `((el) => ['aria-label', 'aria-haspopup', 'aria-expanded'].map((name) => el?.getAttribute(name)).join())($('.launcher'))`
	visitor.wait("the launcher says what it is", launcher+` === 'Chat,dialog,false'`)
	visitor.axe("launcher in an older browser")
	visitor.openChat()
	visitor.wait("and what it does now", launcher+` === 'Close chat,dialog,true'`)
	visitor.say("Hello *there*")
	visitor.axe("panel in an older browser")

	mara := enterConsole(t, s, "Mara Reyes")
	mara.asOlder()
	mara.openOnly()
	mara.reply("Good morning")
	visitor.hears("Good morning")
	mara.press(kb.ArrowUp)
	mara.wait("what was sent last can be changed", `active() === $('.editing .txt')`)
	mara.press(" and welcome, in as many words as it takes to wrap over to the next line of the field, and on to a third one and a fourth, which all are to be seen while they are changed.")
	mara.wait("all of it is seen", `$('.editing .txt').scrollHeight <= $('.editing .txt').clientHeight + 1 && $('.editing .txt').clientHeight > 60`)
	mara.press(escape)
	mara.wait("the field has the focus again", `active() === $('.conv .txt')`)
	mara.press("One line")
	height := eval[float64](mara, `$('.conv .txt').clientHeight`)
	mara.press(", and another that is long enough to wrap over to the next line of the field, as replies do, and on again until it has three of them or more.")
	mara.wait("the field has grown", `$('.conv .txt').clientHeight > `+fmt.Sprint(height))
	mara.axe("conversation in an older browser")
	visitor.say("Thank you")
	mara.reads("Thank you")
	mara.click("whose it is", `$('.conv .hands')`)
	mara.wait("the menu begins at what is chosen", `/Mara/.test(active().innerText)`)
	mara.press(escape)
	for _, name := range []string{"Visitors", "Reports", "Saved replies", "Settings"} {
		mara.click(name, `labelled('.nav a', `+quote(name)+`)`)
		mara.wait("the page is there", `$('#page-title, .settings h2, main h2')?.innerText.includes(`+quote(name)+`)`)
	}
	visitor.press(escape)
	visitor.wait("it is closed, and the launcher has the focus", `!seen($('.panel')) && active() === $('.launcher')`)
	visitor.wait("it says what it is again", launcher+` === 'Open chat,dialog,false'`)
}
