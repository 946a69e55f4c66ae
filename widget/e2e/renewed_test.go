package e2e

import "testing"

// A console that has been open since before its server was renewed lacks what
// it has not loaded yet. It says so, and a press brings the new one, with what
// was being written.
func TestAConsoleOlderThanItsServer(t *testing.T) {
	_, _, mara := desk(t, "Hello")
	mara.press("Half a reply")
	mara.expectOffline(true) // the browser notes what could not be loaded
	mara.block("*://*:*/chat/assets/parts-*")
	mara.press(escape)
	mara.key("h")
	mara.wait("where the server has no other one, it is the connection", `/connection is back/.test($('.toast')?.innerText)`)

	// The server answers as it would if it had another one by now.
	eval[bool](mara, `((real) => { fetch = (url, init) => url === location.pathname ? Promise.resolve(new Response('<script type="module" src="../assets/console-NEWER123.js"></script>')) : real(url, init); return true; })(fetch)`)
	mara.key("h")
	mara.wait("it says what helps", `/newer version/.test($('.toast')?.innerText)`)
	mara.axe("older than its server")
	mara.block()
	eval[bool](mara, `window.older = true`)
	mara.click("Reload", `labelled('.toast button', 'Reload')`)
	mara.wait("it is a new one", `!window.older && $('.conv .txt')?.value === 'Half a reply'`)
	mara.expectOffline(false)
	mara.press(escape)
	mara.key("h")
	mara.wait("what was missing is there", `$('.later')?.open`)
}
