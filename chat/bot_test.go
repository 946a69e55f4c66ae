package chat_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// runBot runs a bot until the test ends.
func runBot(t *testing.T, svc *chat.Service, f chat.BotFunc, opts *chat.BotOptions) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- svc.RunBot(ctx, "Clay", f, opts) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) && !errors.Is(err, chat.ErrClosed) {
				t.Error("RunBot: ", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("RunBot does not return")
		}
	})
	t.Cleanup(stop)
	return stop
}

// hears subscribes as somebody and returns what waits for an event.
func hears(t *testing.T, svc *chat.Service, by chat.Actor) func(func(*chat.Event) bool) *chat.Event {
	t.Helper()
	sub, err := svc.Subscribe(t.Context(), by, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sub.Close)
	return func(wanted func(*chat.Event) bool) *chat.Event {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for {
			events, err := sub.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if i := slices.IndexFunc(events, wanted); i >= 0 {
				return events[i]
			}
		}
	}
}

func says(text string) func(*chat.Event) bool {
	return func(e *chat.Event) bool {
		m, ok := e.Data.(chat.Message)
		return ok && e.Type == chat.EventMessageSent && m.Text == text
	}
}

func handedOver(e *chat.Event) bool {
	s, ok := e.Data.(chat.Session)
	return ok && slices.Contains(s.Tags, chat.HandedOver)
}

func texts(t *testing.T, svc *chat.Service, session string) (all []string) {
	t.Helper()
	page, err := svc.Messages(t.Context(), host, chat.MessageQuery{SessionID: session})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Messages {
		who := m.Sender
		if m.Note {
			who = "note"
		}
		all = append(all, who+": "+m.Text)
	}
	return all
}

func ask(t *testing.T, svc *chat.Service, visitor chat.Actor, text string) chat.Session {
	t.Helper()
	started, err := svc.CreateSession(t.Context(), visitor, chat.NewSession{Message: text})
	if err != nil {
		t.Fatal(err)
	}
	return started.Session
}

func TestBotAnswersInPieces(t *testing.T) {
	svc := newService(t, nil)
	visitor, _ := newVisitor(t, svc)
	step := make(chan struct{})
	runBot(t, svc, func(_ context.Context, turn chat.Turn, reply *chat.Reply) error {
		if turn.Visitor.ID != visitor.ID() || turn.Messages[len(turn.Messages)-1].Text != "Is it food safe?" {
			t.Errorf("asked %+v", turn)
		}
		reply.WriteString("Yes, ")
		<-step
		time.Sleep(150 * time.Millisecond) // longer than pieces are put together
		reply.WriteString("it is.")
		<-step
		reply.QuickReplies("Thanks", "And the mugs?")
		return nil
	}, nil)
	wait := hears(t, svc, visitor)
	session := ask(t, svc, visitor, "Is it food safe?")
	shows := func(text string) func(*chat.Event) bool {
		return func(e *chat.Event) bool {
			raw, err := e.VisitorJSON()
			return err == nil && e.Type == chat.EventTyping && strings.Contains(string(raw), `"preview":"`+text+`"`)
		}
	}
	step <- struct{}{}
	wait(shows("Yes, it is."))
	if got := texts(t, svc, session.ID); len(got) != 1 {
		t.Errorf("stored before the answer is complete: %q", got)
	}
	step <- struct{}{}
	answer := wait(says("Yes, it is.")).Data.(chat.Message)
	if answer.Sender != chat.SenderBot || answer.SenderName != "Clay" || len(answer.QuickReplies) != 2 {
		t.Errorf("the answer is %+v", answer)
	}
}

