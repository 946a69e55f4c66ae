package storagetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Marker is the text that [Mark] writes. No other word of the tests begins
// like it, so an index that leaves out what a word has in common with the one
// before it holds all of it; and it has small letters only, as an index has.
const Marker = "riverbank"

// Marked is what [Mark] has stored.
type Marked struct {
	VisitorID string   // has the Marker wherever there is room for it
	Sessions  []string // theirs
	Other     string   // the session of somebody else, written to between the others
	OtherSaid int64    // how many messages that one has
}

// Mark stores a visitor with the [Marker] in everything that a store keeps of
// one, in texts from a word to several pages, among the rows of somebody else,
// with texts changed and deleted meanwhile. What is added to a visitor or a
// session belongs in here. begin begins a transaction of the host's, in the same
// database.
func Mark(t testing.TB, store chat.PendingStore, begin func() HostTx) Marked {
	t.Helper()
	f := newFixture(t, store)
	page := chat.PageRef{URL: "https://" + Marker + ".example/", Title: Marker, Referrer: "https://" + Marker + ".example/"}
	v := chat.Visitor{
		ID: "v-" + Marker, Name: Marker, Email: Marker + "@example.com", ExternalID: Marker, Locale: Marker, TimeZone: Marker, UserAgent: Marker,
		Page: &page, CustomData: map[string]any{Marker: Marker}, CreatedAt: f.tick(), LastSeenAt: f.now,
	}
	f.do(chat.OpSaveVisitor{Visitor: v, TokenHash: Marker})
	f.do(chat.OpSaveWebhook{Webhook: chat.Webhook{ID: "hook", URL: "https://example.com/", Events: []string{chat.EventMessageSent}, Enabled: true, CreatedAt: f.tick()}})
	m := Marked{VisitorID: v.ID, Other: f.start("").ID}
	for n := range 3 {
		m.Sessions = append(m.Sessions, f.markSession(v.ID, n, &m))
	}
	f.markSite(v.ID, page)
	f.do(chat.OpBanVisitor{VisitorID: v.ID, Ban: &chat.Ban{Reason: Marker, At: f.tick(), By: Marker, WithAddress: true}, At: f.now})
	f.do(chat.OpBanAddress{Ban: chat.AddressBan{ID: Marker, Address: Marker, Reason: Marker, At: f.now, By: Marker, VisitorID: v.ID}, At: f.now})
	tx := begin()
	f.noErr("AddPending", store.AddPending(f.ctx, tx.Handle(), chat.Message{
		ID: Marker, SessionID: m.Sessions[0], Sender: Marker, SenderID: Marker, SenderName: Marker, Text: Marker, ClientID: Marker, Fingerprint: Marker, At: f.now,
	}))
	f.noErr("Commit", tx.Commit())
	IndexAll(t, store)
	return m
}

