package chat_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// desk is a service whose clock is the bubble's, with agents whose presence is
// kept up until they leave.
type desk struct {
	*testing.T
	*chat.Service
	ctx   context.Context
	now   func() time.Time
	here  map[string]bool
	mu    sync.Mutex
	store chat.Store
}

// onDesk runs a test on a desk, from a moment on.
func onDesk(t *testing.T, at string, opts *chat.Options, test func(d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		from, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if opts == nil {
			opts = &chat.Options{}
		}
		opts.Now = func() time.Time { return from.Add(time.Since(began)) }
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		d := &desk{T: t, ctx: ctx, now: opts.Now, here: map[string]bool{}, store: openStore(t, filepath.Join(t.TempDir(), "chat.db"))}
		d.Service = chat.New(d.store, opts)
		defer d.Close()
		go d.Service.Run(ctx)
		go beat(ctx, d.stay)
		test(d)
	})
}

// anotherNode runs beside the desk, on the same store.
func (d *desk) anotherNode() *chat.Service {
	node := chat.New(d.store, &chat.Options{Now: d.now})
	go node.Run(d.ctx)
	return node
}

// beat calls f again and again, as a stream gives a sign of life.
func beat(ctx context.Context, f func()) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		f()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// stay has everybody who is there give a sign of life.
func (d *desk) stay() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.here {
		d.Touch(d.ctx, chat.AsAgent(chat.Agent{ID: id, Name: id}))
	}
}

// rules changes how sessions are routed.
func (d *desk) rules(change func(*chat.Settings)) {
	d.Helper()
	s, err := d.CurrentSettings(d.ctx)
	if err == nil {
		s.Version = 0
		change(&s)
		_, err = d.SaveSettings(d.ctx, host, s)
	}
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) roundRobin(capacity int) {
	d.Helper()
	d.rules(func(s *chat.Settings) { s.Routing.Mode, s.Routing.Capacity = chat.RouteRoundRobin, capacity })
}

// come signs agents in as available, and leave has them go without a word.
func (d *desk) come(ids ...string) {
	d.Helper()
	for _, id := range ids {
		agent, err := d.SignIn(d.ctx, chat.Agent{ID: id, Name: id})
		if err == nil {
			_, err = d.SetAvailability(d.ctx, chat.AsAgent(agent), chat.Available)
		}
		if err != nil {
			d.Fatal(err)
		}
		d.mu.Lock()
		d.here[id] = true
		d.mu.Unlock()
	}
	d.stay()
	time.Sleep(time.Second)
}

func (d *desk) leave(id string) {
	d.mu.Lock()
	delete(d.here, id)
	d.mu.Unlock()
}

// asks starts a session of a visitor, of a new one if by is nobody.
func (d *desk) asks(by chat.Actor, department string) (chat.Actor, string) {
	d.Helper()
	if !by.IsVisitor() {
		by, _ = newVisitor(d.T, d.Service)
	}
	started, err := d.CreateSession(d.ctx, by, chat.NewSession{Message: "Hello", Department: department})
	if err != nil {
		d.Fatal(err)
	}
	time.Sleep(time.Second) // the router looks
	return by, started.Session.ID
}

func (d *desk) session(id string) chat.Session {
	d.Helper()
	s, err := d.Session(d.ctx, host, id)
	if err != nil {
		d.Fatal(err)
	}
	return s
}

// has checks who has the sessions, in their order; "" is nobody.
func (d *desk) has(what string, ids []string, want ...string) {
	d.Helper()
	got := make([]string, len(ids))
	for i, id := range ids {
		got[i] = d.session(id).AssigneeID
	}
	if !slices.Equal(got, want) {
		d.Errorf("%s: %q, want %q", what, got, want)
	}
}

