package apitest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWalkingCannedReplies walks there and back while others come and go.
func TestWalkingCannedReplies(t *testing.T) {
	s := open(t, setup{})
	var want []string
	for i := range 11 {
		want = append(want, s.admin().post("/api/v1/canned-replies", encode(object{"shortcut": fmt.Sprintf("M-%02d", i), "message": "x"})).is(201).text("canned_reply_id"))
	}
	write := func(i int) {
		for _, side := range []string{"a", "z"} {
			id := s.admin().post("/api/v1/canned-replies", encode(object{"shortcut": fmt.Sprintf("%s%d", side, i), "message": "x"})).is(201).text("canned_reply_id")
			if i%3 == 0 {
				s.admin().do("DELETE", "/api/v1/canned-replies/"+id, "").is(204)
			}
		}
	}
	read := readPages(s.admin(), "/api/v1/canned-replies", "canned_replies", "canned_reply_id")
	next := func(cursor string) string { return "?limit=4&after=" + cursor }
	whileWriting(t, write, func() { sameOnce(t, "canned replies", walk(t, "?limit=4", read, next), want) })
	write(-1) // has not been written yet
	end := s.admin().get("/api/v1/canned-replies?limit=200").is(200).list("canned_replies")
	if i := slices.IndexFunc(end, func(o object) bool { return o["canned_reply_id"] == want[10] }); i < 10 {
		t.Fatalf("the last is number %d", i)
	}
	p := read("?limit=200&before=" + walkTo(t, read, want[10]))
	if i := slices.Index(p.ids, want[9]); i != len(p.ids)-1 {
		t.Errorf("before the last comes %v", p.ids)
	}
}

// TestShortcutsAreTaken tries to give two canned replies one shortcut.
func TestShortcutsAreTaken(t *testing.T) {
	api := open(t, setup{}).admin()
	api.post("/api/v1/canned-replies", `{"shortcut":"Käse","message":"x"}`).is(201)
	other := api.post("/api/v1/canned-replies", `{"shortcut":"kase","message":"x"}`).is(201).text("canned_reply_id")
	api.post("/api/v1/canned-replies", `{"shortcut":"KÄSE","message":"x"}`).fails(409, "conflict", "shortcut")
	api.do("PATCH", "/api/v1/canned-replies/"+other, `{"shortcut":"käsE"}`).fails(409, "conflict", "shortcut")
}

// walkTo returns the cursor behind the page that ends with the id.
func walkTo(t *testing.T, read func(string) page, id string) string {
	t.Helper()
	p := read("?limit=1")
	for range 1000 {
		if p.ids[0] == id {
			return p.next
		}
		p = read("?limit=1&after=" + p.next)
	}
	t.Fatal("it is not in the list")
	return ""
}

// TestSearchFindsAtOnce searches for what has just been said, by the visitor,
// an agent and in a note, and walks through all of it while more is said.
func TestSearchFindsAtOnce(t *testing.T) {
	s := open(t, setup{})
	f := s.fixture()
	var want []string
	for i := range 9 {
		text := fmt.Sprintf("peregrine %d", i)
		var id string
		switch i % 3 {
		case 0:
			id = f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": text})).is(201).text("message_id")
		case 1:
			id = s.admin().post("/api/v1/messages", encode(object{"session_id": f.session, "sender": "agent", "message": text})).is(201).text("message_id")
		case 2:
			id = s.admin().post("/api/v1/sessions/"+f.session+"/notes", encode(object{"message": text})).is(201).text("message_id")
		}
		want = append([]string{id}, want...)
		first := s.keyed("read").get("/api/v1/search?limit=1&q=peregr").is(200).list("results")[0]
		if got := first["message"].(object)["message_id"]; got != id {
			t.Fatalf("%d: found %s first, want %s", i, got, id)
		}
		if got := first["excerpt"]; got != text {
			t.Errorf("excerpt %q, want %q", got, text)
		}
	}
	read := func(query string) page {
		r := s.admin().get("/api/v1/search" + query).is(200)
		var p page
		for _, o := range r.list("results") {
			p.ids = append(p.ids, o["message"].(object)["message_id"].(string))
		}
		p.next, _ = r.at("next_cursor").(string)
		return p
	}
	other := s.fixture()
	write := func(i int) {
		s.admin().post("/api/v1/messages", encode(object{"session_id": other.session, "sender": "agent", "message": "another peregrine"})).is(201)
	}
	next := func(cursor string) string { return "?q=peregrine&limit=2&after=" + cursor }
	whileWriting(t, write, func() { sameOnce(t, "found", walk(t, "?q=peregrine&limit=2", read, next), want) })

	f.who.do("DELETE", "/visitor/v1/me", "").is(204)
	if r := s.admin().get("/api/v1/search?limit=200&q=peregrine").is(200); strings.Contains(r.raw, f.session) {
		t.Error("an erased session is found")
	}
}
