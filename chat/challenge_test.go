package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Whoever has not proved anything writes nothing, and nothing of theirs is
// kept; whoever has is not asked again for a while.
func TestChallenge(t *testing.T) {
	ctx := t.Context()
	var asked []chat.Challenge
	svc := withHooks(t, chat.Hooks{Challenge: func(_ context.Context, c chat.Challenge) error {
		asked = append(asked, c)
		if c.Answer != "good" {
			return chat.ErrChallenge
		}
		return nil
	}})
	visitor, _ := newVisitor(t, svc)
	first := chat.NewSession{VisitorName: "Ines", Message: "Hello", ClientID: "s"}
	for _, answer := range []string{"", "bad"} {
		first.ChallengeAnswer = answer
		if _, err := svc.CreateSession(ctx, visitor, first); !errors.Is(err, chat.ErrChallenge) || !errors.Is(err, chat.ErrForbidden) {
			t.Fatalf("with %q: %v", answer, err)
		}
	}
	if v, err := svc.Visitor(ctx, host, visitor.ID()); err != nil || v.Name != "" {
		t.Errorf("what was refused is kept: %+v, %v", v, err)
	}
	if page, err := svc.Sessions(ctx, host, chat.SessionQuery{}); err != nil || len(page.Sessions) != 0 {
		t.Errorf("what was refused is kept: %+v, %v", page, err)
	}
	first.ChallengeAnswer = "good"
	started, err := svc.CreateSession(ctx, visitor, first)
	if err != nil || started.Duplicate {
		t.Fatalf("%+v, %v", started, err)
	}
	if c := asked[2]; len(asked) != 3 || c.Text != "Hello" || c.SessionID != "" || c.Visitor.ID != visitor.ID() {
		t.Errorf("asked %+v", asked)
	}

	// The answer to what was sent may be lost: by then the proof is used up.
	asked, first.ChallengeAnswer = nil, ""
	if again, err := svc.CreateSession(ctx, visitor, first); err != nil || !again.Duplicate || again.Session.ID != started.Session.ID {
		t.Errorf("the repetition: %+v, %v", again, err)
	}
	send(t, svc, visitor, started.Session.ID, "And this")
	send(t, svc, host, started.Session.ID, "What agents write")
	if len(asked) != 0 {
		t.Errorf("asked again: %+v", asked)
	}

	// Another visitor has proved nothing.
	other, _ := newVisitor(t, svc)
	if _, err := svc.CreateSession(ctx, other, chat.NewSession{}); !errors.Is(err, chat.ErrChallenge) {
		t.Errorf("another visitor: %v", err)
	}
	if _, err := svc.CreateSession(ctx, other, chat.NewSession{ChallengeAnswer: strings.Repeat("x", 8193)}); !isField(err, "challenge_answer") {
		t.Errorf("too long an answer: %v", err)
	}
}

func isField(err error, field string) bool {
	e, ok := errors.AsType[*chat.Error](err)
	return ok && e.Field == field && errors.Is(err, chat.ErrInvalid)
}

// A pass ends, in an open session too, and does not come from a hook that
// asks for nothing.
func TestChallengeIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, asked := t.Context(), 0
		svc := withHooks(t, chat.Hooks{Challenge: func(_ context.Context, c chat.Challenge) error {
			asked++
			if c.SessionID != "" && c.Answer == "" {
				return chat.ErrChallenge
			}
			return nil
		}})
		visitor, _ := newVisitor(t, svc)
		started, err := svc.CreateSession(ctx, visitor, chat.NewSession{})
		if err != nil {
			t.Fatal(err)
		}
		write := func(answer string) error {
			_, err := svc.SendMessage(ctx, visitor, chat.NewMessage{SessionID: started.Session.ID, Text: "Hello", ChallengeAnswer: answer})
			return err
		}
		for i, step := range []struct {
			wait   time.Duration
			answer string
			asks   int
			passes bool
		}{
			{0, "", 1, false}, {0, "yes", 1, true}, {29 * time.Minute, "", 0, true}, {time.Minute, "", 1, false},
		} {
			time.Sleep(step.wait)
			asked = 0
			if err := write(step.answer); (err == nil) != step.passes || err != nil && !errors.Is(err, chat.ErrChallenge) || asked != step.asks {
				t.Errorf("step %d: %v, asked %d times", i, err, asked)
			}
		}
	})
}

