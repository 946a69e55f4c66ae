package chat_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

func foundBy(t testing.TB, store chat.Store, word string) int {
	t.Helper()
	page, err := store.Search(t.Context(), chat.SearchQuery{Words: []string{word}, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Hits)
}

// TestRunIndexes: what nobody searches for comes into the index by itself.
func TestRunIndexes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, path)
		svc := chat.New(store, nil)
		session := newSession(t, svc)
		for i := range 1200 { // more than one step
			send(t, svc, host, session.ID, fmt.Sprint("kiln ", i))
		}
		if n := foundBy(t, store, "kiln"); n != 0 {
			t.Errorf("%d are in the index already: the test tests nothing", n)
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { svc.Run(ctx) })
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if n := foundBy(t, store, "kiln"); n != 200 {
			t.Errorf("found %d, want a full page", n)
		}
		if n := foundBy(t, store, "1199"); n != 1 {
			t.Error("the last message is not in the index")
		}
		stop()
		running.Wait()
		svc.Close()
		store.Close()
	})
}

// TestSearchSeesWhatIsCommitted: of many who write and search at once
// everyone finds what they have just written.
func TestSearchSeesWhatIsCommitted(t *testing.T) {
	svc := newService(t, nil)
	session := newSession(t, svc)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 20 {
				word := fmt.Sprintf("w%dx%d", w, i)
				if _, err := svc.SendMessage(t.Context(), host, chat.NewMessage{SessionID: session.ID, Sender: chat.SenderAgent, Text: word}); err != nil {
					t.Error(err)
					return
				}
				page, err := svc.Search(t.Context(), host, word, chat.Page{})
				if err != nil || len(page.Hits) == 0 || page.Hits[0].Message.Text != word {
					t.Errorf("%s is not found: %v", word, err)
				}
			}
		})
	}
	all.Wait()
}

// TestEraseTidiesTheIndex: after an erasure nothing is left for others to do.
func TestEraseTidiesTheIndex(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "chat.db"))
	svc := chat.New(store, nil)
	defer svc.Close()
	visitor, _ := newVisitor(t, svc)
	started, err := svc.CreateSession(t.Context(), visitor, chat.NewSession{Message: "kiln"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Search(t.Context(), host, "kiln", chat.Page{}); err != nil {
		t.Fatal(err)
	}
	if err := svc.EraseVisitor(t.Context(), host, started.Session.VisitorID); err != nil {
		t.Fatal(err)
	}
	res, err := store.Append(t.Context(), []chat.Op{chat.OpIndexSearch{Limit: 10}})
	if err != nil || !res[0].Duplicate {
		t.Errorf("there was something left to index or tidy: %+v %v", res, err)
	}
}

func TestSearchIsForAgents(t *testing.T) {
	svc := newService(t, nil)
	visitor, _ := newVisitor(t, svc)
	if _, err := svc.Search(t.Context(), visitor, "x", chat.Page{}); err == nil {
		t.Error("a visitor may search")
	}
	if _, err := svc.CannedReplies(t.Context(), visitor, chat.Page{}); err == nil {
		t.Error("a visitor may read canned replies")
	}
	if _, err := svc.CreateCannedReply(t.Context(), visitor, chat.NewCannedReply{Shortcut: "a", Text: "b"}); err == nil {
		t.Error("a visitor may make canned replies")
	}
}
