package main

import (
	"context"
	"regexp"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

var orderNumber = regexp.MustCompile(`\b\d{5}\b`)

// rules is a bot that knows three things, and when it does not know.
func rules(ctx context.Context, turn chat.Turn, reply *chat.Reply) error {
	said := turn.Messages[len(turn.Messages)-1].Text
	asked := strings.ToLower(said)
	number := orderNumber.FindString(said)
	switch {
	case number != "":
		reply.WriteString(orderStatus(number))
	case strings.Contains(asked, "order"):
		reply.WriteString("What is the order's number? It has five digits and stands at the top of the mail.")
	case strings.Contains(asked, "dishwasher"), strings.Contains(asked, "care"):
		reply.WriteString("All our glazes may go into the dishwasher, and none into the microwave.")
		reply.QuickReplies("Thanks", "Talk to a person")
	case len(turn.Messages) == 1:
		reply.WriteString("Hello, I am a program. Is it about an order, or about caring for a piece?")
		reply.QuickReplies("An order", "Care", "Talk to a person")
	default:
		reply.WriteString("I will get somebody who knows.")
		return reply.HandOver(ctx, "", "Asked: "+said)
	}
	return nil
}
