package apitest

import (
	"context"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// TestChallenge has a program of somebody's own be asked for proof, and go on
// with the same request.
func TestChallenge(t *testing.T) {
	t.Parallel()
	s := open(t, setup{chat: chat.Options{
		Spam: chat.SpamRules{LinksOnly: true},
		Hooks: chat.Hooks{Challenge: func(_ context.Context, c chat.Challenge) error {
			if (c.SessionID != "" || len(c.Signs) > 0) && c.Answer != "good" {
				return chat.ErrChallenge
			}
			return nil
		}},
	}})
	spam := object{"message": "https://example.com/win", "client_id": "1"}
	v := s.visitor()
	v.post("/visitor/v1/sessions", encode(spam)).fails(403, "challenge_required", "challenge_answer")
	v.post("/visitor/v1/sessions", changed(spam, "challenge_answer", "bad")).fails(403, "challenge_required", "challenge_answer")
	v.post("/visitor/v1/sessions", changed(spam, "challenge_answer", 1)).fails(400, "invalid_request", "challenge_answer")
	if list := s.admin().get("/api/v1/sessions").is(200).list("sessions"); len(list) != 0 {
		t.Errorf("there are sessions: %v", list)
	}
	started := v.post("/visitor/v1/sessions", changed(spam, "challenge_answer", "good")).is(201)
	id := started.body["session_id"].(string)
	v.post("/visitor/v1/sessions", encode(spam)).is(200).has(map[string]any{"session_id": id})
	v.post("/visitor/v1/messages", encode(object{"session_id": id, "message": "And this"})).is(201)
	if list := s.admin().get("/api/v1/sessions?tag=suspected+spam").is(200).list("sessions"); len(list) != 1 || list[0]["session_id"] != id {
		t.Errorf("marked are %v", list)
	}
	if raw := v.get("/visitor/v1/sessions/" + id).is(200).raw; strings.Contains(raw, "suspected") {
		t.Errorf("the visitor reads it: %s", raw)
	}

	other := s.visitor()
	plain := other.post("/visitor/v1/sessions", `{"message":"Do you ship to Portugal?"}`).is(201).body["session_id"].(string)
	more := object{"session_id": plain, "message": "Or to Spain?", "client_id": "2"}
	other.post("/visitor/v1/messages", encode(more)).fails(403, "challenge_required", "challenge_answer")
	other.post("/visitor/v1/messages", changed(more, "challenge_answer", "good")).is(201)
	other.post("/visitor/v1/messages", encode(more)).is(200)
}
