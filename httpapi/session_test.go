package httpapi

import (
	"strings"
	"testing"
)

// The six calls, as an integration makes them.
func TestSixCalls(t *testing.T) {
	s := newSite(t, Options{})
	created := s.api("POST", "/sessions", `{"visitor_name":"Ines","visitor_email":"ines@example.com","source":"shop","custom_data":{"order":20418}}`).want(201).
		has("status", "active", "visitor_name", "Ines", "visitor_email", "ines@example.com", "source", "shop", "custom_data.order", 20418)
	id := created.text("session_id")
	if at := created.text("created_at"); len(at) != len("2025-03-24T12:00:00.000Z") || !strings.HasSuffix(at, "Z") {
		t.Errorf("created_at is %q", at)
	}
	if got := created.header.Get("Location"); got != "sessions/"+id {
		t.Errorf("Location is %q", got)
	}
	s.api("GET", "/sessions/"+id, "").want(200).has("session_id", id, "messages.#", 0)

	s.api("POST", "/messages", mustJSON(map[string]any{"session_id": id, "sender": "visitor", "message": "Where is my order?"})).want(201).
		has("session_id", id, "sender", "visitor", "message", "Where is my order?", "seq", 1, "attachments.#", 0)
	sent := s.api("POST", "/sessions/"+id+"/messages", `{"sender":"agent","message":"On its way.","client_id":"a1"}`).want(201).
		has("seq", 2, "client_id", "a1")
	s.api("POST", "/sessions/"+id+"/messages", `{"sender":"agent","message":"On its way.","client_id":"a1"}`).want(200).
		has("message_id", sent.text("message_id"), "seq", 2)
	s.api("POST", "/sessions/"+id+"/messages", `{"sender":"agent","message":"Never.","client_id":"a1"}`).failed(409, "client_id_reused", "client_id")
	s.api("POST", "/messages", mustJSON(map[string]any{"session_id": id, "sender": "bot", "message": "Track it.", "sender_name": "Tracker"})).want(201).
		has("seq", 3, "sender_name", "Tracker")

	s.api("GET", "/sessions/"+id+"/messages", "").want(200).has("session_id", id, "messages.#", 3, "messages.0.seq", 1, "messages.2.seq", 3, "next_cursor", nil)
	s.api("GET", "/sessions/"+id, "").want(200).has("messages.#", 3, "messages.0.message", "Where is my order?", "message_count", 3)
	s.api("GET", "/sessions/active", "").want(200).has("sessions.#", 1, "sessions.0.session_id", id, "sessions.0.visitor_name", "Ines")

	closed := s.api("POST", "/sessions/"+id+"/close", `{"reason":"answered"}`).want(200).has("session_id", id, "status", "closed", "close_reason", "answered")
	s.api("PUT", "/sessions/"+id+"/close", "").want(200).has("closed_at", closed.text("closed_at"), "close_reason", "answered")
	s.api("POST", "/messages", mustJSON(map[string]any{"session_id": id, "sender": "agent", "message": "One more."})).failed(409, "session_closed", "")
	s.api("GET", "/sessions/active", "").want(200).has("sessions.#", 0)
}
