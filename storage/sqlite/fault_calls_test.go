package sqlite

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// do is a call of a method of the service.
type do = func(context.Context) error

// serviceNoCalls are the methods under which no fault is put, and why.
var serviceNoCalls = map[string]string{
	"AddNoteTx":       "writes in the host's transaction, which the host rolls back: TestHostTransactions",
	"SendMessageTx":   "writes in the host's transaction, which the host rolls back: TestHostTransactions",
	"AddPageView":     "is kept in memory, and what cannot be stored is lost: it is worth less than the memory it would take",
	"AddTrailLine":    "the same",
	"Close":           "ends it",
	"Consume":         "tries again for ever: chat TestConsumerTriesAgain",
	"Done":            "a channel",
	"HasContactPanel": "a setting",
	"KeptQuery":       "a setting",
	"Leave":           "memory",
	"Limits":          "a setting",
	"OnRelay":         "memory",
	"Outbox":          "of package webhooks, whose dispatcher tries again: webhooks TestWhoLosesTheStoreLetsGo",
	"PushKey":         "a setting",
	"Relay":           "memory, and the broker",
	"Run":             "tries again for ever",
	"RunBot":          "tries again for ever: chat TestBotThatFailsHandsOver",
	"RunMail":         "tries again for ever",
	"Running":         "memory",
	"Tracking":        "a setting",
	"VisitorsOnline":  "memory",
	"WebhookTargets":  "a setting",
}

const (
	lostAnswer = "the caller finds it in the list"
	toldLater  = "who is there is told to colleagues beside it"
)

