package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/pealchat/pealchat/chat"
)

// gallery walks a visitor through every state of the panel.
type gallery struct {
	*hostSite
	t     *testing.T
	name  string // of the language and the screen
	words map[string]string
	phone bool
	mara  chat.Agent
}

// The words by which the test finds its way.
var galleryWords = map[string]map[string]string{
	"en": {"options": "Options", "end": "End conversation", "endNo": "Keep it open", "erase": "Delete my data", "list": "Your conversations", "back": "Back", "emoji": "Emoji", "send": "Send", "great": "Very good"},
	"ar": {"options": "خيارات", "end": "إنهاء المحادثة", "endNo": "إبقاؤها مفتوحة", "erase": "حذف بياناتي", "list": "محادثاتك", "back": "رجوع", "emoji": "رموز تعبيرية", "send": "إرسال", "great": "ممتازة"},
}

// Every state of the panel is without fault to axe, and nothing is wider than
// the screen or too small for a finger: on a desk and on a phone, written from
// the left and from the right, light and dark.
func TestEveryStateOfThePanel(t *testing.T) {
	axeSource(t)
	for lang, words := range galleryWords {
		for screen, phone := range map[string]bool{"desk": false, "phone": true} {
			t.Run(lang+" "+screen, func(t *testing.T) {
				dir := map[string]string{"en": "ltr", "ar": "rtl"}[lang]
				h := startHostSite(t, chat.Options{Hooks: chat.Hooks{BeforeMessage: func(_ context.Context, m *chat.Message) error {
					if m.Text == "4111" {
						return chat.Refuse("Please leave card numbers out.")
					}
					return nil
				}}}, map[string]string{"/": tag("") + fmt.Sprintf(`<script>document.documentElement.lang = %q; document.documentElement.dir = %q</script><main><h1>Alder &amp; Clay</h1><p>Stoneware for everyday tables.</p></main>`, lang, dir)})
				g := &gallery{hostSite: h, t: t, name: "state-" + lang + "-" + screen, words: words, phone: phone}
				g.walk()
			})
		}
	}
}

// at looks at the state that the tab is in.
func (g *gallery) at(b *tab, state string) {
	g.t.Helper()
	b.axe(g.name + " " + state)
	if wide := eval[float64](b, `Math.max(0, ...$$('.panel, .panel *').filter((el) => seen(el) && !el.closest('.log, pre, svg, .sr')).map((el) => el.getBoundingClientRect()).flatMap((r) => [r.right - innerWidth, -r.left]))`); wide > 1 {
		g.t.Errorf("%s: something stands %v px beside the screen", state, wide)
	}
	if g.phone {
		b.wantNoSideways()
		b.wantTargets(".panel")
	}
}

func (g *gallery) set(s chat.Settings) {
	g.t.Helper()
	if _, err := g.svc.SaveSettings(g.t.Context(), host, s); err != nil {
		g.t.Fatal(err)
	}
}

func (g *gallery) visit() *tab {
	g.t.Helper()
	b := newPerson(g.t)
	b.phone(g.phone)
	b.goTo(g.srv.URL + "/")
	b.wait("the launcher is there", `seen($('.launcher'))`)
	return b
}

func (g *gallery) openPanel(b *tab, what string) {
	g.t.Helper()
	b.click("the launcher", `$('.launcher')`)
	b.wait("the panel is there", `seen($('.panel `+what+`')) && !$('.home[aria-busy]')`)
}

// tell writes in the panel and sends it with the button.
func (g *gallery) tell(b *tab, text string) {
	g.t.Helper()
	b.click("the field", `$('.panel .ta')`)
	b.do(chromedp.KeyEvent(text))
	b.click("Send", `$('.panel .send.ready')`)
}

func (g *gallery) menu(b *tab, item string) {
	g.t.Helper()
	b.click("the menu", `labelled('.panel .menubox > button', `+quote(g.words["options"])+`)`)
	if item != "" {
		b.click(item, `labelled('[role=menuitem]', `+quote(g.words[item])+`)`)
	}
}

