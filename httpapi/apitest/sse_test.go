package apitest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// event is one event as a browser's EventSource would hand it on.
type event struct {
	name   string
	data   object
	raw    string
	lastID string // the last event id after it
	hasID  bool   // it brought one itself
	retry  string // the last reconnection time so far
}

// stream is an open stream of events, read after the rules of the WHATWG's
// parser.
type stream struct {
	t       *testing.T
	header  http.Header
	visitor bool
	events  chan event // closed at the end of the stream
	stop    func()
}

// patience bounds every wait for an event. It only ends tests that fail.
const patience = 20 * time.Second

// stream opens a stream of events.
func (c *client) stream(path string, headers ...string) *stream {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.t.Context()))
	r := c.request(ctx, "GET", path, "", headers...)
	res, err := c.http.Do(r)
	if err != nil {
		cancel()
		c.t.Fatal(err)
	}
	if res.StatusCode != 200 {
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		cancel()
		c.t.Fatalf("GET %s: %d %s", path, res.StatusCode, body)
	}
	s := &stream{t: c.t, header: res.Header, visitor: strings.Contains(path, "/visitor/"), events: make(chan event, 10000)}
	done := make(chan struct{})
	s.stop = func() {
		cancel()
		<-done
	}
	c.t.Cleanup(s.stop)
	go func() {
		defer close(done)
		defer close(s.events)
		defer res.Body.Close()
		s.parse(res.Body)
	}()
	return s
}

func (s *stream) parse(body io.Reader) {
	var e event
	var data []string
	in := bufio.NewReader(body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return // what was not finished by an empty line does not count
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" {
			if data != nil {
				e.raw = strings.Join(data, "\n")
				e.data = nil
				_ = json.Unmarshal([]byte(e.raw), &e.data)
				s.events <- e
			}
			e = event{lastID: e.lastID, retry: e.retry}
			data = nil
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			e.name = value
		case "data":
			data = append(data, value)
		case "id":
			e.lastID, e.hasID = value, true
		case "retry":
			e.retry = value
		}
	}
}

// any waits for the next event, whatever it is, and holds it against the
// document.
func (s *stream) any() (event, bool) {
	s.t.Helper()
	select {
	case e, ok := <-s.events:
		if ok {
			s.check(e)
		}
		return e, ok
	case <-time.After(patience):
		s.t.Fatal("no event")
		return event{}, false
	}
}

func (s *stream) check(e event) {
	s.t.Helper()
	schema := "AgentEvent"
	if s.visitor {
		schema = "VisitorEvent"
	}
	if err := theDocument(s.t).check([]byte(e.raw), "components", "schemas", schema); err != nil {
		s.t.Errorf("the event is not in the document: %.1000s\n%s", err, e.raw)
	}
	if e.data["event"] != e.name {
		s.t.Errorf("event: %s has data of %v", e.name, e.data["event"])
	}
	if id, ok := e.data["id"]; ok != e.hasID || ok && id != e.lastID {
		s.t.Errorf("id: %q has data with the id %v", e.lastID, id)
	}
	if strings.ContainsAny(e.raw, "<>\n\r") {
		s.t.Errorf("the data holds raw <, > or line ends: %q", e.raw)
	}
}

// next waits for the next event with one of the names, and passes over
// presence, which comes and goes by itself.
func (s *stream) next(names ...string) event {
	s.t.Helper()
	for {
		e, ok := s.any()
		if !ok {
			s.t.Fatalf("the stream has ended, want %v", names)
		}
		for _, name := range names {
			if e.name == name {
				return e
			}
		}
		switch e.name {
		case "visitor_online", "visitor_offline", "agent_presence":
			continue
		}
		s.t.Fatalf("event %s %s, want %v", e.name, e.raw, names)
	}
}

// durable waits for the next event that has an id and is not about the
// stream itself.
func (s *stream) durable() event {
	s.t.Helper()
	for {
		e, ok := s.any()
		if !ok {
			s.t.Fatal("the stream has ended")
		}
		if e.hasID && e.name != "ready" && e.name != "reset" {
			return e
		}
	}
}

// payload returns a field of the event's data.
func (e event) payload(field string) any {
	data, _ := e.data["data"].(object)
	return data[field]
}
