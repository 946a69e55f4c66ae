package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

func TestVisitorAndAgentTalk(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	visitor, _ := newVisitor(t, svc)
	mara, err := svc.EnsureAgent(ctx, chat.Agent{ID: "u1", Name: "Mara Reyes"})
	if err != nil {
		t.Fatal(err)
	}
	agent := chat.AsAgent(mara)

	started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Is the glaze food safe?"})
	if err != nil {
		t.Fatal(err)
	}
	s := started.Session
	if s.VisitorName != "Visitor" || s.Status != chat.StatusActive || s.MessageCount != 1 || s.Unread != 1 || s.WaitingSince.IsZero() {
		t.Fatalf("started as %+v", s)
	}
	send(t, svc, agent, s.ID, "Yes.")
	if s, err = svc.Session(ctx, agent, s.ID); err != nil || s.Unread != 0 || !s.WaitingSince.IsZero() || s.FirstReplyAt.IsZero() || s.VisitorUnread != 1 {
		t.Fatalf("after the answer: %+v, %v", s, err)
	}
	page, err := svc.Messages(ctx, visitor, chat.MessageQuery{SessionID: s.ID})
	if err != nil || len(page.Messages) != 2 {
		t.Fatalf("%d messages, %v", len(page.Messages), err)
	}
	answer := page.Messages[1]
	if answer.Seq != 2 || answer.SenderName != "Mara Reyes" || answer.SenderID != "" {
		t.Fatalf("the visitor sees %+v", answer)
	}
}

func TestOneClientIDIsOneMessage(t *testing.T) {
	svc := newService(t, nil)
	s := newSession(t, svc)
	var wg sync.WaitGroup
	ids := make([]string, 50)
	for i := range ids {
		wg.Go(func() {
			sent, err := svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: "Hello", ClientID: "c1"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = sent.Message.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two messages: %q and %q", id, ids[0])
		}
	}
	page, _ := svc.Messages(t.Context(), host, chat.MessageQuery{SessionID: s.ID})
	if len(page.Messages) != 1 {
		t.Fatalf("%d messages", len(page.Messages))
	}
	_, err := svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: "Other", ClientID: "c1"})
	if !errors.Is(err, chat.ErrClientIDReused) {
		t.Fatalf("another text under the same client id: %v", err)
	}
	if _, err := svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: s.ID, Sender: "visitor", Text: "Other", ClientID: "c1"}); err != nil {
		t.Fatalf("another sender under the same client id: %v", err)
	}
}

