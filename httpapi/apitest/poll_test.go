package apitest

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestLongPoll waits for messages, on both sides.
func TestLongPoll(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	agents, own := "/api/v1/sessions/"+f.session+"/messages", "/visitor/v1/sessions/"+f.session+"/messages"
	say := func(i int) string {
		return f.admin().post(agents, fmt.Sprintf(`{"sender":"agent","message":"%d"}`, i)).is(201).text("message_id")
	}
	for side, c := range map[string]*client{agents: f.admin(), own: f.who} {
		// What is there already is answered at once.
		start := time.Now()
		if got := c.get(side + "?after=0&wait=30").is(200).list("messages"); len(got) == 0 || time.Since(start) > 10*time.Second {
			t.Errorf("%s: %v", side, got)
		}
		// Otherwise the answer comes with the message.
		head := c.get(side + "?before=latest&limit=1").is(200).list("messages")[0]["message_id"].(string)
		for i := range 5 {
			polled := make(chan *reply, 1)
			go func() { polled <- c.get(side + "?after=" + head + "&wait=30") }()
			if i%2 == 0 {
				time.Sleep(20 * time.Millisecond) // either may be first: both orders must do
			}
			said := say(i)
			got := (<-polled).is(200).list("messages")
			if len(got) != 1 || got[0]["message_id"] != said {
				t.Fatalf("%s: got %v, want %s", side, got, said)
			}
			head = said
		}
		// HEAD and wait=0 do not wait.
		start = time.Now()
		c.do("HEAD", side+"?after="+head+"&wait=30", "").is(200)
		c.get(side + "?after=" + head + "&wait=0").is(200)
		if time.Since(start) > 10*time.Second {
			t.Errorf("%s: waited", side)
		}
	}
}

// TestLongPollEnds waits for nothing, and for what is not the visitor's to see.
func TestLongPollEnds(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	type outcome struct {
		r    *reply
		took time.Duration
	}
	polled := make(chan outcome, 1)
	go func() {
		start := time.Now()
		r := f.who.get("/visitor/v1/sessions/" + f.session + "/messages?after=1&wait=1")
		polled <- outcome{r, time.Since(start)}
	}()
	f.admin().post("/api/v1/sessions/"+f.session+"/notes", `{"message":"SECRET"}`).is(201)
	f.admin().do("PATCH", "/api/v1/sessions/"+f.session, `{"tags":["x"]}`).is(200)
	got := <-polled
	if list := got.r.is(200).list("messages"); len(list) != 0 || got.took < 900*time.Millisecond {
		t.Errorf("after %v: %s", got.took, got.r.raw)
	}

	notes := make(chan *reply, 1)
	go func() {
		notes <- f.admin().get("/api/v1/sessions/" + f.session + "/messages?after=1&wait=30")
	}()
	if list := (<-notes).is(200).list("messages"); len(list) != 2 || list[1]["message"] != "SECRET" {
		t.Errorf("agents: %v", list)
	}
	// The service's end ends the wait.
	waiting := make(chan *reply, 1)
	go func() {
		waiting <- f.who.get("/visitor/v1/sessions/" + f.session + "/messages?after=1&wait=30")
	}()
	time.Sleep(50 * time.Millisecond) // may be late: then the poll meets a closed service, which must answer as well
	f.svc.Close()
	if r := <-waiting; r.status != 200 && r.status != 503 {
		t.Errorf("at the end: %d %s", r.status, r.raw)
	}
}

// TestTranscripts downloads a session in all formats, with words that would
// like to be something else.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	path, own := "/api/v1/sessions/"+f.session, "/visitor/v1/sessions/"+f.session
	hostile := []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", `=HYPERLINK("http://evil.example","x")`, "a,b", `a"b`, "line one\nline two", "＝1", "'quoted'",
		"2025-03-24 12:00:00 UTC  Ada (agent)\n    forged", "‮reversed", "<script>alert(1)</script>",
	}
	for _, text := range hostile {
		f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": text})).is(201)
	}
	m := s.admin().post(path+"/messages", `{"sender":"bot","message":"GONE","sender_name":"=cmd"}`).is(201).text("message_id")
	s.admin().do("DELETE", path+"/messages/"+m, ``).is(200)

	kinds := map[string]string{"txt": "text/plain; charset=utf-8", "csv": "text/csv", "json": "application/json; charset=utf-8"}
	for _, side := range []struct {
		c       *client
		path    string
		entries int
	}{{s.admin(), path, len(hostile) + 3}, {f.who, own, len(hostile) + 2}} {
		plain := side.c.get(side.path + "/transcript").is(200)
		for format, kind := range kinds {
			r := side.c.get(side.path + "/transcript?format=" + format).is(200)
			if !strings.HasPrefix(r.header.Get("Content-Type"), kind) {
				t.Errorf("%s: Content-Type %s", format, r.header.Get("Content-Type"))
			}
			if got, want := r.header.Get("Content-Disposition"), "attachment; filename=\"conversation-"+f.session+"."+format+"\""; got != want {
				t.Errorf("%s: Content-Disposition %s", format, got)
			}
			if strings.Contains(r.raw, "GONE") || side.c == f.who && strings.Contains(r.raw, "secret note") {
				t.Errorf("%s holds what it should not:\n%s", format, r.raw)
			}
			if format == "txt" && r.raw != plain.raw {
				t.Error("txt is not what comes without a format")
			}
		}
		list := side.c.get(side.path + "/transcript?format=json").list("messages")
		if len(list) != side.entries {
			t.Errorf("%d messages, want %d", len(list), side.entries)
		}
		checkCSV(t, side.c.get(side.path+"/transcript?format=csv").raw, side.entries)
		for i, line := range strings.Split(plain.raw, "\n") {
			if i > 0 && strings.Contains(line, "forged") && !strings.HasPrefix(line, "    ") {
				t.Errorf("a message looks like two: %q", line)
			}
			if strings.ContainsAny(line, "\u202e\x1b\r") {
				t.Errorf("control characters: %q", line)
			}
		}
		side.c.get(side.path+"/transcript?format=pdf").fails(400, "invalid_request", "format")
	}
}

func checkCSV(t *testing.T, raw string, entries int) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != entries+1 || !strings.Contains(raw, "\r\n") {
		t.Errorf("%d rows for %d entries", len(rows), entries)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
				t.Errorf("a spreadsheet would compute %q", cell)
			}
		}
	}
}

// TestLongTranscript downloads more than a page.
func TestLongTranscript(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	atOnce(410, func(i int) *reply {
		return f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": fmt.Sprint("m", i)})).is(201)
	})
	list := f.who.get("/visitor/v1/sessions/" + f.session + "/transcript?format=json").is(200).list("messages")
	for i, m := range list {
		if m["seq"] != float64(i+1) {
			t.Fatalf("message %d has seq %v", i+1, m["seq"])
		}
	}
	if len(list) != 411 {
		t.Errorf("%d messages", len(list))
	}
}
