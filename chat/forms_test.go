package chat_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func wantField(t *testing.T, what string, err error, field string) {
	t.Helper()
	var known *chat.Error
	if !errors.As(err, &known) || known.Field != field || !errors.Is(err, chat.ErrInvalid) {
		t.Errorf("%s: %v, want %s refused", what, err, field)
	}
}

// What the away form asks for is asked for on the server too, but only while
// nobody is there, and not again for a session that exists already.
func TestAwayFormAsksForAnAddress(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	begin := func(visitor chat.Actor, clientID, email string) error {
		_, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Hello", ClientID: clientID, VisitorEmail: email})
		return err
	}
	first, _ := newVisitor(t, svc)
	if err := begin(first, "c1", ""); err != nil {
		t.Fatal(err)
	}
	mustSave(t, svc, chat.Settings{Away: chat.AwayForm{VisitorEmail: chat.AskRequired}})
	if err := begin(first, "c1", ""); err != nil {
		t.Errorf("what was begun before, again: %v", err)
	}
	wantField(t, "another", begin(first, "c2", ""), "visitor_email")
	second, _ := newVisitor(t, svc)
	wantField(t, "with nobody there", begin(second, "c1", ""), "visitor_email")

	mara, err := svc.EnsureAgent(ctx, chat.Agent{ID: "u1", Name: "Mara Reyes"})
	if err != nil {
		t.Fatal(err)
	}
	agent := chat.AsAgent(mara)
	if len(svc.AvailableAgents(ctx)) != 1 {
		t.Fatal("the agent is not there")
	}
	if err := begin(second, "c1", ""); err != nil {
		t.Errorf("with an agent there: %v", err)
	}
	mustSave(t, svc, chat.Settings{Away: chat.AwayForm{VisitorEmail: chat.AskRequired}, Hours: chat.Hours{Enabled: true}})
	third, _ := newVisitor(t, svc)
	wantField(t, "outside the opening hours", begin(third, "c1", ""), "visitor_email")
	if err := begin(third, "c1", "ines@example.com"); err != nil {
		t.Errorf("with an address: %v", err)
	}
	if err := begin(third, "c2", ""); err != nil {
		t.Errorf("who has told it once: %v", err)
	}
	if _, err := svc.CreateSession(ctx, agent, chat.NewSession{VisitorName: "Ines"}); err != nil {
		t.Errorf("an agent: %v", err)
	}
}

// A session keeps the text that its visitor agreed to, which is the one that
// they were shown.
func TestConsentIsKept(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	svc := newService(t, &chat.Options{Now: func() time.Time { return now }})
	mustSave(t, svc, chat.Settings{PreChat: chat.PreChat{Consent: "By writing you agree."}})
	visitor, _ := newVisitor(t, svc)
	begin := func(text string) (chat.StartedSession, error) {
		return svc.CreateSession(t.Context(), visitor, chat.NewSession{Message: "Hello", Consent: text})
	}
	_, err := begin("You agree to anything.")
	wantField(t, "another text", err, "consent")
	started, err := begin("By writing you agree.")
	if err != nil {
		t.Fatal(err)
	}
	s, err := svc.Session(t.Context(), host, started.Session.ID)
	if err != nil || s.Consent == nil || *s.Consent != (chat.Consent{Text: "By writing you agree.", At: now}) {
		t.Errorf("kept: %+v (%v)", s.Consent, err)
	}
	mustSave(t, svc, chat.Settings{PreChat: chat.PreChat{Consent: "Something else."}})
	if s, err = svc.Session(t.Context(), host, s.ID); err != nil || s.Consent.Text != "By writing you agree." {
		t.Errorf("after the text has changed: %+v (%v)", s.Consent, err)
	}
	if started, err = begin(""); err != nil || started.Session.Consent != nil {
		t.Errorf("without: %+v (%v)", started.Session.Consent, err)
	}
	mustSave(t, svc, chat.Settings{})
	if started, err = begin("Something else."); err != nil || started.Session.Consent != nil {
		t.Errorf("to what is no longer asked: %+v (%v)", started.Session.Consent, err)
	}
}

// How soon visitors are answered is the median of what was measured, and
// nothing where that is too little or too old.
func TestReplyTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	svc := newService(t, &chat.Options{Now: func() time.Time { return now }})
	answer := func(after time.Duration) {
		t.Helper()
		visitor, _ := newVisitor(t, svc)
		started, err := svc.CreateSession(t.Context(), visitor, chat.NewSession{Message: "Hello"})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(after)
		send(t, svc, host, started.Session.ID, "Hi")
	}
	for _, took := range []time.Duration{90 * time.Second, 10 * time.Second, time.Hour, 80 * time.Second} {
		answer(took)
	}
	if got := svc.ReplyTime(t.Context()); got != 0 {
		t.Errorf("%v from four sessions", got)
	}
	answer(100 * time.Second)
	if got := svc.ReplyTime(t.Context()); got != 0 {
		t.Errorf("%v although it was just worked out", got)
	}
	now = now.Add(15 * time.Minute)
	if got := svc.ReplyTime(t.Context()); got != 90*time.Second {
		t.Errorf("%v, want the median of 90 s", got)
	}
	now = now.Add(40 * 24 * time.Hour)
	if got := svc.ReplyTime(t.Context()); got != 0 {
		t.Errorf("%v from what is long ago", got)
	}
}
