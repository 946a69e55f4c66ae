package httpapi

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

// streamReader reads an event stream by the letter of the HTML standard
// (section 9.2.6), line by line. It shares no code with the server, and
// notices what a convenient client would not: positions that are reset, and
// events that were cut off.
type streamReader struct {
	in     *bufio.Reader
	lastID string // what a browser would send as Last-Event-ID

	comments []string
	retry    int // of the last retry line, in milliseconds
	resets   int // id lines without an id: they make a browser forget its position

	pending string // a line end seen as \r may still have its \n coming
}

type readEvent struct {
	name, data string
	id         string // of the event itself; empty if it has none
	lastID     string // the reader's position after it
}

func newStreamReader(in io.Reader) *streamReader { return &streamReader{in: bufio.NewReader(in)} }

// line returns the next line; \n, \r and \r\n all end one.
func (p *streamReader) line() (string, error) {
	var b strings.Builder
	for {
		c, err := p.in.ReadByte()
		if err != nil {
			return "", err // an unfinished line counts for nothing
		}
		switch c {
		case '\n':
			if p.pending == "\r" {
				p.pending = ""
				continue
			}
			return b.String(), nil
		case '\r':
			p.pending = "\r"
			return b.String(), nil
		}
		p.pending = ""
		b.WriteByte(c)
	}
}

// next returns the next event. At the end of the stream what had begun is
// dropped.
func (p *streamReader) next() (readEvent, error) {
	var name, id string
	var data []string
	position := p.lastID
	for {
		line, err := p.line()
		if err != nil {
			return readEvent{}, err
		}
		if line == "" {
			p.lastID = position
			if data == nil {
				name, id = "", ""
				continue
			}
			if name == "" {
				name = "message"
			}
			return readEvent{name, strings.Join(data, "\n"), id, position}, nil
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "":
			p.comments = append(p.comments, value)
		case "event":
			name = value
		case "data":
			data = append(data, value)
		case "id":
			if value == "" {
				p.resets++
			}
			if !strings.Contains(value, "\x00") {
				id, position = value, value
			}
		case "retry":
			if n, err := strconv.ParseUint(value, 10, 31); err == nil {
				p.retry = int(n)
			}
		}
	}
}

// nextNamed skips events until one has the name.
func (p *streamReader) nextNamed(name string) (readEvent, error) {
	for {
		e, err := p.next()
		if err != nil || e.name == name {
			return e, err
		}
	}
}

// rest reads to the end of the stream.
func (p *streamReader) rest() (events []readEvent, err error) {
	for {
		e, err := p.next()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
}

// field returns a string in the event's data, such as "message" or "reason".
func (e readEvent) field(t testing.TB, name string) string {
	t.Helper()
	var envelope struct{ Data map[string]any }
	if err := json.Unmarshal([]byte(e.data), &envelope); err != nil {
		t.Fatalf("%s: %v in %q", e.name, err, e.data)
	}
	s, _ := envelope.Data[name].(string)
	return s
}

func TestStreamReaderFollowsTheStandard(t *testing.T) {
	p := newStreamReader(strings.NewReader(strings.Join([]string{
		": a comment\n",
		"id: 1\r\ndata: x\r\n\r\n",
		"data:y\rdata\rdata:  z\r\r",
		"id\ndata: reset\n\n",
		"event: only a name\n\n",
		"id: 7\nretry: 30\nretry: 3x\n\n",
		"event: e\ndata: after\n\n",
		"data: cut off\nid: 9\n",
	}, "")))
	events, err := p.rest()
	if err != nil {
		t.Fatal(err)
	}
	want := []readEvent{
		{"message", "x", "1", "1"},
		{"message", "y\n\n z", "", "1"},
		{"message", "reset", "", ""},
		{"e", "after", "", "7"},
	}
	if len(events) != len(want) {
		t.Fatalf("got %q", events)
	}
	for i := range want {
		if events[i] != want[i] {
			t.Errorf("event %d: got %q, want %q", i, events[i], want[i])
		}
	}
	if p.lastID != "7" || p.resets != 1 || p.retry != 30 || len(p.comments) != 1 {
		t.Errorf("lastID %q, resets %d, retry %d, comments %q", p.lastID, p.resets, p.retry, p.comments)
	}
}
