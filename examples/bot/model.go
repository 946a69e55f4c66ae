package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

// modelBot answers with a language model behind the chat completions of the
// OpenAI API, which most servers of models speak.
type modelBot struct {
	url, model, key string
	orderStatus     func(number string) string
	client          *http.Client // nil means the default one
}

const instructions = `You answer visitors of Alder & Clay, a shop for stoneware, in their language and in a few plain sentences.
You may look up orders. For everything else that you do not know for certain, and whenever somebody asks for a person, call hand_over.`

// maxCalls bounds how often a model may call functions for one answer.
const maxCalls = 4

// message and call are of the API.
type message struct {
	Role       string `json:"role"`
	Content    string `json:"content"`
	ToolCalls  []call `json:"tool_calls,omitempty"`
	ToolCallID string `json:"tool_call_id,omitempty"`
}

type call struct {
	Index    int    `json:"index"`
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// tools are the functions that the model may call, as JSON schemas.
var tools = json.RawMessage(`[
	{"type": "function", "function": {"name": "order_status", "description": "Where an order is.",
		"parameters": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]}}},
	{"type": "function", "function": {"name": "hand_over", "description": "Have a person answer.",
		"parameters": {"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]}}}
]`)

// Answer lets the model speak until it has no more functions to call.
func (b *modelBot) Answer(ctx context.Context, turn chat.Turn, reply *chat.Reply) error {
	talk := []message{{Role: "system", Content: instructions}}
	for _, m := range turn.Messages {
		role := "assistant"
		if m.Sender == chat.SenderVisitor {
			role = "user"
		}
		talk = append(talk, message{Role: role, Content: m.Text})
	}
	for range maxCalls {
		said, err := b.ask(ctx, talk, reply)
		if err != nil {
			return err
		}
		if len(said.ToolCalls) == 0 {
			return nil
		}
		talk = append(talk, said)
		for _, c := range said.ToolCalls {
			result, over, err := b.run(ctx, c, reply)
			if err != nil || over {
				return err
			}
			talk = append(talk, message{Role: "tool", ToolCallID: c.ID, Content: result})
		}
	}
	return errors.New("the model calls functions without end")
}

// run calls a function for the model. What it passes comes from a visitor, so
// to speak, and is checked as such.
func (b *modelBot) run(ctx context.Context, c call, reply *chat.Reply) (result string, over bool, err error) {
	var args struct{ Number, Reason string }
	if json.Unmarshal([]byte(c.Function.Arguments), &args) != nil {
		c.Function.Name = "" // the model is told that it is of no use, and may try again
	}
	switch c.Function.Name {
	case "order_status":
		if !orderNumber.MatchString(args.Number) {
			return "An order's number has five digits.", false, nil
		}
		return b.orderStatus(args.Number), false, nil
	case "hand_over":
		reply.WriteString("I will get somebody who knows.")
		return "", true, reply.HandOver(ctx, "", cmp.Or(args.Reason, "The visitor wants a person."))
	}
	return "There is no such function, or its arguments are no JSON.", false, nil
}

// ask has the model say one thing, and passes on what it says as it comes.
func (b *modelBot) ask(ctx context.Context, talk []message, reply *chat.Reply) (message, error) {
	said := message{Role: "assistant"}
	body, err := json.Marshal(map[string]any{"model": b.model, "messages": talk, "tools": tools, "stream": true})
	if err != nil {
		return said, err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", strings.TrimSuffix(b.url, "/")+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return said, err
	}
	req.Header.Set("Content-Type", "application/json")
	if b.key != "" {
		req.Header.Set("Authorization", "Bearer "+b.key)
	}
	resp, err := cmp.Or(b.client, http.DefaultClient).Do(req)
	if err != nil {
		return said, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		return said, fmt.Errorf("the model's server answers %s: %s", resp.Status, why)
	}
	return said, said.read(resp.Body, reply)
}

// read takes in a streamed answer.
func (m *message) read(body io.Reader, reply *chat.Reply) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if data = strings.TrimSpace(data); !ok || data == "" {
			continue
		}
		if data == "[DONE]" {
			return nil
		}
		var chunk struct {
			Choices []struct{ Delta message }
			Error   *struct{ Message string }
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			return fmt.Errorf("the model's server: %w", err)
		}
		if chunk.Error != nil {
			return errors.New("the model's server: " + chunk.Error.Message)
		}
		for _, choice := range chunk.Choices {
			if choice.Delta.Content != "" {
				reply.WriteString(choice.Delta.Content)
			}
			m.Content += choice.Delta.Content
			m.take(choice.Delta.ToolCalls)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF // cut off: what came is not the whole answer
}

// take adds pieces of function calls.
func (m *message) take(pieces []call) {
	for _, p := range pieces {
		for len(m.ToolCalls) <= min(p.Index, maxCalls) {
			m.ToolCalls = append(m.ToolCalls, call{Type: "function", Index: len(m.ToolCalls)})
		}
		if p.Index < 0 || p.Index >= len(m.ToolCalls) {
			continue
		}
		c := &m.ToolCalls[p.Index]
		c.ID += p.ID
		c.Function.Name += p.Function.Name
		c.Function.Arguments += p.Function.Arguments
	}
}
