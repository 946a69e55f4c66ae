package storagetest

import (
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var redeliverRows = []row{
	{"Delivery/IsArmedAgain", testDeliveryRearm},
	{"Delivery/ManyAreArmedAgain", testDeliveriesRearm},
	{"Delivery/ListIsPaged", testDeliveryPages},
	{"Delivery/LosesADeletedText", testDeliveryBlank},
	{"Delivery/IsErasedWithItsVisitor", testDeliveryErase},
	{"Delivery/IsPruned", testDeliveryPrune},
}

func testDeliveryRearm(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "one")
	d := f.claimOne(w.ID)
	f.duplicate(chat.OpRearmDelivery{DeliveryID: d.ID, At: f.now})
	f.retry(d, time.Hour, true)
	f.do(chat.OpRearmDelivery{DeliveryID: d.ID, At: f.tick()})
	got := f.claimOne(w.ID)
	f.equal("a waiting one", []any{got.Attempt, got.Tries, got.Refusals, got.StartedAt}, []any{2, 1, 0, f.now})
	f.settle(got, chat.OpSettleDelivery{State: chat.DeliveryFailed})
	f.equal("when a failed one was settled", f.delivery(d.ID).SettledAt, f.now)
	f.do(chat.OpRearmDelivery{DeliveryID: d.ID, At: f.tick()})
	f.equal("when a failed one that is armed was", f.delivery(d.ID).SettledAt, time.Time{})
	f.delivered(f.claimOne(w.ID))
	f.do(chat.OpRearmDelivery{DeliveryID: d.ID, At: f.tick()})
	got = f.claimOne(w.ID)
	f.equal("a delivered one", []any{got.Attempt, got.Tries, len(got.Attempts)}, []any{4, 1, 3})
	f.fails(chat.OpRearmDelivery{DeliveryID: chat.DeliveryID(w.ID, 5), At: f.now}, chat.ErrUnknownDelivery)
	f.fails(chat.OpRearmDelivery{DeliveryID: "x", At: f.now}, chat.ErrUnknownDelivery)
}

func testDeliveriesRearm(f *fixture) {
	s, w := f.start(""), f.hook()
	for _, text := range []string{"one", "two", "three", "four"} {
		f.posted(s.ID, w.ID, text)
		state := chat.DeliveryDelivered
		if text == "one" || text == "three" {
			state = chat.DeliveryFailed
		}
		f.settle(f.claimOne(w.ID), chat.OpSettleDelivery{State: state})
	}
	f.posted(s.ID, w.ID, "five")
	list := f.deliveries(chat.DeliveryQuery{WebhookID: w.ID}) // the latest first
	op := chat.OpRearmDeliveries{WebhookID: w.ID, States: []string{chat.DeliveryFailed}, Limit: 3, At: f.now}
	res := f.do(op)
	f.equal("the first three rows", []any{res.Count, res.Next}, []any{2, list[2].Number})
	op.After = res.Next
	res = f.do(op)
	f.equal("the rest", []any{res.Count, res.Next}, []any{0, int64(0)})
	got := f.claim(w.ID)
	f.wantTexts(got, "one")
	f.wantTexts(f.delivered(got[0]), "three")
	res = f.do(chat.OpRearmDeliveries{WebhookID: w.ID, States: []string{chat.DeliveryDelivered, chat.DeliverySkipped}, Since: list[3].At, Limit: 10, At: f.now})
	f.equal("since the second, of those delivered", res.Count, 2)
	f.fails(chat.OpRearmDeliveries{WebhookID: "nobody", Limit: 1, At: f.now}, chat.ErrUnknownWebhook)
}

