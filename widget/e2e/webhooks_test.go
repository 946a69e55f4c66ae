package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/pealchat/pealchat/webhooks"
)

// endpoint is a server that gets webhooks, and answers as it is told to.
type endpoint struct {
	t *testing.T
	*httptest.Server

	mu     sync.Mutex
	status int
	secret []string
	ids    []string // of all that came
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{t: t, status: http.StatusOK}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, secret := range e.secret { // each is good by itself
		if err == nil {
			err = webhooks.Verify(r.Header, body, secret)
		}
	}
	if err != nil {
		e.t.Errorf("a delivery is not genuine: %v", err)
	}
	e.ids = append(e.ids, r.Header.Get(webhooks.HeaderID))
	w.WriteHeader(e.status)
	fmt.Fprintf(w, "The till says %d", e.status)
}

func (e *endpoint) answers(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status = status
}

func (e *endpoint) signedWith(secrets ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.secret = secrets
}

func (e *endpoint) received() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.ids...)
}

// outcome waits until the latest delivery shows something.
func (b *tab) outcome(event, says string) {
	b.t.Helper()
	b.wait(event+" shows "+says, `((row) => row?.querySelector('code').innerText === `+quote(event)+` && row.querySelector('.num').innerText.includes(`+quote(says)+`))($('.deliveries tbody tr'))`)
}

const newSecret = `$('.secret code')?.innerText ?? ''`

// TestTheSettingsStayWhereTheyAre: a button is not to be pressed before what
// stands above it has been read.
func TestTheSettingsStayWhereTheyAre(t *testing.T) {
	s := startServer(t)
	mara := enterConsole(t, s, "Mara")
	eval[bool](mara, `(() => {
		const ask = fetch;
		globalThis.fetch = (url, how) => new Promise((go) => setTimeout(go, /api-keys|settings$/.test(url) ? 500 : 0)).then(() => ask(url, how));
		globalThis.places = {};
		(function look() {
			for (const name of ['New webhook', 'Ban an address']) {
				const el = labelled('.settings .ghost', name), r = el?.getBoundingClientRect();
				if (el && getComputedStyle(el.closest('.set')).opacity !== '0') (places[name] ??= new Set()).add(Math.round(r.y + $('.settings').scrollTop));
			}
			requestAnimationFrame(look);
		})();
		return true;
	})()`)
	eval[bool](mara, `(location.hash = '#/settings/privacy', true)`)
	mara.wait("the bans are there", `labelled('.settings', 'Nobody is banned.') && $('.settings .kept') && places['Ban an address']`)
	mara.settings("Developers")
	mara.wait("the keys are there", `labelled('.settings [aria-label="API keys"]', 'Last used') && places['New webhook']`)
	if places := eval[[]string](mara, `Object.entries(places).filter(([, at]) => at.size > 1).map(([name, at]) => name + ' at ' + [...at])`); len(places) > 0 {
		t.Errorf("buttons moved: %q", places)
	}
}

