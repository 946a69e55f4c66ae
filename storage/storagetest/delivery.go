package storagetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var deliveryRows = []row{
	{"Delivery/IsMadeOnce", testDeliveryOnce},
	{"Delivery/KeepsItsBody", testDeliveryBody},
	{"Delivery/OfADisabledWebhookIsSkipped", testDeliverySkipped},
	{"Delivery/IsNumberedWithoutAnEvent", testDeliveryPing},
	{"Delivery/IsClaimedOnce", testDeliveryClaim},
	{"Delivery/IsClaimedAgainAfterItsLease", testDeliveryLease},
	{"Delivery/IsKeptByRenewing", testDeliveryRenew},
	{"Delivery/GoesInOrderInItsSession", testDeliveryOrder},
	{"Delivery/RefusedHoldsNobodyUp", testDeliveryRefused},
	{"Delivery/SettledGoesOnWithTheNext", testDeliveryNext},
	{"Delivery/IsTakenBackUnsent", testDeliveryReleased},
	{"Delivery/KeepsItsAttempts", testDeliveryAttempts},
	{"Delivery/TellsSinceWhenNothingGetsThrough", testDeliveryHealth},
	{"Delivery/WakesWhatWaitsOnRecovery", testDeliveryRecovery},
}

func testDeliveryOnce(f *fixture) {
	s := f.start("")
	a, b := f.hook(), f.hook()
	m := f.sent(f.say(s.ID, chat.SenderAgent, "Hello"))
	f.equal("added", f.post(m, a.ID), 1)
	f.equal("added again, to one more", f.post(m, a.ID, b.ID, "nobody"), 1)
	f.equal("added once more", f.post(m, a.ID, b.ID), 0)
	got := f.deliveries(chat.DeliveryQuery{WebhookID: a.ID})
	if len(got) != 1 {
		f.Fatalf("%d deliveries", len(got))
	}
	want := chat.Delivery{
		ID: chat.DeliveryID(a.ID, chat.DeliveryNumber(m.Position)), WebhookID: a.ID, EventID: fmt.Sprintf("%s.%d", f.store.Identity(), m.Position),
		Event: chat.EventMessageSent, SessionID: s.ID, State: chat.DeliveryPending, At: m.At, NextAttempt: f.now,
		Number: chat.DeliveryNumber(m.Position),
	}
	f.equal("the delivery in the list", got[0], want)
	f.equal("Delivery", f.delivery(want.ID), want)
	f.equal("what is due", f.due(), map[string]time.Time{a.ID: f.now, b.ID: f.now})
	f.wantErr("Delivery", errOf(f.store.Delivery(f.ctx, want.ID+"0")), chat.ErrUnknownDelivery)
}

func testDeliveryBody(f *fixture) {
	s, w := f.start(""), f.hook()
	m := f.sent(f.say(s.ID, chat.SenderAgent, "Hello"))
	f.post(m, w.ID)
	f.do(chat.OpEditMessage{SessionID: s.ID, MessageID: m.MessageID, Text: "Good morning", At: f.tick()})
	for attempt := 1; attempt <= 2; attempt++ {
		d := f.claimOne(w.ID)
		f.equal("the body", string(d.Body), string(m.Body))
		f.equal("the attempt", []int{d.Attempt, d.Tries}, []int{attempt, attempt})
		f.retry(d, time.Second, false)
		f.tick()
	}
}

func testDeliverySkipped(f *fixture) {
	s, w := f.start(""), f.hook()
	m := f.sent(f.say(s.ID, chat.SenderAgent, "Hello"))
	m.Skip = []string{w.ID}
	f.equal("added", f.do(chat.OpAddDeliveries{Messages: []chat.OutgoingEvent{m}, Due: f.now}).Count, 0)
	d := f.delivery(chat.DeliveryID(w.ID, chat.DeliveryNumber(m.Position)))
	f.equal("its state", d.State, chat.DeliverySkipped)
	f.equal("claimed", len(f.claim(w.ID)), 0)
	f.do(chat.OpRearmDelivery{DeliveryID: d.ID, At: f.now})
	f.wantTexts(f.claim(w.ID), "Hello")
	// What was pending stays so while the webhook is disabled.
	f.posted(s.ID, w.ID, "Again")
	f.do(chat.OpDisableWebhook{WebhookID: w.ID, Reason: chat.DisabledGone, At: f.now})
	f.equal("what is due", len(f.due()), 0)
	f.equal("claimed", len(f.claim(w.ID)), 0)
}

