package shop

import (
	"context"
	"strconv"

	"github.com/pealchat/pealchat/chat"
)

// customers stand where a real shop has its database. The shop has no login,
// so it goes by the address that somebody typed, and says so: what is shown
// here is for agents' eyes, and nothing is told to the visitor by itself.
var customers = map[string]struct {
	Since  string
	Orders int
	Latest product
}{
	"ines@example.com": {"May 2024", 3, products[0]},
	"theo@example.com": {"today", 1, products[3]},
}

// ContactPanel is what the agents see of a customer beside the conversation.
// It is what the chat is given as chat.Options.ContactPanel.
func ContactPanel(_ context.Context, by chat.Actor, v chat.Visitor) (chat.ContactPanel, error) {
	c, known := customers[v.Email]
	if !known {
		return chat.ContactPanel{}, nil
	}
	return chat.ContactPanel{
		Title: "In the shop",
		Facts: []chat.ContactFact{
			{Name: "Customer since", Value: c.Since},
			{Name: "Orders", Value: strconv.Itoa(c.Orders)},
			{Name: "Latest", Value: c.Latest.Name, URL: "/products/" + c.Latest.Slug},
		},
		Actions: []chat.ContactAction{
			{ID: "card", Label: "Send a thank-you card", Do: func(context.Context) (string, error) {
				return "A card to " + v.Name + " goes out today, in the name of " + by.Name() + ".", nil
			}},
			{ID: "refund", Label: "Refund the latest", Confirm: "€ " + strconv.Itoa(c.Latest.Price) + " go back to the customer’s card.", Do: func(context.Context) (string, error) {
				return "", chat.Refuse("The latest order is older than 30 days. Ask the studio.")
			}},
		},
	}, nil
}