// markSession stores one session in which everything happens that can.
func (f *fixture) markSession(visitor string, n int, m *Marked) string {
	f.Helper()
	id := fmt.Sprint(Marker, n)
	f.do(chat.OpCreateSession{Session: chat.Session{
		ID: id, VisitorID: visitor, VisitorName: Marker, VisitorEmail: Marker, Source: Marker, Department: Marker, Tags: []string{Marker},
		CustomData: map[string]any{Marker: strings.Repeat(Marker, 50)}, Page: &chat.PageRef{URL: Marker, Title: Marker, Referrer: Marker},
		Consent: &chat.Consent{Text: Marker, At: f.now}, ClientID: Marker + id, Fingerprint: Marker, CreatedAt: f.tick(), UpdatedAt: f.now,
	}})
	said := func(sender string, i int) chat.Message {
		one := fmt.Sprint(id, sender, i)
		return chat.Message{ID: one, SessionID: id, Sender: sender, SenderID: Marker, SenderName: Marker, ClientID: one, Fingerprint: Marker, At: f.tick()}
	}
	for i := range 60 {
		own := said(chat.SenderVisitor, i)
		own.Text = strings.Repeat(Marker+" ", 1+i*i)
		file := f.id("file")
		own.Attachments = []chat.Attachment{{FileID: file, Name: Marker + ".txt", ContentType: Marker, URL: Marker}}
		f.do(chat.OpAddFile{FileID: file, At: f.tick()})
		f.do(chat.OpAddFileChunk{FileID: file, Data: []byte(strings.Repeat(Marker, 1+i*i))})
		sent := f.do(chat.OpAppendMessage{Message: own}).Events[0]
		f.say(m.Other, chat.SenderVisitor, fmt.Sprint("Others ", i))
		m.OtherSaid++
		f.markDelivery(sent, own.ID)
	}
	answer, note := said(chat.SenderAgent, 0), said(chat.SenderAgent, 1)
	answer.Text, answer.QuickReplies, answer.Translation = Marker, []string{Marker}, Marker
	note.Text, note.Mentions = Marker, []string{"a1"}
	f.do(chat.OpAppendMessage{Message: answer})
	f.do(chat.OpAppendNote{Message: note})
	f.do(chat.OpSaveDraft{Draft: chat.Draft{SessionID: id, AgentID: "a1", Text: Marker, UpdatedAt: f.tick()}})
	f.do(chat.OpEditMessage{SessionID: id, MessageID: id + chat.SenderVisitor + "1", Text: Marker + " edited", At: f.tick()})
	f.do(chat.OpDeleteMessage{SessionID: id, MessageID: id + chat.SenderVisitor + "2", At: f.tick()})
	department := Marker + " again"
	f.do(chat.OpUpdateSession{SessionID: id, Patch: chat.SessionPatch{Department: &department}, By: chat.Doer{By: Marker, ID: Marker, Name: Marker}, At: f.tick()})
	f.do(chat.OpCloseSession{SessionID: id, Reason: Marker, At: f.tick()})
	f.do(chat.OpRateSession{SessionID: id, Rating: chat.Rating{Score: 1, Comment: Marker, At: f.tick()}})
	return id
}

// markDelivery tells a webhook of the event, which answers with the marker.
func (f *fixture) markDelivery(sent *chat.Event, message string) {
	f.Helper()
	body, err := sent.JSON()
	f.noErr("JSON", err)
	f.do(chat.OpAddDeliveries{Due: f.now, Messages: []chat.OutgoingEvent{{
		Position: sent.Position, Event: sent.Type, At: f.now, SessionID: sent.SessionID, MessageID: message, Body: body, To: []string{"hook"},
	}}})
	if sent.Data.(chat.Message).Seq%20 != 0 {
		return // it stays pending
	}
	for _, d := range f.do(chat.OpClaimDeliveries{WebhookID: "hook", Limit: 1, Now: f.now, Lease: f.now.Add(time.Hour)}).Deliveries {
		attempts := []chat.Attempt{{Number: d.Attempt, At: f.now, Status: 500, Response: Marker, Error: Marker}}
		f.do(chat.OpSettleDelivery{DeliveryID: d.ID, Attempt: d.Attempt, State: chat.DeliveryDelivered, Attempts: attempts, Now: f.now})
	}
}

// markSite stores what the visitor did on the host's site.
func (f *fixture) markSite(visitor string, page chat.PageRef) {
	f.Helper()
	visit := chat.Visit{
		Landing: page, Locale: Marker, Device: chat.Device{Kind: Marker, Browser: Marker, System: Marker}, Address: Marker,
		Campaign: &chat.Campaign{Source: Marker, Medium: Marker, Name: Marker, Term: Marker, Content: Marker},
	}
	f.do(chat.OpAddPageViews{Gap: time.Minute, Views: []chat.PageView{
		{VisitorID: visitor, PageRef: page, At: f.tick(), Visit: visit},
		{VisitorID: visitor, Name: Marker, Data: map[string]any{Marker: Marker}, At: f.tick()},
	}})
	f.do(chat.OpPlaceVisit{VisitorID: visitor, Place: chat.Place{Country: Marker, Region: Marker, City: Marker, Company: Marker}})
}

