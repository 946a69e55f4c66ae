package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

// Whatever a message says, it is one event, and says the same.
func FuzzStreamText(f *testing.F) {
	for _, text := range []string{"", "a\n\nevent: bye\ndata: {}\n\n", ":", "id: 5", "\r\r", "\u2028", "\xff\x00", "\ufeff", "</script>"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		e := &chat.Event{ID: "k3f9x2ab.7", Position: 7, Type: chat.EventMessageSent, Data: chat.Message{Text: text, SenderName: name}}
		typing := &chat.Event{Type: chat.EventTyping, Data: chat.Typing{SenderName: name}}
		message, err := e.JSON()
		if err != nil {
			t.Fatal(err)
		}
		hint, err := typing.VisitorJSON()
		if err != nil {
			t.Fatal(err)
		}
		b := appendFrame(nil, e.Type, message, e.ID)
		b = appendFrame(b, typing.Type, hint, typing.ID)
		p := newStreamReader(strings.NewReader(string(b)))
		events, err := p.rest()
		if err != nil || len(events) != 2 || p.resets != 0 || len(p.comments) > 0 || p.retry != 0 {
			t.Fatalf("%q became %q, %v", b, events, err)
		}
		if events[0].name != "message_sent" || events[0].id != e.ID || events[1].name != "typing" || events[1].id != "" || p.lastID != e.ID {
			t.Fatalf("%q became %q", b, events)
		}
		var got struct{ Data chat.Message }
		if err := json.Unmarshal([]byte(events[0].data), &got); err != nil {
			t.Fatal(err)
		}
		if got.Data.Text != asJSON(t, text) || got.Data.SenderName != asJSON(t, name) {
			t.Fatalf("%q arrived as %q", text, got.Data.Text)
		}
	})
}

// asJSON is the text after a journey through JSON, which replaces what is not
// UTF-8.
func asJSON(t *testing.T, text string) (out string) {
	b, err := json.Marshal(text)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var eventIDs = regexp.MustCompile(`^[0-9a-z]{8}\.(0|[1-9][0-9]{0,18})$`)

// A position is exactly what was given out, or a 400.
func FuzzLastEventID(f *testing.F) {
	for _, id := range []string{"", "memory00.0", "memory00.1", "memory00.01", "memory00.9223372036854775808", "memory00.1\n", "MEMORY00.1", "x", ".", "memory00.1%00"} {
		f.Add(id, true)
		f.Add(id, false)
	}
	svc := chat.New(newMemoryStore(), nil)
	f.Fuzz(func(t *testing.T, id string, inQuery bool) {
		r := httptest.NewRequest("GET", "/events", nil)
		if inQuery {
			r.URL.RawQuery = "after=" + url.QueryEscape(id)
		} else {
			r.Header["Last-Event-Id"] = []string{id}
		}
		after, _, err := resumeFrom(r)
		if err == nil {
			var sub *chat.Subscription
			if sub, err = svc.Subscribe(context.Background(), chat.AsHost("x"), chat.SubscribeOptions{After: after}); err == nil {
				sub.Close()
			}
		}
		good := id == "" || eventIDs.MatchString(id) && fits(id)
		if good != (err == nil) {
			t.Fatalf("%q: %v", id, err)
		}
		if err != nil && !errors.Is(err, chat.ErrInvalid) {
			t.Fatalf("%q: %v", id, err)
		}
	})
}

// fits says whether the number is one that int64 holds.
func fits(id string) bool {
	n := id[len("memory00."):]
	return len(n) < 19 || n <= "9223372036854775807"
}
