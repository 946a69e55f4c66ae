package chat_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// leaver cancels a request when the next transaction is committed: whoever
// asked for it has closed the connection by then.
type leaver struct{ leave context.CancelFunc }

func (l *leaver) Committed(int, time.Duration, error) {
	if l.leave != nil {
		l.leave()
	}
}
func (l *leaver) ReaderDropped() {}

// TestSpamOfThoseWhoLeave: a program need not wait for its answer.
func TestSpamOfThoseWhoLeave(t *testing.T) {
	l := &leaver{}
	svc := newService(t, &chat.Options{Spam: chat.SpamRules{LinksOnly: true}, Metrics: l})
	visitor, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(t.Context(), visitor, chat.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l.leave = cancel
	if _, err := svc.SendMessage(ctx, visitor, chat.NewMessage{SessionID: started.Session.ID, Text: "https://spam.example"}); err != nil || ctx.Err() == nil {
		t.Fatal(err, ctx.Err())
	}
	session, err := svc.Session(t.Context(), host, started.Session.ID)
	if err != nil || !slices.Contains(session.Tags, "suspected spam") {
		t.Errorf("the session has the tags %q, %v", session.Tags, err)
	}
}

// TestBanOfThoseWhoLeave: nor need somebody who is banned.
func TestBanOfThoseWhoLeave(t *testing.T) {
	svc := newService(t, nil)
	visitor, token := newVisitor(t, svc)
	if err := svc.BanVisitor(t.Context(), host, visitor.ID(), chat.NewBan{WithAddress: true}); err != nil {
		t.Fatal(err)
	}
	v, err := svc.VisitorByToken(t.Context(), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	from := netip.MustParseAddr("203.0.113.7")
	if err := svc.AdmitAddress(t.Context(), from); err != nil { // what is banned is known
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	svc.Admit(ctx, chat.AsVisitor(v), from)
	if err := svc.AdmitAddress(t.Context(), from); err == nil {
		t.Error("the address is not banned")
	}
}

// TestNobodyIsWarnedOfThoseWhoLeave: it is nothing that an operator could mend.
func TestNobodyIsWarnedOfThoseWhoLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		svc := newService(t, &chat.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Tracking: chat.Tracking{On: true}, Hooks: chat.Hooks{
			Translate: func(ctx context.Context, m chat.Message, _ chat.Visitor) (string, error) { return "", ctx.Err() },
		}})
		visitor, _ := newVisitor(t, svc)
		session := ask(t, svc, visitor, "")
		_, secret := createKey(t, svc)
		goodKey(t, svc, secret)
		settings, err := svc.CurrentSettings(t.Context())
		if err == nil {
			settings.PreChat.Department = chat.AskOptional
			_, err = svc.SaveSettings(t.Context(), host, settings)
		}
		if err == nil {
			_, err = svc.OfferedDepartments(t.Context())
		}
		if err == nil {
			_, err = svc.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara"})
		}
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute - time.Second/2) // what is known is too old by then
		goodKey(t, svc, secret)
		time.Sleep(time.Second / 2)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for name, call := range map[string]func(){
			"CurrentSettings":    func() { svc.CurrentSettings(ctx) },
			"Hours":              func() { svc.Hours(ctx) },
			"AvailableAgents":    func() { svc.AvailableAgents(ctx) },
			"OfferedDepartments": func() { svc.OfferedDepartments(ctx) },
			"ReplyTime":          func() { svc.ReplyTime(ctx) },
			"Visitor":            func() { svc.Visitor(ctx, host, visitor.ID()) },
			"APIKeyBySecret":     func() { svc.APIKeyBySecret(ctx, secret) },
			"SendMessage": func() {
				svc.SendMessage(ctx, host, chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: "Hi"})
			},
			"AdmitAddress": func() { svc.AdmitAddress(ctx, netip.MustParseAddr("203.0.113.7")) },
		} {
			for range 50 {
				call()
			}
			if log.Len() > 0 {
				t.Errorf("%s: %.300s", name, &log)
				log.Reset()
			}
		}
	})
}

// TestReplyTimeOfThoseWhoLeave: what one did not wait for the next one gets.
func TestReplyTimeOfThoseWhoLeave(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	svc := newService(t, &chat.Options{Now: func() time.Time { return now }})
	for range 5 {
		visitor, _ := newVisitor(t, svc)
		started, err := svc.CreateSession(t.Context(), visitor, chat.NewSession{Message: "Hello"})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		send(t, svc, host, started.Session.ID, "Hi")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	svc.ReplyTime(ctx)
	if got := svc.ReplyTime(t.Context()); got != time.Minute {
		t.Errorf("%v, want a minute", got)
	}
}

// TestPresenceOfThoseWhoLeave: what an agent does is told to all others,
// whether they wait for the answer or not. A page that is reloaded does not.
func TestPresenceOfThoseWhoLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &leaver{}
		svc := newService(t, &chat.Options{Metrics: l})
		visitor, _ := newVisitor(t, svc)
		mara, err := svc.EnsureAgent(t.Context(), chat.Agent{ID: "mara", Name: "Mara"})
		if err != nil {
			t.Fatal(err)
		}
		by := chat.AsAgent(mara)
		heard, seen := hears(t, svc, host), hears(t, svc, visitor)
		told := func(what string, online bool) {
			t.Helper()
			heard(func(e *chat.Event) bool { a, ok := e.Data.(chat.Agent); return ok && a.Online == online })
			e := seen(func(e *chat.Event) bool { _, ok := e.Data.(chat.TeamPresence); return ok })
			if got := e.Data.(chat.TeamPresence); got.Online != online {
				t.Errorf("%s: visitors are told %+v", what, got)
			}
		}
		viewing := func(session string) {
			t.Helper()
			heard(func(e *chat.Event) bool { a, ok := e.Data.(chat.Agent); return ok && a.Viewing == session })
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(2 * time.Minute) // Mara is not there any more
		svc.EnsureAgent(gone, mara)
		told("an agent who comes back", true)
		if _, err := svc.SetAvailability(t.Context(), by, chat.Away); err != nil {
			t.Fatal(err)
		}
		heard(func(e *chat.Event) bool { a, ok := e.Data.(chat.Agent); return ok && a.Availability == chat.Away })
		seen(func(e *chat.Event) bool { p, ok := e.Data.(chat.TeamPresence); return ok && !p.Online })
		leaving, leave := context.WithCancel(t.Context())
		l.leave = leave
		if _, err := svc.SetAvailability(leaving, by, chat.Available); err != nil || leaving.Err() == nil {
			t.Error(err, leaving.Err())
		}
		told("an agent who is available again", true)
		id := ask(t, svc, visitor, "Hello?").ID
		if err := svc.SetViewing(t.Context(), by, id); err != nil {
			t.Fatal(err)
		}
		viewing(id)
		if err := svc.SetViewing(gone, by, ""); err != nil {
			t.Error(err)
		}
		viewing("")
		if err := svc.Leave(gone, by); err != nil {
			t.Error(err)
		}
		told("an agent who signs out", false)
	})
}
