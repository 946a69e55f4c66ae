package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func TestMessagesAndNotes(t *testing.T) {
	s := newSite(t, Options{Agent: byCookie})
	v := s.visitor()
	id := v.session("Hello")
	at := "/sessions/" + id
	note := s.call("POST", "/api/v1"+at+"/notes", `{"message":"Be kind to her","client_id":"n1"}`, "Cookie: user=mara").want(201).
		has("note", true, "sender", "agent", "sender_id", "mara", "seq", nil)
	s.call("POST", "/api/v1"+at+"/notes", `{"message":"Be kind to her","client_id":"n1"}`, "Cookie: user=mara").want(200).has("message_id", note.text("message_id"))
	sent := s.call("POST", "/api/v1/messages", `{"session_id":"`+id+`","sender":"agent","message":"Helo"}`, "Cookie: user=mara").want(201).has("seq", 2)
	mine := at + "/messages/" + sent.text("message_id")

	if r := s.call("PATCH", "/api/v1"+mine, `{"message":"Hello"}`, "Cookie: user=mara").want(200).has("message", "Hello", "seq", 2); r.text("edited_at") == "" {
		t.Error("no edited_at")
	}
	s.call("PATCH", "/api/v1"+mine, `{"message":"Bye"}`, "Cookie: user=jonas").failed(403, "forbidden", "")
	s.call("PATCH", "/api/v1"+mine, `{"message":" "}`, "Cookie: user=mara").failed(400, "invalid_request", "message")
	s.call("PATCH", "/api/v1"+at+"/messages/unknown", `{"message":"Bye"}`, "Cookie: user=mara").failed(404, "not_found", "")
	s.api("GET", at+"/messages", "").want(200).has("messages.#", 3)
	if r := s.api("DELETE", mine, "").want(200).has("message", "", "seq", 2); r.text("deleted_at") == "" {
		t.Error("no deleted_at")
	}

	// Nothing that the visitor can ask for tells of the note.
	for _, path := range []string{"/sessions", at, at + "/messages", at + "/messages?before=latest", at + "/transcript", at + "/transcript?format=json", at + "/transcript?format=csv"} {
		if r := v.call("GET", path, "").want(200); strings.Contains(r.raw, "kind") || strings.Contains(r.raw, "note") {
			t.Errorf("%s tells of the note: %s", path, r.raw)
		}
	}
	v.call("GET", at+"/messages", "").want(200).has("messages.#", 2, "messages.1.sender_id", nil)
	v.call("GET", at, "").want(200).has("message_count", 2, "messages.#", 2)
	v.call("POST", at+"/seen", `{"message_id":"`+note.text("message_id")+`"}`).failed(404, "not_found", "")

	// Seen, and typing.
	v.call("POST", at+"/seen", `{"message_id":"`+sent.text("message_id")+`"}`).want(204)
	s.api("GET", at, "").want(200).has("visitor_seen_seq", 2, "agent_seen_seq", 2)
	v.call("POST", at+"/typing", "").want(204)
	s.api("POST", at+"/typing", `{"typing":false}`).want(204)
	s.api("POST", at+"/close", "").want(200)
	s.api("POST", at+"/typing", "").failed(409, "session_closed", "")
	v.call("POST", "/messages", `{"session_id":"`+id+`","message":"Still there?"}`).failed(409, "session_closed", "")
}

