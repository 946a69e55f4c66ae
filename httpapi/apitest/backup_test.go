package apitest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// TestRestoredBackup restores a backup that was made in the middle of the
// writing, as the documentation of storage/sqlite says. What came after it is
// lost; nobody is served anything else in its place, streams begin anew, and
// what clients still have they can send again.
func TestRestoredBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, copied := filepath.Join(dir, "chat.db"), filepath.Join(dir, "backup.db")
	s := open(t, setup{file: file})
	f := s.fixture()
	own := "/visitor/v1/sessions/" + f.session + "/messages"
	say := func(s *site, id string) *reply {
		who := s.with("Authorization: Bearer " + f.who.token)
		return who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "Message " + id, "client_id": id}))
	}
	say(s, "early").is(201)
	// Others write while the backup is made.
	var writing sync.WaitGroup
	stop := make(chan struct{})
	writing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.admin().post("/api/v1/sessions", `{"visitor_name":"Meanwhile"}`).is(201)
			}
		}
	})
	if err := s.store.(*sqlite.Store).Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	close(stop)
	writing.Wait()
	say(s, "lost").is(201)
	stream := f.who.stream("/visitor/v1/events")
	stream.next("ready")
	say(s, "seen").is(201)
	last := stream.next("message_sent").lastID
	stream.stop()
	late := s.visitor()
	s.close()

	for _, name := range []string{"-wal", "-shm"} {
		if err := os.Remove(file + name); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.Rename(copied, file); err != nil {
		t.Fatal(err)
	}
	r := open(t, setup{file: file})
	who := r.with("Authorization: Bearer " + f.who.token)
	r.nobody().get("/healthz").is(200)
	if got := who.get(own).is(200).list("messages"); len(got) != 2 || got[1]["message"] != "Message early" {
		t.Errorf("restored are %v", got)
	}
	// The position means something else now: nobody may resume from it.
	who.id = f.who.id
	again := who.stream("/visitor/v1/events", "Last-Event-ID: "+last)
	again.next("ready")
	if e := again.next("reset"); e.data["reason"] == "" {
		t.Errorf("reset says %s", e.raw)
	}
	say(r, "lost").is(201).has(map[string]any{"seq": 3})
	say(r, "early").is(200).has(map[string]any{"seq": 2})
	say(r, "lost").is(200).has(map[string]any{"seq": 3})
	if got := again.next("message_sent").data["data"].(map[string]any)["message"]; got != "Message lost" {
		t.Errorf("the stream brings %v", got)
	}
	// Whoever came after the backup is a stranger, and welcome.
	r.with("Authorization: Bearer "+late.token).get("/visitor/v1/sessions").fails(401, "invalid_token", "")
	r.with("Authorization: Bearer "+late.token).post("/visitor/v1/hello", "").is(200)
	r.admin().get("/api/v1/search?q=early").is(200)
}

// TestClockMoves sets the clock back by an hour and then ahead by years, while
// people talk: the order stays that of what was said, lists show everything
// once, streams go on, and no wait is below zero.
func TestClockMoves(t *testing.T) {
	t.Parallel()
	var shift atomic.Int64
	s := open(t, setup{options: hostLogin(), chat: chat.Options{Now: func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }}})
	f := s.fixture()
	ada := s.with("Cookie: login=ada")
	path := "/api/v1/sessions/" + f.session
	stream := f.who.stream("/visitor/v1/events")
	stream.next("ready")
	for i, d := range []time.Duration{0, -time.Hour, 10 * 365 * 24 * time.Hour, -24 * time.Hour} {
		shift.Store(int64(d))
		f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "Asked"})).is(201).has(map[string]any{"seq": 2 + 2*i})
		ada.post(path+"/messages", `{"sender":"agent","message":"Answered"}`).is(201).has(map[string]any{"seq": 3 + 2*i})
		s.admin().post("/api/v1/sessions", `{"visitor_name":"Another"}`).is(201)
		s.nobody().get("/healthz").is(200)
	}
	seq := 1.0
	for range 8 {
		got := stream.next("message_sent").data["data"].(map[string]any)["seq"].(float64)
		if got != seq+1 {
			t.Fatalf("the stream brings %v after %v", got, seq)
		}
		seq = got
	}
	var said []any
	for after := "0"; ; {
		page := f.who.get("/visitor/v1/sessions/" + f.session + "/messages?limit=2&after=" + after).is(200)
		for _, m := range page.list("messages") {
			said = append(said, m["seq"])
		}
		next, more := page.at("next_cursor").(string)
		if !more {
			break
		}
		after = next
	}
	if len(said) != 9 {
		t.Errorf("a walk brings %v", said)
	}
	seen := map[any]int{}
	for after := ""; ; {
		page := s.admin().get("/api/v1/sessions?status=all&sort=activity&limit=2" + after).is(200)
		for _, one := range page.list("sessions") {
			seen[one["session_id"]]++
		}
		next, more := page.at("next_cursor").(string)
		if !more {
			break
		}
		after = "&after=" + next
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("the list has %v %d times", id, n)
		}
	}
	if len(seen) != 5 {
		t.Errorf("the list has %d sessions", len(seen))
	}
	for _, report := range []string{"summary", "agents"} {
		year := time.Now().UTC().Year()
		r := s.admin().get(fmt.Sprintf("/api/v1/analytics/%s?from=%d-01-01&to=%d-12-31&tz=UTC", report, year-1, year+1))
		if negative(r.is(200).body) {
			t.Errorf("%s: a time is below zero: %s", report, r.raw)
		}
	}
	ada.get("/api/v1/me").is(200)
	f.who.post("/visitor/v1/hello", "").is(200)
}

// negative looks for a number below zero.
func negative(v any) bool {
	switch v := v.(type) {
	case float64:
		return v < 0
	case object:
		for _, one := range v {
			if negative(one) {
				return true
			}
		}
	case []any:
		for _, one := range v {
			if negative(one) {
				return true
			}
		}
	}
	return false
}
