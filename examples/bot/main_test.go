package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/chattest"
	"github.com/pealchat/pealchat/httpapi"
)

// shop runs a bot and returns a visitor and an agent.
func shop(t *testing.T, bot chat.Bot) (svc *chat.Service, visitor, agent *chattest.Person) {
	t.Helper()
	svc = chat.New(chattest.Store(t), nil)
	t.Cleanup(func() { svc.Close() })
	_, key, err := svc.CreateAPIKey(t.Context(), chat.AsHost("test"), chat.NewAPIKey{Name: "Mara", Scopes: []string{chat.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); svc.RunBot(ctx, "Clay", bot, nil) }()
	t.Cleanup(func() { cancel(); <-done })
	site := chattest.Start(t, httpapi.New(svc, nil), "/")
	return svc, site.Visitor(), site.Integration(key)
}

// handedOver waits until the session is people's, and returns their note.
func handedOver(t *testing.T, agent *chattest.Person) string {
	t.Helper()
	var note chat.Message
	if err := agent.Expects(chat.EventNoteAdded).Decode(&note); err != nil {
		t.Fatal(err)
	}
	var s chat.Session
	for !slices.Contains(s.Tags, chat.HandedOver) {
		if err := agent.Expects(chat.EventSessionUpdated).Decode(&s); err != nil {
			t.Fatal(err)
		}
	}
	return note.Text
}

func TestRules(t *testing.T) {
	_, visitor, agent := shop(t, chat.BotFunc(rules))
	session := visitor.Asks("Hi")
	if m := visitor.Hears("Hello, I am a program. Is it about an order, or about caring for a piece?"); len(m.QuickReplies) != 3 || m.Sender != chat.SenderBot {
		t.Errorf("%+v", m)
	}
	visitor.Says(session, "An order")
	visitor.Hears("What is the order's number? It has five digits and stands at the top of the mail.")
	visitor.Says(session, "20418")
	visitor.Hears("Order 20418 left the workshop on Monday and arrives on Thursday.")
	visitor.Says(session, "Can you engrave it?")
	if note := handedOver(t, agent); note != "Asked: Can you engrave it?" {
		t.Error(note)
	}
	visitor.Hears("I will get somebody who knows.")
}

// fake is a server of models that says what it is told to, in pieces.
func fake(t *testing.T, answers ...[]string) (url string) {
	t.Helper()
	var asked atomic.Int64 // counted before anything is said: the next question may come before this answer has ended
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Model    string
			Messages []message
			Stream   bool
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !in.Stream || in.Model != "small" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("asked %+v, %v", in, err)
		}
		nth := int(asked.Add(1)) - 1
		if nth >= len(answers) {
			http.Error(w, "no more answers", http.StatusTooManyRequests)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for _, piece := range answers[nth] {
			fmt.Fprintf(w, "data: %s\n\n", strings.ReplaceAll(piece, "LAST", in.Messages[len(in.Messages)-1].Content))
			w.(http.Flusher).Flush()
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/v1/"
}

func says(text string) string {
	return fmt.Sprintf(`{"choices":[{"delta":{"content":%q}}]}`, text)
}

func model(url string) *modelBot {
	return &modelBot{url: url, model: "small", key: "secret", orderStatus: orderStatus}
}

func TestModelAnswersWithTheShopsOwnFunctions(t *testing.T) {
	_, visitor, _ := shop(t, model(fake(t,
		[]string{
			`{"choices":[{"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"order_status","arguments":""}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"number\":"}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"20418\"}"}}]}}]}`,
			`[DONE]`,
		},
		[]string{says("I looked: "), says("LAST"), `{"choices":[]}`, `[DONE]`},
	)))
	visitor.Asks("Where is 20418?")
	visitor.Hears("I looked: Order 20418 left the workshop on Monday and arrives on Thursday.")
}

func TestModelHandsOver(t *testing.T) {
	_, visitor, agent := shop(t, model(fake(t, []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"hand_over","arguments":"{\"reason\":\"Wants a refund\"}"}}]}}]}`, `[DONE]`,
	})))
	visitor.Asks("I want my money back")
	if note := handedOver(t, agent); note != "Wants a refund" {
		t.Error(note)
	}
	visitor.Hears("I will get somebody who knows.")
}

// Whatever is wrong with the model, the visitor is left to people, and half an
// answer is not stored.
func TestModelThatFailsLeavesTheVisitorToPeople(t *testing.T) {
	loop := []string{`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"order_status","arguments":"{\"number\":\"20418\"}"}}]}}]}`, `[DONE]`}
	for name, answers := range map[string][][]string{
		"refuses":   {},
		"cut off":   {{says("Our mugs are")}},
		"an error":  {{says("Our"), `{"error":{"message":"overloaded"}}`}},
		"no JSON":   {{`<html>`}},
		"a circle":  {loop, loop, loop, loop, loop},
		"far index": {{`{"choices":[{"delta":{"tool_calls":[{"index":1000000000,"id":"c","function":{"name":"x","arguments":"{}"}}]}}]}`}},
	} {
		t.Run(name, func(t *testing.T) {
			svc, visitor, agent := shop(t, model(fake(t, answers...)))
			session := visitor.Asks("What are your mugs made of?")
			handedOver(t, agent)
			page, err := svc.Messages(t.Context(), chat.AsHost("test"), chat.MessageQuery{SessionID: session})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Messages {
				if m.Sender == chat.SenderBot {
					t.Errorf("stored %q", m.Text)
				}
			}
		})
	}
}
