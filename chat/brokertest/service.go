package brokertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var shop = chat.AsHost("Shop")

// Services tests services on several nodes that a broker connects. node makes
// one more and runs it; all have one store.
func Services(t *testing.T, node func(t *testing.T) *chat.Service) {
	t.Helper()
	a, b := node(t), node(t)
	ctx := t.Context()
	mara, err := b.EnsureAgent(ctx, chat.Agent{ID: "mara", Name: "Mara", Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	agent := chat.AsAgent(mara)
	welcome, err := a.Hello(ctx, chat.Hello{})
	if err != nil {
		t.Fatal(err)
	}
	visitor := chat.AsVisitor(welcome.Visitor)
	eventually(t, "the visitor's node knows that an agent is there", func() bool { return a.Online(ctx) })
	started, err := a.CreateSession(ctx, visitor, chat.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	s := scene{a, b, visitor, agent, started.Session.ID}
	if !t.Run("Messages", s.messages) || !t.Run("Ephemeral", s.ephemeral) || !t.Run("Settings", s.settings) {
		return
	}
	t.Run("Presence", func(t *testing.T) { s.presence(t, node) })
}

// scene is a visitor on node a, an agent on node b, and their session.
type scene struct {
	a, b           *chat.Service
	visitor, agent chat.Actor
	session        string
}

// messages go to and fro; each side hears of all of them, once and in order.
func (s scene) messages(t *testing.T) {
	atA, atB := listen(t, s.a, s.visitor), listen(t, s.b, s.agent)
	var sent []string
	for i := range 40 {
		svc, by, sender := s.a, s.visitor, chat.SenderVisitor
		if i%3 == 1 {
			svc, by, sender = s.b, s.agent, chat.SenderAgent
		}
		m, err := svc.SendMessage(t.Context(), by, chat.NewMessage{SessionID: s.session, Sender: sender, Text: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, m.Message.ID)
	}
	for side, heard := range map[string]*ear{"the visitor": atA, "the agent": atB} {
		heard.until(t, "the last message", func(e *chat.Event) bool {
			m, ok := e.Data.(chat.Message)
			return ok && m.ID == sent[len(sent)-1]
		})
		var got []string
		for _, e := range heard.all() {
			if m, ok := e.Data.(chat.Message); ok {
				got = append(got, m.ID)
			}
		}
		if !slices.Equal(got, sent) {
			t.Errorf("%s heard %d messages for %d, or in another order", side, len(got), len(sent))
		}
	}
}

// ephemeral events cross from node to node, once.
func (s scene) ephemeral(t *testing.T) {
	ctx := t.Context()
	settings, err := s.b.Settings(ctx, s.agent)
	if err != nil {
		t.Fatal(err)
	}
	settings.TypingPreview = true
	if _, err := s.a.SaveSettings(ctx, shop, settings); err != nil {
		t.Fatal(err)
	}
	atA, atB := listen(t, s.a, s.visitor), listen(t, s.b, s.agent)
	if err := s.a.TypingPreview(ctx, s.visitor, s.session, true, "Is the “glaze” <safe>?"); err != nil {
		t.Fatal(err)
	}
	heard := atB.until(t, "the visitor typing", typing).Data.(chat.Typing)
	if want := (chat.Typing{SessionID: s.session, Sender: chat.SenderVisitor, SenderID: s.visitor.ID(), SenderName: heard.SenderName, Typing: true, Preview: "Is the “glaze” <safe>?"}); heard != want {
		t.Errorf("the agent is told %+v, want %+v", heard, want)
	}
	if err := s.b.Typing(ctx, s.agent, s.session, true); err != nil {
		t.Fatal(err)
	}
	atA.until(t, "the agent typing", func(e *chat.Event) bool {
		t, ok := e.Data.(chat.Typing)
		return ok && t.Sender == chat.SenderAgent
	})
	last, err := s.a.SendMessage(ctx, s.visitor, chat.NewMessage{SessionID: s.session, Sender: chat.SenderVisitor, Text: "Well?"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.b.MarkSeen(ctx, s.agent, s.session, last.Message.ID); err != nil {
		t.Fatal(err)
	}
	atA.until(t, "that the agent has seen it", func(e *chat.Event) bool {
		seen, ok := e.Data.(chat.Seen)
		return ok && seen.MessageID == last.Message.ID && seen.Sender == chat.SenderAgent
	})
	if n := atB.count(typing); n != 2 { // the visitor's, and their own
		t.Errorf("the agent heard %d times that somebody is typing, want 2", n)
	}
	if err := s.b.SetViewing(ctx, s.agent, s.session); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other node knows what the agent looks at", func() bool {
		agents, err := s.a.Agents(ctx, shop)
		return err == nil && len(agents) == 1 && agents[0].Viewing == s.session
	})
}

func typing(e *chat.Event) bool { return e.Type == chat.EventTyping }

// settings that one node saves hold on the other.
func (s scene) settings(t *testing.T) {
	settings, err := s.a.Settings(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	settings.TypingPreview = !settings.TypingPreview
	if _, err := s.a.SaveSettings(t.Context(), shop, settings); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the settings hold on the other node", func() bool {
		now, err := s.b.CurrentSettings(t.Context())
		return err == nil && now.TypingPreview == settings.TypingPreview
	})
}

// presence: all nodes give one answer to who is there, also those that come
// later.
func (s scene) presence(t *testing.T, node func(t *testing.T) *chat.Service) {
	ctx := t.Context()
	s.a.Touch(ctx, s.visitor)
	online := func(svc *chat.Service) func() bool {
		return func() bool {
			session, err := svc.Session(ctx, shop, s.session)
			return err == nil && session.VisitorOnline
		}
	}
	eventually(t, "the agent's node knows that the visitor is there", online(s.b))
	c := node(t)
	eventually(t, "a new node knows that the visitor is there", online(c))
	eventually(t, "a new node knows that the agent is there", func() bool { return c.Online(ctx) })
	heard := listen(t, s.a, s.visitor)
	if err := s.b.Leave(ctx, s.agent); err != nil {
		t.Fatal(err)
	}
	for _, svc := range []*chat.Service{s.a, s.b, c} {
		eventually(t, "all nodes know that the agent has gone", func() bool { return !svc.Online(ctx) })
	}
	heard.until(t, "that nobody is there", func(e *chat.Event) bool {
		team, ok := e.Data.(chat.TeamPresence)
		return ok && !team.Online
	})
	if _, err := c.SetAvailability(ctx, s.agent, chat.Available); err != nil {
		t.Fatal(err)
	}
	heard.until(t, "that somebody is there", func(e *chat.Event) bool {
		team, ok := e.Data.(chat.TeamPresence)
		return ok && team.Online
	})
	if _, err := c.SetAvailability(ctx, s.agent, chat.Away); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all nodes know that the agent is away", func() bool { return !s.a.Online(ctx) && !s.b.Online(ctx) })
	if err := s.b.EraseVisitor(ctx, shop, s.visitor.ID()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody takes an erased visitor for present", func() bool {
		page, err := s.a.Visitors(ctx, shop, chat.Page{}, chat.VisitorFilter{Online: true})
		return err == nil && len(page.Visitors) == 0
	})
}

// ear is a subscription and what it has heard.
type ear struct {
	mu    sync.Mutex
	heard []*chat.Event
	news  chan struct{}
}

// listen subscribes until the test ends.
func listen(t *testing.T, svc *chat.Service, by chat.Actor) *ear {
	t.Helper()
	sub, err := svc.Subscribe(t.Context(), by, chat.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &ear{news: make(chan struct{}, 1)}
	var listening sync.WaitGroup
	listening.Go(func() {
		for {
			events, err := sub.Next(ctx)
			if err != nil {
				return
			}
			e.mu.Lock()
			e.heard = append(e.heard, events...)
			e.mu.Unlock()
			select {
			case e.news <- struct{}{}:
			default:
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		sub.Close()
		listening.Wait()
	})
	return e
}

func (e *ear) all() []*chat.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

func (e *ear) count(is func(*chat.Event) bool) (n int) {
	for _, event := range e.all() {
		if is(event) {
			n++
		}
	}
	return n
}

func (e *ear) until(t *testing.T, what string, is func(*chat.Event) bool) *chat.Event {
	t.Helper()
	end := time.NewTimer(wait)
	defer end.Stop()
	for {
		if all := e.all(); slices.ContainsFunc(all, is) {
			return all[slices.IndexFunc(all, is)]
		}
		select {
		case <-e.news:
		case <-end.C:
			t.Fatalf("%s was not heard of", what)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(wait); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is not so that %s", what)
		}
	}
}
