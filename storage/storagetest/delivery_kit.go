package storagetest

import (
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// lease is how long the suite's claims hold.
const lease = time.Minute

// sent is what goes to webhooks about the message that was sent last.
func (f *fixture) sent(m chat.Message) chat.OutgoingEvent {
	f.Helper()
	events := f.events(chat.EventQuery{After: f.log().Head - 1})
	e := events[len(events)-1]
	body, err := e.JSON()
	f.noErr("JSON", err)
	return chat.OutgoingEvent{Position: e.Position, Event: e.Type, At: e.At, SessionID: m.SessionID, MessageID: m.ID, Body: body}
}

// post makes deliveries of a message, due now, and returns how many.
func (f *fixture) post(m chat.OutgoingEvent, to ...string) int {
	f.Helper()
	m.To = to
	return f.do(chat.OpAddDeliveries{Messages: []chat.OutgoingEvent{m}, Due: f.now}).Count
}

// posted says texts in a session and makes deliveries of them.
func (f *fixture) posted(sessionID, webhookID string, texts ...string) {
	f.Helper()
	for _, text := range texts {
		f.post(f.sent(f.say(sessionID, chat.SenderAgent, text)), webhookID)
	}
}

func (f *fixture) claim(webhookID string) []chat.Delivery {
	f.Helper()
	return f.do(chat.OpClaimDeliveries{WebhookID: webhookID, Limit: 10, Now: f.now, Lease: f.now.Add(lease)}).Deliveries
}

// claimOne claims what must be exactly one delivery.
func (f *fixture) claimOne(webhookID string) chat.Delivery {
	f.Helper()
	got := f.claim(webhookID)
	if len(got) != 1 {
		f.Fatalf("claimed %d deliveries, want 1", len(got))
	}
	return got[0]
}

// settle records an outcome and returns what the session has next.
func (f *fixture) settle(d chat.Delivery, op chat.OpSettleDelivery) []chat.Delivery {
	f.Helper()
	op.DeliveryID, op.Attempt, op.Now, op.Next = d.ID, d.Attempt, f.now, f.now.Add(lease)
	if op.Attempts == nil {
		op.Attempts = []chat.Attempt{{Number: d.Attempt, At: f.now, Status: 200}}
	}
	return f.do(op).Deliveries
}

func (f *fixture) delivered(d chat.Delivery) []chat.Delivery {
	f.Helper()
	return f.settle(d, chat.OpSettleDelivery{State: chat.DeliveryDelivered})
}

func (f *fixture) retry(d chat.Delivery, after time.Duration, refused bool) []chat.Delivery {
	f.Helper()
	return f.settle(d, chat.OpSettleDelivery{State: chat.DeliveryPending, Due: f.now.Add(after), Refused: refused})
}

func (f *fixture) delivery(id string) chat.Delivery {
	f.Helper()
	d, err := f.store.Delivery(f.ctx, id)
	f.noErr("Delivery", err)
	return d
}

func (f *fixture) deliveries(q chat.DeliveryQuery) []chat.Delivery {
	f.Helper()
	page, err := f.store.Deliveries(f.ctx, q)
	f.noErr("Deliveries", err)
	return page.Deliveries
}

func (f *fixture) due() map[string]time.Time {
	f.Helper()
	due, err := f.store.DueDeliveries(f.ctx)
	f.noErr("DueDeliveries", err)
	return due
}

// wantTexts checks what was claimed by the texts in the bodies.
func (f *fixture) wantTexts(got []chat.Delivery, texts string) {
	f.Helper()
	var have []string
	for _, d := range got {
		_, rest, _ := strings.Cut(string(d.Body), `"message":"`)
		text, _, _ := strings.Cut(rest, `"`)
		have = append(have, text)
	}
	if strings.Join(have, " ") != texts {
		f.Fatalf("claimed %q, want %q", have, texts)
	}
}