var serviceWrites = map[string]serviceCall{
	"AddNote": {ready: func(w *world) do {
		_, s := w.session()
		return func(ctx context.Context) error { return only(w.svc.AddNote(ctx, ada, s.ID, "Careful", "c1")) }
	}},
	"AskRating": {ready: func(w *world) do {
		who, s := w.session()
		must[chat.Session](w)(w.svc.CloseSession(w.Context(), theShop, s.ID, ""))
		return func(ctx context.Context) error { return w.svc.AskRating(ctx, who, s.ID) }
	}},
	"BanAddress": {twice: lostAnswer, ready: func(w *world) do {
		w.n++
		address := fmt.Sprintf("203.0.%d.%d", w.n/250, w.n%250)
		return func(ctx context.Context) error {
			return only(w.svc.BanAddress(ctx, theShop, chat.NewAddressBan{Address: address}))
		}
	}},
	"BanVisitor": {twice: "whoever is banned again is told again", ready: func(w *world) do {
		who, _ := w.session()
		return func(ctx context.Context) error {
			return w.svc.BanVisitor(ctx, theShop, who.ID(), chat.NewBan{Reason: "Spam"})
		}
	}},
	"ClaimSession": {ready: func(w *world) do {
		bo := w.newcomer()
		_, s := w.session()
		return func(ctx context.Context) error { return only(w.svc.ClaimSession(ctx, bo, s.ID)) }
	}},
	"CloseSession": {ready: func(w *world) do {
		_, s := w.session()
		return func(ctx context.Context) error { return only(w.svc.CloseSession(ctx, theShop, s.ID, "")) }
	}},
	"CreateAPIKey": {twice: lostAnswer, ready: func(w *world) do {
		return func(ctx context.Context) error {
			return last(w.svc.CreateAPIKey(ctx, theShop, chat.NewAPIKey{Name: "Key", Scopes: []string{chat.ScopeRead}}))
		}
	}},
	"CreateCannedReply": {twice: lostAnswer, ready: func(w *world) do {
		in := chat.NewCannedReply{Shortcut: strings.ReplaceAll(w.name("hi"), " ", "-"), Text: "Hello"}
		return func(ctx context.Context) error { return only(w.svc.CreateCannedReply(ctx, theShop, in)) }
	}},
	"CreateDepartment": {twice: lostAnswer, ready: func(w *world) do {
		in := chat.DepartmentChange{Name: new(w.name("Sales"))}
		for _, d := range must[chat.DepartmentPage](w)(w.svc.Departments(w.Context(), theShop, chat.Page{Limit: 100})).Departments {
			w.done(w.svc.DeleteDepartment(w.Context(), theShop, d.ID)) // there may be so many
		}
		return func(ctx context.Context) error { return only(w.svc.CreateDepartment(ctx, theShop, in)) }
	}},
	"CreateSession": {ready: func(w *world) do {
		who, _ := w.visitor()
		in := chat.NewSession{VisitorName: "Ines", Message: "Hello?", ClientID: "c1", Page: &chat.PageRef{URL: "https://shop.example/"}}
		return func(ctx context.Context) error { return only(w.svc.CreateSession(ctx, who, in)) }
	}},
	"CreateWebhook": {twice: lostAnswer, ready: func(w *world) do {
		for _, h := range append(must[[]chat.Webhook](w)(w.svc.Webhooks(w.Context(), theShop)), w.webhook()) {
			w.done(w.svc.DeleteWebhook(w.Context(), theShop, h.ID)) // there may be so many, and the first makes a cursor
		}
		return func(ctx context.Context) error {
			return only(w.svc.CreateWebhook(ctx, theShop, chat.NewWebhook{URL: "https://example.com/", Events: []string{"*"}}))
		}
	}},
	"DeleteCannedReply": {twice: lostAnswer, ready: func(w *world) do {
		r := must[chat.CannedReply](w)(w.svc.CreateCannedReply(w.Context(), theShop, chat.NewCannedReply{Shortcut: strings.ReplaceAll(w.name("hi"), " ", "-"), Text: "Hello"}))
		return func(ctx context.Context) error { return w.svc.DeleteCannedReply(ctx, theShop, r.ID) }
	}},
	"DeleteConsumer": {twice: lostAnswer, ready: func(w *world) do {
		name := w.name("crm")
		w.consumer(name)
		return func(ctx context.Context) error { return w.svc.DeleteConsumer(ctx, name) }
	}},
	"DeleteDepartment": {twice: lostAnswer, ready: func(w *world) do {
		d := must[chat.Department](w)(w.svc.CreateDepartment(w.Context(), theShop, chat.DepartmentChange{Name: new(w.name("Sales"))}))
		return func(ctx context.Context) error { return w.svc.DeleteDepartment(ctx, theShop, d.ID) }
	}},
	"DeleteDraft": {ready: func(w *world) do {
		_, s := w.session()
		must[chat.Draft](w)(w.svc.SaveDraft(w.Context(), ada, s.ID, "Dear Ines", false))
		return func(ctx context.Context) error { return w.svc.DeleteDraft(ctx, ada, s.ID, false) }
	}},
	"DeleteMessage": {ready: func(w *world) do {
		_, s, m := w.message(ada, chat.SenderAgent)
		return func(ctx context.Context) error { return only(w.svc.DeleteMessage(ctx, ada, s.ID, m.ID)) }
	}},
	"DeletePushSubscription": {ready: func(w *world) do {
		id := w.push()
		return func(ctx context.Context) error { return w.svc.DeletePushSubscription(ctx, id) }
	}},
	"DeleteWebhook": {twice: lostAnswer, ready: func(w *world) do {
		id := w.webhook().ID
		return func(ctx context.Context) error { return w.svc.DeleteWebhook(ctx, theShop, id) }
	}},
	"DropUpload": {calm: "what is not dropped is swept an hour later", ready: func(w *world) do {
		_, s := w.session()
		up := w.upload(s.ID)
		return func(ctx context.Context) error { w.svc.DropUpload(ctx, up); return nil }
	}},
	"EditMessage": {ready: func(w *world) do {
		_, s, m := w.message(ada, chat.SenderAgent)
		return func(ctx context.Context) error { return only(w.svc.EditMessage(ctx, ada, s.ID, m.ID, "Otherwise")) }
	}},
	"EnsureAPIKey": {ready: func(w *world) do {
		secret := strings.ReplaceAll(w.name("a secret that is long enough for everybody"), " ", "-")
		return func(ctx context.Context) error {
			return only(w.svc.EnsureAPIKey(ctx, secret, chat.NewAPIKey{Name: "Key", Scopes: []string{chat.ScopeRead}}))
		}
	}},
	"EnsureAgent": {calm: toldLater, ready: func(w *world) do {
		id := w.name("agent")
		return func(ctx context.Context) error { return only(w.svc.EnsureAgent(ctx, chat.Agent{ID: id, Name: "Bo"})) }
	}},
	"EraseVisitor": {calm: "what is left of single words in the search index goes with the next search", twice: lostAnswer, ready: func(w *world) do {
		who, _, _ := w.message(chat.Actor{}, chat.SenderVisitor)
		return func(ctx context.Context) error { return w.svc.EraseVisitor(ctx, theShop, who.ID()) }
	}},
	"Greet": {twice: "a visitor who was not told is not told any more: better none than two", ready: func(w *world) do {
		who, _ := w.visitor()
		id := w.trigger()
		return func(ctx context.Context) error { return last(w.svc.Greet(ctx, who, id)) }
	}},
	"Hello": {twice: "a visitor whom nobody has the token of says nothing", ready: func(w *world) do {
		return func(ctx context.Context) error { return only(w.svc.Hello(ctx, chat.Hello{})) }
	}},
	"LiftAddressBan": {twice: lostAnswer, ready: func(w *world) do {
		b := must[chat.AddressBan](w)(w.svc.BanAddress(w.Context(), theShop, chat.NewAddressBan{Address: "203.0.113.7"}))
		return func(ctx context.Context) error { return w.svc.LiftAddressBan(ctx, theShop, b.ID) }
	}},
	"LiftBan": {twice: lostAnswer, ready: func(w *world) do {
		who, _ := w.session()
		w.done(w.svc.BanVisitor(w.Context(), theShop, who.ID(), chat.NewBan{}))
		return func(ctx context.Context) error { return w.svc.LiftBan(ctx, theShop, who.ID()) }
	}},
	"MarkSeen": {ready: func(w *world) do {
		_, s, m := w.message(chat.Actor{}, chat.SenderVisitor)
		return func(ctx context.Context) error { return w.svc.MarkSeen(ctx, ada, s.ID, m.ID) }
	}},
	"PingWebhook": {twice: lostAnswer, ready: func(w *world) do {
		id := w.webhook().ID
		return func(ctx context.Context) error { return only(w.svc.PingWebhook(ctx, theShop, id)) }
	}},
	"RateSession": {ready: func(w *world) do {
		who, s := w.session()
		return func(ctx context.Context) error { return only(w.svc.RateSession(ctx, who, s.ID, 5, "Quick")) }
	}},
	"Redeliver": {ready: func(w *world) do {
		d := w.delivery()
		return func(ctx context.Context) error { return only(w.svc.Redeliver(ctx, theShop, d.ID)) }
	}},
	"RedeliverAll": {ready: func(w *world) do {
		d := w.delivery()
		return func(ctx context.Context) error {
			return only(w.svc.RedeliverAll(ctx, theShop, d.WebhookID, chat.Redelivery{Since: time.Unix(1, 0)}))
		}
	}},
	"RevokeAPIKey": {twice: lostAnswer, ready: func(w *world) do {
		k, _, err := w.svc.CreateAPIKey(w.Context(), theShop, chat.NewAPIKey{Name: "Key", Scopes: []string{chat.ScopeRead}})
		w.done(err)
		return func(ctx context.Context) error { return w.svc.RevokeAPIKey(ctx, theShop, k.ID) }
	}},
	"RotateWebhookSecret": {ready: func(w *world) do {
		id := w.webhook().ID
		return func(ctx context.Context) error { return only(w.svc.RotateWebhookSecret(ctx, theShop, id)) }
	}},
	"SaveDraft": {ready: func(w *world) do {
		_, s := w.session()
		return func(ctx context.Context) error { return only(w.svc.SaveDraft(ctx, ada, s.ID, "Dear Ines", false)) }
	}},
	"SaveSettings": {twice: "the version tells the caller that they are saved", ready: func(w *world) do {
		w.trigger() // there are some already
		in := must[chat.Settings](w)(w.svc.CurrentSettings(w.Context()))
		in.Name = w.name("Shop")
		return func(ctx context.Context) error { return only(w.svc.SaveSettings(ctx, theShop, in)) }
	}},
	"SendMessage": {ready: func(w *world) do {
		who, s := w.session()
		in := chat.NewMessage{SessionID: s.ID, Text: "Is anybody there?", ClientID: "c1", Files: []chat.Upload{w.upload(s.ID)}}
		return func(ctx context.Context) error { return only(w.svc.SendMessage(ctx, who, in)) }
	}},
	"SetAvailability": {calm: toldLater, ready: func(w *world) do {
		bo := w.newcomer()
		return func(ctx context.Context) error { return only(w.svc.SetAvailability(ctx, bo, chat.Away)) }
	}},
	"SnoozeSession": {ready: func(w *world) do {
		bo := w.newcomer()
		_, s := w.session()
		return func(ctx context.Context) error { return only(w.svc.SnoozeSession(ctx, bo, s.ID, "reply")) }
	}},
	"StartSession": {calm: toldLater, ready: func(w *world) do {
		bo := w.newcomer()
		who, _ := w.visitor()
		return func(ctx context.Context) error {
			return only(w.svc.StartSession(ctx, bo, who.ID(), "May I help?", "c1"))
		}
	}},
	"SubscribePush": {ready: func(w *world) do {
		endpoint := w.endpoint()
		return func(ctx context.Context) error { return only(w.svc.SubscribePush(ctx, ada, endpoint, aPoint, anAuth)) }
	}},
	"TransferSession": {ready: func(w *world) do {
		bo := must[chat.Agent](w)(w.svc.EnsureAgent(w.Context(), chat.Agent{ID: w.name("agent"), Name: "Bo"}))
		_, s := w.session()
		return func(ctx context.Context) error {
			return only(w.svc.TransferSession(ctx, theShop, s.ID, chat.Transfer{AgentID: bo.ID}))
		}
	}},
	"UnsubscribePush": {twice: lostAnswer, ready: func(w *world) do {
		id := w.push()
		return func(ctx context.Context) error { return w.svc.UnsubscribePush(ctx, ada, id) }
	}},
	"UpdateCannedReply": {ready: func(w *world) do {
		r := must[chat.CannedReply](w)(w.svc.CreateCannedReply(w.Context(), theShop, chat.NewCannedReply{Shortcut: strings.ReplaceAll(w.name("hi"), " ", "-"), Text: "Hello"}))
		return func(ctx context.Context) error {
			return only(w.svc.UpdateCannedReply(ctx, theShop, r.ID, chat.CannedReplyChange{Text: new("Good day")}))
		}
	}},
	"UpdateDepartment": {twice: lostAnswer, ready: func(w *world) do {
		d := w.department()
		return func(ctx context.Context) error {
			return only(w.svc.UpdateDepartment(ctx, theShop, d.ID, chat.DepartmentChange{Name: new(d.Name + " and more")}))
		}
	}},
	"UpdateSession": {ready: func(w *world) do {
		_, s := w.session()
		return func(ctx context.Context) error {
			return only(w.svc.UpdateSession(ctx, ada, s.ID, chat.SessionChange{Tags: &[]string{"vip"}, CustomData: map[string]any{"plan": "pro"}}))
		}
	}},
	"UpdateWebhook": {ready: func(w *world) do {
		id := w.webhook().ID
		return func(ctx context.Context) error {
			return only(w.svc.UpdateWebhook(ctx, theShop, id, chat.WebhookChange{Description: new("CRM")}))
		}
	}},
	"Upload": {twice: "what belongs to no message is swept an hour later", ready: func(w *world) do {
		_, s := w.session()
		return func(ctx context.Context) error {
			return only(w.svc.Upload(ctx, theShop, chat.NewFile{SessionID: s.ID, Name: "a.txt", Content: strings.NewReader("Hello")}))
		}
	}},
	"WakeSession": {ready: func(w *world) do {
		_, s := w.session()
		must[chat.Session](w)(w.svc.SnoozeSession(w.Context(), ada, s.ID, "reply"))
		return func(ctx context.Context) error { return only(w.svc.WakeSession(ctx, ada, s.ID)) }
	}},
}

