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

func TestSessionLists(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	var ids []string
	for _, name := range []string{"Ada", "Ben", "Cleo", "Dora", "Eli"} {
		ids = append(ids, s.api("POST", "/sessions", `{"visitor_name":"`+name+`"}`).want(201).text("session_id"))
	}
	s.call("POST", "/api/v1/sessions/"+ids[0]+"/claim", "", "Cookie: user=mara").want(200).has("assignee_id", "mara", "assignee_name", "MARA")
	s.api("PATCH", "/sessions/"+ids[1], `{"department":"sales","tags":["vip","new"]}`).want(200).has("department", "sales", "tags.#", 2)
	s.api("POST", "/sessions/"+ids[4]+"/close", "").want(200)
	s.api("POST", "/sessions/"+ids[2]+"/messages", `{"sender":"visitor","message":"Hello"}`).want(201)

	for query, names := range map[string]string{
		"":                          "Eli Dora Cleo Ben Ada",
		"?status=all":               "Eli Dora Cleo Ben Ada",
		"?status=active":            "Dora Cleo Ben Ada",
		"/active":                   "Dora Cleo Ben Ada",
		"/active?status=closed":     "Dora Cleo Ben Ada", // the path says it already
		"?status=closed":            "Eli",
		"?assignee=me":              "Ada",
		"?assignee=mara":            "Ada",
		"?assignee=none&status=all": "Eli Dora Cleo Ben",
		"?assignee=nobody":          "",
		"?department=sales":         "Ben",
		"?tag=vip":                  "Ben",
		"?tag=vip&assignee=me":      "",
		"?unknown=1":                "Eli Dora Cleo Ben Ada",
		"/active?sort=activity":     "Cleo Dora Ben Ada",
		"?limit=2":                  "Eli Dora",
	} {
		r := s.call("GET", "/api/v1/sessions"+query, "", "Cookie: user=mara").want(200)
		var got []string
		for i := range r.number("sessions.#") {
			got = append(got, r.text("sessions."+string(rune('0'+i))+".visitor_name"))
		}
		if strings.Join(got, " ") != names {
			t.Errorf("%q: %v, want %s", query, got, names)
		}
	}
	visitor := s.api("GET", "/sessions/"+ids[3], "").text("visitor_id")
	s.api("GET", "/sessions?visitor_id="+visitor, "").want(200).has("sessions.#", 1, "sessions.0.session_id", ids[3])
	s.call("GET", "/api/v1/inbox", "", "Cookie: user=mara").want(200).has("mine", 1, "unassigned", 3, "open", 4, "closed", 1)

	// A whole walk, two at a time, and back.
	var walked []string
	for next := "?limit=2"; next != ""; {
		r := s.api("GET", "/sessions"+next, "").want(200)
		for i := range r.number("sessions.#") {
			walked = append(walked, r.text("sessions."+string(rune('0'+i))+".session_id"))
		}
		if next = r.text("next_cursor"); next != "" {
			next = "?limit=2&after=" + next
		}
	}
	if len(walked) != 5 || walked[0] != ids[4] || walked[4] != ids[0] {
		t.Errorf("walked %v of %v", walked, ids)
	}

	for query, field := range map[string]string{
		"limit=0": "limit", "limit=201": "limit", "limit=": "limit", "limit=ten": "limit", "limit=-1": "limit", "limit=1.5": "limit", "limit=%2B5": "limit",
		"status=open": "status", "sort=name": "sort", "after=a&before=b": "before", "tag=%ff": "tag", "assignee=%00": "assignee",
		"after=" + strings.Repeat("x", 1001): "after", "limit=%zz": "",
	} {
		s.api("GET", "/sessions?"+query, "").failed(400, "invalid_request", field)
	}
	s.api("GET", "/sessions?after=nope", "").failed(400, "invalid_cursor", "after")
	s.api("GET", "/sessions?before=nope", "").failed(400, "invalid_cursor", "before")
	s.api("GET", "/visitors?after=nope", "").failed(400, "invalid_cursor", "after")
}

