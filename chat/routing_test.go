package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

const monday = "2026-03-02T10:00:00Z"

func TestManualRoutingLeavesSessionsToAgents(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.come("ada")
		ids := d.many(2, "")
		time.Sleep(time.Minute)
		d.has("nobody has claimed them", ids, "", "")
	})
}

func TestRoundRobin(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.roundRobin(2)
		d.come("ada", "bo")
		ids := d.many(5, "")
		first := d.session(ids[0]).AssigneeID
		second := map[string]string{"ada": "bo", "bo": "ada"}[first]
		d.has("in turn, up to the capacity", ids, first, second, first, second, "")

		// Whoever closes one has room again, and the next in the queue comes.
		if _, err := d.CloseSession(d.ctx, host, ids[1], ""); err != nil {
			d.Fatal(err)
		}
		time.Sleep(time.Second)
		d.has("room again", ids[4:], second)

		// Who is away is given nothing, and who comes is.
		d.many(1, "")
		d.come("cy")
		if _, err := d.SetAvailability(d.ctx, chat.AsAgent(chat.Agent{ID: "cy"}), chat.Away); err != nil {
			d.Fatal(err)
		}
		rest := d.many(2, "")
		time.Sleep(time.Minute)
		d.has("away", rest, "", "")
		d.come("cy")
		d.has("back, and one of the three waits no more", rest[:1], "cy")
	})
}

func TestVisitorsMeetTheirLastAgent(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.roundRobin(0)
		d.come("ada", "bo", "cy")
		v, first := d.asks(chat.Actor{}, "")
		whose := d.session(first).AssigneeID
		for range 3 {
			d.CloseSession(d.ctx, host, first, "")
			_, first = d.asks(v, "")
			d.has("sticky", []string{first}, whose)
		}
		d.rules(func(s *chat.Settings) { s.Routing.Sticky = false })
		met := map[string]bool{}
		for range 3 {
			d.CloseSession(d.ctx, host, first, "")
			_, first = d.asks(v, "")
			met[d.session(first).AssigneeID] = true
		}
		if len(met) != 3 {
			d.Errorf("without stickiness they met %v", met)
		}

		// A full agent is no reason to wait.
		d.rules(func(s *chat.Settings) { s.Routing.Sticky, s.Routing.Capacity = true, 1 })
		had := d.session(first).AssigneeID
		_, other := d.asks(v, "")
		if got := d.session(other).AssigneeID; got == had || got == "" {
			d.Errorf("%q has it, though %q is full", got, had)
		}
	})
}

func TestDepartmentsHaveTheirOwnRules(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.come("ada", "bo")
		turn := chat.RouteRoundRobin
		one, routing := new(int), &turn
		*one = 1
		name, members := "Orders", []string{"bo"}
		made, err := d.CreateDepartment(d.ctx, host, chat.DepartmentChange{Name: &name, AgentIDs: &members, Capacity: &one, Routing: &routing})
		if err != nil {
			d.Fatal(err)
		}
		ids := append(d.many(2, "orders"), d.many(1, "")...)
		d.has("its members, within its capacity; the rest is left to be claimed", ids, "bo", "", "")
		if got := d.session(ids[0]).Department; got != "Orders" {
			d.Errorf("the department is spelled %q", got)
		}

		// Nobody of the department is there: it waits, or anybody gets it.
		d.leave("bo")
		time.Sleep(3 * time.Minute)
		d.has("it waits", ids[1:2], "")
		d.rules(func(s *chat.Settings) { s.Routing.Nobody = chat.NobodyAnyone })
		time.Sleep(time.Second)
		d.has("anybody", ids[1:], "ada", "")

		// A removed department's sessions are everybody's.
		if err := d.DeleteDepartment(d.ctx, host, made.ID); err != nil {
			d.Fatal(err)
		}
		d.has("free text means nothing", d.many(1, "Orders"), "")
	})
}

