package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type violation struct {
	ID, Impact string
	Nodes      []string
}

// still says that nothing moves any more, but for what never ends.
const still = `document.getAnimations().concat(document.querySelector('peal-chat')?.shadowRoot?.getAnimations?.() ?? []).every((a) => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)`

// axe reports what axe-core finds wrong with the tab as it is, in light and
// in dark.
func (b *tab) axe(state string) {
	b.t.Helper()
	if !eval[bool](b, `!!globalThis.axe`) {
		eval[bool](b, `(0, eval)(`+quote(axeSource(b.t))+`), true`)
	}
	for _, theme := range []string{"light", "dark"} {
		b.dark(theme == "dark")
		b.wait("the console has heard of it", `!$('.app') || document.documentElement.classList.contains('dark') === matchMedia('(prefers-color-scheme: dark)').matches`)
		b.wait("transitions are over", still)
		for _, v := range eval[[]violation](b, `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
			.then((r) => r.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.map((n) => n.target.flat().join(' ') + ': ' + n.failureSummary) })))`) {
			b.t.Errorf("%s, %s: %s (%s)\n\t%s", state, theme, v.ID, v.Impact, strings.Join(v.Nodes, "\n\t"))
		}
		b.shoot(strings.ReplaceAll(state, " ", "-") + "-" + theme)
	}
	b.dark(false)
}

func axeSource(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
	if err == nil {
		return string(source)
	}
	if os.Getenv("PEALCHAT_REQUIRE") == "all" {
		t.Fatal(err)
	}
	t.Skip("axe-core is not installed (npm --prefix widget ci)")
	return ""
}

func TestTheVisitorsSideIsAccessible(t *testing.T) {
	s := startServer(t)
	axeSource(t)
	visitor := visit(t, s)
	visitor.axe("shop")
	visitor.openChat()
	visitor.axe("panel home")
	visitor.say("Is the sage glaze food safe? See alderclay.example/care")
	visitor.axe("panel talk")
	s.call("POST", "/sessions/"+s.onlySession().ID+"/claim", map[string]any{}, nil)
	s.call("POST", "/messages", map[string]any{"session_id": s.onlySession().ID, "sender": "agent", "message": "Yes, **every** glaze is:\n- lead free\n- food safe\n> and more at https://alderclay.example"}, nil)
	visitor.wait("the answer is there", `$$('.msg.them').length === 1`)
	visitor.axe("panel answered")
	visitor.click("the menu", `labelled('.panel .menubox > button', 'Options')`)
	visitor.wait("the menu is open", `seen($('[role=menu]'))`)
	visitor.axe("panel menu")
	visitor.press(escape)
	visitor.wait("the menu is closed", `!seen($('[role=menu]'))`)
	visitor.click("the emoji button", `labelled('.emojibox > button', 'Emoji')`)
	visitor.axe("panel emoji")
	visitor.press(escape)
	visitor.phone(true)
	visitor.wait("the window is narrow", `innerWidth === 390`)
	visitor.axe("phone panel")
	visitor.phone(false)
	visitor.wait("the window is wide", `innerWidth === 1280`)
	s.call("POST", "/sessions/"+s.onlySession().ID+"/close", map[string]any{}, nil)
	visitor.wait("it says that it was closed", `/closed/.test($('.panel .log').innerText)`)
	visitor.axe("panel closed conversation")
}

func TestTheConsoleIsAccessible(t *testing.T) {
	s := startServer(t)
	axeSource(t)
	stranger := newPerson(t)
	stranger.expectOffline(true) // the browser logs the 401 that says who is not signed in
	stranger.goTo(s.url("/chat/console/"))
	stranger.wait("the way to the site's own login is there", `seen($('.door a[href="/staff"]'))`)
	stranger.axe("console sign-in")
	stranger.click("the other way", `$('.door summary')`)
	stranger.wait("the field is there", `seen($('#key'))`)
	stranger.axe("console sign-in with a key")

	mara := enterConsole(t, s, "Mara Reyes")
	mara.axe("console empty")
	seed(s)
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.wait("the list is full", `$$('.row').length === 3`)
	mara.axe("console list")
	mara.pick("Ida Brandt")
	mara.axe("console conversation")
	mara.click("Note", `labelled('.tabs label', 'Note')`)
	mara.click("the field", `$('.conv .txt')`)
	mara.write("Sounds like a **regular**")
	mara.wait("the note is there", `$$('.noteb').length === 1`)
	mara.axe("console note")
	mara.click("the assignee", `$('.conv .hands')`)
	mara.wait("the menu is open", `seen($('[role=menu]'))`)
	mara.axe("console menu")
	mara.press(escape)
	mara.phone(true)
	mara.wait("the window is narrow", `innerWidth === 390`)
	mara.axe("phone conversation")
	mara.phone(false)
	mara.wait("the window is wide", `innerWidth === 1280`)
}

// seed fills the console with some conversations.
func seed(s *server) {
	for _, c := range []struct {
		name, email, text string
		custom            map[string]any
	}{
		{"Tom Walsh", "tom@example.com", "My order arrived with a chip in the rim.", nil},
		{"Aiko Tanaka", "", "Do you ship to Porto?", nil},
		{"Ida Brandt", "ida@example.com", "Is the sage glaze food safe?", map[string]any{"plan": "wholesale", "orders": 4}},
	} {
		var made session
		body := map[string]any{"visitor_name": c.name, "source": "shop"}
		if c.email != "" {
			body["visitor_email"] = c.email
		}
		if c.custom != nil {
			body["custom_data"] = c.custom
		}
		s.call("POST", "/sessions", body, &made)
		s.call("POST", "/messages", map[string]any{"session_id": made.ID, "sender": "visitor", "message": c.text}, nil)
	}
}