func TestAnotherVisitorsSessionIsUnknown(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	a, _ := newVisitor(t, svc)
	b, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(ctx, a, chat.NewSession{Message: "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	id := started.Session.ID
	for name, call := range map[string]func(id string) error{
		"read":     func(id string) error { _, err := svc.Session(ctx, b, id); return err },
		"messages": func(id string) error { _, err := svc.Messages(ctx, b, chat.MessageQuery{SessionID: id}); return err },
		"send": func(id string) error {
			_, err := svc.SendMessage(ctx, b, chat.NewMessage{SessionID: id, Text: "x"})
			return err
		},
		"typing": func(id string) error { return svc.Typing(ctx, b, id, true) },
		"seen":   func(id string) error { return svc.MarkSeen(ctx, b, id, started.Message.ID) },
		"close":  func(id string) error { _, err := svc.CloseSession(ctx, b, id, ""); return err },
		"rate":   func(id string) error { _, err := svc.RateSession(ctx, b, id, 5, ""); return err },
		"subscribe": func(id string) error {
			_, err := svc.Subscribe(ctx, b, chat.SubscribeOptions{Topic: chat.Topic{SessionID: id}})
			return err
		},
	} {
		theirs, unknown := call(id), call("01zzzzzzzzzzzzzzzzzzzzzzzz")
		if !errors.Is(theirs, chat.ErrNotFound) || theirs.Error() != unknown.Error() {
			t.Errorf("%s: another's session answers %v, an unknown one %v", name, theirs, unknown)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	s := newSession(t, svc)
	visitor, _ := newVisitor(t, svc)
	reader := chat.AsAPIKey(chat.APIKey{ID: "k1", Name: "Report", Scopes: []string{chat.ScopeRead}})
	writer := chat.AsAPIKey(chat.APIKey{ID: "k2", Name: "Bot", Scopes: []string{chat.ScopeWrite}})
	agent := chat.AsAgent(chat.Agent{ID: "u1", Name: "Mara"})
	say := func(by chat.Actor, sender string) error {
		_, err := svc.SendMessage(ctx, by, chat.NewMessage{SessionID: s.ID, Sender: sender, Text: "x"})
		return err
	}
	for _, c := range []struct {
		what string
		err  error
		want error
	}{
		{"nobody reads", func() error { _, err := svc.Session(ctx, chat.Actor{}, s.ID); return err }(), chat.ErrUnauthenticated},
		{"a reader sends", say(reader, "agent"), chat.ErrForbidden},
		{"a writer sends as bot", say(writer, "bot"), nil},
		{"a writer sends as visitor", say(writer, "visitor"), nil},
		{"an agent sends as visitor", say(agent, "visitor"), chat.ErrForbidden},
		{"an agent sends as agent", say(agent, "agent"), nil},
		{"without a sender", say(agent, ""), chat.ErrInvalid},
		{"with an odd sender", say(agent, "robot"), chat.ErrInvalid},
		{"a visitor lists keys", func() error { _, err := svc.APIKeys(ctx, visitor); return err }(), chat.ErrForbidden},
		{"a writer lists keys", func() error { _, err := svc.APIKeys(ctx, writer); return err }(), chat.ErrForbidden},
		{"a visitor writes a note", func() error { _, err := svc.AddNote(ctx, visitor, s.ID, "x", ""); return err }(), chat.ErrForbidden},
		{"a visitor lists visitors", func() error { _, err := svc.Visitors(ctx, visitor, chat.Page{}, chat.VisitorFilter{}); return err }(), chat.ErrForbidden},
	} {
		if c.want == nil && c.err != nil || !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.err, c.want)
		}
	}
}

func TestClosedSessionsTakeNoMessages(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	s := newSession(t, svc)
	first, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: "Bye", ClientID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	one, err := svc.CloseSession(ctx, host, s.ID, "done")
	if err != nil || one.ClosedAt.IsZero() {
		t.Fatal(one, err)
	}
	two, err := svc.CloseSession(ctx, host, s.ID, "again")
	if err != nil || !two.ClosedAt.Equal(one.ClosedAt) || two.CloseReason != "done" {
		t.Fatalf("closed again: %+v, %v", two, err)
	}
	if _, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: "Wait"}); !errors.Is(err, chat.ErrSessionClosed) {
		t.Fatalf("sent to a closed session: %v", err)
	}
	again, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: "Bye", ClientID: "c"})
	if err != nil || again.Message.ID != first.Message.ID || !again.Duplicate {
		t.Fatalf("the retry of a message sent before the close: %+v, %v", again, err)
	}
}

func TestOfTwoClaimsOneWins(t *testing.T) {
	svc := newService(t, nil)
	for range 20 {
		s := newSession(t, svc)
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				by := chat.AsAgent(chat.Agent{ID: fmt.Sprint("u", i), Name: fmt.Sprint("Agent ", i)})
				_, errs[i] = svc.ClaimSession(t.Context(), by, s.ID)
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, chat.ErrAlreadyClaimed) {
				t.Fatal(err)
			}
		}
		if won != 1 {
			t.Fatalf("%d of 8 claims won", won)
		}
	}
}