func testDeliveryPing(f *fixture) {
	s, w := f.start(""), f.hook()
	ping := chat.OutgoingEvent{Event: chat.EventPing, At: f.now, Body: []byte(`{"event":"ping"}`), To: []string{w.ID}}
	var ids []string // the latest first
	for range 2 {
		res := f.do(chat.OpAddDeliveries{Messages: []chat.OutgoingEvent{ping}, Due: f.now})
		if len(res.Deliveries) != 1 || res.Count != 1 {
			f.Fatalf("%d deliveries, count %d", len(res.Deliveries), res.Count)
		}
		d := res.Deliveries[0]
		if d.EventID != "" || d.SessionID != "" || d.State != chat.DeliveryPending || strings.Contains(d.MessageID(), ".") {
			f.Fatalf("a ping is %+v", d)
		}
		ids = append([]string{d.ID}, ids...)
	}
	f.posted(s.ID, w.ID, "Hello")
	list := f.deliveries(chat.DeliveryQuery{WebhookID: w.ID})
	f.equal("the list", []string{list[0].Event, list[1].ID, list[2].ID}, []string{chat.EventMessageSent, ids[0], ids[1]})
	f.equal("claimed together", len(f.claim(w.ID)), 3)
}

func testDeliveryClaim(f *fixture) {
	w := f.hook()
	var first string
	for i := range 3 {
		s := f.start("")
		f.posted(s.ID, w.ID, fmt.Sprint("text", i))
		if i == 0 {
			first = s.ID
		}
	}
	limited := f.do(chat.OpClaimDeliveries{WebhookID: w.ID, Limit: 2, Now: f.now, Lease: f.now.Add(lease)})
	f.wantTexts(limited.Deliveries, "text0 text1")
	f.equal("the webhook", of(limited.Webhook), w)
	d := limited.Deliveries[0]
	f.equal("the claimed one", []any{d.SessionID, d.Attempt, d.Tries, d.StartedAt}, []any{first, 1, 1, f.now})
	f.equal("as stored", []any{f.delivery(d.ID).Attempt, f.delivery(d.ID).StartedAt}, []any{1, f.now})
	f.wantTexts(f.claim(w.ID), "text2")
	f.equal("claimed after that", len(f.claim(w.ID)), 0)
	f.equal("what is due", f.due(), map[string]time.Time{w.ID: f.now.Add(lease)})
	f.delivered(d)
	f.duplicate(chat.OpSettleDelivery{DeliveryID: d.ID, Attempt: 1, State: chat.DeliveryFailed, Now: f.now})
	f.equal("its state", f.delivery(d.ID).State, chat.DeliveryDelivered)
	f.fails(chat.OpClaimDeliveries{WebhookID: "nobody", Limit: 1, Now: f.now, Lease: f.now}, chat.ErrUnknownWebhook)
}

func testDeliveryLease(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "one", "two")
	first := f.claimOne(w.ID)
	f.now = f.now.Add(lease - time.Millisecond)
	f.equal("claimed within the lease", len(f.claim(w.ID)), 0)
	f.now = f.now.Add(time.Millisecond)
	again := f.claimOne(w.ID)
	f.equal("the same again", []any{again.ID, again.Attempt}, []any{first.ID, 2})
	f.duplicate(chat.OpSettleDelivery{DeliveryID: first.ID, Attempt: first.Attempt, State: chat.DeliveryDelivered, Now: f.now})
	f.wantTexts(f.delivered(again), "two")
}