func TestNothingIsGivenOutOutsideTheHours(t *testing.T) {
	// In Lisbon the clocks go forward on 29 March 2026 at 01:00 UTC: 09:00 is
	// 09:00 UTC the day before and 08:00 UTC from that day on.
	hours := chat.Hours{Enabled: true, TimeZone: "Europe/Lisbon", Holidays: []string{"2026-03-30"}}
	for _, day := range []*[]chat.Interval{&hours.Weekly.Saturday, &hours.Weekly.Sunday, &hours.Weekly.Monday, &hours.Weekly.Tuesday} {
		*day = []chat.Interval{{From: "09:00", To: "17:00"}}
	}
	for _, c := range []struct {
		name, at, opens string
	}{
		{"the day before the clocks change", "2026-03-28T08:30:00Z", "2026-03-28T09:00:00Z"},
		{"the day they change", "2026-03-29T07:30:00Z", "2026-03-29T08:00:00Z"},
		{"a holiday", "2026-03-30T10:30:00Z", "2026-03-31T08:00:00Z"},
		{"the day they go back, which is an hour longer", "2026-10-25T08:30:00Z", "2026-10-25T09:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onDesk(t, c.at, nil, func(d *desk) {
				d.roundRobin(0)
				d.rules(func(s *chat.Settings) { s.Hours = hours })
				d.come("ada")
				ids := d.many(1, "")
				opens, _ := time.Parse(time.RFC3339, c.opens)
				from, _ := time.Parse(time.RFC3339, c.at)
				began := time.Now()
				if opens.Sub(from) > 12*time.Hour {
					time.Sleep(time.Minute)
					d.has("in the middle of the day", ids, "")
					return
				}
				time.Sleep(opens.Sub(from) - 10*time.Second - time.Since(began) - 2*time.Second)
				d.has("shortly before", ids, "")
				time.Sleep(30 * time.Second)
				d.has("shortly after", ids, "ada")
			})
		})
	}
}

func TestASessionComesBackWhoseAgentHasGone(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.roundRobin(1)
		d.rules(func(s *chat.Settings) { s.Routing.ReturnAfterMinutes = 5 })
		d.come("ada")
		v, id := d.asks(chat.Actor{}, "")
		d.has("given out", []string{id}, "ada")
		time.Sleep(20 * time.Minute)
		d.has("she is there and takes her time", []string{id}, "ada")
		d.leave("ada")
		time.Sleep(4 * time.Minute)
		d.has("she may come back", []string{id}, "ada")
		d.come("bo")
		time.Sleep(5 * time.Minute)
		d.has("somebody else has it", []string{id}, "bo")

		// Who has answered is waited for by nobody.
		send(d.T, d.Service, chat.AsAgent(chat.Agent{ID: "bo", Name: "bo"}), id, "Good morning")
		d.leave("bo")
		time.Sleep(time.Hour)
		d.has("answered", []string{id}, "bo")
		if _, err := d.SendMessage(d.ctx, v, chat.NewMessage{SessionID: id, Text: "And?"}); err != nil {
			d.Fatal(err)
		}
		time.Sleep(6 * time.Minute)
		d.has("nobody is there", []string{id}, "")
	})
}

func TestQueuePositions(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		name := "Orders"
		if _, err := d.CreateDepartment(d.ctx, host, chat.DepartmentChange{Name: &name}); err != nil {
			d.Fatal(err)
		}
		_, first := d.asks(chat.Actor{}, "")
		v, second := d.asks(chat.Actor{}, "")
		_, third := d.asks(chat.Actor{}, "nowhere") // free text stands in the general queue
		_, own := d.asks(chat.Actor{}, "Orders")
		places := func(want ...int) {
			d.Helper()
			var got []int
			for _, id := range []string{first, second, third, own} {
				got = append(got, d.session(id).ForVisitor().QueuePosition)
			}
			if !slices.Equal(got, want) {
				d.Errorf("places %v, want %v", got, want)
			}
		}
		places(1, 2, 3, 1)
		sub, err := d.Subscribe(d.ctx, v, chat.SubscribeOptions{})
		if err != nil {
			d.Fatal(err)
		}
		defer sub.Close()
		d.CloseSession(d.ctx, host, first, "")
		time.Sleep(time.Second)
		places(0, 1, 2, 1)
		events, _, _ := sub.Take(d.ctx)
		if i := slices.IndexFunc(events, func(e *chat.Event) bool { return e.Type == chat.EventQueuePosition }); i < 0 || events[i].Data != (chat.QueuePosition{SessionID: second, Position: 1}) {
			d.Errorf("the visitor was told %v", events)
		}
		// A claim, a snooze and an answer end the wait.
		ada := chat.AsAgent(chat.Agent{ID: "ada", Name: "ada"})
		d.come("ada")
		if _, err := d.ClaimSession(d.ctx, ada, second); err != nil {
			d.Fatal(err)
		}
		time.Sleep(time.Second)
		places(0, 0, 1, 1)
	})
}

