package sqlite

import (
	"context"
	"time"

	"github.com/pealchat/pealchat/chat"
)

const anAnswerAnyway = "answers as well as it can: what it is for goes on without the database"

// report is a period that the sessions of the tests lie in.
func report() chat.AnalyticsQuery {
	return chat.AnalyticsQuery{From: time.Now().Add(-24 * time.Hour), To: time.Now().Add(24 * time.Hour), Zone: time.UTC}
}

// plain is a read that asks for the same whatever is there.
func plain(do func(w *world, ctx context.Context) error) serviceCall {
	return serviceCall{reads: true, ready: func(w *world) func(context.Context) error {
		w.session()
		return func(ctx context.Context) error { return do(w, ctx) }
	}}
}

// ofSession is a read of a session with a message.
func ofSession(do func(w *world, ctx context.Context, who chat.Actor, s chat.Session) error) serviceCall {
	return serviceCall{reads: true, ready: func(w *world) func(context.Context) error {
		who, s, _ := w.message(ada, chat.SenderAgent)
		return func(ctx context.Context) error { return do(w, ctx, who, s) }
	}}
}

// calmly is a read that tells nobody of a failure.
func calmly(c serviceCall) serviceCall {
	c.calm = anAnswerAnyway
	return c
}

var serviceReads = map[string]serviceCall{
	"APIKeyBySecret": {reads: true, ready: func(w *world) func(context.Context) error {
		_, secret, err := w.svc.CreateAPIKey(w.Context(), theShop, chat.NewAPIKey{Name: "Key", Scopes: []string{chat.ScopeRead}})
		w.done(err)
		w.done(only(w.svc.APIKeyBySecret(w.Context(), secret))) // notes its use
		return func(ctx context.Context) error { return only(w.svc.APIKeyBySecret(ctx, secret)) }
	}},
	"APIKeys": plain(func(w *world, ctx context.Context) error { return only(w.svc.APIKeys(ctx, theShop)) }),
	"Admit": calmly(ofSession(func(w *world, ctx context.Context, who chat.Actor, _ chat.Session) error {
		return w.svc.Admit(ctx, who, places)
	})),
	"AdmitAddress": calmly(plain(func(w *world, ctx context.Context) error { return w.svc.AdmitAddress(ctx, places) })),
	"Agents":       plain(func(w *world, ctx context.Context) error { return only(w.svc.Agents(ctx, theShop)) }),
	"Analytics":    plain(func(w *world, ctx context.Context) error { return only(w.svc.Analytics(ctx, theShop, report())) }),
	"AnalyticsByAgent": plain(func(w *world, ctx context.Context) error {
		return only(w.svc.AnalyticsByAgent(ctx, theShop, report()))
	}),
	"AnalyticsByHour": plain(func(w *world, ctx context.Context) error { return only(w.svc.AnalyticsByHour(ctx, theShop, report())) }),
	"AnalyticsByPart": plain(func(w *world, ctx context.Context) error {
		return only(w.svc.AnalyticsByPart(ctx, theShop, report(), chat.BySource))
	}),
	"AnalyticsByTime": plain(func(w *world, ctx context.Context) error {
		return only(w.svc.AnalyticsByTime(ctx, theShop, report(), false))
	}),
	"AnalyticsOfGreetings": plain(func(w *world, ctx context.Context) error {
		return only(w.svc.AnalyticsOfGreetings(ctx, theShop, report()))
	}),
	"AvailableAgents": calmly(plain(func(w *world, ctx context.Context) error {
		w.svc.Touch(ctx, ada)
		w.svc.AvailableAgents(ctx)
		return nil
	})),
	"BanChanges":    calmly(plain(func(w *world, ctx context.Context) error { w.svc.BanChanges(ctx); return nil })),
	"Bans":          plain(func(w *world, ctx context.Context) error { return only(w.svc.Bans(ctx, theShop, chat.Page{})) }),
	"CannedReplies": plain(func(w *world, ctx context.Context) error { return only(w.svc.CannedReplies(ctx, theShop, chat.Page{})) }),
	"ContactAction": ofSession(func(w *world, ctx context.Context, who chat.Actor, _ chat.Session) error {
		return only(w.svc.ContactAction(ctx, ada, who.ID(), "refund"))
	}),
	"ContactPanel": ofSession(func(w *world, ctx context.Context, who chat.Actor, _ chat.Session) error {
		return only(w.svc.ContactPanel(ctx, ada, who.ID()))
	}),
	"CurrentSettings": plain(func(w *world, ctx context.Context) error { return only(w.svc.CurrentSettings(ctx)) }),
	"Deliveries": {reads: true, ready: func(w *world) func(context.Context) error {
		d := w.delivery()
		return func(ctx context.Context) error {
			return only(w.svc.Deliveries(ctx, theShop, chat.DeliveryQuery{WebhookID: d.WebhookID}))
		}
	}},
	"Delivery": {reads: true, ready: func(w *world) func(context.Context) error {
		d := w.delivery()
		return func(ctx context.Context) error { return only(w.svc.Delivery(ctx, theShop, d.ID)) }
	}},
	"Department": {reads: true, ready: func(w *world) func(context.Context) error {
		d := w.department()
		return func(ctx context.Context) error { return only(w.svc.Department(ctx, theShop, d.ID)) }
	}},
	"Departments": plain(func(w *world, ctx context.Context) error { return only(w.svc.Departments(ctx, theShop, chat.Page{})) }),
	"Draft": ofSession(func(w *world, ctx context.Context, _ chat.Actor, s chat.Session) error {
		return only(w.svc.Draft(ctx, ada, s.ID, false))
	}),
	"DryRunTrigger": calmly(plain(func(w *world, ctx context.Context) error {
		return only(w.svc.DryRunTrigger(ctx, theShop, chat.Conditions{Page: "/"}))
	})),
	"FigureSessions": plain(func(w *world, ctx context.Context) error {
		return only(w.svc.FigureSessions(ctx, theShop, chat.FigureQuery{AnalyticsQuery: report(), Figure: chat.FigureSessions}))
	}),
	"History": ofSession(func(w *world, ctx context.Context, _ chat.Actor, s chat.Session) error {
		return only(w.svc.History(ctx, ada, s.ID, chat.Page{}))
	}),
	"Hours":    calmly(plain(func(w *world, ctx context.Context) error { w.svc.Hours(ctx); return nil })),
	"Me":       plain(func(w *world, ctx context.Context) error { return only(w.svc.Me(ctx, ada)) }),
	"Mentions": plain(func(w *world, ctx context.Context) error { return only(w.svc.Mentions(ctx, ada, chat.Page{})) }),
	"Messages": ofSession(func(w *world, ctx context.Context, who chat.Actor, s chat.Session) error {
		return only(w.svc.Messages(ctx, who, chat.MessageQuery{SessionID: s.ID}))
	}),
	"OfferedDepartments": plain(func(w *world, ctx context.Context) error { return only(w.svc.OfferedDepartments(ctx)) }),
	"Online": calmly(plain(func(w *world, ctx context.Context) error {
		w.svc.Touch(ctx, ada)
		w.svc.Online(ctx)
		return nil
	})),
	"OpenFile": {reads: true, ready: func(w *world) func(context.Context) error {
		who, s := w.session()
		sent := must[chat.SentMessage](w)(w.svc.SendMessage(w.Context(), who, chat.NewMessage{SessionID: s.ID, Files: []chat.Upload{w.upload(s.ID)}}))
		return func(ctx context.Context) error {
			return readAll(w.svc.OpenFile(ctx, who, sent.Message.Attachments[0].FileID))
		}
	}},
	"PageViews": ofSession(func(w *world, ctx context.Context, who chat.Actor, _ chat.Session) error {
		return only(w.svc.PageViews(ctx, ada, who.ID(), chat.Page{}, true))
	}),
	"Ping":              plain(func(w *world, ctx context.Context) error { return w.svc.Ping(ctx) }),
	"PushSubscriptions": plain(func(w *world, ctx context.Context) error { return only(w.svc.PushSubscriptions(ctx)) }),
	"Ratings": plain(func(w *world, ctx context.Context) error {
		return only(w.svc.Ratings(ctx, theShop, chat.RatingQuery{AnalyticsQuery: report()}))
	}),
	"ReplyTime": calmly(plain(func(w *world, ctx context.Context) error { w.svc.ReplyTime(ctx); return nil })),
	"ReportPresence": ofSession(func(w *world, ctx context.Context, who chat.Actor, _ chat.Session) error {
		return only(w.svc.ReportPresence(ctx, who, chat.Presence{}))
	}),
	"Search": plain(func(w *world, ctx context.Context) error { return only(w.svc.Search(ctx, ada, "hello", chat.Page{})) }),
	"Session": ofSession(func(w *world, ctx context.Context, who chat.Actor, s chat.Session) error {
		return only(w.svc.Session(ctx, who, s.ID))
	}),
	"SessionCounts": plain(func(w *world, ctx context.Context) error { return only(w.svc.SessionCounts(ctx, ada)) }),
	"Sessions":      plain(func(w *world, ctx context.Context) error { return only(w.svc.Sessions(ctx, ada, chat.SessionQuery{})) }),
	"SetViewing": calmly(ofSession(func(w *world, ctx context.Context, _ chat.Actor, s chat.Session) error {
		return w.svc.SetViewing(ctx, ada, s.ID)
	})),
	"Settings": plain(func(w *world, ctx context.Context) error { return only(w.svc.Settings(ctx, ada)) }),
	"Stats":    plain(func(w *world, ctx context.Context) error { return only(w.svc.Stats(ctx)) }),
	"StatsFor": plain(func(w *world, ctx context.Context) error { return only(w.svc.StatsFor(ctx, theShop)) }),
	"Subscribe": ofSession(func(w *world, ctx context.Context, who chat.Actor, s chat.Session) error {
		sub, err := w.svc.Subscribe(ctx, who, chat.SubscribeOptions{Topic: chat.Topic{SessionID: s.ID}})
		if err == nil {
			sub.Close()
		}
		return err
	}),
	"Touch": calmly(plain(func(w *world, ctx context.Context) error { w.svc.Touch(ctx, ada); return nil })),
	"Typing": ofSession(func(w *world, ctx context.Context, who chat.Actor, s chat.Session) error {
		return w.svc.Typing(ctx, who, s.ID, true)
	}),
	"TypingPreview": ofSession(func(w *world, ctx context.Context, who chat.Actor, s chat.Session) error {
		return w.svc.TypingPreview(ctx, who, s.ID, true, "Is")
	}),
	"Visitor": ofSession(func(w *world, ctx context.Context, who chat.Actor, _ chat.Session) error {
		return only(w.svc.Visitor(ctx, ada, who.ID()))
	}),
	"VisitorByToken": {reads: true, ready: func(w *world) func(context.Context) error {
		_, hello := w.visitor()
		return func(ctx context.Context) error { return only(w.svc.VisitorByToken(ctx, hello.Token, nil)) }
	}},
	"Visitors": plain(func(w *world, ctx context.Context) error {
		return only(w.svc.Visitors(ctx, ada, chat.Page{}, chat.VisitorFilter{}))
	}),
	"Visits": ofSession(func(w *world, ctx context.Context, who chat.Actor, _ chat.Session) error {
		return only(w.svc.Visits(ctx, ada, who.ID(), chat.Page{}))
	}),
	"Webhook": {reads: true, ready: func(w *world) func(context.Context) error {
		id := w.webhook().ID
		return func(ctx context.Context) error { return only(w.svc.Webhook(ctx, theShop, id)) }
	}},
	"Webhooks": plain(func(w *world, ctx context.Context) error { return only(w.svc.Webhooks(ctx, theShop)) }),
}
