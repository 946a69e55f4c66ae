package apitest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// play does everything that leaves a durable event, on one session, and
// returns the session's id and the names of the events.
func play(t *testing.T, s *site, v *client) (session string, names []string) {
	t.Helper()
	session = v.post("/visitor/v1/sessions", `{"visitor_name":"Ines","message":"one"}`).is(201).text("session_id")
	path, own := "/api/v1/sessions/"+session, "/visitor/v1/sessions/"+session
	m := s.admin().post(path+"/messages", `{"sender":"agent","message":"two"}`).is(201).text("message_id")
	s.admin().do("PATCH", path+"/messages/"+m, `{"message":"two and a half"}`).is(200)
	s.admin().do("DELETE", path+"/messages/"+m, ``).is(200)
	s.admin().post(path+"/notes", `{"message":"SECRET"}`).is(201)
	s.admin().post(path+"/claim", ``).is(200)
	s.admin().post(path+"/close", ``).is(200)
	v.post(own+"/rating", `{"score":4}`).is(200)
	return session, []string{
		"session_started", "message_sent", "message_sent", "message_updated", "message_deleted", "note_added", "session_updated", "session_closed", "session_rated",
	}
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}

// read takes as many durable events as there are names, and checks them.
func (s *stream) read(names []string) []event {
	s.t.Helper()
	var events []event
	for _, want := range names {
		e := s.durable()
		if e.name != want {
			s.t.Fatalf("event %d is %s %s, want %s", len(events)+1, e.name, e.raw, want)
		}
		events = append(events, e)
	}
	return events
}