func testDeliveryRenew(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "one")
	d := f.claimOne(w.ID)
	renewal := func(attempt int) chat.OpRenewDelivery {
		return chat.OpRenewDelivery{DeliveryID: d.ID, Attempt: attempt, Lease: f.now.Add(lease)}
	}
	f.now = f.now.Add(lease - time.Millisecond)
	f.do(renewal(1))
	f.duplicate(renewal(2)) // there was no such attempt
	f.now = f.now.Add(lease - time.Millisecond)
	f.equal("claimed meanwhile", len(f.claim(w.ID)), 0)
	f.equal("the attempt", f.delivery(d.ID).Attempt, 1)
	f.now = f.now.Add(time.Millisecond)
	f.equal("claimed after it", f.claimOne(w.ID).Attempt, 2)
	f.duplicate(renewal(1)) // it is somebody else's
	d.Attempt = 2
	f.delivered(d)
	f.duplicate(renewal(2)) // it is over
	f.fails(chat.OpRenewDelivery{DeliveryID: chat.DeliveryID(w.ID, 1), Attempt: 1, Lease: f.now}, chat.ErrUnknownDelivery)
}

func testDeliveryOrder(f *fixture) {
	s, other, w := f.start(""), f.start(""), f.hook()
	f.posted(s.ID, w.ID, "one", "two")
	f.posted(other.ID, w.ID, "other")
	got := f.claim(w.ID)
	f.wantTexts(got, "one other")
	f.equal("next of the other session", len(f.delivered(got[1])), 0)
	f.equal("next behind one that waits", len(f.retry(got[0], time.Hour, false)), 0)
	f.posted(s.ID, w.ID, "three")
	f.posted(other.ID, w.ID, "more")
	f.wantTexts(f.claim(w.ID), "more")
	f.equal("what is due", f.due(), map[string]time.Time{w.ID: f.now.Add(lease)})
	f.now = f.now.Add(time.Hour)
	got = f.claim(w.ID)
	f.wantTexts(got, "more one")
	got = f.settle(got[1], chat.OpSettleDelivery{State: chat.DeliveryFailed})
	f.wantTexts(got, "two")
	got = f.delivered(got[0])
	f.wantTexts(got, "three")
	f.equal("after the last", len(f.delivered(got[0])), 0)
}

func testDeliveryRefused(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "bad", "two", "three")
	d := f.claimOne(w.ID)
	for range chat.MaxRefusals - 1 {
		f.equal("next", len(f.retry(d, time.Minute, true)), 0)
		f.now = f.now.Add(time.Minute)
		d = f.claimOne(w.ID)
	}
	next := f.retry(d, time.Minute, true)
	f.wantTexts(next, "two")
	next = f.delivered(next[0])
	f.wantTexts(next, "three")
	f.equal("after the last", len(f.delivered(next[0])), 0)
	f.equal("what is due", f.due(), map[string]time.Time{w.ID: f.now.Add(time.Minute)})
	f.tick()
	f.posted(s.ID, w.ID, "four")
	f.wantTexts([]chat.Delivery{f.claimOne(w.ID)}, "four")
	f.now = f.now.Add(time.Minute) // the lease has ended as well
	f.wantTexts(f.claim(w.ID), "bad")
}

func testDeliveryNext(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "one", "two", "three")
	next := f.delivered(f.claimOne(w.ID))
	f.wantTexts(next, "two")
	f.equal("its attempt, as stored", f.delivery(next[0].ID).Attempt, 1)
	f.equal("claimed meanwhile", len(f.claim(w.ID)), 0)
	// Whoever does not want the next leaves it to others.
	f.do(chat.OpSettleDelivery{DeliveryID: next[0].ID, Attempt: 1, State: chat.DeliveryDelivered, Now: f.now, Attempts: []chat.Attempt{{Number: 1}}})
	got := f.claim(w.ID)
	f.wantTexts(got, "three")
	// A webhook that was disabled meanwhile gets no more.
	f.posted(s.ID, w.ID, "four")
	f.do(chat.OpDisableWebhook{WebhookID: w.ID, Reason: chat.DisabledGone, At: f.now})
	f.equal("next of a disabled webhook", len(f.delivered(got[0])), 0)
	w = f.webhook(w.ID)
	w.Enabled = true
	f.do(chat.OpSaveWebhook{Webhook: w, IfRevision: w.Revision})
	f.wantTexts(f.claim(w.ID), "four")
}