func TestBotIsSilencedByAPerson(t *testing.T) {
	mara := chat.AsAgent(chat.Agent{ID: "mara", Name: "Mara"})
	for name, take := range map[string]func(*chat.Service, string) error{
		"claims": func(svc *chat.Service, id string) error {
			_, err := svc.ClaimSession(t.Context(), mara, id)
			return err
		},
		"answers": func(svc *chat.Service, id string) error {
			_, err := svc.SendMessage(t.Context(), mara, chat.NewMessage{SessionID: id, Sender: chat.SenderAgent, Text: "I am here."})
			return err
		},
		"closes": func(svc *chat.Service, id string) error {
			_, err := svc.CloseSession(t.Context(), mara, id, "")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			svc := newService(t, nil)
			asked, ended := make(chan struct{}, 10), make(chan struct{}, 10)
			runBot(t, svc, func(ctx context.Context, _ chat.Turn, reply *chat.Reply) error {
				reply.WriteString("Let me see")
				asked <- struct{}{}
				<-ctx.Done()
				ended <- struct{}{}
				return nil
			}, nil)
			visitor, _ := newVisitor(t, svc)
			session := ask(t, svc, visitor, "Hello?")
			<-asked
			if err := take(svc, session.ID); err != nil {
				t.Fatal(err)
			}
			<-ended
			if name != "closes" {
				send(t, svc, visitor, session.ID, "Good, a person.")
			}
			time.Sleep(100 * time.Millisecond) // a bot that is not silenced would begin by now
			select {
			case <-asked:
				t.Error("the bot is asked again")
			default:
			}
			for _, text := range texts(t, svc, session.ID) {
				if strings.HasPrefix(text, "bot:") {
					t.Errorf("stored %q", text)
				}
			}
		})
	}
}

func TestBotBeginsAnewWhenTheVisitorWritesOn(t *testing.T) {
	svc := newService(t, nil)
	first := make(chan struct{}, 1)
	runBot(t, svc, func(ctx context.Context, turn chat.Turn, reply *chat.Reply) error {
		if len(turn.Messages) == 1 {
			first <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}
		reply.WriteString(turn.Messages[0].Text + " " + turn.Messages[1].Text)
		return nil
	}, nil)
	visitor, _ := newVisitor(t, svc)
	wait := hears(t, svc, host)
	session := ask(t, svc, visitor, "one")
	<-first
	send(t, svc, visitor, session.ID, "two")
	wait(says("one two"))
	if got := texts(t, svc, session.ID); len(got) != 3 {
		t.Errorf("stored %q", got)
	}
}

func TestBotThatFailsHandsOver(t *testing.T) {
	for name, f := range map[string]chat.BotFunc{
		"an error": func(context.Context, chat.Turn, *chat.Reply) error { return errors.New("no model") },
		"a panic":  func(context.Context, chat.Turn, *chat.Reply) error { panic("oh") },
		"too slow": func(ctx context.Context, _ chat.Turn, _ *chat.Reply) error { <-ctx.Done(); return nil },
		"wrong":    func(_ context.Context, _ chat.Turn, r *chat.Reply) error { r.QuickReplies("a"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			svc := newService(t, nil)
			var calls atomic.Int32
			runBot(t, svc, func(ctx context.Context, turn chat.Turn, r *chat.Reply) error {
				calls.Add(1)
				return f(ctx, turn, r)
			}, &chat.BotOptions{Timeout: 50 * time.Millisecond})
			visitor, _ := newVisitor(t, svc)
			wait := hears(t, svc, host)
			session := ask(t, svc, visitor, "Hello?")
			wait(handedOver)
			send(t, svc, visitor, session.ID, "Anybody?")
			wait(says("Anybody?"))
			time.Sleep(100 * time.Millisecond)
			if n := calls.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
			if got := texts(t, svc, session.ID); len(got) != 3 || !slices.Contains(got, "note: Clay could not answer.") {
				t.Errorf("stored %q", got)
			}
		})
	}
}

