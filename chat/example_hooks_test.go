package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"regexp"

	"github.com/pealchat/pealchat/chat"
)

var cardNumber = regexp.MustCompile(`\b(?:\d[ -]?){13,16}\b`)

// What never is to reach the disk is changed on the way to it, and a session
// goes where the host's own data says.
func ExampleHooks() {
	blocked := map[string]bool{"eve@example.com": true}
	accountManager := map[string]string{"customer-20": "mara"}

	hooks := chat.Hooks{
		BeforeMessage: func(ctx context.Context, m *chat.Message) error {
			m.Text = cardNumber.ReplaceAllString(m.Text, "[card number]")
			return nil
		},
		BeforeSession: func(ctx context.Context, v chat.Visitor, in *chat.NewSession) error {
			if blocked[v.Email] {
				return chat.Refuse("Please write to help@example.com.")
			}
			in.AssigneeID = accountManager[v.ExternalID] // or in.Department, in.Tags
			return nil
		},
	}
	svc, end := open(&chat.Options{Hooks: hooks})
	defer end()

	visitor, session := asking(svc, "My card is 4111 1111 1111 1111.")
	page, err := svc.Messages(context.Background(), visitor, chat.MessageQuery{SessionID: session.ID})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Messages[0].Text)
	// Output: My card is [card number].
}

// The person who writes reads why something is refused; of all other errors
// they read only that it did not work.
func ExampleRefuse() {
	svc, end := open(&chat.Options{Hooks: chat.Hooks{
		BeforeMessage: func(ctx context.Context, m *chat.Message) error {
			if cardNumber.MatchString(m.Text) {
				return chat.Refuse("Please leave card numbers out.")
			}
			return nil
		},
	}})
	defer end()

	_, err := svc.CreateSession(context.Background(), host, chat.NewSession{VisitorName: "Ines", Message: "4111 1111 1111 1111"})
	var refused *chat.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Message)
	}
	// Output: Please leave card numbers out.
}

// Who begins with nothing but links has to prove first that they are a person.
func ExampleHooks_challenge() {
	verifyCaptcha := func(_ context.Context, token string) (bool, error) { return token == "good", nil }

	opts := &chat.Options{
		Spam: chat.SpamRules{LinksOnly: true, SameText: 5}, // off unless you say so
		Hooks: chat.Hooks{Challenge: func(ctx context.Context, c chat.Challenge) error {
			if c.Visitor.Verified || len(c.Signs) == 0 {
				return nil
			}
			if ok, err := verifyCaptcha(ctx, c.Answer); err != nil || ok { // an empty answer is not good
				return err
			}
			return chat.ErrChallenge
		}},
	}
	svc, end := open(opts)
	defer end()

	ctx := context.Background()
	hello, err := svc.Hello(ctx, chat.Hello{})
	if err != nil {
		log.Fatal(err)
	}
	visitor := chat.AsVisitor(hello.Visitor)
	in := chat.NewSession{Message: "https://watches.example"}
	_, err = svc.CreateSession(ctx, visitor, in)
	fmt.Println(errors.Is(err, chat.ErrChallenge))
	in.ChallengeAnswer = "good"
	started, err := svc.CreateSession(ctx, visitor, in)
	fmt.Println(started.Session.Tags, err)
	// Output:
	// true
	// [suspected spam] <nil>
}

// Each side reads its own language, and the original on request.
func ExampleHooks_translate() {
	portuguese := map[string]string{"Yes, it is.": "Sim, é."} // a translation service, rather
	svc, end := open(&chat.Options{Hooks: chat.Hooks{
		Translate: func(ctx context.Context, m chat.Message, v chat.Visitor) (string, error) {
			if m.Sender == chat.SenderVisitor || v.Locale != "pt" {
				return "", nil // nothing to translate
			}
			return portuguese[m.Text], nil
		},
	}})
	defer end()

	ctx := context.Background()
	welcome, err := svc.Hello(ctx, chat.Hello{Locale: "pt"})
	if err != nil {
		log.Fatal(err)
	}
	started, err := svc.CreateSession(ctx, chat.AsVisitor(welcome.Visitor), chat.NewSession{Message: "É seguro?"})
	if err != nil {
		log.Fatal(err)
	}
	sent, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderAgent, Text: "Yes, it is."})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sent.Message.Text, "/", sent.Message.Translation)
	// Output: Yes, it is. / Sim, é.
}

// Somebody hears of a bad rating, and of a visitor who left without an answer.
// What must not be missed when the process ends just then belongs into
// Service.Consume.
func ExampleHooks_afterwards() {
	told := make(chan string)
	hooks := chat.Hooks{
		BadRating: func(ctx context.Context, s chat.Session) error {
			told <- fmt.Sprint(s.Rating.Score, " of 5: ", s.Rating.Comment)
			return nil
		},
		Missed: func(ctx context.Context, s chat.Session) error {
			told <- s.VisitorName + " left without an answer"
			return nil
		},
	}
	svc, end := open(&chat.Options{Hooks: hooks})
	defer end()

	ctx := context.Background()
	visitor, session := asking(svc, "Hello?")
	if _, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: "Yes?"}); err != nil {
		log.Fatal(err)
	}
	if _, err := svc.RateSession(ctx, visitor, session.ID, 2, "Rather short"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-told)
	// Output: 2 of 5: Rather short
}

// What the host knows of a customer stands beside the conversation, with
// buttons that do something about it.
func ExampleContactPanel() {
	type order struct{ Number, State string }
	orders := map[string]*order{"customer-20": {"20418", "shipped"}}

	svc, end := open(&chat.Options{
		ContactPanel: func(ctx context.Context, by chat.Actor, v chat.Visitor) (chat.ContactPanel, error) {
			latest := orders[v.ExternalID]
			if !v.Verified || latest == nil {
				return chat.ContactPanel{}, nil // shown only of those whom your own login knows
			}
			return chat.ContactPanel{
				Title: "Shop",
				Facts: []chat.ContactFact{
					{Name: "Latest order", Value: latest.Number, URL: "/admin/orders/" + latest.Number},
					{Name: "State", Value: latest.State},
				},
				Actions: []chat.ContactAction{{
					ID: "refund", Label: "Refund", Confirm: "The whole amount goes back to the card.",
					Do: func(ctx context.Context) (string, error) {
						latest.State = "refunded by " + by.Name()
						return "Refunded.", nil
					},
				}},
			}, nil
		},
	})
	defer end()

	ctx := context.Background()
	welcome, err := svc.Hello(ctx, chat.Hello{Identity: &chat.Identity{ID: "customer-20", Name: "Ines"}})
	if err != nil {
		log.Fatal(err)
	}
	said, err := svc.ContactAction(ctx, host, welcome.Visitor.ID, "refund")
	if err != nil {
		log.Fatal(err)
	}
	panel, err := svc.ContactPanel(ctx, host, welcome.Visitor.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(said, panel.Facts[1].Value)
	// Output: Refunded. refunded by Shop
}
