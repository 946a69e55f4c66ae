package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func withHooks(t *testing.T, hooks chat.Hooks) *chat.Service {
	return newService(t, &chat.Options{Hooks: hooks})
}

// Whichever way a text comes in, the host sees it before it is stored.
func TestBeforeMessageSeesEveryText(t *testing.T) {
	ctx := t.Context()
	svc := withHooks(t, chat.Hooks{BeforeMessage: func(_ context.Context, m *chat.Message) error {
		m.Text = strings.ReplaceAll(m.Text, "4111 1111 1111 1111", "[card]")
		m.Seq, m.SessionID = 99, "elsewhere" // not its business
		return nil
	}})
	const said = "my card is 4111 1111 1111 1111"
	visitor, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: said})
	if err != nil {
		t.Fatal(err)
	}
	id := started.Session.ID
	fromAgent := send(t, svc, host, id, said)
	send(t, svc, visitor, id, said)
	if _, err := svc.AddNote(ctx, host, id, said, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.EditMessage(ctx, host, id, fromAgent.ID, "again: "+said); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.StartSession(ctx, host, visitor.ID(), said, ""); err != nil {
		t.Fatal(err)
	}
	sessions, err := svc.Sessions(ctx, host, chat.SessionQuery{})
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	for _, s := range sessions.Sessions {
		page, err := svc.Messages(ctx, host, chat.MessageQuery{SessionID: s.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			texts++
			if strings.Contains(m.Text, "4111") || !strings.Contains(m.Text, "[card]") || m.Seq == 99 {
				t.Errorf("stored %+v", m)
			}
		}
	}
	if texts != 5 {
		t.Errorf("%d texts are stored, want 5", texts)
	}
}

// A hook that answers differently each time must not turn a repetition into
// another message.
func TestRepetitionIsKnownWhateverTheHookMakesOfIt(t *testing.T) {
	ctx, calls := t.Context(), 0
	svc := withHooks(t, chat.Hooks{
		BeforeMessage: func(_ context.Context, m *chat.Message) error {
			m.Text += strings.Repeat("!", calls)
			calls++
			return nil
		},
		BeforeSession: func(_ context.Context, _ chat.Visitor, in *chat.NewSession) error {
			in.Department = strings.Repeat("d", calls+1)
			calls++
			return nil
		},
	})
	visitor, _ := newVisitor(t, svc)
	var session chat.Session
	for i := range 2 {
		started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Hello", ClientID: "s"})
		if err != nil || started.Duplicate != (i == 1) || i == 1 && started.Session.ID != session.ID {
			t.Fatalf("session %d: %+v, %v", i, started, err)
		}
		session = started.Session
	}
	var first chat.Message
	for i := range 2 {
		sent, err := svc.SendMessage(ctx, visitor, chat.NewMessage{SessionID: session.ID, Text: "Hi", ClientID: "m"})
		if err != nil || sent.Duplicate != (i == 1) || i == 1 && sent.Message.Text != first.Text {
			t.Fatalf("message %d: %+v, %v", i, sent, err)
		}
		first = sent.Message
	}
}

func TestBeforeSessionRoutes(t *testing.T) {
	ctx := t.Context()
	mara := chat.AsAgent(chat.Agent{ID: "mara", Name: "Mara"})
	var asked []chat.Visitor
	assignee := "mara"
	svc := withHooks(t, chat.Hooks{BeforeSession: func(_ context.Context, v chat.Visitor, in *chat.NewSession) error {
		asked = append(asked, v)
		if in.VisitorName == "Spam" {
			return chat.Refuse("Please call us.")
		}
		in.Department, in.Tags, in.AssigneeID = "Sales", []string{"vip"}, assignee
		return nil
	}})
	if _, err := svc.SetAvailability(ctx, mara, chat.Available); err != nil {
		t.Fatal(err)
	}
	visitor, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Hello", AssigneeID: "somebody", Tags: []string{"mine"}})
	if err != nil {
		t.Fatal(err)
	}
	if s := started.Session; s.Department != "Sales" || s.AssigneeID != "mara" || s.AssigneeName != "Mara" || len(s.Tags) != 1 || s.Tags[0] != "vip" {
		t.Errorf("the session is %+v", s)
	}
	if len(asked) != 1 || asked[0].ID != visitor.ID() {
		t.Errorf("asked about %+v, want visitor %s", asked, visitor.ID())
	}
	_, err = svc.CreateSession(ctx, visitor, chat.NewSession{VisitorName: "Spam"})
	if e := new(chat.Error); !errors.As(err, &e) || e.Code != "refused" || e.Message != "Please call us." {
		t.Errorf("refused with %v", err)
	}
	assignee = "nobody"
	if _, err = svc.CreateSession(ctx, visitor, chat.NewSession{}); err == nil || errors.As(err, new(*chat.Error)) {
		t.Errorf("an assignee whom nobody knows: %v, want a fault of the host's", err)
	}
}

// A hook that fails keeps what it was to look at from being stored, and takes
// nothing else with it.
func TestFailingHooksRefuseAndAreContained(t *testing.T) {
	ctx := t.Context()
	var hook func(ctx context.Context, m *chat.Message) error
	svc := withHooks(t, chat.Hooks{BeforeMessage: func(ctx context.Context, m *chat.Message) error { return hook(ctx, m) }})
	session := newSession(t, svc)
	for name, c := range map[string]struct {
		hook func(context.Context, *chat.Message) error
		kind error // nil: a fault of the host's
	}{
		"a reason":      {func(context.Context, *chat.Message) error { return chat.Refuse("No links, please.") }, chat.ErrInvalid},
		"an error":      {func(context.Context, *chat.Message) error { return errors.New("no connection") }, nil},
		"a panic":       {func(context.Context, *chat.Message) error { panic("oh") }, nil},
		"nothing left":  {func(_ context.Context, m *chat.Message) error { m.Text = " \u200b"; return nil }, nil},
		"invalid UTF-8": {func(_ context.Context, m *chat.Message) error { m.Text = "a\xff"; return nil }, nil},
	} {
		hook = c.hook
		_, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: "Hello"})
		known := errors.As(err, new(*chat.Error))
		if err == nil || known != (c.kind != nil) || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want the kind %v", name, err, c.kind)
		}
	}
	hook = func(context.Context, *chat.Message) error { return nil }
	if m := send(t, svc, host, session.ID, "Hello"); m.Seq != 1 {
		t.Errorf("after five refusals the first message has seq %d", m.Seq)
	}
}

