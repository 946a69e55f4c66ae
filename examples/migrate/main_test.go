package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/sqlite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var host = chat.AsHost("test")

// everything is all that can be asked of a store.
func everything(t *testing.T, store chat.Store) map[string]any {
	t.Helper()
	ctx, all := t.Context(), map[string]any{"identity": store.Identity()}
	keep := func(what string, v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(what, ": ", err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all[what] = string(text)
	}
	sessions, err := store.Sessions(ctx, chat.SessionQuery{Page: chat.Page{Limit: 200}})
	keep("sessions", sessions, err)
	for _, s := range sessions.Sessions {
		messages, err := store.Messages(ctx, chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Limit: 200}})
		keep("messages of "+s.ID, messages, err)
		visitor, err := store.Visitor(ctx, s.VisitorID)
		keep("visitor of "+s.ID, visitor, err)
		draft, err := store.Draft(ctx, s.ID, host.ID(), true)
		keep("draft of "+s.ID, draft, err)
	}
	log, err := store.Log(ctx)
	keep("log", log, err)
	events, err := store.Events(ctx, chat.EventQuery{Limit: 1000})
	keep("events", events, err)
	keys, err := store.APIKeys(ctx)
	keep("keys", keys, err)
	settings, err := store.Settings(ctx)
	keep("settings", settings, err)
	webhooks, err := store.Webhooks(ctx)
	keep("webhooks", webhooks, err)
	bans, err := store.Bans(ctx, chat.BanQuery{})
	keep("bans", bans, err)
	replies, err := store.CannedReplies(ctx, chat.CannedReplyQuery{})
	keep("canned replies", replies, err)
	return all
}

func compare(t *testing.T, want, got map[string]any) {
	t.Helper()
	for what := range want {
		if !reflect.DeepEqual(want[what], got[what]) {
			t.Errorf("%s:\n SQLite     %.600v\n PostgreSQL %.600v", what, want[what], got[what])
		}
	}
}

// site fills a chat with one of each.
func site(t *testing.T, svc *chat.Service) (session string) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		started, err := svc.CreateSession(ctx, host, chat.NewSession{VisitorName: fmt.Sprint("Ünal ", i), Message: "Grüße 世界", CustomData: map[string]any{"n": i}})
		must(err)
		session = started.Session.ID
		for j := range 20 {
			_, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: session, Sender: []string{chat.SenderAgent, chat.SenderVisitor}[j%2], Text: fmt.Sprint("Porcelain ", j), ClientID: fmt.Sprint(j)})
			must(err)
		}
		_, err = svc.AddNote(ctx, host, session, "A note", "")
		must(err)
		_, err = svc.SaveDraft(ctx, host, session, "begun", true)
		must(err)
		if i%3 == 0 {
			_, err = svc.CloseSession(ctx, host, session, "")
			must(err)
		}
	}
	_, _, err := svc.CreateAPIKey(ctx, host, chat.NewAPIKey{Name: "a key", Scopes: []string{chat.ScopeRead}})
	must(err)
	_, err = svc.CreateCannedReply(ctx, host, chat.NewCannedReply{Shortcut: "hi", Text: "Hello"})
	must(err)
	return session
}

// A chat is moved while it is in use, and then for good.
func TestMigrate(t *testing.T) {
	ctx, dsn := t.Context(), pgtest.Database(t)
	path := filepath.Join(t.TempDir(), "it's a chat.db")
	old, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	svc := chat.New(old, nil)
	session := site(t, svc)

	// Visitors write on while the first copy is made.
	writing, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	sent := 0
	group.Go(func() {
		for ; writing.Err() == nil; sent++ {
			if _, err := svc.SendMessage(ctx, host, chat.NewMessage{SessionID: session, Sender: chat.SenderAgent, Text: fmt.Sprint("live ", sent)}); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
	first, err := migrate(ctx, path, dsn, "shop")
	if err != nil {
		t.Fatal(err)
	}
	stop()
	group.Wait()

	// What then happens: changes, an erasure, an end of the log.
	page, err := svc.Sessions(ctx, host, chat.SessionQuery{Status: chat.StatusClosed})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.EraseVisitor(ctx, host, page.Sessions[0].VisitorID); err != nil {
		t.Fatal(err)
	}
	messages, err := svc.Messages(ctx, host, chat.MessageQuery{SessionID: session})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.EditMessage(ctx, host, session, messages.Messages[1].ID, "Stoneware"); err != nil {
		t.Fatal(err)
	}
	svc.Close()
	want := everything(t, old)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := migrate(ctx, path, dsn, "shop")
	if err != nil {
		t.Fatal(err)
	}
	if first.Added < 700 || second.Changed == 0 || second.Removed == 0 || second.Added > first.Added {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if third, err := migrate(ctx, path, dsn, "shop"); err != nil || third != (postgres.Copied{}) {
		t.Errorf("a third copy found %+v, %v", third, err)
	}

	store, err := postgres.Open(ctx, dsn, &postgres.Options{Schema: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	compare(t, want, everything(t, store))
	moved := chat.New(store, nil)
	defer moved.Close()
	for word, least := range map[string]int{"porcelain": 100, "stoneware": 1, "unal": 20, "gruße": 20} {
		found, err := moved.Search(ctx, host, word, chat.Page{Limit: 50})
		if n := len(found.Hits); err != nil || n < min(least, 20) {
			t.Errorf("%q is found %d times, %v", word, n, err)
		}
	}
	// What is written now goes on where the old chat has ended.
	last, _ := moved.Session(ctx, host, session)
	res, err := moved.SendMessage(ctx, host, chat.NewMessage{SessionID: session, Sender: chat.SenderAgent, Text: "on PostgreSQL"})
	if err != nil || res.Message.Seq != last.MessageCount+1 {
		t.Errorf("%+v, %v", res, err)
	}
	t.Logf("first %+v, then %+v, with %d messages written meanwhile", first, second, sent)
}

func TestMigrateRefuses(t *testing.T) {
	dsn := pgtest.Database(t)
	if _, err := migrate(t.Context(), filepath.Join(t.TempDir(), "none.db"), dsn, ""); err == nil {
		t.Error("a file that does not exist was copied")
	}
	path := filepath.Join(t.TempDir(), "chat.db")
	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := migrate(t.Context(), path, "host=127.0.0.1 port=1 user=x", ""); err == nil {
		t.Error("a database that is not there took a copy")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := migrate(ctx, path, dsn, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("an end by hand: %v", err)
	}
}
