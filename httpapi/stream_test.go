package httpapi

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func TestStreamBeginsWithReady(t *testing.T) { onBothPaths(t, testStreamBeginsWithReady) }

func testStreamBeginsWithReady(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	c := dial(t, to(r.listen()), "/events")
	for name, want := range map[string]string{
		"Content-Type":           "text/event-stream",
		"Cache-Control":          "no-store, no-transform",
		"X-Accel-Buffering":      "no",
		"X-Content-Type-Options": "nosniff",
		"Content-Encoding":       "",
	} {
		if got := c.resp.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if !c.resp.Close {
		t.Error("the connection would be kept")
	}
	ready := c.want("ready")
	if ready.id != r.head() || ready.lastID != r.head() {
		t.Errorf("ready has id %q, want the head, %q", ready.id, r.head())
	}
	if !strings.Contains(ready.data, `"data":{"heartbeat_s":15}`) || !strings.Contains(ready.data, `"id":"`+r.head()+`"`) {
		t.Errorf("ready: %s", ready.data)
	}
	if c.retry < 1000 || c.retry >= 3000 {
		t.Errorf("retry: %d", c.retry)
	}
	if len(c.comments) != 1 || len(c.comments[0]) < 2000 {
		t.Errorf("the padding has %d comments", len(c.comments))
	}
	r.sendMany(session.ID, 0, 3)
	c.wantTexts(0, 3)
	if c.lastID != r.head() {
		t.Errorf("the reader is at %q, want %q", c.lastID, r.head())
	}
}

func TestStreamResumesAfterMissedEvents(t *testing.T) {
	onBothPaths(t, testStreamResumesAfterMissedEvents)
}

func testStreamResumesAfterMissedEvents(t *testing.T) {
	for _, how := range []string{"header", "query", "header wins"} {
		t.Run(how, func(t *testing.T) {
			r := newRig(t, streamOptions{})
			session := r.session("Ines")
			srv := r.listen()
			c := dial(t, to(srv), "/sessions/"+session.ID+"/events")
			c.want("ready")
			r.sendMany(session.ID, 0, 2)
			c.wantTexts(0, 2)
			c.conn.Close()
			position := c.lastID
			r.session("Somebody else")
			r.sendMany(session.ID, 2, 302)

			path, headers := "/sessions/"+session.ID+"/events", []string{"Last-Event-ID: " + position}
			switch how {
			case "query":
				path, headers = path+"?after="+position, nil
			case "header wins":
				path += "?after=zzzzzzzz.1"
			}
			c = dial(t, to(srv), path, headers...)
			if ready := c.want("ready"); ready.id != position {
				t.Errorf("ready has id %q, want the position asked for, %q", ready.id, position)
			}
			c.wantTexts(2, 302)
			r.sendMany(session.ID, 302, 305)
			c.wantTexts(302, 305)
			if c.resets != 0 || c.lastID != r.head() {
				t.Errorf("%d resets, at %q of %q", c.resets, c.lastID, r.head())
			}
		})
	}
}

func TestStreamSaysWhenItCannotResume(t *testing.T) { onBothPaths(t, testStreamSaysWhenItCannotResume) }

func testStreamSaysWhenItCannotResume(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	old := r.head()
	r.sendMany(session.ID, 0, 3)
	srv := r.listen()
	reset := func(after, reason string) {
		t.Helper()
		c := dial(t, to(srv), "/events", "Last-Event-ID: "+after)
		if ready := c.want("ready"); ready.id != "" || strings.Contains(ready.data, `"id"`) {
			t.Errorf("%s: ready has id %q: %s", reason, ready.id, ready.data)
		}
		e := c.want("reset")
		if e.id != r.head() || e.field(t, "reason") != reason {
			t.Errorf("%s: got id %q of %q, %s", reason, e.id, r.head(), e.data)
		}
		r.send(session.ID, reason)
		if got := c.want("message_sent").field(t, "message"); got != reason {
			t.Errorf("%s: then came %q", reason, got)
		}
	}
	reset("zzzzzzzz.1", "unknown_database")
	reset(r.store.Identity()+".9000000000000000000", "future")
	if _, err := r.store.Append(context.Background(), []chat.Op{chat.OpPruneEvents{Before: time.Now().Add(time.Minute)}}); err != nil {
		t.Fatal(err)
	}
	r.send(session.ID, "newer")
	reset(old, "too_old")
}

func TestStreamRefusesWhatIsNoEventID(t *testing.T) { onBothPaths(t, testStreamRefusesWhatIsNoEventID) }

func testStreamRefusesWhatIsNoEventID(t *testing.T) {
	r := newRig(t, streamOptions{})
	srv := r.listen()
	id := r.store.Identity()
	for _, bad := range []string{
		"1", ".", id, id + ".", id + ".-1", id + ".01", id + ".1x", id + ".+1", id + ". 1", "." + id,
		strings.ToUpper("abcdefg") + "1.1", id + ".99999999999999999999", id + "." + strings.Repeat("1", 100), "\u00e9bcdefg.1",
	} {
		for _, field := range []string{"Last-Event-ID", "after"} {
			req, _ := http.NewRequest("GET", srv.URL+"/events", nil)
			if field == "after" {
				req.URL.RawQuery = "after=" + strings.NewReplacer(" ", "%20", "+", "%2B").Replace(bad)
			} else {
				req.Header.Set(field, bad)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
			resp.Body.Close()
			if resp.StatusCode != 400 || !strings.HasPrefix(string(body), "invalid_event_id "+field) {
				t.Errorf("%s %q: got %d %s", field, bad, resp.StatusCode, body)
			}
		}
	}
	for _, query := range []string{"after=" + id + ".0&after=" + id + ".0", "after=%zz"} {
		resp, err := http.Get(srv.URL + "/events?" + query)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 400 {
			t.Errorf("%s: got %d", query, resp.StatusCode)
		}
	}
	c := dial(t, to(srv), "/events?after=", "Last-Event-ID:")
	c.want("ready") // no position yet is no mistake
}

func TestStreamRefusesAStrangersSession(t *testing.T) {
	onBothPaths(t, testStreamRefusesAStrangersSession)
}

func testStreamRefusesAStrangersSession(t *testing.T) {
	r := newRig(t, streamOptions{})
	mine, other := r.session("Ines"), r.session("Bram")
	srv := r.listen()
	answers := map[string]string{}
	for _, id := range []string{other.ID, "01unknown0000000000000000a"} {
		c := dial(t, to(srv), "/sessions/"+id+"/events", "X-Visitor: "+mine.VisitorID)
		body, _ := io.ReadAll(c.resp.Body)
		if c.resp.StatusCode != 404 {
			t.Errorf("%s: got %d", id, c.resp.StatusCode)
		}
		answers[string(body)] = id
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %q", answers)
	}
	dial(t, to(srv), "/sessions/"+mine.ID+"/events", "X-Visitor: "+mine.VisitorID).want("ready")
}

func TestStreamTellsVisitorsOnlyWhatIsTheirs(t *testing.T) {
	onBothPaths(t, testStreamTellsVisitorsOnlyWhatIsTheirs)
}

func testStreamTellsVisitorsOnlyWhatIsTheirs(t *testing.T) {
	r := newRig(t, streamOptions{})
	mine, other := r.session("Ines"), r.session("Bram")
	srv := r.listen()
	visitor := func(headers ...string) *client {
		return dial(t, to(srv), "/visitor/events", append(headers, "X-Visitor: "+mine.VisitorID)...)
	}
	write := func() {
		r.send(other.ID, "not yours")
		if _, err := r.svc.AddNote(context.Background(), r.host, mine.ID, "a secret among us", ""); err != nil {
			t.Fatal(err)
		}
		if err := r.svc.Typing(context.Background(), r.host, other.ID, true); err != nil {
			t.Fatal(err)
		}
		r.send(mine.ID, "yours")
	}
	c := visitor()
	position := c.want("ready").id
	write()
	e := c.want("message_sent")
	if e.field(t, "message") != "yours" || e.field(t, "sender_id") != "" {
		t.Errorf("live: %s", e.data)
	}
	replayed := visitor("Last-Event-ID: " + position)
	replayed.want("ready")
	if again := replayed.want("message_sent"); again != e {
		t.Errorf("replayed %q, live %q", again, e)
	}
}

func TestStreamKeepsThePositionOverEphemeralEvents(t *testing.T) {
	onBothPaths(t, testStreamKeepsThePositionOverEphemeralEvents)
}

func testStreamKeepsThePositionOverEphemeralEvents(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	c := dial(t, to(r.listen()), "/events")
	c.want("ready")
	r.send(session.ID, "hello")
	position := c.want("message_sent").lastID
	if err := r.svc.Typing(context.Background(), r.host, session.ID, true); err != nil {
		t.Fatal(err)
	}
	typing := c.want("typing")
	if typing.id != "" || typing.lastID != position || c.resets != 0 || strings.Contains(typing.data, `"id"`) {
		t.Errorf("typing: %+v with %d resets; the position was %q", typing, c.resets, position)
	}
}

func TestStreamHeadIsAnsweredAtOnce(t *testing.T) { onBothPaths(t, testStreamHeadIsAnsweredAtOnce) }

func testStreamHeadIsAnsweredAtOnce(t *testing.T) {
	r := newRig(t, streamOptions{})
	srv := r.listen()
	for path, want := range map[string]int{"/events": 200, "/events?after=x": 400, "/sessions/x/events": 404} {
		resp, err := http.Head(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != want {
			t.Errorf("HEAD %s: got %d, want %d", path, resp.StatusCode, want)
		}
		if want == 200 && resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("HEAD %s: %v", path, resp.Header)
		}
	}
}

// What people write stays data, whatever it looks like.
func TestStreamTextStaysData(t *testing.T) { onBothPaths(t, testStreamTextStaysData) }

func testStreamTextStaysData(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	c := dial(t, to(r.listen()), "/events")
	c.want("ready")
	for _, text := range []string{
		"a\n\nevent: bye\ndata: {}\n\n", ":colon", "id: 5", "\u2028 \u2029 x", "data: x\n", "</script>", "\ufeffbom", "a\tb",
	} {
		want := r.send(session.ID, text).Text
		if e := c.want("message_sent"); e.field(t, "message") != want {
			t.Errorf("%q arrived as %s", text, e.data)
		}
	}
}

// The exact bytes, on HTTP/1.1 and on HTTP/2.
func TestStreamBytes(t *testing.T) { onBothPaths(t, testStreamBytes) }

func testStreamBytes(t *testing.T) {
	at := time.Date(2026, 3, 24, 12, 0, 0, 0, time.UTC)
	for _, http2 := range []bool{false, true} {
		r := newRig(t, streamOptions{now: func() time.Time { return at }})
		session := r.session("Ines")
		start := r.head()
		srv := httptest.NewUnstartedServer(r.handler)
		srv.EnableHTTP2 = http2
		if http2 {
			srv.StartTLS()
		} else {
			srv.Start()
		}
		t.Cleanup(srv.Close)
		resp, err := srv.Client().Get(srv.URL + "/events")
		if err != nil {
			t.Fatal(err)
		}
		if http2 != (resp.ProtoMajor == 2) || http2 && resp.Header.Get("Connection") != "" {
			t.Fatalf("HTTP/%d with %v", resp.ProtoMajor, resp.Header)
		}
		sub, err := r.svc.Subscribe(t.Context(), r.host, chat.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		r.send(session.ID, "hello\nworld")
		if err := r.svc.Typing(t.Context(), r.host, session.ID, true); err != nil {
			t.Fatal(err)
		}
		var events []*chat.Event
		for len(events) < 2 {
			more, err := sub.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, more...)
		}
		r.svc.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		message, _ := events[0].JSON()
		typing, _ := events[1].JSON()
		got := regexp.MustCompile(`retry: [1-4]\d{3}\n`).ReplaceAllString(string(body), "retry: N\n")
		want := ":" + strings.Repeat(" ", 2048) + "\n\n" +
			"retry: N\nevent: ready\ndata: {\"id\":\"" + start + "\",\"event\":\"ready\",\"timestamp\":\"2026-03-24T12:00:00.000Z\",\"data\":{\"heartbeat_s\":15}}\nid: " + start + "\n\n" +
			"event: message_sent\ndata: " + string(message) + "\nid: " + events[0].ID + "\n\n" +
			"event: typing\ndata: " + string(typing) + "\n\n" +
			"retry: N\nevent: bye\ndata: {\"event\":\"bye\",\"timestamp\":\"2026-03-24T12:00:00.000Z\",\"data\":{\"reason\":\"shutdown\"}}\n\n"
		if got != want {
			t.Errorf("HTTP/%d: got\n%q\nwant\n%q", resp.ProtoMajor, got, want)
		}
	}
}

func TestStreamEndsWithByeWhenTheServiceCloses(t *testing.T) {
	onBothPaths(t, testStreamEndsWithByeWhenTheServiceCloses)
}

func testStreamEndsWithByeWhenTheServiceCloses(t *testing.T) {
	r := newRig(t, streamOptions{})
	session := r.session("Ines")
	srv := r.listen()
	srv.Config.RegisterOnShutdown(func() { r.svc.Close() })
	clients := make([]*client, 50)
	for i := range clients {
		clients[i] = dial(t, to(srv), "/events")
		clients[i].want("ready")
	}
	r.send(session.ID, "last")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := srv.Config.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	retries := map[int]bool{}
	for _, c := range clients {
		if got := c.want("message_sent").field(t, "message"); got != "last" {
			t.Errorf("before the end came %q", got)
		}
		if bye := c.want("bye"); bye.field(t, "reason") != "shutdown" || bye.id != "" {
			t.Errorf("bye: %+v", bye)
		}
		if rest, err := c.rest(); len(rest) > 0 || err != nil {
			t.Errorf("after bye: %v, %v", rest, err)
		}
		retries[c.retry] = true
	}
	if len(retries) < 25 {
		t.Errorf("50 readers were told %d different times to come back", len(retries))
	}
	rec := httptest.NewRecorder()
	r.handler.ServeHTTP(rec, httptest.NewRequest("GET", "/events", nil))
	if rec.Code != 503 || !strings.HasPrefix(rec.Body.String(), "shutting_down") {
		t.Errorf("afterwards: %d %s", rec.Code, rec.Body)
	}
	checkNoStreams(t, r)
}
