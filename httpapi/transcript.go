package httpapi

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pealchat/pealchat/chat"
)

// transcriptWriter writes a session as a file. Everything in a message is
// somebody's words: no format may let them look like something else.
type transcriptWriter interface {
	begin(session any, name string) error
	message(m chat.Message) error
	end() error
}

// transcript sends a session with all its messages as a download. Visitors
// get no notes, because Messages gives them none.
func (h *Handler) transcript(w http.ResponseWriter, r *http.Request, by caller) error {
	p := queryOf(r)
	format := p.one("format", "txt", "json", "csv")
	if p.err != nil {
		return p.err
	}
	s, err := h.svc.Session(r.Context(), by.Actor, r.PathValue("session_id"))
	if err != nil {
		return err
	}
	q := chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Limit: chat.MaxPageSize}}
	page, err := h.svc.Messages(r.Context(), by.Actor, q)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	to, kind := newTranscript(format, out, by.IsVisitor())
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="conversation-`+s.ID+`.`+format+`"`)
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	err = to.begin(view(by, s), s.VisitorName)
	for err == nil {
		for _, m := range page.Messages {
			if err == nil {
				err = to.message(m)
			}
		}
		if err != nil || page.Next == "" {
			break
		}
		q.After = page.Next
		page, err = h.svc.Messages(r.Context(), by.Actor, q)
	}
	if err == nil {
		err = to.end()
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		panic(http.ErrAbortHandler) // part of it is out: the client must see that the rest is missing
	}
	return nil
}

func newTranscript(format string, out io.Writer, forVisitor bool) (to transcriptWriter, contentType string) {
	switch format {
	case "json":
		return &jsonTranscript{out: out}, "application/json; charset=utf-8"
	case "csv":
		w := csv.NewWriter(out)
		w.UseCRLF = true
		return &csvTranscript{w, !forVisitor}, "text/csv; charset=utf-8"
	}
	return &textTranscript{out}, "text/plain; charset=utf-8"
}

type jsonTranscript struct {
	out   io.Writer
	count int
}

func (t *jsonTranscript) begin(session any, _ string) error {
	data, err := json.Marshal(session)
	if err == nil {
		_, err = fmt.Fprintf(t.out, "{\"session\":%s,\"messages\":[", data)
	}
	return err
}

func (t *jsonTranscript) message(m chat.Message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	separator := "\n"
	if t.count++; t.count > 1 {
		separator = ",\n"
	}
	_, err = io.WriteString(t.out, separator+string(data))
	return err
}

func (t *jsonTranscript) end() error {
	_, err := io.WriteString(t.out, "\n]}\n")
	return err
}

type csvTranscript struct {
	out   *csv.Writer
	notes bool // there is a column that says which are notes
}

func (t *csvTranscript) begin(any, string) error {
	return t.write("seq", "timestamp", "sender", "sender_name", "message", "edited_at", "deleted_at", "note")
}

func (t *csvTranscript) message(m chat.Message) error {
	seq := ""
	if m.Seq > 0 {
		seq = strconv.FormatInt(m.Seq, 10)
	}
	return t.write(seq, stamp(m.At), m.Sender, m.SenderName, withFiles(m), stamp(m.EditedAt), stamp(m.DeletedAt), strconv.FormatBool(m.Note))
}

func (t *csvTranscript) end() error {
	t.out.Flush()
	return t.out.Error()
}

// write writes a row whose last column is about notes.
func (t *csvTranscript) write(cells ...string) error {
	if !t.notes {
		cells = cells[:len(cells)-1]
	}
	for i, c := range cells {
		cells[i] = cell(c)
	}
	return t.out.Write(cells)
}

// cell keeps spreadsheets from taking somebody's words for a formula. What does
// not show in front of it may not count for them.
func cell(s string) string {
	shown := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) })
	if first, _ := utf8.DecodeRuneInString(shown); shown != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// withFiles returns a message's text and the names of its files, a line each.
func withFiles(m chat.Message) string {
	lines := make([]string, 0, 1+len(m.Attachments))
	if m.Text != "" {
		lines = append(lines, m.Text)
	}
	for _, a := range m.Attachments {
		lines = append(lines, "[file: "+a.Name+"]")
	}
	return strings.Join(lines, "\n")
}

type textTranscript struct{ out io.Writer }

func (t *textTranscript) begin(_ any, name string) error {
	_, err := fmt.Fprintf(t.out, "Conversation with %s\n", plainText(name))
	return err
}

func (t *textTranscript) message(m chat.Message) error {
	who := m.SenderName
	if who == "" {
		who = m.Sender
	} else if m.Note {
		who += " (note)"
	} else {
		who += " (" + m.Sender + ")"
	}
	text := withFiles(m)
	switch {
	case !m.DeletedAt.IsZero():
		text = "[deleted]"
	case !m.EditedAt.IsZero():
		text += " [edited]"
	}
	// Further lines are indented, so that no message can look like two.
	text = strings.ReplaceAll(plainText(text), "\n", "\n    ")
	_, err := fmt.Fprintf(t.out, "\n%s  %s\n    %s\n", m.At.UTC().Format("2006-01-02 15:04:05 UTC"), plainText(who), text)
	return err
}

func (t *textTranscript) end() error { return nil }

// plainText drops what would move the cursor of a terminal, or turn the
// direction of what follows. Separators count as line ends.
func plainText(s string) string {
	s = strings.NewReplacer("\u2028", "\n", "\u2029", "\n").Replace(s)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, s)
}

// stamp is a time as it stands in JSON, empty if there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