func spamSite(t *testing.T, rules chat.SpamRules, signs *[]string) *chat.Service {
	return newService(t, &chat.Options{Spam: rules, Hooks: chat.Hooks{Challenge: func(_ context.Context, c chat.Challenge) error {
		*signs = c.Signs
		return nil
	}}})
}

// tagged starts a session, and says whether it was marked.
func tagged(t *testing.T, svc *chat.Service, by chat.Actor, in chat.NewSession) bool {
	t.Helper()
	started, err := svc.CreateSession(t.Context(), by, in)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(started.Session.Tags, "suspected spam")
}

func TestSpamLinksOnly(t *testing.T) {
	var signs []string
	svc := spamSite(t, chat.SpamRules{LinksOnly: true}, &signs)
	for text, want := range map[string]bool{
		"https://example.com/win":                   true,
		"www.example.com\n(http://example.com/a) !": true,
		"HTTPS://EXAMPLE.COM":                       true,
		"Is https://example.com/a yours?":           false,
		"Hello":                                     false,
		"...":                                       false,
		"httpd does not start":                      false,
	} {
		visitor, _ := newVisitor(t, svc)
		if got := tagged(t, svc, visitor, chat.NewSession{Message: text}); got != want || want != slices.Equal(signs, []string{chat.SpamLinksOnly}) {
			t.Errorf("%q is marked: %v, signs %v", text, got, signs)
		}
	}

	// Whoever has written before is no newcomer, and a session that begins
	// without a message is judged by its first.
	visitor, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(t.Context(), visitor, chat.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	send(t, svc, visitor, started.Session.ID, "http://example.com")
	send(t, svc, visitor, started.Session.ID, "http://example.com")
	session, err := svc.Session(t.Context(), host, started.Session.ID)
	if err != nil || !slices.Equal(session.Tags, []string{"suspected spam"}) {
		t.Errorf("tags %q, %v", session.Tags, err)
	}
	if tagged(t, svc, visitor, chat.NewSession{Message: "https://example.com"}) {
		t.Error("somebody who has written before is marked")
	}
}

func TestSpamSameText(t *testing.T) {
	var signs []string
	synctest.Test(t, func(t *testing.T) {
		svc := spamSite(t, chat.SpamRules{SameText: 3}, &signs)
		begin := func(text string, data map[string]any) bool {
			visitor, _ := newVisitor(t, svc)
			return tagged(t, svc, visitor, chat.NewSession{Message: text, CustomData: data})
		}
		const pitch = "We can bring you to the first page"
		for i := range 5 {
			text := pitch
			if i%2 == 1 {
				text = strings.ToUpper(strings.ReplaceAll(pitch, " ", "\n "))
			}
			if got := begin(text, nil); got != (i >= 3) || got != slices.Equal(signs, []string{chat.SpamSameText}) {
				t.Errorf("the %dth is marked: %v, signs %v", i+1, got, signs)
			}
			if begin("Where is my parcel?", nil) || begin("A question about an order", map[string]any{"topic": "A question about an order"}) || begin(fmt.Sprintf("My number is %d, is it there?", i), nil) {
				t.Error("what many people say is marked")
			}
		}
		time.Sleep(time.Hour + time.Minute)
		if begin(pitch, nil) {
			t.Error("an hour later it is still marked")
		}
	})
}

func TestSpamTooFast(t *testing.T) {
	var signs []string
	synctest.Test(t, func(t *testing.T) {
		svc := spamSite(t, chat.SpamRules{TooFast: 2 * time.Second}, &signs)
		for wait, want := range map[time.Duration]bool{0: true, time.Second: true, 2 * time.Second: false} {
			visitor, _ := newVisitor(t, svc)
			time.Sleep(wait)
			if got := tagged(t, svc, visitor, chat.NewSession{Message: "Hello"}); got != want || want != slices.Equal(signs, []string{chat.SpamTooFast}) {
				t.Errorf("after %v it is marked: %v, signs %v", wait, got, signs)
			}
		}
	})
}

// Nothing is marked where nobody has asked for it.
func TestSpamIsOff(t *testing.T) {
	var signs []string
	svc := spamSite(t, chat.SpamRules{}, &signs)
	for range 5 {
		visitor, _ := newVisitor(t, svc)
		if tagged(t, svc, visitor, chat.NewSession{Message: "https://example.com/a-very-long-address"}) || signs != nil {
			t.Fatalf("marked, with %v", signs)
		}
	}
}