func testDeliveryReleased(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "one", "two")
	d := f.claimOne(w.ID)
	f.do(chat.OpSettleDelivery{DeliveryID: d.ID, Attempt: 1, State: chat.DeliveryPending, Due: f.now.Add(time.Second), Now: f.now})
	got := f.delivery(d.ID)
	f.equal("the delivery", []any{got.State, got.Attempt, got.Tries, got.StartedAt, len(got.Attempts)}, []any{chat.DeliveryPending, 0, 0, time.Time{}, 0})
	f.equal("FailingSince", f.webhook(w.ID).FailingSince, time.Time{})
	f.equal("claimed before it is due", len(f.claim(w.ID)), 0)
	f.now = f.now.Add(time.Second)
	got = f.claimOne(w.ID)
	f.equal("claimed then", []any{got.ID, got.Attempt}, []any{d.ID, 1})
}

func testDeliveryAttempts(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "one")
	var want []chat.Attempt
	var d chat.Delivery
	for n := 1; n <= chat.MaxAttempts+3; n++ {
		d = f.claimOne(w.ID)
		f.equal("attempts so far", d.Attempts, want)
		a := chat.Attempt{Number: n, At: f.tick(), Status: 500, Latency: 12 * time.Millisecond, Response: "no \u2028 \"café\"", Error: "HTTP 500"}
		f.settle(d, chat.OpSettleDelivery{State: chat.DeliveryPending, Due: f.now.Add(time.Second), Attempts: []chat.Attempt{a}})
		f.tick()
		want = append(want, a)
		want = want[max(0, len(want)-chat.MaxAttempts):]
	}
	f.equal("attempts", f.delivery(d.ID).Attempts, want)
}

func testDeliveryHealth(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "one")
	f.retry(f.claimOne(w.ID), time.Second, false)
	since := f.now
	f.equal("FailingSince", f.webhook(w.ID).FailingSince, since)
	f.tick()
	f.retry(f.claimOne(w.ID), time.Second, true)
	f.tick()
	f.equal("FailingSince after the second failure", f.webhook(w.ID).FailingSince, since)
	f.duplicate(chat.OpDisableWebhook{WebhookID: w.ID, Reason: chat.DisabledFailing, FailingBefore: since.Add(-time.Millisecond), At: f.now})
	f.delivered(f.claimOne(w.ID))
	f.equal("FailingSince after a success", f.webhook(w.ID).FailingSince, time.Time{})

	f.posted(s.ID, w.ID, "two")
	f.retry(f.claimOne(w.ID), time.Hour, false)
	f.do(chat.OpDisableWebhook{WebhookID: w.ID, Reason: chat.DisabledFailing, FailingBefore: f.now, At: f.now})
	off := f.webhook(w.ID)
	f.equal("when disabled", []any{off.Enabled, off.FailingSince}, []any{false, f.now})
	off.Enabled = true
	on := of(f.do(chat.OpSaveWebhook{Webhook: off, IfRevision: off.Revision}).Webhook)
	f.equal("when enabled again", on.FailingSince, time.Time{})
}

func testDeliveryRecovery(f *fixture) {
	a, b, c, w, other := f.start(""), f.start(""), f.start(""), f.hook(), f.hook()
	for _, s := range []chat.Session{a, b} {
		f.post(f.sent(f.say(s.ID, chat.SenderAgent, s.ID)), w.ID, other.ID)
	}
	for _, hook := range []string{w.ID, other.ID} {
		for _, d := range f.claim(hook) {
			f.retry(d, 24*time.Hour, false)
		}
	}
	f.now = f.now.Add(chat.Recovery - 2*time.Second)
	f.posted(c.ID, w.ID, "soon")
	f.delivered(f.claimOne(w.ID))
	f.equal("claimed after a short failure", len(f.claim(w.ID)), 0)

	f.posted(c.ID, w.ID, "bad")
	f.retry(f.claimOne(w.ID), time.Second, false)
	f.now = f.now.Add(chat.Recovery)
	f.delivered(f.claimOne(w.ID))
	f.wantTexts(f.claim(w.ID), a.ID+" "+b.ID)
	f.equal("claimed of the other webhook", len(f.claim(other.ID)), 0)
}
