package e2e

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// photo makes a picture in which the left half is red.
func photo(t *testing.T, width, height int) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width / 2 {
			m.Set(x, y, color.RGBA{200, 30, 30, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "half red.png")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// choose puts files into a file input, as the browser's dialogue does.
func (b *tab) choose(input string, names ...string) {
	b.t.Helper()
	b.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		found, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: "(() => {" + prelude + "return " + input + "})()"})
		if err == nil {
			_, err = cdp.Call(ctx, target, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: names, ObjectID: found.Result.ObjectID})
		}
		return chromedp.Void{}, err
	})
}

// give has an element meet files that the page makes itself, as a drop or a
// paste of the kind that event is.
func (b *tab) give(element, event, files string) {
	b.t.Helper()
	eval[bool](b, `((el) => {
		const data = new DataTransfer();
		for (const file of `+files+`) data.items.add(file);
		const init = { bubbles: true, composed: true, cancelable: true };
		el.dispatchEvent(`+quote(event)+` === 'paste' ? new ClipboardEvent('paste', { ...init, clipboardData: data }) : new DragEvent(`+quote(event)+`, { ...init, dataTransfer: data }));
		return true;
	})(`+element+`)`)
}

// redHalf says whether the last picture drawn is red in its left half only.
const redHalf = `((c) => {
	if (!c || c.width < 10) return false;
	const at = (x) => [...c.getContext('2d').getImageData(c.width * x, c.height / 2, 1, 1).data];
	return at(.25)[0] > 150 && at(.25)[3] === 255 && at(.75)[3] === 0;
})($$('.msg canvas').at(-1))`

func TestFilesToAndFro(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("It arrived like this")

	// By the button; the words go first, the picture behind them.
	visitor.wait("there is a button for files", `seen(labelled('.panel button', 'Add a file'))`)
	visitor.choose(`$('.panel input[type=file]')`, photo(t, 800, 400))
	visitor.wait("it is about to go along", `said('.staged bdi').join() === 'half red.png'`)
	visitor.click("the field", `$('.panel .ta')`)
	visitor.write("A picture of it")
	visitor.wait("the picture is there", redHalf+` && /sent|read/.test($$('.msg.me').at(-1).innerText) && !$('.staged .file')`)
	if size := eval[[]float64](visitor, `(({ width, height }) => [width, height])($$('.msg canvas').at(-1).getBoundingClientRect())`); size[0] != 240 || size[1] != 120 {
		t.Errorf("the picture is shown %v large", size)
	}
	visitor.shoot("files-visitor")

	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.wait("the list names the file", `/half red\.png/.test($('.row').innerText)`)
	mara.pick("Visitor")
	mara.wait("the agent sees the picture", redHalf)

	// An agent answers with a document, and one that nobody may send.
	mara.choose(`$('.reply input[type=file]')`, document(t, "care.txt", "Wash by hand."))
	mara.wait("it is about to go along", `said('.staged bdi').join() === 'care.txt'`)
	mara.give(`$('.reply')`, "drop", `[new File(['<svg/>'], 'logo.svg', { type: 'image/svg+xml' }), new File(['More'], 'more.txt')]`)
	mara.wait("it is said that one cannot go", `/can’t be sent/.test($('.staged .fault').innerText) && said('.staged bdi').join() === 'care.txt,more.txt'`)
	mara.click("Leave out more.txt", `labelled('.staged button', 'Leave out more.txt')`)
	mara.click("the field", `$('.conv .txt')`)
	mara.write("How to care for it")
	visitor.hears("How to care for it")
	visitor.wait("the visitor gets the document", `labelled('.msg.them .file', 'care.txt')`)
	mara.wait("the list names it as well", `/You: care\.txt/.test($('.row').innerText)`)
	mara.shoot("files-console")

	// The same again by drop and by paste.
	visitor.give(`$('.panel')`, "dragover", `[new File(['x'], 'x.txt')]`)
	visitor.wait("the panel says that files may be dropped", `getComputedStyle($('.panel'), '::after').content.includes('Drop files here')`)
	visitor.give(`$('.panel')`, "drop", `[new File(['One'], 'one.txt')]`)
	visitor.give(`$('.panel .ta')`, "paste", `[new File(['Two'], 'two.csv')]`)
	visitor.wait("both are about to go", `said('.staged bdi').join() === 'one.txt,two.csv' && !$('.panel.dropping')`)
	visitor.give(`$('.panel')`, "drop", `[new File([new Uint8Array(11e6)], 'film.mp4')]`)
	visitor.wait("one is too large", `/film\.mp4 is too large.*10/.test($('.staged .fault').innerText)`)
	visitor.give(`$('.panel')`, "drop", `[new File([], 'none.txt')]`)
	visitor.wait("one is empty", `/none\.txt is empty/.test($('.staged .fault').innerText)`)
	visitor.click("Send", `$('.panel .send')`)
	mara.wait("both arrived", `labelled('.msg.them .file', 'one.txt') && labelled('.msg.them .file', 'two.csv')`)
	s.wantMessages("It arrived like this", "A picture of it", "", "How to care for it", "", "", "")
}

