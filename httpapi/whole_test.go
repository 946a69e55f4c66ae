package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// walk reads a list in pages of a size and returns the ids. by is "after" or
// "before", with a cursor to begin at after a "=".
func (s *site) walk(path, list, id string, limit int, by, cursor string) (ids []string) {
	s.t.Helper()
	for range 100 {
		at := fmt.Sprintf("%s?limit=%d", path, limit)
		if cursor != "" {
			at += "&" + by + "=" + cursor
		}
		r := s.api("GET", at, "").want(200)
		page, _ := r.get(list).([]any)
		var part []string
		for _, item := range page {
			part = append(part, item.(map[string]any)[id].(string))
		}
		if len(part) == 0 || len(part) > limit {
			s.t.Fatalf("%s: a page of %d", at, len(part))
		}
		if by == "before" {
			ids = append(part, ids...)
		} else {
			ids = append(ids, part...)
		}
		if cursor = r.text("next_cursor"); cursor == "" {
			return ids
		}
	}
	s.t.Fatalf("%s has no end", path)
	return nil
}

func TestShortListsComeInPages(t *testing.T) {
	s := newSite(t, Options{Agent: func(r *http.Request) (chat.Agent, error) {
		name := r.Header.Get("X-Agent")
		return chat.Agent{ID: "id-" + name, Name: name}, nil
	}})
	for i, name := range []string{"Cleo", "ada", "Ben", "Dora", "eve"} {
		s.call("GET", "/api/v1/me", "", "X-Agent: "+name).want(200)
		s.newKey("read")
		s.api("POST", "/webhooks", fmt.Sprintf(`{"url":"https://example.com/%d","events":["*"]}`, i)).want(201)
	}
	for _, list := range []struct{ path, name, id, other string }{
		{"/agents", "agents", "agent_id", "/webhooks"},
		{"/api-keys", "api_keys", "api_key_id", "/agents"},
		{"/webhooks", "webhooks", "webhook_id", "/api-keys"},
	} {
		all := s.walk(list.path, list.name, list.id, 200, "after", "")
		if len(all) < 5 {
			t.Fatalf("%s: %q", list.path, all)
		}
		last := s.api("GET", fmt.Sprintf("%s?limit=%d", list.path, len(all)-1), "").text("next_cursor")
		for _, limit := range []int{1, 2, 4, len(all)} {
			if got := s.walk(list.path, list.name, list.id, limit, "after", ""); !slices.Equal(got, all) {
				t.Errorf("%s by %d: %q, want %q", list.path, limit, got, all)
			}
			if got := s.walk(list.path, list.name, list.id, limit, "before", last); !slices.Equal(got, all[:len(all)-2]) {
				t.Errorf("%s back by %d: %q, want %q", list.path, limit, got, all[:len(all)-2])
			}
		}
		for query, field := range map[string]string{
			"limit=0": "limit", "limit=201": "limit", "limit=x": "limit", "limit=": "limit", "after=" + last + "&before=" + last: "before",
		} {
			s.api("GET", list.path+"?"+query, "").failed(400, "invalid_request", field)
		}
		other := s.api("GET", list.other+"?limit=1", "").text("next_cursor")
		for _, bad := range []string{"x", other, last + "A"} {
			s.api("GET", list.path+"?after="+bad, "").failed(400, "invalid_cursor", "after")
			s.api("GET", list.path+"?before="+bad, "").failed(400, "invalid_cursor", "before")
		}
	}
	if got := s.walk("/agents", "agents", "agent_id", 2, "after", ""); !slices.Equal(got, []string{"id-ada", "id-Ben", "id-Cleo", "id-Dora", "id-eve"}) {
		t.Errorf("agents in the order %q", got)
	}
	// A cursor outlives what it names.
	hooks := s.walk("/webhooks", "webhooks", "webhook_id", 200, "after", "")
	cursor := s.api("GET", "/webhooks?limit=2", "").text("next_cursor")
	s.api("DELETE", "/webhooks/"+hooks[1], "").want(204)
	s.api("GET", "/webhooks?limit=1&after="+cursor, "").want(200).has("webhooks.0.webhook_id", hooks[2])
	s.api("GET", "/webhooks?limit=5&before="+cursor, "").want(200).has("webhooks.0.webhook_id", hooks[0], "webhooks.#", 1)
}
