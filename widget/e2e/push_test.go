package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/webhooks/webpush"
)

// noPushService stands in for the browser's own, which is not to be had in a
// test: it answers with a subscription to the address.
func noPushService(endpoint string) string {
	return `const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0)).buffer;
	PushManager.prototype.getSubscription = async () => globalThis.had ?? null;
	PushManager.prototype.subscribe = async (options) => globalThis.had = { endpoint: ` + quote(endpoint) + `, options, unsubscribe: async () => true,
		getKey: (name) => bytes(name === 'auth' ? 'BTBZMqHH6r4Tts7J_aSIgg' : 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4') };`
}

// From the button in the preferences to the push service and, from what a
// push service hands to the browser, to the notification.
func TestPushReachesAClosedConsole(t *testing.T) {
	pushed := make(chan string, 10)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pushed <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(service.Close)
	keys, err := webpush.ParseKey(webpush.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	h := startHostSite(t, chat.Options{PushKey: keys.Public(), WebhookTargets: chat.WebhookTargets{Any: true}}, map[string]string{"/": tag("")})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() { defer close(gone); webpush.New(h.svc, keys, nil).Run(ctx) }()
	t.Cleanup(func() { cancel(); <-gone })

	mara := h.console()
	var mu sync.Mutex
	var registration string
	mara.alsoHear(func(ev any) {
		if e, ok := ev.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			mu.Lock()
			defer mu.Unlock()
			for _, one := range e.Registrations {
				registration = string(one.RegistrationID)
			}
		}
	})
	mara.allowOn(h.srv.URL, "notifications")
	mara.do(call(serviceworker.Enable, cdp.Empty{}), call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: noPushService(service.URL + "/mara")}))
	mara.reload()
	mara.wait("the console is there", `seen($('.app .list'))`)
	mara.find("how you", "How you like")
	mara.wait("it says what push does", `/also while the console is closed/.test($('.help-box').innerText)`)
	mara.click("the button", `labelled('.pref button', 'Turn on notifications')`)
	waitFor(t, "the browser is known", func() bool {
		subs, err := h.svc.PushSubscriptions(t.Context())
		return err == nil && len(subs) == 1
	})
	mara.wait("it can be turned off", `labelled('.pref button', 'Turn off notifications')`)
	mara.press(escape)

	visitor := h.open("/")
	visitor.openChat()
	visitor.say("Is anybody there?")
	if got := <-pushed; !strings.HasPrefix(got, "vapid t=") {
		t.Errorf("the push service was asked with %q", got)
	}

	// What the push service hands over is shown, unless somebody looks.
	deliver := func(text string) {
		mu.Lock()
		id := registration
		mu.Unlock()
		mara.do(call(serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{
			Origin: h.srv.URL, RegistrationID: serviceworker.RegistrationID(id),
			Data: `{"kind":"message","name":"Ines $& <b>","text":` + quote(text) + `,"session_id":"s1","message_id":"m1"}`,
		}))
	}
	const shown = `navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((all) => all.map((n) => n.title + ': ' + n.body).join('|'))`
	mara.wait("the worker is there", `navigator.serviceWorker.ready.then((r) => !!r.active)`)
	waitFor(t, "the browser tells of the worker", func() bool { mu.Lock(); defer mu.Unlock(); return registration != "" })
	mara.goTo(h.srv.URL + "/chat/embed") // no console any more
	deliver("From the push service")
	mara.goTo(h.srv.URL + "/chat/console/")
	mara.wait("it is shown, as text", `(`+shown+`).then((s) => s.includes('New message from Ines $& <b>: From the push service'))`)

	// Signing out ends it.
	mara.expectOffline(true) // what was asked for just before is refused
	mara.click("More", `labelled('.myself button', 'More')`)
	mara.click("Sign out", `labelled('[role=menuitem]', 'Sign out')`)
	waitFor(t, "the browser is forgotten", func() bool {
		subs, err := h.svc.PushSubscriptions(t.Context())
		return err == nil && len(subs) == 0
	})
}