func TestSessionChanges(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	id := s.api("POST", "/sessions", `{"visitor_name":"Ines","custom_data":{"plan":"free","order":1}}`).text("session_id")
	at := "/sessions/" + id
	if r := s.api("GET", at, "").want(200).has("version", 1); r.header.Get("ETag") != `"1"` {
		t.Errorf("ETag %q", r.header.Get("ETag"))
	}
	r := s.api("PATCH", at, `{"visitor_name":"Inês","visitor_email":"i@example.com","custom_data":{"plan":"pro","order":null}}`, `If-Match: "1"`).want(200).
		has("visitor_name", "Inês", "visitor_email", "i@example.com", "custom_data.plan", "pro", "custom_data.order", nil, "version", 2)
	if r.header.Get("ETag") != `"2"` {
		t.Errorf("ETag %q", r.header.Get("ETag"))
	}
	s.api("PATCH", at, `{"department":"sales"}`, `If-Match: "1"`).failed(412, "version_mismatch", "")
	s.api("PATCH", at, `{"department":"sales"}`, `If-Match: *`).want(200).has("version", 3)
	// RFC 9110: what is no entity tag is malformed, what is one and not ours is another state.
	for _, bad := range []string{"3", `"3`, `3"`, `w/"3"`, `"3" "4"`, `"3", *`, `"a b"`, ",", `"3",4`} {
		s.api("PATCH", at, `{"department":"x"}`, "If-Match: "+bad).failed(400, "invalid_request", "If-Match")
	}
	for _, other := range []string{`W/"3"`, `"three"`, `""`, `"0"`, `"-3"`, `"03"`, `"2", "4"`, `"99999999999999999999"`} {
		s.api("PATCH", at, `{"department":"x"}`, "If-Match: "+other).failed(412, "version_mismatch", "")
		s.api("PATCH", "/sessions/unknown", `{"department":"x"}`, "If-Match: "+other).failed(404, "not_found", "")
	}
	s.api("PATCH", at, `{"department":"x"}`, `If-Match: "2" , W/"3",, "3"`).want(200).has("version", 4)
	s.api("PATCH", at, `{"department":"sales"}`, `If-Match: "4"`).want(200).has("version", 5)
	s.api("PATCH", at, `{}`).want(200).has("version", 5)
	for body, field := range map[string]string{
		`{"tags":null}`: "tags", `{"tags":["a",""]}`: "tags", `{"visitor_name":""}`: "visitor_name", `{"visitor_name":null}`: "visitor_name",
		`{"visitor_email":"x"}`: "visitor_email", `{"assignee_id":"nobody"}`: "assignee_id", `{"assignee_id":1}`: "assignee_id", `{"status":"closed"}`: "status",
	} {
		s.api("PATCH", at, body).failed(400, "invalid_request", field)
	}
	s.api("PATCH", "/sessions/unknown", `{"department":"x"}`).failed(404, "not_found", "")

	// Of two who claim one wins; releasing, handing on.
	s.call("POST", "/api/v1"+at+"/claim", "", "Cookie: user=mara").want(200)
	s.call("POST", "/api/v1"+at+"/claim", "{}", "Cookie: user=mara").want(200).has("assignee_id", "mara")
	s.call("POST", "/api/v1"+at+"/claim", "", "Cookie: user=jonas").failed(409, "already_claimed", "")
	s.api("PATCH", at, `{"assignee_id":null}`).want(200).has("assignee_id", nil)
	s.call("POST", "/api/v1"+at+"/claim", "", "Cookie: user=jonas").want(200).has("assignee_id", "jonas")
	s.api("POST", at+"/transfer", `{"agent_id":"mara"}`).want(200).has("assignee_id", "mara")
	s.api("POST", at+"/transfer", `{"department":"support"}`).want(200).has("assignee_id", nil, "department", "support")
	s.api("POST", at+"/transfer", `{"agent_id":"mara","department":"support"}`).failed(400, "invalid_request", "agent_id")
	s.api("POST", at+"/transfer", `{"agent_id":"nobody"}`).failed(400, "invalid_request", "agent_id")
	s.api("POST", at+"/close", "").want(200)
	s.api("POST", at+"/transfer", `{"agent_id":"mara"}`).failed(409, "session_closed", "")
	s.call("POST", "/api/v1"+at+"/claim", "", "Cookie: user=jonas").failed(409, "session_closed", "")
}
