package chat_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// A program answers first, and gets a person where it does not know further.
func ExampleService_RunBot() {
	svc, end := open(nil)
	defer end()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	bot := chat.BotFunc(func(ctx context.Context, turn chat.Turn, reply *chat.Reply) error {
		asked := turn.Messages[len(turn.Messages)-1].Text
		if strings.Contains(asked, "open") {
			fmt.Fprintf(reply, "We are open from %s.", "nine to five")
			reply.QuickReplies("Thanks", "Talk to a person")
			return nil
		}
		reply.WriteString("I will get somebody who knows.")
		return reply.HandOver(ctx, "Sales", "Asked: "+asked)
	})
	go svc.RunBot(ctx, "Clay", bot, nil)

	stream, err := svc.Subscribe(ctx, host, chat.SubscribeOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	asking(svc, "When are you open?")
	for {
		events, err := stream.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range events {
			if m, ok := e.Data.(chat.Message); ok && e.Type == chat.EventMessageSent && m.Sender == chat.SenderBot {
				fmt.Println(m.SenderName+":", m.Text, m.QuickReplies)
				return
			}
		}
	}
	// Output: Clay: We are open from nine to five. [Thanks Talk to a person]
}

// Every event, at least once and in order, over restarts.
func ExampleService_Consume() {
	svc, end := open(nil)
	defer end()
	ctx, stop := context.WithTimeout(context.Background(), time.Millisecond)
	defer stop()

	err := svc.Consume(ctx, "crm", func(ctx context.Context, e *chat.Event) error {
		if m, ok := e.Data.(chat.Message); ok && e.Type == chat.EventMessageSent {
			return crm.Note(ctx, m.SessionID, m.Text) // an error has the event come again
		}
		return nil
	})
	if ctx.Err() == nil {
		log.Fatal(err) // it runs until its context ends
	}
}

// Live events without a memory: from now on, or from an id that you keep
// yourself.
func ExampleService_Subscribe() {
	svc, end := open(nil)
	defer end()
	ctx := context.Background()

	stream, err := svc.Subscribe(ctx, host, chat.SubscribeOptions{}) // Topic narrows it, After resumes it
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	asking(svc, "Do you ship to Porto?")
	events, err := stream.Next(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(events[0].Type)
	// Output: session_started
}

// Mail by the host's own mailer and in its own words. The program in
// examples/mail does it by SMTP.
func ExampleService_RunMail() {
	svc, end := open(nil)
	defer end()
	ctx, stop := context.WithTimeout(context.Background(), time.Millisecond)
	defer stop()

	err := svc.RunMail(ctx, "shop", func(ctx context.Context, m chat.Mail) error {
		switch m.Kind {
		case chat.MailAnswer: // what an agent has written, unseen for two minutes
			return mailer.Send(ctx, m.To, "You have an answer", m.Messages)
		case chat.MailMissed: // to your team: somebody left without an answer
			return mailer.Send(ctx, "team@example.com", m.Session.VisitorName+" left", m.Messages)
		case chat.MailTranscript: // the whole conversation, once it is closed
			return mailer.Send(ctx, m.To, "Your conversation with us", m.Messages)
		}
		return nil
	}, nil)
	if ctx.Err() == nil {
		log.Fatal(err) // it runs until its context ends
	}
}

// crm and mailer stand for the host's own.
var (
	crm    customers
	mailer mailbox
)

type customers struct{}

func (customers) Note(ctx context.Context, sessionID, text string) error { return nil }

type mailbox struct{}

func (mailbox) Send(ctx context.Context, to, subject string, messages []chat.Message) error {
	return nil
}
