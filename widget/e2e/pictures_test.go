package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestAMorningInTheShop is the scene of the README's pictures: several people
// wait, one is being helped, and both sides agree on what was said.
func TestAMorningInTheShop(t *testing.T) {
	s := startServer(t)
	seed(s)
	mara := enterConsole(t, s, "Mara Reyes")
	visitor := newPerson(t)
	for _, b := range []*tab{mara, visitor} {
		b.do(call(emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en_GB"}))
	}
	visitor.goTo(s.url("/products/serving-bowl"))
	mara.do(chromedp.EmulateViewport(1280, 800))
	visitor.do(chromedp.EmulateViewport(1280, 800))

	visitor.click("the launcher", `$('.launcher')`)
	visitor.wait("somebody is said to be there", `/Mara is here/.test($('.panel').innerText)`)
	visitor.wait("one can write", `active() === $('.panel .ta')`)
	visitor.say("Is the sage glaze food safe?")
	var open struct{ Sessions []session }
	s.call("GET", "/sessions/active?limit=1", nil, &open)
	s.call("PATCH", "/sessions/"+open.Sessions[0].ID, map[string]any{
		"visitor_name": "Lena Kowalski", "visitor_email": "lena@example.com", "tags": []string{"glaze", "wholesale"},
		"custom_data": map[string]any{"since": 2019, "orders": 4},
	}, nil)
	mara.goTo(s.url("/chat/console/#/open"))
	mara.pick("Lena Kowalski")
	mara.click("Claim", `labelled('.conv button', 'Claim')`)
	mara.wait("it is hers", `/with you/.test($('.conv header').innerText)`)
	mara.reply("Yes, every glaze is lead free.")
	mara.reply("Care notes: https://alderclay.example/care")
	visitor.hears("Yes, every glaze is lead free.")
	visitor.say("Perfect, thank you. I’ll order the set.")
	mara.reads("Perfect, thank you. I’ll order the set.")
	mara.wait("the list leads with it", `$$('.row').length === 4 && $('.row').innerText.includes('order the set')`)
	visitor.wait("it was read", `/read/.test($$('.msg.me').at(-1).innerText)`)
	mara.wait("the counts are right", `/All open\s*4/.test($('.nav').innerText) && /Mine\s*1/.test($('.nav').innerText)`)

	visitor.click("the field", `$('.panel .ta')`)
	visitor.do(chromedp.KeyEvent("Do you ship to Porto?"))
	mara.wait("Mara sees that the visitor writes", `/is writing/.test($('.conv header').innerText)`)
	visitor.picture("widget")
	mara.picture("console")

	// The same conversation on a phone by night, and another one in Arabic.
	visitor.phone(true)
	visitor.media(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"})
	visitor.wait("the panel is the screen", `((r) => r.x === 0 && r.width === innerWidth)($('.panel').getBoundingClientRect())`)
	visitor.press(" ") // the field takes the height that it needs here
	visitor.picture("phone")
	visitor.phone(false)
	arabic := newPerson(t)
	arabic.do(call(emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "ar_EG"}))
	arabic.phone(true)
	arabic.goTo(s.url("/"))
	arabic.wait("the launcher is there", `seen($('.launcher'))`)
	eval[bool](arabic, `(Pealchat.locale('ar-EG'), Pealchat.open(), true)`)
	arabic.wait("one can write", `seen($('.panel .ta')) && getComputedStyle($('.panel')).direction === 'rtl'`)
	arabic.click("the field", `$('.panel .ta')`)
	arabic.do(chromedp.KeyEvent("هل الطلاء الأخضر آمن للطعام؟"))
	arabic.click("Send", `$('.panel .send.ready')`)
	arabic.wait("it was sent", `$('.msg.me:not(.sending)')`)
	s.call("GET", "/sessions/active?limit=1", nil, &open)
	s.call("POST", "/sessions/"+open.Sessions[0].ID+"/messages", map[string]any{"sender": "agent", "message": "نعم، جميع ألوان الطلاء خالية من الرصاص وآمنة للطعام.", "quick_replies": []string{"شكرًا", "سؤال آخر"}}, nil)
	arabic.wait("the answer is there", `$$('.answers button').length === 2`)
	arabic.picture("phone-arabic")
	arabic.phone(false)
}

// picture leaves one for the README, small enough for a repository, where
// PEALCHAT_SHOTS asks for it.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("PEALCHAT_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	b.wait("transitions are over", still)
	quality := int64(82)
	shot, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (page.CaptureScreenshotResult, error) {
		return cdp.Call(ctx, target, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "webp", Quality: &quality})
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".webp"), shot.Data, 0o644)
	}
	if err != nil {
		b.t.Logf("no picture %s: %v", name, err)
	}
}
