package chat_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// A key for the API, with the scopes that it needs. Its secret is shown once.
func ExampleService_CreateAPIKey() {
	svc, end := open(nil)
	defer end()

	key, secret, err := svc.CreateAPIKey(context.Background(), host, chat.NewAPIKey{Name: "CRM", Scopes: []string{chat.ScopeRead, chat.ScopeWrite}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Name, key.Scopes, secret[:5])
	// Output: CRM [read write] peal_
}

// Sessions are given out in turn, within the opening hours, and nobody is
// forgotten.
func ExampleRouting() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	settings, err := svc.Settings(ctx, host)
	if err != nil {
		log.Fatal(err)
	}
	settings.Routing = chat.Routing{
		Mode: chat.RouteRoundRobin, Capacity: 4, Sticky: true,
		Nobody:             chat.NobodyAnyone, // where none of a department is there
		ReturnAfterMinutes: 5,                 // to the queue, when its agent has gone
		AutoCloseMinutes:   24 * 60,           // when nobody has written
		MissedAfterMinutes: 5,                 // when its visitor has left unanswered
	}
	day := []chat.Interval{{From: "09:00", To: "17:00"}}
	settings.Hours = chat.Hours{Enabled: true, TimeZone: "Europe/Lisbon", Holidays: []string{"2026-12-25"},
		Weekly: chat.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day}}
	if settings, err = svc.SaveSettings(ctx, host, settings); err != nil {
		log.Fatal(err)
	}
	fmt.Println(settings.Routing.Mode)
	// Output: round_robin
}

// Departments are parts of the team, with members, and rules of their own
// where they need them.
func ExampleService_CreateDepartment() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	mara, err := svc.EnsureAgent(ctx, chat.Agent{ID: "7", Name: "Mara"})
	if err != nil {
		log.Fatal(err)
	}
	name, members, inTurn := "Sales", []string{mara.ID}, chat.RouteRoundRobin
	routing := &inTurn
	department, err := svc.CreateDepartment(ctx, host, chat.DepartmentChange{Name: &name, AgentIDs: &members, Routing: &routing})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(department.Name, len(department.AgentIDs), *department.Routing)
	// Output: Sales 1 round_robin
}

// An agent claims a session, and puts it off until the visitor writes.
func ExampleService_SnoozeSession() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	_, session := asking(svc, "I will look for the number.")
	agent, err := svc.EnsureAgent(ctx, chat.Agent{ID: "7", Name: "Mara"})
	if err != nil {
		log.Fatal(err)
	}
	mara := chat.AsAgent(agent)
	if _, err := svc.ClaimSession(ctx, mara, session.ID); err != nil {
		log.Fatal(err)
	}
	session, err = svc.SnoozeSession(ctx, mara, session.ID, "reply")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.AssigneeName, session.Snooze != nil)
	// Output: Mara true
}

// A session passes from one agent to another.
func ExampleService_TransferSession() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	_, session := asking(svc, "Where is my order?")
	if _, err := svc.EnsureAgent(ctx, chat.Agent{ID: "7", Name: "Mara"}); err != nil {
		log.Fatal(err)
	}
	jonas, err := svc.EnsureAgent(ctx, chat.Agent{ID: "8", Name: "Jonas"})
	if err != nil {
		log.Fatal(err)
	}
	session, err = svc.TransferSession(ctx, host, session.ID, chat.Transfer{AgentID: jonas.ID})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.AssigneeName)
	// Output: Jonas
}

// Sessions are found by who wrote, and by what was written.
func ExampleService_Search() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	asking(svc, "Is the sage glaze food safe?")
	asking(svc, "Do you ship to Porto?")
	found, err := svc.Search(ctx, host, "sage gla", chat.Page{})
	if err != nil {
		log.Fatal(err)
	}
	for _, hit := range found.Hits {
		fmt.Println(hit.Text)
	}
	// Output: Is the sage glaze food safe?
}

// Texts that agents send often.
func ExampleService_CreateCannedReply() {
	svc, end := open(nil)
	defer end()

	reply, err := svc.CreateCannedReply(context.Background(), host, chat.NewCannedReply{Shortcut: "ship", Text: "We ship to all of Europe within three days."})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Shortcut)
	// Output: ship
}

// Somebody who is banned can write no more.
func ExampleService_BanVisitor() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	_, session := asking(svc, "Buy watches!")
	if err := svc.BanVisitor(ctx, host, session.VisitorID, chat.NewBan{Reason: "spam", Until: time.Now().Add(24 * time.Hour)}); err != nil {
		log.Fatal(err)
	}
	visitor, err := svc.Visitor(ctx, host, session.VisitorID)
	if err != nil {
		log.Fatal(err)
	}
	_, err = svc.SendMessage(ctx, chat.AsVisitor(visitor), chat.NewMessage{SessionID: session.ID, Text: "Cheap!"})
	fmt.Println(err)
	// Output: The chat is not open to you at the moment.
}

// A line beside the chat's button, for visitors who look at the prices for a
// while. Conditions can be tried on whoever is on the site.
func ExampleService_DryRunTrigger() {
	svc, end := open(&chat.Options{Tracking: chat.Tracking{On: true}})
	defer end()
	ctx := context.Background()

	settings, err := svc.Settings(ctx, host)
	if err != nil {
		log.Fatal(err)
	}
	prices := chat.Conditions{Page: "/prices*", SecondsOnPage: 20}
	settings.Triggers = []chat.Trigger{{Name: "Prices", Enabled: true, Message: "Shall we work out an offer?", Conditions: prices}}
	if _, err := svc.SaveSettings(ctx, host, settings); err != nil {
		log.Fatal(err)
	}
	tried, err := svc.DryRunTrigger(ctx, host, prices)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tried.Matching, "of", tried.Online, "visitors")
	// Output: 0 of 0 visitors
}
