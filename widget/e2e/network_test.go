package e2e

import (
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/pealchat/pealchat/chat"
)

// block keeps the tab from loading what the patterns name, until it is called
// again with others.
func (b *tab) block(patterns ...string) {
	b.t.Helper()
	params := network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{}}
	for _, p := range patterns {
		params.URLPatterns = append(params.URLPatterns, &network.BlockPattern{URLPattern: p, Block: true})
	}
	b.do(call(network.Enable, network.EnableParams{}), call(network.SetBlockedURLs, params))
}

// The code that sends a message may fail to load. What was written is kept and
// shown, it is said in words, and it goes out as soon as the code is there:
// after a while by itself, or by a press.
func TestAPartThatDoesNotLoad(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.expectOffline(true) // the browser notes what could not be loaded
	visitor.block("*://*:*/chat/assets/talk-*")
	visitor.openChat()
	visitor.click("the field", `$('.panel .ta')`)
	visitor.write("Is anybody there?")
	visitor.wait("it is said that a part is missing", `/could not load/.test($('.panel .note.failed')?.innerText ?? '')`)
	visitor.wait("what was written stands there", `$('.early p').innerText === 'Is anybody there?' && seen($('.early p')) && $('.panel .ta').value === ''`)
	visitor.axe("panel part missing")
	visitor.reload()
	visitor.wait("the launcher is there", `seen($('.launcher'))`)
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("it is still missing, and the message still there", `seen($('.panel .note.failed button')) && $('.early p').innerText === 'Is anybody there?'`)
	visitor.block()
	visitor.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '') && !$('.early')`)
	visitor.wantLines("Is anybody there?")
	s.wantMessages("Is anybody there?")

	visitor.block("*://*:*/chat/assets/talk-*")
	visitor.reload()
	visitor.wait("the launcher is there", `seen($('.launcher'))`)
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("the conversation cannot be drawn", `seen($('.panel .note.failed button'))`) // and nothing waits to be sent
	visitor.block()
	visitor.click("Try again", `$('.panel .note.failed button')`)
	visitor.wait("it is there", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	visitor.expectOffline(false)
	visitor.wantLines("Is anybody there?")

	// The same for a small part: the conversation goes on around it.
	visitor.expectOffline(true)
	visitor.block("*://*:*/chat/assets/more-*")
	visitor.click("the emoji button", `labelled('.emojibox > button', 'Emoji')`)
	visitor.wait("it is said that a part is missing", `/could not load/.test($('.emoji').innerText)`)
	visitor.block()
	visitor.click("Try again", `$('.emoji .note button')`)
	visitor.wait("the faces are there", `$$('.faces24 button').length === 24 && active() === $('.faces24 button')`)
	visitor.expectOffline(false)
	visitor.press("\r")
	visitor.wait("it is in the field", `$('.panel .ta').value === '😀' && active() === $('.panel .ta')`)
}

// The panel itself may fail to load. A finger on a phone sees no tooltip: the
// launcher says what to do, until a press or the network's return has helped.
func TestAPanelThatDoesNotLoad(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.phone(true)
	const said = `(() => {
		const drawn = getComputedStyle($('.launcher'), '::after').content, at = $('.launcher').getBoundingClientRect();
		if (!/Try again/.test(drawn)) return Math.round(at.width) === 56 ? '' : 'wide';
		return $('.launcher').ariaLabel === $('.launcher').title && at.width > 120 && at.left >= 0 && at.right <= innerWidth && at.height === 56 ? 'seen' : 'cut off';
	})()`
	visitor.wait("nothing is wrong yet", said+` === ''`)
	visitor.expectOffline(true) // the browser notes what could not be loaded
	var here atomic.Bool
	visitor.alsoHear(func(ev any) {
		// A browser may never ask again for a module that did not come once.
		if r, ok := ev.(*network.EventRequestWillBeSent); ok && r.Type == network.ResourceTypeScript && !here.Load() {
			t.Errorf("%s was wanted as a module before it was known to be there", r.Request.URL)
		}
	})
	visitor.block("*://*:*/chat/assets/chunk-*")
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("it says to try again", said+` === 'seen'`)
	visitor.shoot("panel-does-not-load")
	visitor.axe("panel does not load")
	visitor.dark(true)
	visitor.shoot("panel-does-not-load-dark")
	visitor.axe("panel does not load, dark")
	visitor.dark(false)
	eval[bool](visitor, `(document.documentElement.lang = 'ar', Pealchat.locale('auto'), $('.corner').classList.replace('end', 'start'), true)`)
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("in another language, on the other side", `/إعادة المحاولة/.test(getComputedStyle($('.launcher'), '::after').content) && $('.launcher').getBoundingClientRect().width > 120`)
	visitor.shoot("panel-does-not-load-ar")
	eval[bool](visitor, `(document.documentElement.lang = 'en', true)`)
	visitor.block()
	here.Store(true)
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("one can write", `seen($('.panel .ta'))`)
	visitor.expectOffline(false)
	visitor.wait("it is not said any more", said+` === ''`)

	// Where the browser knows that the network is back, nobody has to press.
	visitor = visit(t, s)
	visitor.line(true, 0, -1)
	visitor.expectOffline(true)
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("it says to try again", said+` === 'seen'`)
	visitor.line(false, 0, -1)
	visitor.wait("the panel has come, and does not open by itself", said+` === '' && $('.place') && !$('.panel')`)
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("one can write", `seen($('.panel .ta'))`)
}

// Where the page has an opener of its own and no launcher, the launcher comes
// to say that the panel did not load, and goes when it has.
func TestAnOpenerWhosePanelDoesNotLoad(t *testing.T) {
	h := startHostSite(t, chat.Options{}, map[string]string{"/": shop(`<button id="help" data-pealchat-open>Help</button>` + tag(`data-launcher="off"`))})
	visitor := newPerson(t)
	visitor.goTo(h.srv.URL + "/")
	const (
		says = `seen($('.launcher')) && /Try again/.test(getComputedStyle($('.launcher'), '::after').content)`
		gone = `!seen($('.launcher'))`
	)
	visitor.wait("there is no launcher", `$('#help').getAttribute('aria-expanded') === 'false' && `+gone)
	visitor.expectOffline(true)
	visitor.block("*://*:*/chat/assets/*")
	visitor.click("the page's button", `$('#help')`)
	visitor.wait("it says to try again", says)
	visitor.shoot("opener-does-not-load")
	visitor.block()
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("the panel is there, in the corner", `seen($('.panel .ta')) && Math.round(innerHeight - $('.panel').getBoundingClientRect().bottom) === 20 && `+gone)
	visitor.expectOffline(false)

	visitor = newPerson(t)
	visitor.goTo(h.srv.URL + "/")
	visitor.wait("the page is there", `Pealchat.state`)
	visitor.expectOffline(true)
	visitor.block("*://*:*/chat/assets/*")
	eval[bool](visitor, `(Pealchat.open(), true)`)
	visitor.wait("it says to try again", says)
	visitor.block()
	eval[bool](visitor, `(Pealchat.open(), true)`)
	visitor.wait("the panel is there", `seen($('.panel .ta')) && `+gone)
}
