package storagetest

import (
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Past has, by the version of the schema, what a program of that version may
// have written: rows as they were then, in SQL that both databases take. A test
// makes an old database of it, step by step, and opens that.
var Past = map[int]string{
	1: `
INSERT INTO chat_agents (public_id, name, email, avatar_url, availability, admin) VALUES ('ada', 'Ada', 'ada@example.com', '', 'available', 1);
INSERT INTO chat_api_keys (public_id, hash, name, prefix, scopes, created_at) VALUES ('key', 'h-key', 'Old bot', 'peal_1234', '["read"]', 1763890200123);
INSERT INTO chat_visitors (public_id, name, email, verified, locale, user_agent, custom_data, created_at, last_seen_at)
VALUES ('ines', 'Ines', 'ines@example.com', 0, 'pt', 'Firefox', '{"plan":"pro"}', 1763890200123, 1763890200123),
       ('theo', 'Theo', '', 0, '', '', '{}', 1763890200123, 1763890200123);
INSERT INTO chat_visitor_tokens (hash, visitor_id) SELECT 'h-ines', id FROM chat_visitors WHERE public_id = 'ines';
INSERT INTO chat_sessions (public_id, visitor_id, visitor_name, visitor_email, source, department, assignee_id, tags, custom_data, created_at, updated_at, active_at, open,
       close_reason, version, message_count, unread, agent_seen_seq, visitor_seen_seq, visitor_unread, first_reply_at, client_id, fingerprint)
SELECT 'open', v.id, 'Ines', 'ines@example.com', 'widget', 'Sales', a.id, '["vip"]', '{}', 1763890200123, 1763890200123, 1763890203000, 1,
       '', 3, 3, 1, 1, 2, 0, 1763890202000, 'c-open', 'fp' FROM chat_visitors AS v, chat_agents AS a WHERE v.public_id = 'ines' AND a.public_id = 'ada';
INSERT INTO chat_sessions (public_id, visitor_id, visitor_name, visitor_email, source, department, tags, custom_data, created_at, updated_at, active_at, closed_at, open,
       close_reason, version, message_count, unread, agent_seen_seq, visitor_seen_seq, visitor_unread, rating_score, rating_comment, rating_at, fingerprint)
SELECT 'closed', v.id, 'Theo', '', 'api', '', '[]', '{}', 1763890200123, 1763890209000, 1763890209000, 1763890209000, 0,
       'resolved', 2, 1, 0, 1, 1, 0, 5, 'Quick', 1763890209500, '' FROM chat_visitors AS v WHERE v.public_id = 'theo';
INSERT INTO chat_session_tags (session_id, tag) SELECT id, 'vip' FROM chat_sessions WHERE public_id = 'open';
INSERT INTO chat_messages (public_id, session_id, seq, note, sender, sender_id, sender_name, body, client_id, fingerprint, at)
SELECT 'm1', id, 1, 0, 'visitor', 'ines', 'Ines', 'Where is my walnut bowl?', 'c1', 'fp', 1763890201000 FROM chat_sessions WHERE public_id = 'open';
INSERT INTO chat_messages (public_id, session_id, seq, note, sender, sender_id, sender_name, body, fingerprint, at)
SELECT 'm2', id, 2, 0, 'agent', 'ada', 'Ada', 'On its way.', '', 1763890202000 FROM chat_sessions WHERE public_id = 'open';
INSERT INTO chat_messages (public_id, session_id, seq, note, sender, sender_id, sender_name, body, fingerprint, at)
SELECT 'n1', id, 2, 1, 'agent', 'ada', 'Ada', 'Packed on Friday', '', 1763890202500 FROM chat_sessions WHERE public_id = 'open';
INSERT INTO chat_messages (public_id, session_id, seq, note, sender, sender_id, sender_name, body, fingerprint, at)
SELECT 'm3', id, 3, 0, 'visitor', 'ines', 'Ines', 'Thank you', '', 1763890203000 FROM chat_sessions WHERE public_id = 'open';
INSERT INTO chat_messages (public_id, session_id, seq, note, sender, sender_id, sender_name, body, fingerprint, at)
SELECT 'm4', id, 1, 0, 'visitor', 'theo', 'Theo', 'Hello', '', 1763890204000 FROM chat_sessions WHERE public_id = 'closed';
INSERT INTO chat_events (type, session_id, message_id, at) SELECT 'message_sent', session_id, id, at FROM chat_messages WHERE note = 0 ORDER BY at;`,
	2: `
INSERT INTO chat_webhooks (public_id, url, events, description, enabled, version, disabled_reason, created_at, updated_at, starts_after, secrets, revision, removed)
VALUES ('hook', 'https://example.com/', '["*"]', '', 1, 1, '', 1763890200123, 1763890200123, 0, '[]', 1, 0);`,
	3: `
INSERT INTO chat_files (public_id, message_id, at) SELECT 'file', id, at FROM chat_messages WHERE public_id = 'm3';
INSERT INTO chat_file_chunks (file_id, n, data) SELECT id, 0, CAST('walnut' AS chat_bytes) FROM chat_files;
UPDATE chat_messages SET attachments = '[{"file_id":"file","name":"bowl.txt","content_type":"text/plain","size":6,"url":"files/file"}]' WHERE public_id = 'm3';`,
	4:  `INSERT INTO chat_settings (id, version, data, updated_at) VALUES (1, 1, '{"name":"Alder & Clay"}', 1763890200123);`,
	5:  `INSERT INTO chat_canned_replies (public_id, shortcut, shortcut_key, body, created_at, updated_at) VALUES ('canned', 'Hi', 'hi', 'Hello there', 1763890200123, 1763890200123);`,
	6:  `UPDATE chat_visitors SET ban = '{"reason":"Spam","banned_at":"2025-11-23T09:30:00.123Z"}' WHERE public_id = 'theo';`,
	7:  `INSERT INTO chat_page_views (visitor_id, url, title, referrer, at) SELECT id, 'https://shop.example/', 'Shop', '', 1763890200123 FROM chat_visitors WHERE public_id = 'ines';`,
	10: `INSERT INTO chat_drafts (session_id, agent_id, note, body, updated_at) SELECT id, 'ada', 0, 'Half a', 1763890204000 FROM chat_sessions WHERE public_id = 'open';`,
}

// CheckPast looks whether a store that was opened on what [Past] wrote up to a
// version has all of it, and goes on from there.
func CheckPast(t testing.TB, store chat.Store, version int) {
	t.Helper()
	f := newFixture(t, store)
	f.now = time.UnixMilli(1_763_890_300_000)
	open := f.session("open")
	f.equal("the open session", []any{open.Status, open.VisitorID, open.AssigneeID, open.MessageCount, open.Unread, open.Tags, open.LastMessage.Text},
		[]any{chat.StatusActive, "ines", "ada", int64(3), int64(1), []string{"vip"}, "Thank you"})
	closed := f.session("closed")
	f.equal("the closed session", []any{closed.Status, closed.CloseReason, closed.Rating.Score, closed.Rating.Comment}, []any{chat.StatusClosed, "resolved", 5, "Quick"})
	var said []string
	for _, m := range f.messages(chat.MessageQuery{SessionID: "open", Notes: true}).Messages {
		said = append(said, m.Text)
	}
	f.equal("messages", said, []string{"Where is my walnut bowl?", "On its way.", "Packed on Friday", "Thank you"})
	f.equal("events", len(f.events(chat.EventQuery{})), 4)
	f.wantHistory("who closed it is not known", "closed", chat.HistoryEntry{Action: chat.HistoryClosed, At: closed.ClosedAt})
	_, err := store.VisitorByToken(f.ctx, "h-ines")
	f.noErr("VisitorByToken", err)
	_, err = store.APIKeyByHash(f.ctx, "h-key")
	f.noErr("APIKeyByHash", err)
	if version >= 3 {
		part, err := store.FileChunk(f.ctx, "file", 0)
		f.noErr("FileChunk", err)
		f.equal("the file", string(part), "walnut")
	}
	if version >= 4 {
		settings, err := store.Settings(f.ctx)
		f.noErr("Settings", err)
		f.equal("the settings", settings.Name, "Alder & Clay")
	}
	if theo := f.visitorNow("theo"); (theo.Banned != nil) != (version >= 6) {
		f.Fatalf("the ban is %v", theo.Banned)
	}
	if version >= 7 {
		began := time.UnixMilli(1763890200123) // when Ines came, and saw the page
		got, err := store.VisitFigures(f.ctx, chat.VisitFiguresQuery{Bounds: []time.Time{began, began.Add(time.Millisecond)}})
		f.noErr("VisitFigures", err)
		f.equal("who saw pages", got, []chat.VisitFigures{{Views: 1, Visitors: 1}})
	}
	if version >= 10 {
		draft, err := store.Draft(f.ctx, "open", "ada", false)
		f.noErr("Draft", err)
		f.equal("the draft", draft.Text, "Half a")
	}

	IndexAll(t, store)
	f.equal("what is said again is known", f.duplicateMessage("open", "c1").Seq, int64(1))
	f.equal("the next message", f.say("open", chat.SenderVisitor, "And now?").Seq, int64(4))
	f.do(chat.OpCloseSession{SessionID: "open", At: f.tick()})
	f.do(chat.OpEraseVisitor{VisitorID: "ines"})
	IndexAll(t, store)
	f.equal("sessions left", len(f.sessions(chat.SessionQuery{}).Sessions), 1)
}

// duplicateMessage sends what was sent before.
func (f *fixture) duplicateMessage(session, clientID string) chat.Message {
	f.Helper()
	m := f.newMessage(session, chat.SenderVisitor, "Where is my walnut bowl?")
	m.ClientID, m.Fingerprint = clientID, "fp"
	return f.duplicate(chat.OpAppendMessage{Message: m}).Message
}