func testDeliveryPages(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "1", "2", "3", "4", "5")
	f.posted(s.ID, f.hook().ID, "elsewhere")
	f.settle(f.claimOne(w.ID), chat.OpSettleDelivery{State: chat.DeliveryFailed})
	all := f.deliveries(chat.DeliveryQuery{WebhookID: w.ID})
	if len(all) != 5 || all[0].Number < all[4].Number {
		f.Fatalf("%d deliveries, want 5, the latest first", len(all))
	}
	var walked []chat.Delivery
	q := chat.DeliveryQuery{Page: chat.Page{Limit: 2}, WebhookID: w.ID}
	for {
		page, err := f.store.Deliveries(f.ctx, q)
		f.noErr("Deliveries", err)
		walked = append(walked, page.Deliveries...)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	f.equal("the walk", walked, all)
	for state, n := range map[string]int{chat.DeliveryPending: 4, chat.DeliveryFailed: 1, chat.DeliveryDelivered: 0, chat.DeliverySkipped: 0} {
		f.equal(state, len(f.deliveries(chat.DeliveryQuery{WebhookID: w.ID, State: state})), n)
	}
	f.wantErr("Deliveries", errOf(f.store.Deliveries(f.ctx, chat.DeliveryQuery{WebhookID: w.ID, Page: chat.Page{After: "?"}})), chat.ErrInvalid)
}

func testDeliveryBlank(f *fixture) {
	s, w := f.start(""), f.hook()
	m := f.sent(f.say(s.ID, chat.SenderAgent, "secret"))
	f.post(m, w.ID)
	rated := f.do(chat.OpRateSession{SessionID: s.ID, Rating: chat.Rating{Score: 5, At: f.tick()}}).Events[0]
	about := chat.OutgoingEvent{Position: rated.Position, Event: rated.Type, At: f.now, SessionID: s.ID, MessageID: m.MessageID}
	about.Body, _ = rated.JSON()
	if !strings.Contains(string(about.Body), "secret") {
		f.Fatal("the session's last message is not in its event: this test tests nothing")
	}
	f.post(about, w.ID)
	f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: m.MessageID, At: f.tick()})
	late := f.hook() // a body that was made before the message was deleted, and is stored after
	about.Position += 100
	f.post(about, late.ID)
	got := f.claim(w.ID)
	got = append(got, f.delivered(got[0])...)
	got = append(got, f.claim(late.ID)...)
	if len(got) != 3 {
		f.Fatalf("%d deliveries", len(got))
	}
	for _, d := range got {
		if strings.Contains(string(d.Body), "secret") || !strings.Contains(string(d.Body), m.MessageID) {
			f.Fatalf("after the message was deleted: %s", d.Body)
		}
	}
}

func testDeliveryErase(f *fixture) {
	v := f.visitor()
	s, other, w := f.start(v.ID), f.start(""), f.hook()
	f.posted(s.ID, w.ID, "mine", "too")
	gone := f.sent(f.say(s.ID, chat.SenderAgent, "late"))
	f.delivered(f.claimOne(w.ID))
	f.posted(other.ID, w.ID, "kept")
	f.do(chat.OpEraseVisitor{VisitorID: v.ID})
	f.equal("made after the erasure", f.post(gone, w.ID), 0)
	list := f.deliveries(chat.DeliveryQuery{WebhookID: w.ID})
	if len(list) != 1 || list[0].SessionID != other.ID {
		f.Fatalf("%d deliveries are left", len(list))
	}
	f.now = f.now.Add(lease)
	f.wantTexts(f.claim(w.ID), "kept")
}

func testDeliveryPrune(f *fixture) {
	s, w := f.start(""), f.hook()
	f.posted(s.ID, w.ID, "old", "waiting")
	f.delivered(f.claimOne(w.ID))
	through := f.log().Head
	f.posted(f.start("").ID, w.ID, "new")
	f.delivered(f.claimOne(w.ID))
	f.equal("one row", f.do(chat.OpPruneDeliveries{Through: through, Limit: 1}).Count, 1)
	f.equal("its body", f.do(chat.OpPruneDeliveries{Through: through, Limit: 10}).Count, 1)
	f.equal("nothing more", f.do(chat.OpPruneDeliveries{Through: through, Limit: 10}).Count, 0)
	f.equal("left", len(f.deliveries(chat.DeliveryQuery{WebhookID: w.ID})), 2)
	f.now = f.now.Add(lease)
	f.wantTexts(f.claim(w.ID), "waiting")
}
