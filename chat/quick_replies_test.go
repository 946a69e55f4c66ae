package chat_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

func TestQuickReplies(t *testing.T) {
	svc := newService(t, nil)
	session := newSession(t, svc)
	offer := func(sender, clientID string, answers ...string) (chat.SentMessage, error) {
		return svc.SendMessage(t.Context(), host, chat.NewMessage{
			SessionID: session.ID, Sender: sender, Text: "Shall we?", ClientID: clientID, QuickReplies: answers,
		})
	}
	sent, err := offer(chat.SenderBot, "c1", " Yes ", "No")
	if err != nil || !slices.Equal(sent.Message.QuickReplies, []string{"Yes", "No"}) {
		t.Fatalf("the message offers %q (%v)", sent.Message.QuickReplies, err)
	}
	if again, err := offer(chat.SenderBot, "c1", "Yes", "No"); err != nil || !again.Duplicate {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	if _, err := offer(chat.SenderBot, "c1", "Yes", "Maybe"); !errors.Is(err, chat.ErrClientIDReused) {
		t.Errorf("other answers under the same client id: %v", err)
	}
	page, err := svc.Messages(t.Context(), host, chat.MessageQuery{SessionID: session.ID})
	if err != nil || len(page.Messages) != 1 || !slices.Equal(page.Messages[0].QuickReplies, []string{"Yes", "No"}) {
		t.Errorf("the list says %+v (%v)", page.Messages, err)
	}
	for _, test := range []struct {
		what, sender, field string
		answers             []string
	}{
		{"of a visitor", chat.SenderVisitor, "quick_replies", []string{"Yes"}},
		{"too many", chat.SenderAgent, "quick_replies", []string{"1", "2", "3", "4", "5", "6", "7"}},
		{"an empty one", chat.SenderAgent, "quick_replies[1]", []string{"Yes", " \u200b"}},
		{"a long one", chat.SenderAgent, "quick_replies[0]", []string{strings.Repeat("ä", chat.MaxQuickReplyLength+1)}},
		{"the same twice", chat.SenderAgent, "quick_replies[2]", []string{"Yes", "No", " Yes"}},
	} {
		_, err := offer(test.sender, "", test.answers...)
		var known *chat.Error
		if !errors.As(err, &known) || known.Field != test.field || !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("%s: %v, want it refused for %s", test.what, err, test.field)
		}
	}
	deleted, err := svc.DeleteMessage(t.Context(), host, session.ID, sent.Message.ID)
	if err != nil || deleted.QuickReplies != nil {
		t.Errorf("a deleted message offers %q (%v)", deleted.QuickReplies, err)
	}
}