// many starts sessions, each of a visitor of its own.
func (d *desk) many(n int, department string) (ids []string) {
	for range n {
		_, id := d.asks(chat.Actor{}, department)
		ids = append(ids, id)
	}
	return ids
}

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
		if err := d.RemoveDepartment(d.ctx, host, made.ID); err != nil {
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

func TestIdleSessionsCloseOnce(t *testing.T) {
	onDesk(t, monday, nil, func(d *desk) {
		d.rules(func(s *chat.Settings) { s.Routing.AutoCloseMinutes = 30 })
		defer d.anotherNode().Close()
		_, waits := d.asks(chat.Actor{}, "")
		_, answered := d.asks(chat.Actor{}, "")
		_, put := d.asks(chat.Actor{}, "")
		for _, id := range []string{answered, put} {
			send(d.T, d.Service, host, id, "Anything else?")
		}
		if _, err := d.SnoozeSession(d.ctx, host, put, "reply"); err != nil {
			d.Fatal(err)
		}
		time.Sleep(29 * time.Minute)
		if s := d.session(answered); s.Status != chat.StatusActive {
			d.Fatal("closed too early")
		}
		time.Sleep(2 * time.Minute)
		for id, want := range map[string]string{waits: chat.StatusActive, answered: chat.StatusClosed, put: chat.StatusActive} {
			if s := d.session(id); s.Status != want || want == chat.StatusClosed && s.CloseReason != chat.CloseReasonIdle {
				d.Errorf("it is %s for %q, want %s", s.Status, s.CloseReason, want)
			}
		}
		log, err := d.store.Events(d.ctx, chat.EventQuery{Limit: 100})
		if err != nil {
			d.Fatal(err)
		}
		closed := 0
		for _, e := range log {
			if e.Type == chat.EventSessionClosed {
				closed++
			}
		}
		if closed != 1 {
			d.Errorf("the log has %d closings", closed)
		}
	})
}

func TestMissed(t *testing.T) {
	var told []string
	var mu sync.Mutex
	opts := &chat.Options{Hooks: chat.Hooks{Missed: func(_ context.Context, s chat.Session) error {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, s.ID)
		return errors.New("the mail server is away") // goes to the log only
	}}}
	onDesk(t, monday, opts, func(d *desk) {
		missed := func(id string) bool { return d.session(id).Missed }
		v, gone := d.asks(chat.Actor{}, "")
		stays, there := d.asks(chat.Actor{}, "")
		_, answered := d.asks(chat.Actor{}, "")
		send(d.T, d.Service, host, answered, "Yes?")
		for range 12 { // six minutes
			time.Sleep(30 * time.Second)
			d.Touch(d.ctx, stays)
		}
		for id, want := range map[string]bool{gone: true, there: false, answered: false} {
			if missed(id) != want {
				d.Errorf("missed is %v, want %v", !want, want)
			}
		}
		send(d.T, d.Service, host, gone, "I am sorry to be so late")
		if missed(gone) {
			d.Error("an answer does not make up for it")
		}
		// Closing without an answer misses it at once, and is told once.
		if _, err := d.CloseSession(d.ctx, host, there, ""); err != nil {
			d.Fatal(err)
		}
		d.CloseSession(d.ctx, host, there, "")
		if !missed(there) {
			d.Error("closed without an answer, and not missed")
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(told, []string{gone, there}) {
			d.Errorf("told of %v, want %v", told, []string{gone, there})
		}
		_ = v
	})
}

func TestSnoozeEndsAtItsTime(t *testing.T) {
	onDesk(t, "2026-03-29T00:30:00Z", nil, func(d *desk) {
		ada := chat.AsAgent(chat.Agent{ID: "ada", Name: "ada"})
		d.come("ada")
		_, id := d.asks(chat.Actor{}, "")
		// Half past two in Lisbon, an hour later: the clocks go forward before.
		s, err := d.SnoozeSession(d.ctx, ada, id, "2026-03-29T02:30:00+01:00")
		if err != nil || s.AssigneeID != "ada" || s.Snooze == nil || !s.Snooze.Until.Equal(time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)) {
			d.Fatalf("%+v, %v", s, err)
		}
		time.Sleep(time.Hour - 30*time.Second)
		if d.session(id).Snooze == nil {
			d.Error("it is back too early")
		}
		time.Sleep(40 * time.Second)
		if s := d.session(id); s.Snooze != nil || s.AssigneeID != "ada" {
			d.Errorf("it is not back: %+v", s)
		}
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
		sub, err := d.Subscribe(d.ctx, v, chat.Subscribe{})
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
		agent, err := svc.SignIn(ctx, chat.Agent{ID: fmt.Sprint("agent", i), Name: "Agent"})
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