func (g *gallery) walk() {
	name := "Support"
	g.set(chat.Settings{Topics: []string{"Orders and delivery", "Care and repair"}, PreChat: chat.PreChat{Consent: "By writing you agree to our [privacy notice](https://alderclay.example/privacy)."}})
	b := g.visit()
	g.openPanel(b, ".ta")
	g.at(b, "nobody here")
	var err error
	if g.mara, err = g.svc.EnsureAgent(g.t.Context(), chat.Agent{ID: "mara", Name: "Mara Reyes"}); err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.svc.CreateDepartment(g.t.Context(), host, chat.DepartmentChange{Name: &name, AgentIDs: &[]string{g.mara.ID}}); err != nil {
		g.t.Fatal(err)
	}
	b.reload()
	b.wait("the launcher is there", `seen($('.launcher'))`)
	g.openPanel(b, ".ta")
	g.at(b, "home")
	b.click("a topic", `$('.topics button')`)
	b.wait("it is about that", `seen($('.topic'))`)
	g.at(b, "topic")
	g.form()
	g.talk(b)
	g.after(b)
}

// form looks at what is asked before a conversation.
func (g *gallery) form() {
	g.set(chat.Settings{PreChat: chat.PreChat{VisitorName: chat.AskOptional, VisitorEmail: chat.AskRequired, Department: chat.AskRequired}})
	b := g.visit()
	g.openPanel(b, ".form")
	g.at(b, "form")
	b.click("Send", `$('.form .btn')`)
	b.wait("what is missing is said", `$$('.form .wrong').length === 3`)
	g.at(b, "form with faults")
	g.set(chat.Settings{})
}

// talk looks at a conversation.
func (g *gallery) talk(b *tab) {
	g.tell(b, "Is the sage glaze food safe? See alderclay.example/care")
	b.wait("it was sent", `$('.msg.me:not(.sending)')`)
	b.wait("one waits", `seen($('.panel > [role=status] .note'))`)
	g.at(b, "waiting")
	g.answer("Yes, **every** glaze is:\n- lead free\n- food safe\n> and see https://alderclay.example")
	b.wait("the answer is there", `$$('.msg.them').length === 1`)
	g.at(b, "answered")
	page, err := g.svc.Sessions(g.t.Context(), host, chat.SessionQuery{})
	if err != nil {
		g.t.Fatal(err)
	}
	id := page.Sessions[0].ID
	if err := g.svc.Typing(g.t.Context(), chat.AsAgent(g.mara), id, true); err != nil {
		g.t.Fatal(err)
	}
	b.wait("somebody is typing", `seen($('.msg.typing'))`)
	g.at(b, "typing")
	if _, err := g.svc.SendMessage(g.t.Context(), host, chat.NewMessage{SessionID: id, Sender: chat.SenderBot, Text: "Anything else?", QuickReplies: []string{"Yes, about an order", "No"}}); err != nil {
		g.t.Fatal(err)
	}
	b.wait("answers are offered", `$$('.answers button').length === 2`)
	g.at(b, "quick replies")
	g.menu(b, "")
	b.wait("the menu is open", `seen($('[role=menu]'))`)
	g.at(b, "menu")
	b.press(escape)
	if !g.phone {
		b.click("the emoji button", `labelled('.emojibox > button', `+quote(g.words["emoji"])+`)`)
		b.wait("the faces are there", `$$('.faces24 button').length === 24`)
		g.at(b, "emoji")
		b.press(escape)
	}
	b.give(`$('.panel')`, "drop", `[new File(['One'], 'a list of everything that is wrong with it, in order.txt'), new File(['x'], 'x.exe')]`)
	b.wait("a file is staged", `seen($('.staged .file')) && seen($('.staged .fault'))`)
	g.at(b, "files staged")
	b.click("Send", `$('.panel .send.ready')`)
	b.wait("it was sent", `$('.msg.me:last-of-type .file, .msg.me .file') && !$('.msg.sending')`)
	b.choose(`$('.panel input[type=file]')`, photo(g.t, 300, 200))
	b.click("Send", `$('.panel .send.ready')`)
	b.wait("the picture is there", redHalf+` && !$('.msg.sending')`)
	g.at(b, "files sent")
	b.click("the picture", `$('.msg .pic')`)
	b.wait("it is enlarged", `$('.viewer')?.open`)
	g.at(b, "picture")
	b.press(escape)
	b.wait("the picture is closed", `!$('.viewer')`)
	b.expectOffline(true)
	g.tell(b, "4111")
	b.wait("it is refused", `$('.msg.failed')`)
	g.at(b, "refused")
	b.line(true, 0, 0)
	g.tell(b, "Written without a network")
	b.wait("one is offline", `seen($('.banner')) && $('.msg.sending')`)
	g.at(b, "offline")
	b.line(false, 0, -1)
	b.wait("it was sent", `!seen($('.banner')) && !$('.msg.sending')`)
	b.expectOffline(false)
	b.click("Remove", `$$('.msg.failed button').at(-1)`)
	for _, what := range []string{"erase", "end"} {
		g.menu(b, what)
		b.wait("one is asked", `seen($('.ask'))`)
		g.at(b, "asked "+what)
		if what == "erase" {
			b.press(escape)
			b.wait("one is not asked any more", `!$('.ask')`)
		}
	}
	b.click("End it", `$('.ask .btn')`)
}

