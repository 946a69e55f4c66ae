package httpapi

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestCannedReplies(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	s.api("GET", "/canned-replies", "").want(200).has("canned_replies.#", 0, "next_cursor", nil)
	made := s.call("POST", "/api/v1/canned-replies", `{"shortcut":"Shipping-EU","message":"Hello {{name}},\nthree days."}`, "Cookie: user=mara").want(201).
		has("shortcut", "Shipping-EU", "message", "Hello {{name}},\nthree days.")
	at := "/canned-replies/" + made.text("canned_reply_id")
	s.api("POST", "/canned-replies", `{"shortcut":"shipping-eu","message":"x"}`).failed(409, "conflict", "shortcut")
	s.api("POST", "/canned-replies", `{"shortcut":"hours","message":"Until six."}`).want(201)
	s.api("PATCH", at, `{"shortcut":"HOURS"}`).failed(409, "conflict", "shortcut")
	s.api("PATCH", at, `{"shortcut":"eu"}`).want(200).has("shortcut", "eu", "message", "Hello {{name}},\nthree days.")
	s.api("PATCH", at, `{"message":"Four days."}`).want(200).has("shortcut", "eu", "message", "Four days.")
	s.api("PATCH", at, `{}`).want(200).has("message", "Four days.")
	for _, bad := range []string{"", " ", "a b", "a/b", "/a", "a.b", "é́x\u0301", "😀", strings.Repeat("a", 51)} {
		s.api("POST", "/canned-replies", fmt.Sprintf(`{"shortcut":%q,"message":"x"}`, bad)).failed(400, "invalid_request", "shortcut")
		s.api("PATCH", at, fmt.Sprintf(`{"shortcut":%q}`, bad)).failed(400, "invalid_request", "shortcut")
	}
	s.api("POST", "/canned-replies", `{"shortcut":"x","message":" "}`).failed(400, "invalid_request", "message")
	s.api("PATCH", at, `{"message":"`+strings.Repeat("x", 4001)+`"}`).failed(400, "invalid_request", "message")

	first := s.api("GET", "/canned-replies?limit=1", "").want(200).has("canned_replies.#", 1, "canned_replies.0.shortcut", "eu")
	s.api("GET", "/canned-replies?limit=1&after="+first.text("next_cursor"), "").want(200).has("canned_replies.0.shortcut", "hours", "next_cursor", nil)
	s.api("DELETE", at, "").want(204)
	s.api("DELETE", at, "").failed(404, "not_found", "")
	s.api("PATCH", at, `{"message":"x"}`).failed(404, "not_found", "")
	s.visitor().call("GET", "/canned-replies", "").failed(404, "not_found", "")
}

func TestSearch(t *testing.T) {
	s := newSite(t, Options{})
	v := s.visitor()
	id := v.session("Is the sage glaze food safe?")
	s.api("PATCH", "/sessions/"+id, `{"visitor_name":"Léa <b>Bonnet</b>","visitor_email":"lea@correio.example","tags":["vip"]}`).want(200)
	long := strings.Repeat("word ", 60) + "the Kiln\nis electric " + strings.Repeat("word ", 60)
	sent := s.api("POST", "/messages", fmt.Sprintf(`{"session_id":%q,"sender":"agent","message":%q}`, id, long)).want(201)
	s.api("POST", "/sessions/"+id+"/notes", `{"message":"She bought a kiln in May"}`).want(201)
	search := func(q string) *reply { return s.api("GET", "/search?q="+url.QueryEscape(q), "").want(200) }

	search("lea vi").has("results.#", 1, "results.0.session.session_id", id, "results.0.message", nil,
		"results.0.excerpt", "Léa <b>Bonnet</b> · lea@correio.example · vip", "results.0.matches.#", 3,
		"results.0.matches.0.0", 0, "results.0.matches.0.1", 3, "results.0.matches.2.0", 42, "results.0.matches.2.1", 45)
	r := search("KILN").has("results.#", 2, "results.0.message.note", true, "results.1.message.message_id", sent.text("message_id"))
	excerpt := []rune(r.text("results.1.excerpt"))
	if len(excerpt) != 160 || excerpt[0] != '…' || excerpt[159] != '…' || strings.ContainsRune(string(excerpt), '\n') {
		t.Errorf("excerpt %q", string(excerpt))
	}
	from, to := r.number("results.1.matches.0.0"), r.number("results.1.matches.0.1")
	if got := string(excerpt[from:to]); got != "Kiln" {
		t.Errorf("the match is %q", got)
	}
	search("kiln bought").has("results.#", 1)
	for _, q := range []string{"kilo", `"`, "...", "glaze AND", "-sage", "body:sage", "*"} {
		search(q)
	}
	search("...").has("results.#", 0)

	// What is edited or deleted cannot be found any more, nor what is erased.
	s.api("PATCH", "/sessions/"+id+"/messages/"+sent.text("message_id"), `{"message":"An oven"}`).want(200)
	search("kiln").has("results.#", 1)
	search("oven").has("results.#", 1)
	s.api("DELETE", "/sessions/"+id+"/messages/"+sent.text("message_id"), "").want(200)
	search("oven").has("results.#", 0)
	v.call("DELETE", "/me", "").want(204)
	search("sage").has("results.#", 0)

	for _, q := range []string{"", " ", "\u200b", strings.Repeat("a", 201)} {
		s.api("GET", "/search?q="+url.QueryEscape(q), "").failed(400, "invalid_request", "q")
	}
	s.api("GET", "/search", "").failed(400, "invalid_request", "q")
	s.api("GET", "/search?q="+strings.Repeat("%F0%9F%98%80", 200), "").want(200)
	s.api("GET", "/search?q=a&after=x", "").failed(400, "invalid_cursor", "after")
	s.visitor().call("GET", "/search?q=a", "").failed(404, "not_found", "")
}
