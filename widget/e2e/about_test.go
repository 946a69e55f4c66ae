package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// asVisitor calls the visitors' API beside the browser.
func (s *server) asVisitor(token, path string, body, into any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), "POST", s.url("/chat/visitor/v1"+path), bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		s.t.Fatalf("POST %s: status %d: %s", path, res.StatusCode, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			s.t.Fatal(err)
		}
	}
}

// within finds a button by its name in the pane about the visitor.
func within(name string) string { return `labelled('.about button', ` + quote(name) + `)` }

// TestAboutTheVisitor: what an agent learns of a visitor, in words, while it
// happens.
func TestAboutTheVisitor(t *testing.T) {
	s := startServer(t, "-tracking")
	var who struct {
		Token string
		ID    string `json:"visitor_id"`
	}
	s.asVisitor("", "/hello", map[string]any{"time_zone": "Asia/Tokyo", "locale": "pt-BR", "page": map[string]string{"url": s.url("/"), "referrer": "https://news.example/offers"}}, &who)
	s.asVisitor(who.Token, "/pages", map[string]string{"url": s.url("/products/serving-bowl"), "title": "Serving bowl", "referrer": "https://news.example/offers"}, nil)
	s.asVisitor(who.Token, "/sessions", map[string]any{"message": "Is the sage glaze food safe?"}, nil)
	mara := enterConsole(t, s, "Mara")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.wait("the time there", `/\d\d?:\d\d.* in Tokyo/.test($('.about dl').innerText)`)
	mara.wait("the language", `/Portuguese/.test($('.about dl').innerText)`)
	mara.wait("the device", `/Safari.* iPhone|iPhone.* Safari/.test($('.about dl').innerText)`)
	mara.wait("nobody vouches", `$('.about .typed').innerText === 'Has not said who they are'`)
	mara.wait("the page", `/^Serving bowl/.test($('.about .trail li.now')?.innerText ?? '')`)
	mara.wait("the origin", `/Came from news.example/.test($('.about .trail').innerText)`)
	s.asVisitor(who.Token, "/pages", map[string]string{"url": s.url("/products/tall-vase"), "title": "Tall vase"}, nil)
	mara.wait("the next page, as it happens", `/^Tall vase/.test($('.about .trail li.now')?.innerText ?? '') && $$('.about .trail li').length === 3`)
	mara.axe("about the visitor")

	// Everything held about them, as a file.
	var export struct {
		Visitor struct {
			TimeZone string `json:"time_zone"`
		}
		Sessions []struct{ Messages []message }
	}
	eval[bool](mara, `(URL.createObjectURL = ((make) => (file) => { file.text().then((text) => { globalThis.exported = text; }); return make(file); })(URL.createObjectURL), true)`)
	mara.click("Export", within("Export"))
	mara.wait("the file", `!!globalThis.exported`)
	if err := json.Unmarshal([]byte(eval[string](mara, `exported`)), &export); err != nil {
		t.Fatal(err)
	}
	if export.Visitor.TimeZone != "Asia/Tokyo" || len(export.Sessions) != 1 || export.Sessions[0].Messages[0].Text != "Is the sage glaze food safe?" {
		t.Errorf("the export is %+v", export)
	}
}

// TestAboutStaysWhereItIs: what can be pressed beside a conversation does not
// move when the answers come one after another.
func TestAboutStaysWhereItIs(t *testing.T) {
	s := startServer(t, "-tracking")
	var who struct{ Token string }
	s.asVisitor("", "/hello", map[string]any{"time_zone": "Asia/Tokyo", "page": map[string]string{"url": s.url("/")}}, &who)
	s.asVisitor(who.Token, "/sessions", map[string]any{"message": "Buy my watches"}, nil)
	mara := enterConsole(t, s, "Mara")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	eval[bool](mara, `(() => {
		const ask = fetch;
		const delays = [['/trail', 600], ['visitor_id=', 400], ['/panel', 200], ['/visitors/', 300]];
		globalThis.fetch = (url, how) => new Promise((go) => setTimeout(go, delays.find(([part]) => String(url).includes(part))?.[1] ?? 0)).then(() => ask(url, how));
		globalThis.places = new Set();
		(function look() {
			const el = `+within("Ban…")+`, r = el?.getBoundingClientRect();
			if (el?.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))) places.add(r.y);
			requestAnimationFrame(look);
		})();
		return true;
	})()`)
	mara.pick("Visitor")
	mara.wait("all is read", `/in Tokyo/.test($('.about dl').innerText) && $('.about .trail') && $('.about').ariaBusy === 'false' && places.size`)
	if places := eval[[]float64](mara, `[...places]`); len(places) != 1 {
		t.Errorf("the button could be pressed at %v", places)
	}
}