// IndexAll brings the search index up to date.
func IndexAll(t testing.TB, store chat.Store) {
	t.Helper()
	for range 1000 {
		res, err := store.Append(context.Background(), []chat.Op{chat.OpIndexSearch{Limit: 100}})
		if err != nil || res[0].Err != nil {
			t.Fatal(err, res)
		}
		if res[0].Count < 100 {
			return
		}
	}
	t.Fatal("there is no end to what is to be indexed")
}

// notTheirs are the columns of text in which nothing of a visitor is kept,
// and why; "*" stands for all columns of a table.
var notTheirs = map[string]string{
	"chat_agents.*":                 "agents",
	"chat_api_keys.*":               "programs",
	"chat_canned_replies.*":         "the team's texts",
	"chat_cursors.*":                "who reads the log",
	"chat_departments.*":            "parts of the team",
	"chat_drafts.agent_id":          "an agent",
	"chat_events.type":              "a word of ours",
	"chat_files.public_id":          "a random number, which goes once the file's content is gone",
	"chat_greetings.trigger_id":     "the team's trigger; the count stays without the visitor",
	"chat_history.action":           "a word of ours",
	"chat_history.agent_id":         "an agent",
	"chat_mentions.agent_id":        "an agent",
	"chat_messages.mentions":        "agents",
	"chat_messages.sender":          "a word of ours",
	"chat_meta.*":                   "figures of the database",
	"chat_migrations.*":             "steps of the schema",
	"chat_push_subscriptions.*":     "browsers of agents",
	"chat_sessions.replies":         "agents and times",
	"chat_settings.*":               "the team's",
	"chat_webhook_deliveries.event": "a word of ours",
	"chat_webhooks.*":               "the host's endpoints",
	"chat_message_search_config.*":  "of the index",
	"chat_message_search_docsize.*": "how many words",
	"chat_message_search_idx.*":     "first words of pages: TestEraseLeavesNothing looks at them",
	"chat_session_search_config.*":  "of the index",
	"chat_session_search_docsize.*": "how many words",
	"chat_session_search_idx.*":     "first words of pages: TestEraseLeavesNothing looks at them",
	"sqlite_sequence.*":             "tables",
}

// EraseLeavesNothing erases what [Mark] has stored and looks for it in every
// column that can hold text. columns counts the rows that hold the [Marker],
// by "table.column", for each such column that the database has. A column that
// nobody marked is a problem as well, so that no table can be added without a
// thought for what becomes of it.
func EraseLeavesNothing(t testing.TB, store chat.Store, m Marked, columns func() map[string]int) (problems []string) {
	t.Helper()
	before := columns()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		table, _, _ := strings.Cut(name, ".")
		not := notTheirs[name] != "" || notTheirs[table+".*"] != ""
		switch {
		case before[name] == 0 && !not:
			problems = append(problems, name+": nothing of the visitor was in it. Fill it in Mark and have it erased, or say in notTheirs why nothing of a visitor is in it.")
		case before[name] > 0 && notTheirs[name] != "":
			problems = append(problems, name+": notTheirs says that it is of "+notTheirs[name])
		}
	}
	if len(before) < 50 {
		problems = append(problems, fmt.Sprintf("only %d columns were looked at", len(before)))
	}
	f := newFixture(t, store)
	f.do(chat.OpEraseVisitor{VisitorID: m.VisitorID})
	IndexAll(t, store)
	for name, rows := range columns() {
		if rows > 0 {
			problems = append(problems, fmt.Sprintf("%s: %d rows still hold something of the visitor", name, rows))
		}
	}
	f.equal("messages of somebody else", f.session(m.Other).MessageCount, m.OtherSaid)
	slices.Sort(problems)
	return problems
}
