package chat_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// again returns the visitor with what the store knows of them now, as each
// request finds them.
func again(t *testing.T, svc *chat.Service, token string) chat.Actor {
	t.Helper()
	v, err := svc.VisitorByToken(t.Context(), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	return chat.AsVisitor(v)
}

func TestBanEndsByItselfOrIsLifted(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	svc := newService(t, &chat.Options{Now: func() time.Time { return now }})
	who, token := newVisitor(t, svc)
	writes := func() error {
		_, err := svc.CreateSession(t.Context(), again(t, svc, token), chat.NewSession{})
		return err
	}
	ban := func(until time.Time) error {
		return svc.BanVisitor(t.Context(), host, who.ID(), chat.NewBan{Reason: "Spam", ExpiresAt: until})
	}
	if err := ban(now); !errors.Is(err, chat.ErrInvalid) {
		t.Errorf("a ban that ends now: %v", err)
	}
	if err := ban(now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour - time.Millisecond)
	if err := writes(); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("just before the end: %v", err)
	}
	if v, err := svc.Visitor(t.Context(), host, who.ID()); err != nil || !v.Banned || v.Ban == nil || v.Ban.Reason != "Spam" || v.Ban.By != "host" {
		t.Errorf("the visitor is %+v, %v", v, err)
	}
	now = now.Add(time.Millisecond)
	if err := writes(); err != nil {
		t.Errorf("at the end: %v", err)
	}
	if v, err := svc.Visitor(t.Context(), host, who.ID()); err != nil || v.Banned || v.Ban != nil {
		t.Errorf("the visitor is still %+v, %v", v, err)
	}
	if err := ban(time.Time{}); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(50, 0, 0)
	if err := writes(); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("without an end: %v", err)
	}
	for range 2 {
		if err := svc.LiftBan(t.Context(), host, who.ID()); err != nil {
			t.Fatal(err)
		}
	}
	if err := writes(); err != nil {
		t.Errorf("lifted: %v", err)
	}
}

// A ban does not go away because the visitor signs in, nor does it reach
// another person who signs in with the same browser.
func TestBanAndSigningIn(t *testing.T) {
	svc := newService(t, nil)
	who, token := newVisitor(t, svc)
	ines, omar := &chat.Identity{ID: "ines", Name: "Ines"}, &chat.Identity{ID: "omar", Name: "Omar"}
	if err := svc.BanVisitor(t.Context(), host, who.ID(), chat.NewBan{}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Welcome(t.Context(), chat.Hello{Token: token, Identity: ines}); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("signed in with a banned browser: %v", err)
	}
	w, err := svc.Welcome(t.Context(), chat.Hello{Identity: ines})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.BanVisitor(t.Context(), host, w.Visitor.ID, chat.NewBan{}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Welcome(t.Context(), chat.Hello{Identity: ines}); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("a banned person: %v", err)
	}
	if _, err := svc.Welcome(t.Context(), chat.Hello{Token: w.Token, Identity: omar}); err != nil {
		t.Errorf("somebody else with their browser: %v", err)
	}
}

func TestAgentStartsSession(t *testing.T) {
	svc := newService(t, nil)
	who, token := newVisitor(t, svc)
	sub, err := svc.Subscribe(t.Context(), who, chat.Subscribe{Topic: chat.Topic{VisitorID: who.ID()}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	mara, err := svc.SignIn(t.Context(), chat.Agent{ID: "mara", Name: "Mara"})
	if err != nil {
		t.Fatal(err)
	}
	started, err := svc.StartSession(t.Context(), chat.AsAgent(mara), who.ID(), "Can I help?")
	if err != nil {
		t.Fatal(err)
	}
	s, m := started.Session, started.Message
	if s.VisitorID != who.ID() || s.Source != "agent" || s.AssigneeID != "mara" || !s.WaitingSince.IsZero() || m == nil || m.Sender != chat.SenderAgent || m.SenderName != "Mara" || m.Seq != 1 {
		t.Errorf("started %+v, %+v", s, m)
	}
	var types []string
	for len(types) < 2 {
		events, err := sub.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Durable() {
				types = append(types, e.Type)
			}
		}
	}
	if types[0] != chat.EventSessionStarted || types[1] != chat.EventMessageSent {
		t.Errorf("the visitor hears %v", types)
	}
	send(t, svc, again(t, svc, token), s.ID, "Yes, please.")
	for range 2 {
		if _, err := svc.StartSession(t.Context(), host, who.ID(), ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := svc.StartSession(t.Context(), host, who.ID(), ""); !errors.Is(err, chat.ErrTooManySessions) {
		t.Errorf("a fourth: %v", err)
	}
	if _, err := svc.StartSession(t.Context(), who, who.ID(), ""); !errors.Is(err, chat.ErrForbidden) {
		t.Errorf("by the visitor: %v", err)
	}
	if err := svc.BanVisitor(t.Context(), host, who.ID(), chat.NewBan{}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.StartSession(t.Context(), host, who.ID(), ""); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("with a banned visitor: %v", err)
	}
}