// TestBanAndErase: an agent shuts a visitor out, lets them in again, and
// erases them, each with the visitor looking on.
func TestBanAndErase(t *testing.T) {
	s := startServer(t)
	v := visit(t, s)
	v.openChat()
	v.say("Buy my watches")
	mara := enterConsole(t, s, "Mara")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.click("Ban", within("Ban…"))
	v.expectOffline(true) // the browser notes every request that is refused
	mara.expectOffline(true)
	mara.wait("the reason is asked", `active()?.closest('.act') && active().type === 'text'`)
	mara.write("Sells watches")
	mara.wait("it says so", `labelled('.about .kept-out', 'Sells watches')`)
	mara.axe("a banned visitor")

	v.wait("the visitor is told", `/not open to you/.test($('.panel').innerText) && !$('.compose')`)
	v.shoot("banned-visitor")

	mara.settings("Data and privacy")
	mara.wait("the list of bans", `labelled('.settings td', 'Sells watches')`)
	mara.click("New", `labelled('.settings .ghost', 'Ban an address')`)
	mara.wait("the address is asked", `active()?.placeholder === '203.0.113.0/24'`)
	mara.write("somewhere")
	mara.wait("what is wrong", `labelled('.settings .wrong', 'must be an IP address')`)
	mara.fill("the address", `active()`, "203.0.113.9/24")
	mara.press(kb.Enter)
	mara.wait("it is in the list", `labelled('.settings td code', '203.0.113.0/24')`)
	mara.axe("settings, data and privacy")
	mara.click("lift", `$('[aria-label="Lift the ban of 203.0.113.0/24"]')`)
	mara.wait("it is gone", `!labelled('.settings td code', '203.0.113.0/24')`)
	mara.click("lift", `$('[aria-label="Lift the ban of Visitor"]')`)
	mara.wait("nobody is banned", `labelled('.settings .faint', 'Nobody is banned.')`)

	v.reload()
	v.openChat()
	v.say("Sorry about that")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Visitor")
	mara.reads("Sorry about that")
	mara.click("Erase", within("Erase…"))
	mara.wait("the word is asked", `active()?.closest('.act')`)
	mara.axe("erasing a visitor")
	mara.click("too early", within("Erase for good"))
	mara.wait("what is missing", `labelled('.act .wrong', 'Type erase')`)
	mara.click("the field", `$('.act .in')`)
	mara.do(chromedp.KeyEvent("erase"))
	mara.click("Erase for good", within("Erase for good"))
	mara.wait("it is gone", `labelled('.toast', 'is erased') && !$$('.row').length && !$('.about')`)
	var page struct{ Sessions []session }
	s.call("GET", "/sessions?status=all", nil, &page)
	if len(page.Sessions) != 0 {
		t.Errorf("%d sessions are left", len(page.Sessions))
	}
	files, _ := filepath.Glob(s.db + "*")
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil && strings.Contains(string(text), "Buy my watches") {
			t.Errorf("%s still holds what was said", filepath.Base(name))
		}
	}
}

// TestRetentionInTheConsole: for how long data is kept is read, changed and
// said back.
func TestRetentionInTheConsole(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	mara.settings("Data and privacy")
	kept := `labelled('.settings .kept', 'Closed conversations').querySelector('select')`
	mara.wait("everything is kept", kept+`.value === '0' && labelled('.settings dd', 'Not tracked')`)
	eval[bool](mara, `(`+kept+`.value = '90', `+kept+`.dispatchEvent(new Event('change', { bubbles: true })), true)`)
	mara.axe("settings, retention")
	mara.save()
	var got struct{ Retention map[string]int }
	s.call("GET", "/settings", nil, &got)
	if got.Retention["closed_sessions_days"] != 90 || len(got.Retention) != 5 {
		t.Errorf("the settings say %v", got.Retention)
	}
	mara.settings("Team")
	mara.wait("who can sign in", `labelled('.settings td', 'Mara Reyes') && labelled('.settings .state', 'Available')`)
	mara.axe("settings, team")
	mara.phone(true)
	mara.wait("the window is narrow", `innerWidth === 390`)
	mara.goTo(s.url("/chat/console/#/settings/privacy"))
	mara.wait("the page is there", `seen($('.settings .kept'))`)
	mara.wantNoSideways()
	mara.axe("phone settings, privacy")
}

// TestHostPanel: what the host's own code knows of the customer, and has done
// for them at an agent's press.
func TestHostPanel(t *testing.T) {
	s := startServer(t)
	s.call("POST", "/sessions", map[string]any{"visitor_name": "Nobody known", "visitor_email": "nobody@example.com"}, nil)
	var known struct {
		ID string `json:"session_id"`
	}
	s.call("POST", "/sessions", map[string]any{"visitor_name": "Ines Duarte", "visitor_email": "ines@example.com"}, &known)
	s.call("POST", "/messages", map[string]any{"session_id": known.ID, "sender": "visitor", "message": "Where is my bowl?"}, nil)
	mara := enterConsole(t, s, "Mara")
	mara.click("All open", `labelled('.nav a', 'All open')`)
	mara.pick("Nobody known")
	mara.wait("nothing is known of some", `seen($('.about .privacy')) && !$('.host-panel')`)
	mara.pick("Ines Duarte")
	mara.wait("the facts", `$('.host-panel h3')?.innerText === 'In the shop' && /Orders\s*3/.test($('.host-panel dl').innerText)`)
	mara.wait("where more is to be read", `$('.host-panel a').getAttribute('href') === '/products/serving-bowl'`)
	mara.axe("panel of the host")
	mara.click("a button of the host's", within("Send a thank-you card"))
	mara.wait("what the host says", `labelled('.toast', 'A card to Ines Duarte goes out today, in the name of Mara Reyes.')`)
	mara.click("one that asks first", within("Refund the latest…"))
	mara.wait("what will happen", `labelled('.about .act p', 'go back to the customer') && active() === `+within("Refund the latest"))
	mara.press(escape)
	mara.wait("it was not done", `!$('.about .act') && active() === `+within("Refund the latest…"))
	mara.click("one that asks first", within("Refund the latest…"))
	mara.expectOffline(true) // the browser notes every request that is refused
	mara.click("for good", within("Refund the latest"))
	mara.wait("why not", `labelled('.about .act .wrong', 'older than 30 days')`)
	mara.axe("refused by the host")
	mara.phone(true)
	mara.wait("the window is narrow", `innerWidth === 390`)
	mara.wantNoSideways()
}