// TestLiveEvents listens on all three streams while everything happens.
func TestLiveEvents(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	v, w := s.visitor(), s.visitor()
	all, own, other := s.admin().stream("/api/v1/events"), v.stream("/visitor/v1/events"), w.stream("/visitor/v1/events")
	for _, st := range []*stream{all, own, other} {
		ready := st.next("ready")
		if !ready.hasID || ready.payload("heartbeat_s") != 15.0 || ready.retry == "" {
			t.Errorf("ready: %s retry %q", ready.raw, ready.retry)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no", "Content-Encoding": "", "Content-Length": "",
		} {
			if got := st.header.Get(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
	}
	session, names := play(t, s, v)
	one := s.admin().stream("/api/v1/sessions/"+session+"/events", "Last-Event-ID: "+position(t, s.admin(), 0))

	for _, events := range [][]event{all.read(names), one.read(names)} {
		for i, e := range events {
			if e.payload("session_id") != session || i > 0 && number(t, e.lastID) <= number(t, events[i-1].lastID) {
				t.Errorf("event %s", e.raw)
			}
		}
		if e := events[5]; e.payload("note") != true || e.payload("message") != "SECRET" || e.payload("seq") != nil {
			t.Errorf("the note: %s", e.raw)
		}
		if e := events[7]; e.payload("status") != "closed" || e.payload("closed_at") == nil {
			t.Errorf("the end: %s", e.raw)
		}
	}
	for _, e := range own.read(without(names, "note_added")) {
		if strings.Contains(e.raw, "SECRET") || strings.Contains(e.raw, "assignee") || strings.Contains(e.raw, "custom_data") {
			t.Errorf("the visitor hears %s", e.raw)
		}
	}
	s.svc.Close()
	for {
		e, ok := other.any()
		if !ok {
			break
		}
		if e.hasID {
			t.Errorf("another visitor hears %s", e.raw)
		}
	}
}

// position returns the id of the place so many events after the beginning.
func position(t *testing.T, c *client, n int64) string {
	t.Helper()
	st := c.stream("/api/v1/events")
	defer st.stop()
	identity, _, _ := strings.Cut(st.next("ready").lastID, ".")
	return identity + "." + strconv.FormatInt(n, 10)
}

func number(t *testing.T, id string) int {
	t.Helper()
	_, digits, _ := strings.Cut(id, ".")
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestResuming comes back after each event, with the header and with the
// parameter, on the same server and after a restart.
func TestResuming(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	v := s.visitor()
	all, own := s.admin().stream("/api/v1/events"), v.stream("/visitor/v1/events")
	start, ownStart := all.next("ready"), own.next("ready")
	_, names := play(t, s, v)
	first, ownFirst := all.read(names), own.read(without(names, "note_added"))
	check := func(s *site) {
		t.Helper()
		v := *v
		v.site = s
		for _, side := range []struct {
			c      *client
			path   string
			start  event
			events []event
		}{{s.admin(), "/api/v1/events", start, first}, {&v, "/visitor/v1/events", ownStart, ownFirst}} {
			for i, from := range append([]event{side.start}, side.events...) {
				var st *stream
				if i%2 == 0 {
					st = side.c.stream(side.path, "Last-Event-ID: "+from.lastID)
				} else {
					st = side.c.stream(side.path + "?after=" + from.lastID)
				}
				if ready := st.next("ready"); ready.lastID != from.lastID {
					t.Errorf("ready at %s, asked for %s", ready.lastID, from.lastID)
				}
				for _, want := range side.events[i:] {
					if got := st.durable(); got.lastID != want.lastID || got.name != want.name {
						t.Errorf("after %s: got %s %s, want %s %s", from.lastID, got.lastID, got.name, want.lastID, want.name)
					}
				}
				st.stop()
			}
		}
	}
	check(s)
	s.close()
	check(open(t, setup{file: s.file}))
}

// TestReconnectingInTraffic comes and goes while messages are sent.
func TestReconnectingInTraffic(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	const messages = 150
	st := f.who.stream("/visitor/v1/events")
	last := st.next("ready").lastID
	sent := make(chan []string)
	go func() {
		var ids []string
		for i := range messages {
			ids = append(ids, f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": fmt.Sprint(i)})).text("message_id"))
			if i%4 == 0 {
				f.admin().post("/api/v1/sessions/"+f.session+"/typing", ``)
				f.admin().post("/api/v1/sessions/"+f.session+"/notes", `{"message":"SECRET"}`)
			}
		}
		sent <- ids
	}()
	var got []string
	for len(got) < messages {
		e := st.next("message_sent", "typing")
		if e.name == "typing" {
			if e.lastID != last {
				t.Fatalf("typing has moved the position from %s to %s", last, e.lastID)
			}
			continue
		}
		last = e.lastID
		if got = append(got, e.payload("message_id").(string)); len(got)%13 == 0 {
			st.stop()
			st = f.who.stream("/visitor/v1/events", "Last-Event-ID: "+last)
			st.next("ready")
		}
	}
	if want := <-sent; !slices.Equal(got, want) {
		t.Errorf("got %d\n%v\nwant\n%v", len(got), got, want)
	}
}

// TestReset asks for positions that cannot be resumed from.
func TestReset(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	st := s.admin().stream("/api/v1/events")
	head := st.next("ready").lastID
	identity, _, _ := strings.Cut(head, ".")
	first := identity + ".1"
	ask := func(c *client, path, id, reason string) {
		t.Helper()
		st := c.stream(path, "Last-Event-ID: "+id)
		defer st.stop()
		if ready := st.next("ready"); ready.hasID {
			t.Errorf("a reader cut off after %s would miss the reset", ready.raw)
		}
		e := st.next("reset")
		if e.name != "reset" || e.payload("reason") != reason || !e.hasID || number(t, e.lastID) < number(t, head) {
			t.Errorf("after %s: %s", id, e.raw)
		}
		f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "live"})).is(201)
		if e := st.durable(); e.name != "message_sent" || e.payload("message") != "live" {
			t.Errorf("after the reset: %s", e.raw)
		}
	}
	for _, side := range []struct {
		c    *client
		path string
	}{{s.admin(), "/api/v1/events"}, {s.admin(), "/api/v1/sessions/" + f.session + "/events"}, {f.who, "/visitor/v1/events"}} {
		ask(side.c, side.path, "zzzzzzzz.1", "unknown_database")
		ask(side.c, side.path, "zzzzzzzz.0", "unknown_database")
		ask(side.c, side.path, identity+".999999", "future")
		ask(side.c, side.path, identity+".9223372036854775807", "future")
	}
	if _, err := s.store.Append(t.Context(), []chat.Op{chat.OpPruneEvents{Before: time.Now().Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	ask(s.admin(), "/api/v1/events", first, "too_old")
	ask(f.who, "/visitor/v1/events", first, "too_old")

	for _, bad := range badEventIDs {
		if strings.Contains(bad, "%") {
			continue
		}
		s.admin().get("/api/v1/events", "Last-Event-ID: "+bad).fails(400, "invalid_event_id", "Last-Event-ID")
		f.who.get("/visitor/v1/events", "Last-Event-ID: "+bad).fails(400, "invalid_event_id", "Last-Event-ID")
	}
	// The header goes before the parameter.
	now := position(t, s.admin(), 0)
	head = s.admin().stream("/api/v1/events").next("ready").lastID
	st = s.admin().stream("/api/v1/events?after="+now, "Last-Event-ID: "+head)
	if got := st.next("ready"); got.lastID != head {
		t.Errorf("ready at %s", got.lastID)
	}
}

// TestEphemeralEvents types and looks, on both sides.
func TestEphemeralEvents(t *testing.T) {
	t.Parallel()
	f := open(t, setup{options: hostLogin()}).fixture()
	ada := f.with("Cookie: login=ada")
	path, own := "/api/v1/sessions/"+f.session, "/visitor/v1/sessions/"+f.session
	all, mine := ada.stream("/api/v1/events"), f.who.stream("/visitor/v1/events")
	start, ownStart := all.next("ready").lastID, mine.next("ready").lastID
	both := func(name string) (event, event) {
		t.Helper()
		a, b := all.next(name), mine.next(name)
		if a.hasID || b.hasID || a.lastID != start || b.lastID != ownStart {
			t.Errorf("%s has moved the position", name)
		}
		return a, b
	}
	ada.post(path+"/typing", ``).is(204)
	a, b := both("typing")
	if a.payload("sender") != "agent" || a.payload("typing") != true || a.payload("sender_id") != "ada" || b.payload("sender_id") != nil || b.payload("sender_name") != "Ada" {
		t.Errorf("typing: %s and %s", a.raw, b.raw)
	}
	f.who.post(own+"/typing", `{"typing":false}`).is(204)
	if a, b = both("typing"); a.payload("sender") != "visitor" || a.payload("typing") != false || b.payload("session_id") != f.session {
		t.Errorf("typing: %s and %s", a.raw, b.raw)
	}
	ada.post(path+"/seen", encode(object{"message_id": f.message})).is(204)
	if a, b = both("seen"); a.payload("sender") != "agent" || b.payload("seq") != 1.0 || b.payload("message_id") != f.message {
		t.Errorf("seen: %s and %s", a.raw, b.raw)
	}
	ada.do("PUT", "/api/v1/me/availability", `{"availability":"away"}`).is(200)
	for {
		if e := all.next("agent_presence"); e.payload("availability") == "away" && e.payload("agent_id") == "ada" {
			break
		}
	}
	for {
		e := mine.next("agent_presence")
		if data := e.data["data"].(object); len(data) != 1 {
			t.Errorf("visitors hear %s", e.raw)
		}
		if e.payload("online") == false {
			break
		}
	}
	newcomer := f.visitor()
	if e := all.next("visitor_online"); e.payload("visitor_id") != newcomer.id || e.hasID {
		t.Errorf("presence: %s", e.raw)
	}
}

// TestBye ends the streams with the service.
func TestBye(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	all, own := s.admin().stream("/api/v1/events"), s.visitor().stream("/visitor/v1/events")
	all.next("ready")
	own.next("ready")
	s.svc.Close()
	for _, st := range []*stream{all, own} {
		e := st.next("bye")
		if e.payload("reason") != "shutdown" || e.hasID || e.retry == "" {
			t.Errorf("bye: %s", e.raw)
		}
		if e, ok := st.any(); ok {
			t.Errorf("after bye: %s", e.raw)
		}
	}
	r := s.admin().get("/api/v1/events")
	r.fails(503, "shutting_down", "")
}

// TestEventsHoldNoOldText resumes from before a message that is gone by now.
func TestEventsHoldNoOldText(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	start := position(t, s.admin(), 0)
	path := "/api/v1/sessions/" + f.session
	m := s.admin().post(path+"/messages", `{"sender":"agent","message":"FIRST WORDS"}`).is(201).text("message_id")
	s.admin().do("PATCH", path+"/messages/"+m, `{"message":"SECOND WORDS"}`).is(200)
	s.admin().do("DELETE", path+"/messages/"+m, ``).is(200)
	st := s.admin().stream("/api/v1/events?after=" + start)
	for {
		e := st.durable()
		if strings.Contains(e.raw, "WORDS") {
			t.Errorf("still told: %s", e.raw)
		}
		if e.name == "message_deleted" {
			break
		}
	}
	s.admin().do("DELETE", "/api/v1/visitors/"+f.who.id, ``).is(204)
	next := s.fixture()
	st = s.admin().stream("/api/v1/events?after=" + start)
	if e := st.durable(); e.name != "session_started" || e.payload("session_id") != next.session {
		t.Errorf("of somebody erased: %s", e.raw)
	}
}

// TestTextCannotBreakAFrame sends what looks like the stream's own lines.
func TestTextCannotBreakAFrame(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	st := f.admin().stream("/api/v1/events")
	st.next("ready")
	for _, text := range []string{"a\n\nevent: bye\ndata: {}\n\n", "a\r\rid: 5\r\r", "x\u2028\u2029\u0085y", ": comment", "data:", strings.Repeat("\n", 50) + "x", "</script>"} {
		f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": text})).is(201)
		want := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
		want = strings.ReplaceAll(want, "\u0085", "") // a control character
		if e := st.next("message_sent"); e.payload("message") != want {
			t.Errorf("%q came as %q", text, e.payload("message"))
		}
	}
}