func TestMessagePages(t *testing.T) {
	s := newSite(t, Options{})
	id := s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).text("session_id")
	at := "/sessions/" + id + "/messages"
	var ids []string
	for _, text := range []string{"one", "two", "three", "four", "five"} {
		ids = append(ids, s.api("POST", at, `{"sender":"visitor","message":"`+text+`"}`).want(201).text("message_id"))
	}
	for query, want := range map[string]string{
		"?limit=2":                       "one two",
		"?limit=2&before=latest":         "four five",
		"?after=3":                       "four five",
		"?after=" + ids[1]:               "three four five",
		"?before=" + ids[2] + "&limit=1": "two",
		"?after=5":                       "",
		"?after=5&wait=0":                "",
	} {
		r := s.api("GET", at+query, "").want(200)
		var got []string
		for i := range r.number("messages.#") {
			got = append(got, r.text("messages."+string(rune('0'+i))+".message"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	next := s.api("GET", at+"?limit=3", "").text("next_cursor")
	s.api("GET", at+"?limit=3&after="+next, "").want(200).has("messages.#", 2, "messages.0.message", "four", "next_cursor", nil)
	for query, field := range map[string]string{"wait=31": "wait", "wait=-1": "wait", "wait=x": "wait", "before=latest&wait=1": "wait", "after=1&before=2": "before"} {
		s.api("GET", at+"?"+query, "").failed(400, "invalid_request", field)
	}
	s.api("GET", at+"?after=nope!", "").failed(400, "invalid_cursor", "after")
	s.api("GET", "/sessions/unknown/messages?after=0&wait=1", "").failed(404, "not_found", "")
}

// Fifty tries of one send, at once: one message, and the same answer to all.
func TestSendingAgain(t *testing.T) {
	s := newSite(t, Options{})
	id := s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).text("session_id")
	replies := make([]*reply, 50)
	var wg sync.WaitGroup
	for i := range replies {
		wg.Go(func() {
			replies[i] = s.api("POST", "/sessions/"+id+"/messages", `{"sender":"visitor","message":"Once","client_id":"k"}`)
		})
	}
	wg.Wait()
	created := 0
	for _, r := range replies {
		if r.status == 201 {
			created++
		}
		if r.raw != replies[0].raw || r.status != 201 && r.status != 200 {
			t.Errorf("%d %s", r.status, r.raw)
		}
	}
	if created != 1 {
		t.Errorf("%d answered 201", created)
	}
	s.api("GET", "/sessions/"+id, "").want(200).has("message_count", 1)
}

// A long poll answers when there is a message, and otherwise when its time is
// up. The clock of the bubble stands in for waiting.
func TestLongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, Options{})
		defer s.store.Close()
		defer s.svc.Close()
		v := s.visitor()
		id := v.session("Hello")
		at := "/sessions/" + id + "/messages?after=1&wait=20"
		begin := time.Now()
		v.call("GET", at, "").want(200).has("messages.#", 0, "session_id", id)
		if waited := time.Since(begin); waited != 20*time.Second {
			t.Errorf("waited %s", waited)
		}
		for _, poll := range []func() *reply{
			func() *reply { return v.call("GET", at, "") },
			func() *reply { return s.api("GET", at, "") },
		} {
			begin = time.Now()
			go func() {
				time.Sleep(time.Second)
				s.api("POST", "/sessions/"+id+"/typing", "")
				s.api("PATCH", "/sessions/"+id, `{"department":"sales"}`)
				time.Sleep(2 * time.Second)
				s.api("POST", "/messages", `{"session_id":"`+id+`","sender":"agent","message":"Hi"}`)
			}()
			r := poll().want(200).has("messages.#", 1, "messages.0.message", "Hi")
			if waited := time.Since(begin); waited != 3*time.Second {
				t.Errorf("waited %s", waited)
			}
			at = "/sessions/" + id + "/messages?wait=30&after=" + r.text("messages.0.message_id")
		}
		// What is there already is answered at once.
		begin = time.Now()
		v.call("GET", "/sessions/"+id+"/messages?after=1&wait=30", "").want(200).has("messages.#", 2)
		if time.Since(begin) != 0 {
			t.Error("waited for what was there")
		}
		// A closing service ends it.
		go func() {
			time.Sleep(time.Second)
			s.svc.Close()
		}()
		v.call("GET", at, "").want(200).has("messages.#", 0)
		v.call("GET", at, "").failed(503, "shutting_down", "")
	})
}

// A poll ends with its client, whatever it was waiting for, and without an
// entry in the log.
func TestLongPollEndsWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, Options{})
		defer s.store.Close()
		defer s.svc.Close()
		id := s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).text("session_id")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		r := httptest.NewRequestWithContext(ctx, "GET", "/api/v1/sessions/"+id+"/messages?after=0&wait=30", nil)
		r.Header.Set("X-API-Key", s.key)
		begin := time.Now()
		s.handler.ServeHTTP(httptest.NewRecorder(), r)
		if time.Since(begin) != time.Second || s.log.Len() > 0 {
			t.Errorf("after %s; logged %q", time.Since(begin), s.log)
		}
		// Under the host's own deadline the answer still goes out.
		ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r = r.WithContext(ctx)
		w := httptest.NewRecorder()
		begin = time.Now()
		s.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"messages":[]`) || time.Since(begin) > 4*time.Second {
			t.Errorf("under a deadline, after %s: %d %s", time.Since(begin), w.Code, w.Body)
		}
	})
}

// On a real server with a short write timeout.
func TestLongPollOutlivesWriteTimeout(t *testing.T) {
	s := newSite(t, Options{})
	id := s.api("POST", "/sessions", `{"visitor_name":"Ines"}`).text("session_id")
	srv := httptest.NewUnstartedServer(s.handler)
	srv.Config.WriteTimeout = 100 * time.Millisecond
	srv.Start()
	defer srv.Close()
	req, _ := http.NewRequest("GET", srv.URL+"/api/v1/sessions/"+id+"/messages?after=0&wait=1", nil)
	req.Header.Set("X-API-Key", s.key)
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.ContentLength <= 0 {
		t.Errorf("%s, %d bytes", resp.Status, resp.ContentLength)
	}
}

func TestTyping(t *testing.T) {
	s := newSite(t, Options{})
	v := s.visitor()
	id := v.session("Hello")
	sub, err := s.svc.Subscribe(t.Context(), chat.AsHost(""), chat.SubscribeOptions{Topic: chat.Topic{SessionID: id}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for body, want := range map[string]bool{"": true, `{}`: true, `{"typing":true}`: true, `{"typing":false}`: false} {
		v.call("POST", "/sessions/"+id+"/typing", body).want(204)
		events, err := sub.Next(t.Context())
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		if told, ok := events[0].Data.(chat.Typing); !ok || told.Typing != want {
			t.Errorf("%q told %+v", body, events[0].Data)
		}
	}
}
