package chat_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

var host = chat.AsHost("Shop")

func openStore(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func newService(t testing.TB, opts *chat.Options) *chat.Service {
	t.Helper()
	svc := chat.New(openStore(t, filepath.Join(t.TempDir(), "chat.db")), opts)
	t.Cleanup(func() { svc.Close() })
	return svc
}

func newSession(t testing.TB, svc *chat.Service) chat.Session {
	t.Helper()
	started, err := svc.CreateSession(t.Context(), host, chat.NewSession{VisitorName: "Ines"})
	if err != nil {
		t.Fatal(err)
	}
	return started.Session
}

func newVisitor(t testing.TB, svc *chat.Service) (chat.Actor, string) {
	t.Helper()
	w, err := svc.Hello(t.Context(), chat.Hello{})
	if err != nil {
		t.Fatal(err)
	}
	return chat.AsVisitor(w.Visitor), w.Token
}

func send(t testing.TB, svc *chat.Service, by chat.Actor, session, text string) chat.Message {
	t.Helper()
	in := chat.NewMessage{SessionID: session, Text: text, Sender: chat.SenderAgent}
	if by.IsVisitor() {
		in.Sender = chat.SenderVisitor
	}
	sent, err := svc.SendMessage(t.Context(), by, in)
	if err != nil {
		t.Fatal(err)
	}
	return sent.Message
}