func TestCustomDataIsMergedByManyAtOnce(t *testing.T) {
	svc := newService(t, nil)
	s := newSession(t, svc)
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			if _, err := svc.UpdateSession(t.Context(), host, s.ID, chat.SessionChange{CustomData: map[string]any{fmt.Sprint("k", i): i}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := svc.UpdateSession(t.Context(), host, s.ID, chat.SessionChange{CustomData: map[string]any{"k0": nil}})
	if err != nil || len(got.CustomData) != 4 {
		t.Fatalf("%v, %v", got.CustomData, err)
	}
	_, err = svc.UpdateSession(t.Context(), host, s.ID, chat.SessionChange{IfVersion: got.Version - 1, Tags: &[]string{"x"}})
	if !errors.Is(err, chat.ErrPrecondition) {
		t.Fatalf("with an old version: %v", err)
	}
}

func TestCustomDataHasLimits(t *testing.T) {
	svc := newService(t, nil)
	deep := func(n int) map[string]any {
		m := map[string]any{"x": 1}
		for range n - 1 {
			m = map[string]any{"x": m}
		}
		return m
	}
	many := map[string]any{}
	for i := range 51 {
		many[fmt.Sprint(i)] = i
	}
	for name, c := range map[string]struct {
		data map[string]any
		ok   bool
	}{
		"four levels":    {deep(4), true},
		"five levels":    {deep(5), false},
		"51 keys":        {many, false},
		"8 KiB":          {map[string]any{"x": strings.Repeat("a", 8<<10)}, false},
		"an empty key":   {map[string]any{"": 1}, false},
		"NUL in a value": {map[string]any{"x": []any{"a\x00"}}, false},
		"a large number": {map[string]any{"x": json.Number("9007199254740993")}, true},
	} {
		_, err := svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines", CustomData: c.data})
		if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "custom_data") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIdentityOfTheHostDecides(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	anonymous, token := newVisitor(t, svc)
	started, err := svc.CreateSession(ctx, anonymous, chat.NewSession{Message: "Hi", VisitorEmail: "customer@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	ines := &chat.Identity{ID: "c_20911", Name: "Ines Carvalho", Email: "ines@example.com"}

	known, err := svc.Hello(ctx, chat.Hello{Token: token, Identity: ines})
	if err != nil || known.Token == token || !known.Visitor.Verified || known.Session == nil || known.Session.ID != started.Session.ID {
		t.Fatalf("signed in: %+v, %v", known, err)
	}
	if _, err := svc.VisitorByToken(ctx, token, nil); !errors.Is(err, chat.ErrUnauthenticated) {
		t.Fatalf("the anonymous token still works: %v", err)
	}
	if _, err := svc.VisitorByToken(ctx, known.Token, ines); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.VisitorByToken(ctx, known.Token, nil); !errors.Is(err, chat.ErrUnauthenticated) {
		t.Fatalf("the token works after signing out: %v", err)
	}
	other, err := svc.Hello(ctx, chat.Hello{Token: known.Token})
	if err != nil || other.Visitor.ID == known.Visitor.ID || other.Session != nil {
		t.Fatalf("the next person at this browser: %+v, %v", other, err)
	}
	back, err := svc.Hello(ctx, chat.Hello{Identity: ines})
	if err != nil || back.Visitor.ID != known.Visitor.ID || back.Session == nil {
		t.Fatalf("the same person elsewhere: %+v, %v", back, err)
	}
}

func TestWhatTheHostSaysWrongIsNotTheCallersFault(t *testing.T) {
	svc := newService(t, nil)
	for name, id := range map[string]chat.Identity{
		"no id":             {Name: "Ines"},
		"a long name":       {ID: "c1", Name: strings.Repeat("a", 201)},
		"large custom data": {ID: "c1", CustomData: map[string]any{"x": strings.Repeat("a", 9000)}},
	} {
		_, err := svc.Hello(t.Context(), chat.Hello{Identity: &id})
		if err == nil || errors.Is(err, chat.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTypedEmailOpensNothing(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	a, _ := newVisitor(t, svc)
	if _, err := svc.CreateSession(ctx, a, chat.NewSession{VisitorEmail: "ines@example.com", Message: "secret"}); err != nil {
		t.Fatal(err)
	}
	b, _ := newVisitor(t, svc)
	if _, err := svc.CreateSession(ctx, b, chat.NewSession{VisitorEmail: "ines@example.com", Message: "hello"}); err != nil {
		t.Fatal(err)
	}
	page, err := svc.Sessions(ctx, b, chat.SessionQuery{})
	if err != nil || len(page.Sessions) != 1 {
		t.Fatalf("the second visitor sees %d sessions, %v", len(page.Sessions), err)
	}
}

func TestRatingsMayChangeUntilTheNextSession(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	v, _ := newVisitor(t, svc)
	first, err := svc.CreateSession(ctx, v, chat.NewSession{Message: "One"})
	if err != nil {
		t.Fatal(err)
	}
	for _, score := range []int{2, 5} {
		s, err := svc.RateSession(ctx, v, first.Session.ID, score, "")
		if err != nil || s.Rating == nil || s.Rating.Score != score {
			t.Fatalf("%+v, %v", s.Rating, err)
		}
	}
	for _, score := range []int{0, 6} {
		if _, err := svc.RateSession(ctx, v, first.Session.ID, score, ""); !errors.Is(err, chat.ErrInvalid) {
			t.Fatalf("score %d: %v", score, err)
		}
	}
	if _, err := svc.CreateSession(ctx, v, chat.NewSession{Message: "Two"}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.RateSession(ctx, v, first.Session.ID, 1, ""); !errors.Is(err, chat.ErrConflict) {
		t.Fatalf("rated after the next began: %v", err)
	}
}

func TestRevokedKeysAreDead(t *testing.T) {
	svc := newService(t, nil)
	ctx := t.Context()
	key, secret, err := svc.CreateAPIKey(ctx, host, chat.NewAPIKey{Name: "Bot", Scopes: []string{"write", "read", "read"}})
	if err != nil || strings.Join(key.Scopes, " ") != "read write" {
		t.Fatal(key, err)
	}
	if _, err := svc.APIKeyBySecret(ctx, secret); err != nil {
		t.Fatal(err)
	}
	if err := svc.RevokeAPIKey(ctx, host, key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.APIKeyBySecret(ctx, secret); !errors.Is(err, chat.ErrUnauthenticated) {
		t.Fatalf("a revoked key: %v", err)
	}
}

func TestAfterCloseNothingIsTaken(t *testing.T) {
	svc := newService(t, nil)
	s := newSession(t, svc)
	svc.Close()
	svc.Close()
	_, err := svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: s.ID, Sender: "agent", Text: "late"})
	if !errors.Is(err, chat.ErrClosed) {
		t.Fatalf("sent after Close: %v", err)
	}
	if _, err := svc.Subscribe(t.Context(), host, chat.SubscribeOptions{}); !errors.Is(err, chat.ErrClosed) {
		t.Fatalf("subscribed after Close: %v", err)
	}
}

func TestTheHostsOwnKeyWorks(t *testing.T) {
	svc := newService(t, nil)
	for _, secret := range []string{"short", "a-longer-secret-of-the-host"} {
		if _, err := svc.EnsureAPIKey(t.Context(), secret, chat.NewAPIKey{Name: "Host", Scopes: []string{"admin"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.APIKeyBySecret(t.Context(), secret); err != nil {
			t.Fatalf("%q: %v", secret, err)
		}
	}
	if _, err := svc.EnsureAPIKey(t.Context(), "", chat.NewAPIKey{Name: "Host", Scopes: []string{"admin"}}); !errors.Is(err, chat.ErrInvalid) {
		t.Fatalf("no secret: %v", err)
	}
}