// A conversation may begin with a file.
func TestFileBeginsAConversation(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.give(`$('.panel .ta')`, "paste", `[new File(['Hello'], 'hello.txt')]`)
	visitor.wait("it is about to go", `said('.staged bdi').join() === 'hello.txt'`)
	visitor.click("Send", `$('.panel .send.ready')`)
	visitor.wait("it was sent", `/sent/.test($$('.msg.me').at(-1)?.innerText ?? '') && labelled('.msg.me .file', 'hello.txt')`)
	s.wantMessages("")
}

// What the server refuses is said, and can be taken away.
func TestFileIsRefused(t *testing.T) {
	s := startServer(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Hello")
	visitor.expectOffline(true) // the browser notes the refused request
	visitor.give(`$('.panel')`, "drop", `[new File(['<html><script>alert(1)</script>'], 'page.png', { type: 'image/png' })]`)
	visitor.wait("it is about to go", `$('.panel .send.ready')`)
	visitor.click("Send", `$('.panel .send')`)
	visitor.wait("it is said that it was not accepted", `/not accepted/.test($$('.msg.failed').at(-1)?.innerText ?? '')`)
	visitor.click("Remove", `labelled('.msg.failed button', 'Remove')`)
	visitor.wantLines("Hello")
	s.wantMessages("Hello")
}

func document(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFilesAreAccessible(t *testing.T) {
	s := startServer(t)
	axeSource(t)
	visitor := visit(t, s)
	visitor.openChat()
	visitor.say("Hello")
	files := `[new File(['One'], 'a list of everything that is wrong with it, in order.txt'), new File(['x'], 'x.exe')]`
	visitor.give(`$('.panel')`, "drop", files)
	visitor.wait("it is about to go", `seen($('.staged .file')) && seen($('.staged .fault'))`)
	visitor.axe("panel files staged")
	visitor.phone(true)
	visitor.wait("the window is narrow", `innerWidth === 390`)
	visitor.axe("phone files staged")
	visitor.phone(false)
	visitor.wait("the window is wide", `innerWidth === 1280`)
	visitor.click("Send", `$('.panel .send')`)
	visitor.wait("it was sent", `labelled('.msg.me .file', 'a list') && /sent/.test($$('.msg.me').at(-1).innerText)`)
	visitor.choose(`$('.panel input[type=file]')`, photo(t, 300, 600))
	visitor.wait("it is about to go", `seen($('.staged .file'))`)
	visitor.click("Send", `$('.panel .send')`)
	visitor.wait("the picture is there", redHalf+` && /sent/.test($$('.msg.me').at(-1).innerText)`)
	visitor.expectOffline(true)
	s.kill()
	visitor.give(`$('.panel')`, "drop", `[new File(['Two'], 'two.txt')]`)
	visitor.wait("it is about to go", `seen($('.staged .file'))`)
	visitor.click("Send", `$('.panel .send')`)
	visitor.wait("it is said that it was not sent", `/Not sent/.test($$('.msg.failed').at(-1)?.innerText ?? '')`)
	visitor.axe("panel files sent and failed")

	// When the server is back another try is all that it takes.
	s.start()
	visitor.click("Try again", `labelled('.msg.failed button', 'Try again')`)
	visitor.wait("it was sent", `!$('.msg.failed') && labelled('.msg.me .file', 'two.txt') && /sent/.test($$('.msg.me').at(-1).innerText)`)
	s.wantMessages("Hello", "", "", "")

	mara := enterConsole(t, s, "Mara Reyes")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.wait("the picture is there", redHalf)
	mara.give(`$('.reply')`, "drop", files)
	mara.wait("it is about to go", `seen($('.staged .file')) && seen($('.staged .fault'))`)
	mara.axe("console files")
}
