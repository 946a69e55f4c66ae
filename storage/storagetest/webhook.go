package storagetest

import (
	"fmt"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var webhookRows = []row{
	{"Webhook/IsKeptAsSaved", testWebhookIsKept},
	{"Webhook/ChangesWithItsRevision", testWebhookRevision},
	{"Webhook/StartsAtTheHeadOfTheLog", testWebhookStart},
	{"Webhook/HasALimit", testWebhookLimit},
	{"Webhook/IsDisabledOnce", testWebhookDisable},
	{"Webhook/IsGoneWhenRemoved", testWebhookRemove},
	{"Cursor/HasOneHolder", testCursorHolder},
	{"Cursor/NeverMovesBack", testCursorMoves},
}

// hook stores a webhook for all events.
func (f *fixture) hook() chat.Webhook {
	f.Helper()
	return of(f.do(chat.OpSaveWebhook{Webhook: chat.Webhook{
		ID: f.id("webhook"), URL: "https://example.com/hook", Events: []string{"*"}, Enabled: true, Version: 1,
		Secrets: "plain:[]", CreatedAt: f.tick(), UpdatedAt: f.now,
	}}).Webhook)
}

func (f *fixture) webhook(id string) chat.Webhook {
	f.Helper()
	w, err := f.store.Webhook(f.ctx, id)
	f.noErr("Webhook", err)
	return w
}

func testWebhookIsKept(f *fixture) {
	f.start("")
	in := chat.Webhook{
		ID: "webhook1", URL: "https://example.com/ü", Events: []string{"message_*", "session_started"}, Description: "CRM",
		Version: 1, DisabledReason: chat.DisabledByHand, Secrets: "plain:[secret]", CreatedAt: f.tick(), UpdatedAt: f.tick(),
	}
	saved := of(f.do(chat.OpSaveWebhook{Webhook: in}).Webhook)
	in.Revision, in.StartsAfter = saved.Revision, f.log().Head
	if in.Revision == 0 {
		f.Fatal("a saved webhook has no revision")
	}
	f.equal("the result", saved, in)
	f.equal("Webhook", f.webhook("webhook1"), in)
	second := f.hook()
	all, err := f.store.Webhooks(f.ctx)
	f.noErr("Webhooks", err)
	f.equal("Webhooks", all, []chat.Webhook{in, second})
	f.wantErr("Webhook", errOf(f.store.Webhook(f.ctx, "nobody")), chat.ErrUnknownWebhook)
}

func testWebhookRevision(f *fixture) {
	w := f.hook()
	w.URL, w.Description, w.Enabled, w.DisabledReason = "https://example.org/", "other", false, chat.DisabledByHand
	w.Events, w.Secrets, w.UpdatedAt = []string{"note_added"}, "plain:[2]", f.tick()
	first := of(f.do(chat.OpSaveWebhook{Webhook: w, IfRevision: w.Revision}).Webhook)
	if first.Revision <= w.Revision {
		f.Fatalf("revision %d follows %d", first.Revision, w.Revision)
	}
	f.fails(chat.OpSaveWebhook{Webhook: w, IfRevision: w.Revision}, chat.ErrVersionMismatch)
	w.Revision = first.Revision
	f.equal("the result", first, w)
	f.equal("Webhook", f.webhook(w.ID), w)
	f.fails(chat.OpSaveWebhook{Webhook: chat.Webhook{ID: "nobody"}, IfRevision: 1}, chat.ErrUnknownWebhook)
}

func testWebhookStart(f *fixture) {
	s := f.start("")
	head := f.log().Head
	w := f.hook()
	f.equal("StartsAfter", w.StartsAfter, head)
	f.equal("the cursor", f.cursor(chat.CursorWebhooks), head)
	f.say(s.ID, chat.SenderAgent, "Hello")
	second := f.hook()
	f.equal("StartsAfter of the second", second.StartsAfter, f.log().Head)
	f.equal("the cursor after the second", f.cursor(chat.CursorWebhooks), head)
	f.do(chat.OpDeleteWebhook{WebhookID: w.ID})
	f.do(chat.OpDeleteWebhook{WebhookID: second.ID})
	f.hook()
	f.equal("the cursor after a new first", f.cursor(chat.CursorWebhooks), f.log().Head)
}

func testWebhookLimit(f *fixture) {
	w := f.hook()
	op := chat.OpSaveWebhook{Webhook: chat.Webhook{ID: "w2", Events: []string{"*"}, CreatedAt: f.tick(), UpdatedAt: f.now}, MaxWebhooks: 1}
	f.fails(op, chat.ErrTooManyWebhooks)
	f.do(chat.OpDeleteWebhook{WebhookID: w.ID})
	f.do(op)
}

func testWebhookDisable(f *fixture) {
	w := f.hook()
	f.duplicate(chat.OpDisableWebhook{WebhookID: w.ID, Reason: chat.DisabledFailing, FailingBefore: f.now, At: f.now}) // it does not fail
	got := of(f.do(chat.OpDisableWebhook{WebhookID: w.ID, Reason: chat.DisabledGone, At: f.tick()}).Webhook)
	want := w
	want.Enabled, want.DisabledReason, want.UpdatedAt, want.Revision = false, chat.DisabledGone, f.now, got.Revision
	f.equal("the result", got, want)
	f.equal("Webhook", f.webhook(w.ID), want)
	f.duplicate(chat.OpDisableWebhook{WebhookID: w.ID, Reason: chat.DisabledFailing, At: f.tick()})
	f.fails(chat.OpSaveWebhook{Webhook: w, IfRevision: w.Revision}, chat.ErrVersionMismatch)
	f.fails(chat.OpDisableWebhook{WebhookID: "nobody"}, chat.ErrUnknownWebhook)
}

func testWebhookRemove(f *fixture) {
	s := f.start("")
	w, other := f.hook(), f.hook()
	f.post(f.sent(f.say(s.ID, chat.SenderAgent, "Hello")), w.ID, other.ID)
	d := f.claim(w.ID)[0]
	f.do(chat.OpDeleteWebhook{WebhookID: w.ID})
	f.wantErr("Webhook", errOf(f.store.Webhook(f.ctx, w.ID)), chat.ErrUnknownWebhook)
	f.wantErr("Delivery", errOf(f.store.Delivery(f.ctx, d.ID)), chat.ErrUnknownDelivery)
	f.fails(chat.OpDeleteWebhook{WebhookID: w.ID}, chat.ErrUnknownWebhook)
	f.fails(chat.OpClaimDeliveries{WebhookID: w.ID, Limit: 1, Now: f.now, Lease: f.now}, chat.ErrUnknownWebhook)
	f.fails(chat.OpSettleDelivery{DeliveryID: d.ID, Attempt: 1, State: chat.DeliveryDelivered, Now: f.now}, chat.ErrUnknownDelivery)
	all, err := f.store.Webhooks(f.ctx)
	f.noErr("Webhooks", err)
	if len(all) != 1 || all[0].ID != other.ID {
		f.Fatalf("%d webhooks are left", len(all))
	}
	// What is left of it goes in the end, and nothing else does.
	f.equal("first pruning", f.append(chat.OpPruneDeliveries{Limit: 10})[0].Count, 1)
	f.equal("second pruning", f.append(chat.OpPruneDeliveries{Limit: 10})[0].Count, 0)
	f.equal("deliveries of the other", len(f.deliveries(chat.DeliveryQuery{WebhookID: other.ID})), 1)
}

func (f *fixture) cursor(name string) chat.Position {
	f.Helper()
	p, err := f.store.Cursor(f.ctx, name)
	f.noErr("Cursor", err)
	return p
}

func testCursorHolder(f *fixture) {
	hold := func(holder string) chat.OpHoldCursor {
		return chat.OpHoldCursor{Name: "host:a", Holder: holder, Start: 7, Now: f.now, Until: f.now.Add(time.Minute)}
	}
	f.equal("an unknown cursor", f.cursor("host:a"), chat.Position(0))
	f.equal("where it begins", f.do(hold("one")).Position, chat.Position(7))
	f.fails(hold("two"), chat.ErrCursorHeld)
	f.do(hold("one"))
	f.now = f.now.Add(time.Minute) // the hold has ended
	f.equal("where it is", f.do(hold("two")).Position, chat.Position(7))
	f.fails(hold("one"), chat.ErrCursorHeld)
	f.do(chat.OpHoldCursor{Name: "host:b", Holder: "one", Now: f.now, Until: f.now})
	f.do(chat.OpHoldCursor{Name: "host:b", Holder: "two", Now: f.now, Until: f.now})
	f.do(chat.OpDeleteCursor{Name: "host:a"})
	f.duplicate(chat.OpDeleteCursor{Name: "host:a"})
	f.do(hold("one"))
}

func testCursorMoves(f *fixture) {
	for _, step := range []struct{ to, want chat.Position }{{0, 3}, {5, 5}, {4, 5}, {0, 5}, {9, 9}} {
		op := chat.OpHoldCursor{Name: "host:a", Holder: "one", Start: 3, To: step.to, Now: f.now, Until: f.now.Add(time.Minute)}
		f.equal(fmt.Sprint("after moving to ", step.to), f.do(op).Position, step.want)
		f.equal("Cursor", f.cursor("host:a"), step.want)
	}
	w := f.hook()
	from := f.cursor(chat.CursorWebhooks)
	f.do(chat.OpAddDeliveries{From: from, To: from + 5, Due: f.now})
	f.fails(chat.OpAddDeliveries{From: from, To: from + 6, Due: f.now}, chat.ErrCursorMoved)
	f.equal("the webhooks' cursor", f.cursor(chat.CursorWebhooks), from+5)
	// A move that is refused leaves nothing behind.
	m := f.sent(f.say(f.start("").ID, chat.SenderAgent, "Hello"))
	m.To = []string{w.ID}
	f.fails(chat.OpAddDeliveries{From: from, To: m.Position, Messages: []chat.OutgoingEvent{m}, Due: f.now}, chat.ErrCursorMoved)
	f.equal("deliveries", len(f.deliveries(chat.DeliveryQuery{WebhookID: w.ID})), 0)
	f.equal("what is due", len(f.due()), 0)
}
