package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/network"
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

// The code that sends a message may fail to load. What was written is kept,
// it is said in words, and another try sends it.
func TestAPartThatDoesNotLoad(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.expectOffline(true) // the browser notes what could not be loaded
	visitor.block("*://*:*/chat/assets/talk-*")
	visitor.openChat()
	visitor.click("the field", `$('.panel .ta')`)
	visitor.write("Is anybody there?")
	visitor.wait("it is said that a part is missing", `/could not load/.test($('.panel .note.failed')?.innerText ?? '')`)
	visitor.axe("panel part missing")
	visitor.reload()
	visitor.wait("the launcher is there", `seen($('.launcher'))`)
	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("it is still missing", `seen($('.panel .note.failed button'))`)
	visitor.block()
	visitor.click("Try again", `$('.panel .note.failed button')`)
	visitor.wait("it was sent", `/sent|read/.test($$('.msg.me').at(-1)?.innerText ?? '')`)
	visitor.expectOffline(false)
	visitor.wantLines("Is anybody there?")
	s.wantMessages("Is anybody there?")

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