// after looks at what comes behind a conversation.
func (g *gallery) after(b *tab) {
	b.wait("one may rate", `seen($('.rate'))`)
	g.at(b, "ended")
	b.click("very good", `labelled('.rate button', `+quote(g.words["great"])+`)`)
	b.wait("one may say more", `seen($('.rate textarea'))`)
	b.click("the comment", `$('.rate textarea')`)
	b.do(chromedp.KeyEvent("Quick and kind"))
	b.wait("it may be sent", `seen($('.rate form .quiet'))`)
	g.at(b, "rated")
	b.click("Back", `labelled('.panel .head button', `+quote(g.words["back"])+`)`)
	b.wait("the start page offers the way back", `seen($('.home .resume')) && seen($('.home .all'))`)
	g.at(b, "home afterwards")
	b.click("all conversations", `$('.home .all')`)
	b.wait("they are listed", `$$('.list .resume:not(.ghost)').length === 1`)
	g.at(b, "list")
	b.click("start a new one", `$('.list > .btn')`)
	g.tell(b, "Another thing")
	b.wait("it was sent", `$('.msg.me:not(.sending)') && $$('.msg').length === 1`)
	b.click("close", `$$('.panel .head button').at(-1)`)
	b.wait("the panel is closed", `!seen($('.panel'))`)
	g.reply("Of course, what is it?")
	b.wait("the answer stands beside the launcher", `seen($('.preview')) && $('.badge').dataset.count`)
	b.axe(g.name + " preview")
	b.click("the answer", `$('.preview .say')`)
	b.wait("one can write", `seen($('.panel .ta'))`)
	page, err := g.svc.Sessions(g.t.Context(), host, chat.SessionQuery{})
	if err != nil {
		g.t.Fatal(err)
	}
	b.expectOffline(true)
	if err := g.svc.BanVisitor(g.t.Context(), host, page.Sessions[0].VisitorID, chat.NewBan{}); err != nil {
		g.t.Fatal(err)
	}
	b.wait("one is kept out", `seen($('.panel > .failed'))`)
	g.at(b, "barred")
}

// reply answers in the newest session.
func (g *gallery) reply(text string) {
	g.t.Helper()
	page, err := g.svc.Sessions(g.t.Context(), host, chat.SessionQuery{Status: chat.StatusActive})
	if err != nil || len(page.Sessions) == 0 {
		g.t.Fatal(errors.Join(err, errors.New("no session is open")))
	}
	if _, err := g.svc.SendMessage(g.t.Context(), host, chat.NewMessage{SessionID: page.Sessions[0].ID, Sender: chat.SenderAgent, Text: text}); err != nil {
		g.t.Fatal(err)
	}
}