// What some of them need.

var (
	aPoint = base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...))
	anAuth = base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	places = netip.MustParseAddr("203.0.113.7")
)

func (w *world) endpoint() string {
	return "https://push.example/" + strings.ReplaceAll(w.name("browser"), " ", "/")
}

func (w *world) push() (id string) {
	w.Helper()
	return must[chat.PushSubscription](w)(w.svc.SubscribePush(w.Context(), ada, w.endpoint(), aPoint, anAuth)).ID
}

func (w *world) department() chat.Department {
	w.Helper()
	for _, d := range must[chat.DepartmentPage](w)(w.svc.Departments(w.Context(), theShop, chat.Page{Limit: 100})).Departments {
		w.done(w.svc.DeleteDepartment(w.Context(), theShop, d.ID)) // there may be so many
	}
	return must[chat.Department](w)(w.svc.CreateDepartment(w.Context(), theShop, chat.DepartmentChange{Name: new(w.name("Sales"))}))
}

func (w *world) consumer(name string) {
	w.Helper()
	res, err := w.store.Append(w.Context(), []chat.Op{chat.OpHoldCursor{Name: name, Holder: "test", Now: time.Now().Add(-time.Hour), Until: time.Now().Add(-time.Minute)}})
	w.done(err)
	w.done(res[0].Err)
}

func (w *world) trigger() (id string) {
	w.Helper()
	in := must[chat.Settings](w)(w.svc.CurrentSettings(w.Context()))
	if len(in.Triggers) == 0 {
		in.Triggers = []chat.Trigger{{Name: "Hello", Enabled: true, Message: "May we help?", Conditions: chat.Conditions{Page: "/"}}}
		in = must[chat.Settings](w)(w.svc.SaveSettings(w.Context(), theShop, in))
	}
	return in.Triggers[0].ID
}