// Pieces off a network end anywhere, also in the middle of a character, and what
// is too long is cut off at a whole one.
func TestBotWritesBytes(t *testing.T) {
	svc := newService(t, &chat.Options{Limits: chat.Limits{Message: 12}})
	runBot(t, svc, func(_ context.Context, _ chat.Turn, reply *chat.Reply) error {
		for _, b := range []byte("Grüße, 世界 🫖 und mehr") {
			if n, err := reply.Write([]byte{b}); n != 1 || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
		}
		return nil
	}, nil)
	visitor, _ := newVisitor(t, svc)
	wait := hears(t, svc, host)
	ask(t, svc, visitor, "Hallo")
	wait(says("Grüße, 世界 🫖 "))
}

func TestBotHandsOver(t *testing.T) {
	svc := newService(t, nil)
	runBot(t, svc, func(ctx context.Context, _ chat.Turn, reply *chat.Reply) error {
		reply.WriteString("A person will answer.")
		return reply.HandOver(ctx, "Returns", "Wants to send a mug back.")
	}, &chat.BotOptions{Handles: func(s chat.Session) bool { return s.Department == "" }})
	visitor, _ := newVisitor(t, svc)
	wait := hears(t, svc, host)
	session := ask(t, svc, visitor, "It is broken.")
	wait(says("A person will answer."))
	got, err := svc.Session(t.Context(), host, session.ID)
	if err != nil || got.Department != "Returns" || !slices.Contains(got.Tags, chat.HandedOver) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Who waited while no bot was running is answered, once, also by two of them.
func TestBotAnswersWhoHasWaited(t *testing.T) {
	svc := newService(t, nil)
	visitor, _ := newVisitor(t, svc)
	waiting := ask(t, svc, visitor, "Is anybody there?")
	other, _ := newVisitor(t, svc)
	answered := ask(t, svc, other, "Hello")
	send(t, svc, host, answered.ID, "Hello.")
	var calls atomic.Int32
	f := func(_ context.Context, _ chat.Turn, reply *chat.Reply) error {
		calls.Add(1)
		reply.WriteString("I am.")
		return nil
	}
	wait := hears(t, svc, host)
	stop := runBot(t, svc, f, nil)
	wait(says("I am."))
	stop()
	wait = hears(t, svc, host)
	runBot(t, svc, f, nil)
	runBot(t, svc, f, nil)
	send(t, svc, visitor, waiting.ID, "Good.")
	wait(says("I am."))
	time.Sleep(100 * time.Millisecond)
	if n := calls.Load(); n != 2 {
		t.Errorf("asked %d times for two turns", n)
	}
	if got := texts(t, svc, waiting.ID); len(got) != 4 {
		t.Errorf("stored %q", got)
	}
	if got := texts(t, svc, answered.ID); len(got) != 2 {
		t.Errorf("stored %q", got)
	}
}

// taggedMeanwhile is a store in which an agent tags a session just after it
// was read.
type taggedMeanwhile struct {
	chat.Store
	tag func(session string) // once
	on  atomic.Bool
}

func (s *taggedMeanwhile) Session(ctx context.Context, id string) (chat.Session, error) {
	session, err := s.Store.Session(ctx, id)
	if s.on.CompareAndSwap(true, false) {
		s.tag(id)
	}
	return session, err
}

func TestHandOverKeepsTagsOfAgents(t *testing.T) {
	store := &taggedMeanwhile{Store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
	svc := chat.New(store, nil)
	t.Cleanup(func() { svc.Close() })
	store.tag = func(id string) {
		tags := []string{"vip"}
		if _, err := svc.UpdateSession(t.Context(), host, id, chat.SessionChange{Tags: &tags}); err != nil {
			t.Error(err)
		}
	}
	visitor, _ := newVisitor(t, svc)
	heard := hears(t, svc, host)
	runBot(t, svc, func(ctx context.Context, _ chat.Turn, reply *chat.Reply) error {
		store.on.Store(true)
		return reply.HandOver(ctx, "", "")
	}, nil)
	ask(t, svc, visitor, "Hello?")
	if tags := heard(handedOver).Data.(chat.Session).Tags; !slices.Contains(tags, "vip") {
		t.Errorf("the session has the tags %q", tags)
	}
}
