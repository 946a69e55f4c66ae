package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync/atomic"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// counters hear of what happens. examples/metrics has them for Prometheus and
// OpenTelemetry.
type counters struct{ commits, failed, dropped atomic.Int64 }

func (c *counters) Committed(ops int, took time.Duration, err error) {
	c.commits.Add(1)
	if err != nil {
		c.failed.Add(1)
	}
}

func (c *counters) ReaderDropped() { c.dropped.Add(1) }

// Monitoring hears of commits, and asks for levels when it needs them.
func ExampleMetrics() {
	counted := &counters{}
	svc, end := open(&chat.Options{Metrics: counted})
	defer end()

	asking(svc, "Hello?")
	stats, err := svc.Stats(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(counted.commits.Load() > 0, counted.failed.Load(), stats.OpenSessions)
	// Output: true 0 1
}

// Errors say what kind they are, which field is at fault, and what may be
// shown to a person.
func ExampleError() {
	svc, end := open(nil)
	defer end()

	_, err := svc.CreateSession(context.Background(), host, chat.NewSession{VisitorName: "Ines", VisitorEmail: "nobody"})
	var problem *chat.Error
	if errors.As(err, &problem) {
		fmt.Println(errors.Is(err, chat.ErrInvalid), problem.Field)
	}
	_, err = svc.Session(context.Background(), host, "unknown")
	fmt.Println(errors.Is(err, chat.ErrNotFound))
	// Output:
	// true visitor_email
	// true
}

// A note is for the team alone, and asks a colleague to look.
func ExampleService_AddNote() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	visitor, session := asking(svc, "Can I have it by Friday?")
	jonas, err := svc.EnsureAgent(ctx, chat.Agent{ID: "8", Name: "Jonas"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := svc.AddNote(ctx, host, session.ID, "Is the kiln free?", "", jonas.ID); err != nil {
		log.Fatal(err)
	}
	theirs, err := svc.Messages(ctx, visitor, chat.MessageQuery{SessionID: session.ID, Notes: true})
	if err != nil {
		log.Fatal(err)
	}
	ours, err := svc.Messages(ctx, host, chat.MessageQuery{SessionID: session.ID, Notes: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the visitor reads", len(theirs.Messages), "and the team", len(ours.Messages))
	// Output: the visitor reads 1 and the team 2
}

// An agent's message is changed, and then taken back.
func ExampleService_EditMessage() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	_, session := asking(svc, "How much is it?")
	sent, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: "48 euros"})
	if err != nil {
		log.Fatal(err)
	}
	edited, err := svc.EditMessage(ctx, host, session.ID, sent.Message.ID, "84 euros")
	if err != nil {
		log.Fatal(err)
	}
	deleted, err := svc.DeleteMessage(ctx, host, session.ID, sent.Message.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, then %q; still number %d\n", edited.Text, deleted.Text, deleted.Seq)
	// Output: 84 euros, then ""; still number 2
}

// Which sessions a figure of the reports is made of.
func ExampleService_FigureSessions() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	_, session := asking(svc, "Hello?")
	if _, err := svc.CloseSession(ctx, host, session.ID, ""); err != nil {
		log.Fatal(err)
	}
	missed, err := svc.FigureSessions(ctx, host, chat.FigureQuery{Figure: chat.FigureMissed})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range missed.Sessions {
		fmt.Println(s.ID == session.ID, s.Missed)
	}
	// Output: true true
}

// Whether it is open now, and when that changes.
func ExampleHours() {
	day := []chat.Interval{{From: "09:00", To: "12:30"}, {From: "13:30", To: "17:00"}}
	hours := chat.Hours{Enabled: true, TimeZone: "Europe/Lisbon", Weekly: chat.Week{Tuesday: day}}

	open, next := hours.Open(time.Date(2026, 3, 24, 12, 45, 0, 0, time.UTC))
	fmt.Println(open, next.UTC().Format("Monday 15:04"))
	// Output: false Tuesday 13:30
}