func TestHookThatHangsIsLeftBehind(t *testing.T) {
	path := t.TempDir() + "/chat.db"
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, path)
		release := make(chan struct{})
		svc := chat.New(store, &chat.Options{Hooks: chat.Hooks{
			Timeout: 3 * time.Second,
			BeforeMessage: func(_ context.Context, m *chat.Message) error {
				<-release // minds no context
				m.Text = "late"
				return nil
			},
		}})
		defer svc.Close()
		session := newSession(t, svc)
		start := time.Now()
		_, err := svc.SendMessage(t.Context(), chat.AsHost("Shop"), chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: "Hello"})
		if !errors.Is(err, chat.ErrUnavailable) || time.Since(start) != 3*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		close(release)
		synctest.Wait()
	})
}

// What is translated is there for the other side beside the original, and
// nothing that the translator does keeps a message from going out.
func TestTranslate(t *testing.T) {
	var fail atomic.Pointer[func() error] // a call that is left behind may look late
	release := make(chan struct{})
	defer close(release)
	var log strings.Builder
	svc := newService(t, &chat.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Hooks: chat.Hooks{
		Timeout: time.Second,
		BeforeMessage: func(_ context.Context, m *chat.Message) error {
			m.Text = strings.ReplaceAll(m.Text, "1234", "****")
			return nil
		},
		Translate: func(_ context.Context, m chat.Message, v chat.Visitor) (string, error) {
			if f := fail.Load(); f != nil {
				return "", (*f)()
			}
			if m.Note {
				t.Error("a note is translated")
			}
			return fmt.Sprintf("%s/%s/%s", m.Sender, v.Locale, m.Text), nil
		},
	}})
	w, err := svc.Hello(t.Context(), chat.Hello{Locale: "de"})
	if err != nil {
		t.Fatal(err)
	}
	ida := chat.AsVisitor(w.Visitor)
	started, err := svc.CreateSession(t.Context(), ida, chat.NewSession{Message: "Hallo 1234"})
	if err != nil {
		t.Fatal(err)
	}
	id := started.Session.ID
	if got := started.Message; got.Translation != "visitor/de/Hallo ****" || got.Text != "Hallo ****" {
		t.Errorf("the first message is %+v", got)
	}
	answer := send(t, svc, host, id, "Hello")
	if answer.Text != "Hello" || answer.Translation != "agent/de/Hello" {
		t.Errorf("the answer is %+v", answer)
	}
	if edited, err := svc.EditMessage(t.Context(), host, id, answer.ID, "Hi"); err != nil || edited.Translation != "agent/de/Hi" {
		t.Errorf("edited: %+v %v", edited, err)
	}
	if _, err := svc.AddNote(t.Context(), host, id, "among us", ""); err != nil {
		t.Error(err)
	}
	page, err := svc.Messages(t.Context(), ida, chat.MessageQuery{SessionID: id})
	if err != nil || len(page.Messages) != 2 || page.Messages[0].Translation != "" || page.Messages[1].Translation != "agent/de/Hi" {
		t.Errorf("the visitor reads %+v %v", page.Messages, err)
	}
	for what, f := range map[string]func() error{
		"an error": func() error { return errors.New("no translator") },
		"a panic":  func() error { panic("in the host's code") },
		"too slow": func() error { <-release; return nil },
	} {
		fail.Store(&f)
		log.Reset()
		if m := send(t, svc, host, id, what); m.Text != what || m.Translation != "" {
			t.Errorf("%s: %+v", what, m)
		}
		if text := log.String(); !strings.Contains(text, "was not translated") || strings.Contains(text, "Hello") {
			t.Errorf("%s: the log says %s", what, text)
		}
	}
}
