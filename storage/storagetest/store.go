package storagetest

import (
	"context"
	"regexp"
	"sync"

	"github.com/pealchat/pealchat/chat"
)

var storeRows = []row{
	{"Store/Identity", testIdentity},
	{"Store/Ping", testPing},
	{"Store/ContextThatEnded", testContextEnded},
	{"Store/CancelNeverBreaksIt", testCancel},
	{"Store/ResultsAreCopies", testCopies},
	{"Store/Close", testCloseStore},
	{"Store/CloseWaits", testCloseWaits},
}

func testIdentity(f *fixture) {
	id := f.store.Identity()
	if !regexp.MustCompile(`^[0-9a-z]{8}$`).MatchString(id) {
		f.Fatalf("identity %q, want eight of 0-9a-z", id)
	}
	f.equal("identity again", f.store.Identity(), id)
}

func testPing(f *fixture) {
	f.noErr("Ping", f.store.Ping(f.ctx))
	f.start("")
	f.noErr("Ping", f.store.Ping(f.ctx))
	f.equal("log", f.log(), chat.EventLog{Head: f.log().Head})
}

func testContextEnded(f *fixture) {
	s := f.start("")
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	res, err := f.store.Append(ctx, []chat.Op{chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "x")}})
	f.wantErr("Append", err, context.Canceled)
	f.equal("results", len(res), 0)
	f.equal("session", f.session(s.ID), s)
	_, err = f.store.Session(ctx, s.ID)
	f.wantErr("Session", err, context.Canceled)
}

// testCancel cancels many callers at arbitrary moments: what they are told is
// the truth, and those after them notice nothing.
func testCancel(f *fixture) {
	s := f.start("")
	var mu sync.Mutex
	var stored int64
	var group sync.WaitGroup
	for i := range 60 {
		ctx, cancel := context.WithCancel(f.ctx)
		group.Go(func() {
			res, err := f.store.Append(ctx, []chat.Op{chat.OpAppendMessage{Message: message(s.ID, chat.SenderVisitor, f.Name()+string(rune('a'+i)))}})
			if err == nil && res[0].Err == nil {
				mu.Lock()
				stored++
				mu.Unlock()
			}
		})
		group.Go(func() {
			f.store.Messages(ctx, chat.MessageQuery{SessionID: s.ID})
			cancel()
		})
	}
	group.Wait()
	f.equal("messages", f.session(s.ID).MessageCount, stored)
	f.equal("next seq", f.say(s.ID, chat.SenderVisitor, "x").Seq, stored+1)
	f.noErr("Ping", f.store.Ping(f.ctx))
}

// testCopies changes whatever the store returns and looks that nothing of it
// shows in what it returns next.
func testCopies(f *fixture) {
	in := f.newSession(f.visitor().ID)
	in.Tags, in.CustomData = []string{"a"}, map[string]any{"k": "v"}
	in.Page = &chat.PageRef{URL: "u"}
	m := f.newMessage(in.ID, chat.SenderVisitor, "x")
	m.Attachments = []chat.Attachment{f.file("a")}
	res := f.do(chat.OpCreateSession{Session: in, First: &m})
	want := f.session(in.ID)
	for _, s := range []chat.Session{in, res.Session, f.session(in.ID)} {
		s.Tags[0], s.CustomData["k"], s.Page.URL = "changed", "changed", "changed"
	}
	f.equal("session", f.session(in.ID), want)
	wantMessages := f.messages(chat.MessageQuery{SessionID: in.ID}).Messages
	m.Attachments[0].Name, res.Message.Attachments[0].Name = "changed", "changed"
	f.equal("messages", f.messages(chat.MessageQuery{SessionID: in.ID}).Messages, wantMessages)
	f.equal("maps can be written to", func() int {
		s := f.start("")
		s.CustomData["k"] = "v"
		return len(s.CustomData)
	}(), 1)
}

func testCloseStore(f *fixture) {
	s := f.start("")
	f.noErr("Close", f.store.Close())
	f.noErr("Close again", f.store.Close())
	_, err := f.store.Append(f.ctx, []chat.Op{chat.OpAppendMessage{Message: f.newMessage(s.ID, chat.SenderVisitor, "x")}})
	f.wantErr("Append", err, chat.ErrUnavailable)
	f.wantErr("Session", errOf(f.store.Session(f.ctx, s.ID)), chat.ErrUnavailable)
	f.wantErr("Sessions", errOf(f.store.Sessions(f.ctx, chat.SessionQuery{Status: chat.StatusActive})), chat.ErrUnavailable)
	f.wantErr("Events", errOf(f.store.Events(f.ctx, chat.EventQuery{Limit: 1})), chat.ErrUnavailable)
	f.wantErr("Ping", f.store.Ping(f.ctx), chat.ErrUnavailable)
}

// testCloseWaits closes the store under load, from several sides at once.
// Every call either succeeds or fails as unavailable.
func testCloseWaits(f *fixture) {
	s := f.start("")
	started := make(chan struct{}, 100)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 1000 {
				_, err := f.store.Append(f.ctx, []chat.Op{chat.OpAppendMessage{Message: message(s.ID, chat.SenderVisitor, string(rune('a'+i))+string(rune('0'+n)))}})
				if err == nil {
					_, err = f.store.Messages(f.ctx, chat.MessageQuery{SessionID: s.ID})
				}
				if err != nil {
					f.wantUnavailable(err)
					return
				}
				select {
				case started <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 20 {
		<-started
	}
	for range 3 {
		group.Go(func() {
			if err := f.store.Close(); err != nil {
				f.Errorf("Close: %v", err)
			}
		})
	}
	group.Wait()
}