// TestBotsKeepTheirSessionsOutOfTheQueue: what a running bot handles waits for
// nobody, until it is handed over.
func TestBotsKeepTheirSessionsOutOfTheQueue(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.roundRobin(0)
		d.come("ada")
		bot := chat.BotFunc(func(ctx context.Context, turn chat.Turn, reply *chat.Reply) error {
			if turn.Messages[len(turn.Messages)-1].Text == "A person, please" {
				return reply.HandOver(ctx, "", "")
			}
			_, err := fmt.Fprint(reply, "I am a bot")
			return err
		})
		ctx, stop := context.WithCancel(d.ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			d.RunBot(ctx, "Guide", bot, &chat.BotOptions{Handles: func(s chat.Session) bool {
				if s.Department == "broken" {
					panic("no such department")
				}
				return s.Department != "Wholesale"
			}})
		}()
		time.Sleep(time.Second)
		v, id := d.asks(chat.Actor{}, "")
		_, left := d.asks(chat.Actor{}, "")
		_, other := d.asks(chat.Actor{}, "Wholesale")
		time.Sleep(time.Minute)
		d.has("the bot has its own", []string{id, left, other}, "", "", "ada")
		if n := d.session(id).ForVisitor().QueuePosition; n != 0 {
			d.Errorf("who talks to a bot has place %d", n)
		}
		if _, err := d.SendMessage(d.ctx, v, chat.NewMessage{SessionID: id, Text: "A person, please"}); err != nil {
			d.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		d.has("handed over", []string{id, left}, "ada", "")
		stop()
		<-ended
		time.Sleep(2 * time.Second)
		d.has("no bot runs any more", []string{left}, "ada")
	})
}

// TestTwoNodesGiveOutOnce has two nodes route on one store.
func TestTwoNodesGiveOutOnce(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.roundRobin(2)
		other := d.anotherNode()
		defer other.Close()
		d.come("ada", "bo")
		for _, id := range []string{"ada", "bo"} {
			go beat(d.ctx, func() { other.Touch(d.ctx, chat.AsAgent(chat.Agent{ID: id, Name: id})) })
		}
		ids := d.many(6, "")
		time.Sleep(time.Minute)
		count := map[string]int{}
		for _, id := range ids {
			s := d.session(id)
			count[s.AssigneeID]++
			if s.AssigneeID != "" && s.Version != 2 {
				d.Errorf("it changed %d times", s.Version-1)
			}
		}
		if count["ada"] != 2 || count["bo"] != 2 || count[""] != 2 {
			d.Errorf("given out as %v", count)
		}
	})
}

// TestOneClaimWins: of many who claim at once, and the router beside them, one
// gets it.
func TestOneClaimWins(t *testing.T) {
	svc := newService(t, nil)
	_, err := svc.SaveSettings(t.Context(), host, chat.Settings{Routing: chat.Routing{Mode: chat.RouteRoundRobin, Sticky: true}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go svc.Run(ctx)
	var agents []chat.Actor
	for i := range 8 {
		agent, err := svc.EnsureAgent(ctx, chat.Agent{ID: fmt.Sprint("agent", i), Name: "Agent"})
		if err != nil {
			t.Fatal(err)
		}
		agents = append(agents, chat.AsAgent(agent))
	}
	for range 20 {
		visitor, _ := newVisitor(t, svc)
		started, err := svc.CreateSession(ctx, visitor, chat.NewSession{Message: "Hello"})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		var won []string
		for i, agent := range agents {
			wg.Go(func() {
				s, err := svc.ClaimSession(ctx, agent, started.Session.ID)
				switch {
				case err == nil && s.AssigneeID == fmt.Sprint("agent", i):
					mu.Lock()
					won = append(won, s.AssigneeID)
					mu.Unlock()
				case !errors.Is(err, chat.ErrConflict):
					t.Errorf("the claim ended with %v", err)
				}
			})
		}
		wg.Wait()
		s, err := svc.Session(ctx, host, started.Session.ID)
		if err != nil || len(won) > 1 || len(won) == 1 && s.AssigneeID != won[0] || s.AssigneeID == "" {
			t.Fatalf("won by %v, and %q has it, %v", won, s.AssigneeID, err)
		}
	}
}
