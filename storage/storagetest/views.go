package storagetest

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Views compares the views for reports with what the store says. db is on the
// store's database and finds its tables without a schema.
func Views(t *testing.T, store chat.Store, db *sql.DB) {
	f := newFixture(t, store)
	v := f.visitor()
	v.ExternalID, v.Verified, v.Locale = "user-1", true, "pt-BR"
	f.do(chat.OpSaveVisitor{Visitor: v})
	in := f.newSession(v.ID)
	in.Tags, in.Department = []string{"refund"}, "Sales"
	f.do(chat.OpCreateSession{Session: in})
	a := f.agent("Mara")
	f.do(chat.OpUpdateSession{SessionID: in.ID, Patch: chat.SessionPatch{AssigneeID: &a.ID}, At: f.tick()})
	f.say(in.ID, chat.SenderVisitor, "Hello")
	answer := f.say(in.ID, chat.SenderAgent, "Good morning")
	note := f.jot(in.ID, "A regular")
	f.do(chat.OpAddPageViews{Views: []chat.PageView{{VisitorID: v.ID, PageRef: chat.PageRef{URL: "/mugs", Title: "Mugs"}, At: f.tick()}}})
	rating := chat.Rating{Score: 4, Comment: "Quick", At: f.tick()}
	f.do(chat.OpRateSession{SessionID: in.ID, Rating: rating})
	f.do(chat.OpCloseSession{SessionID: in.ID, Reason: "agent", At: f.tick()})
	s := f.session(in.ID)

	f.view(db, "SELECT session_id, status, visitor_id, department, assignee_name, message_count, agent_messages, rating_score, rating_comment, created_at, first_reply_at, closed_at, rated_at FROM chat_report_sessions",
		s.ID, "closed", v.ID, "Sales", "Mara", 2, 1, 4, "Quick", s.CreatedAt, s.FirstReplyAt, s.ClosedAt, rating.At)
	f.view(db, "SELECT message_id, session_id, seq, sender, message, sent_at, edited_at FROM chat_report_messages WHERE seq = 2",
		answer.ID, s.ID, 2, "agent", "Good morning", answer.At, nil)
	f.view(db, "SELECT message_id, message FROM chat_report_messages WHERE note", note.ID, "A regular")
	f.view(db, "SELECT visitor_id, external_id, name, verified, locale, created_at FROM chat_report_visitors", v.ID, "user-1", v.Name, true, "pt-BR", v.CreatedAt)
	f.view(db, "SELECT visitor_id, url, title FROM chat_report_page_views", v.ID, "/mugs", "Mugs")
}

// view compares the one row of a query.
func (f *fixture) view(db *sql.DB, query string, want ...any) {
	f.Helper()
	got, into := make([]any, len(want)), make([]any, len(want))
	for i := range got {
		into[i] = &got[i]
	}
	f.noErr(query, db.QueryRowContext(f.ctx, query).Scan(into...))
	for i := range got {
		if plain(got[i]) != plain(want[i]) {
			f.Errorf("%s: column %d is %v, want %v", query, i+1, plain(got[i]), plain(want[i]))
		}
	}
}

// plain writes a value as both databases can be made to have it: SQLite has
// neither times nor truth values.
func plain(v any) string {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000Z")
	case bool:
		return map[bool]string{false: "0", true: "1"}[v]
	}
	return strings.TrimSpace(fmt.Sprint(v))
}