// TestWebhooksInTheConsole does with a webhook all that can be done.
func TestWebhooksInTheConsole(t *testing.T) {
	s := startServer(t, "-allow-private-webhooks")
	end := newEndpoint(t)
	mara := enterConsole(t, s, "Mara")
	mara.settings("Developers")
	mara.click("New webhook", `labelled('.settings .ghost', 'New webhook')`)
	mara.wait("the address is asked", `active()?.type === 'url'`)
	mara.click("Make webhook", `labelled('.settings .solid', 'Make webhook')`)
	mara.wait("what is missing", `labelled('.settings .wrong', 'Where should events go?')`)
	mara.fill("the description", `$('.new input[type=text]')`, "The till")
	mara.click("the kinds", `labelled('.new .tick', 'All but notes')`)
	mara.wait("the three to begin with", `$$('.ticks input:checked').length === 3`)
	mara.shoot("webhook-new")
	mara.axe("a new webhook")
	mara.fill("the address", `$('.new input[type=url]')`, end.URL)
	mara.click("Make webhook", `labelled('.settings .solid', 'Make webhook')`)
	mara.wait("the secret", `/^whsec_.{44}$/.test(`+newSecret+`)`)
	first := eval[string](mara, newSecret)
	end.signedWith(first)
	mara.shoot("webhook-secret")

	mara.click("the webhook", `labelled('.settings td a', `+quote(end.URL)+`)`)
	mara.wait("its page", `$('.address')?.innerText === `+quote(end.URL)+` && labelled('.faint', 'Nothing has been sent yet')`)
	if eval[bool](mara, `document.body.innerText.includes('whsec_')`) {
		t.Error("the secret is shown again")
	}

	// A ping that is refused, and what was answered.
	end.answers(500)
	mara.click("Send a ping", `labelled('.acts button', 'Send a ping')`)
	mara.outcome("ping", "500 in")
	mara.outcome("ping", "given up")
	mara.click("the delivery", `$('.deliveries .opens')`)
	mara.wait("every try", `labelled('.tries li', 'Try 1') && $('.tries pre').innerText === 'The till says 500'`)
	mara.shoot("webhook-failed")
	mara.axe("a webhook with a failed delivery")
	end.answers(200)
	mara.click("Send again", `labelled('.deliveries .text', 'Send again: ping')`)
	mara.outcome("ping", "200 in")
	mara.outcome("ping", "try 2")
	mara.wait("both tries", `$$('.tries li').length === 2 && $('.tries pre').innerText === 'The till says 200'`)
	if ids := end.received(); len(ids) != 2 || ids[0] != ids[1] {
		t.Errorf("one ping and its repetition came as %q", ids)
	}

	// Many at once.
	end.answers(500)
	mara.click("Send a ping", `labelled('.acts button', 'Send a ping')`)
	mara.outcome("ping", "given up")
	end.answers(200)
	mara.click("Send many again", `labelled('.settings .ghost', 'Send many again')`)
	mara.wait("the form", `active() === $('.new select')`)
	mara.click("Send again", `labelled('.new .solid', 'Send again')`)
	mara.wait("how many", `labelled('.toast', 'One delivery is sent again.')`)
	mara.outcome("ping", "200 in")
	mara.click("Send many again", `labelled('.settings .ghost', 'Send many again')`)
	eval[bool](mara, `(($('.new select').value = 'all'), $('.new select').dispatchEvent(new Event('change', { bubbles: true })), true)`)
	mara.click("Send again", `labelled('.new .solid', 'Send again')`)
	mara.wait("a time is needed", `labelled('.settings .wrong', 'Everything since when?')`)
	mara.shoot("webhook-many")
	mara.axe("sending many again")
	eval[bool](mara, `((el) => (el.value = '2020-01-01T00:00', el.dispatchEvent(new Event('input', { bubbles: true })), true))($('.new input[type=datetime-local]'))`)
	mara.click("Send again", `labelled('.new .solid', 'Send again')`)
	mara.wait("how many", `labelled('.toast', '2 deliveries are sent again.')`)
	mara.wait("both were", `$$('.deliveries .num').every((el) => el.innerText.startsWith('200')) && $('.deliveries .num').innerText.includes('try 3')`)

	// A new secret, beside the old one.
	mara.click("New secret", `labelled('.acts button', 'New secret')`)
	mara.click("Make a new secret", `labelled('.sure .solid', 'Make a new secret')`)
	mara.wait("the new one", `(`+newSecret+`).startsWith('whsec_')`)
	second := eval[string](mara, newSecret)
	if second == first {
		t.Error("the new secret is the old one")
	}
	end.signedWith(first, second)
	mara.shoot("webhook-rotated")
	mara.click("Send a ping", `labelled('.acts button', 'Send a ping')`)
	mara.wait("three deliveries", `$$('.deliveries .num').length === 3 && $('.deliveries .num').innerText.startsWith('200')`)

	// What happens while it is paused is kept.
	mara.click("Pause", `labelled('.acts button', 'Pause')`)
	mara.wait("it is paused", `labelled('.settings .notice', 'It is paused.') && labelled('.state', 'Paused')`)
	v := visit(t, s)
	v.openChat()
	v.say("Is anybody there?")
	mara.outcome("message_sent", "it was off")
	mara.shoot("webhook-paused")
	mara.axe("a paused webhook")
	before := len(end.received())
	mara.click("Switch on", `labelled('.acts .solid', 'Switch on')`)
	mara.wait("what it has missed can be sent", `$('.new select')`)
	eval[bool](mara, `(($('.new select').value = 'skipped'), $('.new select').dispatchEvent(new Event('change', { bubbles: true })), true)`)
	mara.click("Send again", `labelled('.new .solid', 'Send again')`)
	mara.outcome("message_sent", "200 in")
	if got := len(end.received()) - before; got != 2 { // the session and its message
		t.Errorf("%d events came late, want 2", got)
	}
	mara.click("Failed", `labelled('.seg button', 'Failed')`)
	mara.wait("none has failed", `labelled('.settings .faint', 'There are none.')`)
	mara.click("All", `labelled('.seg button', 'All')`)

	// An address that is gone.
	end.answers(410)
	mara.click("Send a ping", `labelled('.acts button', 'Send a ping')`)
	mara.wait("it is off", `labelled('.settings .notice', 'has answered 410')`)

	mara.click("Edit", `labelled('.acts button', 'Edit')`)
	mara.wait("what it is", `$('.new input[type=url]').value === `+quote(end.URL)+` && $('.new input[type=text]').value === 'The till' && $$('.ticks input:checked').length === 3`)
	eval[bool](mara, `((f) => { f.value = 'The old till'; return f.dispatchEvent(new Event('input', { bubbles: true })); })($('.new input[type=text]'))`)
	mara.click("Save webhook", `labelled('.new .solid', 'Save webhook')`)
	mara.wait("it is changed", `labelled('.stack p', 'The old till')`)

	mara.phone(true)
	mara.wait("it fits", `$('.address')`)
	mara.wantNoSideways()
	mara.wantTargets(".settings .body")
	mara.axe("a webhook on a phone")
	mara.shoot("phone-webhook")
	mara.click("the delivery", `$$('.deliveries .opens[aria-expanded=false]').at(-1)`)
	mara.wait("every try", `labelled('.tries li', 'Try 3')`)
	mara.wantNoSideways()
	mara.shoot("phone-webhook-tries")
	mara.click("Remove", `labelled('.acts button', 'Remove')`)
	mara.click("Remove it for good", `labelled('.sure .solid', 'Remove it for good')`)
	mara.wait("there is none", `labelled('.settings .faint', 'There are no webhooks.')`)
	mara.wantNoSideways()
	mara.shoot("phone-developers")
}
