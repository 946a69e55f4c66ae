package storagetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pealchat/pealchat/chat"
)

var concurrencyRows = []row{
	{"Concurrency/SeqIsGapless", testConcurrentAppends},
	{"Concurrency/OneOfManyDuplicates", testConcurrentDuplicates},
	{"Concurrency/OneOfManyClaims", testConcurrentClaims},
	{"Concurrency/ReadersSeeWholeBatches", testReadersSeeWholeBatches},
	{"Concurrency/LogReadersMissNothing", testLogReadersMissNothing},
}

// message is newMessage for many goroutines.
func message(sessionID, sender, id string) chat.Message {
	return chat.Message{ID: id, SessionID: sessionID, Sender: sender, Text: "text of " + id, At: time.UnixMilli(1_763_890_200_123).UTC()}
}

func testConcurrentAppends(f *fixture) {
	const writers, rounds = 16, 15
	sessions := []string{f.start("").ID, f.start("").ID, f.start("").ID}
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range rounds {
				ops := make([]chat.Op, 1+(w+i)%4)
				for o := range ops {
					ops[o] = chat.OpAppendMessage{Message: message(sessions[(w+i+o)%len(sessions)], chat.SenderVisitor, fmt.Sprintf("%d.%d.%d", w, i, o))}
				}
				res, err := f.store.Append(f.ctx, ops)
				if err != nil {
					f.Errorf("Append: %v", err)
					return
				}
				for _, r := range res {
					if r.Err != nil {
						f.Errorf("op: %v", r.Err)
					}
				}
			}
		})
	}
	group.Wait()
	for _, id := range sessions {
		var seq int64
		q := chat.MessageQuery{SessionID: id, Page: chat.Page{Limit: 50}}
		for {
			p := f.messages(q)
			for _, m := range p.Messages {
				if seq++; m.Seq != seq {
					f.Fatalf("session %s: seq %d, want %d", id, m.Seq, seq)
				}
			}
			if p.Next == "" {
				break
			}
			q.After = p.Next
		}
		f.equal("count", f.session(id).MessageCount, seq)
	}
}

func testConcurrentDuplicates(f *fixture) {
	s := f.start("")
	var fresh atomic.Int32
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			m := message(s.ID, chat.SenderVisitor, fmt.Sprint("m", i))
			m.ClientID, m.Fingerprint = "once", "fp"
			res, err := f.store.Append(f.ctx, []chat.Op{chat.OpAppendMessage{Message: m}})
			if err != nil || res[0].Err != nil || res[0].Message.Seq != 1 {
				f.Errorf("Append: %v, %+v", err, res)
			} else if !res[0].Duplicate {
				fresh.Add(1)
			}
		})
	}
	group.Wait()
	f.equal("stored", fresh.Load(), int32(1))
	f.equal("messages", len(f.messages(chat.MessageQuery{SessionID: s.ID}).Messages), 1)
}

func testConcurrentClaims(f *fixture) {
	s := f.start("")
	var agents []string
	for i := range 10 {
		agents = append(agents, f.agent(fmt.Sprint("Agent ", i)).ID)
	}
	var won, lost atomic.Int32
	var group sync.WaitGroup
	for _, id := range agents {
		group.Go(func() {
			res, err := f.store.Append(f.ctx, []chat.Op{chat.OpUpdateSession{SessionID: s.ID, Patch: chat.SessionPatch{AssigneeID: &id}, Claim: true, At: f.now}})
			switch {
			case err != nil:
				f.Errorf("Append: %v", err)
			case res[0].Err == nil:
				won.Add(1)
			case res[0].Err == chat.ErrAlreadyClaimed:
				lost.Add(1)
			}
		})
	}
	group.Wait()
	f.equal("won and lost", [2]int32{won.Load(), lost.Load()}, [2]int32{1, 9})
}

// testReadersSeeWholeBatches adds three messages at a time; whoever reads in
// between must see a multiple of three, in every list alike.
func testReadersSeeWholeBatches(f *fixture) {
	s := f.start("")
	ctx, stop := context.WithCancel(f.ctx)
	defer stop()
	var reads atomic.Int32
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for ctx.Err() == nil {
				session, err1 := f.store.Session(f.ctx, s.ID)
				page, err2 := f.store.Messages(f.ctx, chat.MessageQuery{SessionID: s.ID, Page: chat.Page{Limit: 200}})
				events, err3 := f.store.Events(f.ctx, chat.EventQuery{Topic: chat.Topic{SessionID: s.ID}, After: 1, Limit: 1000})
				if err1 != nil || err2 != nil || err3 != nil {
					f.Errorf("reading: %v, %v, %v", err1, err2, err3)
					return
				}
				if session.MessageCount%3 != 0 || len(page.Messages)%3 != 0 || len(events)%3 != 0 {
					f.Errorf("half a batch: count %d, %d messages, %d events", session.MessageCount, len(page.Messages), len(events))
					return
				}
				if session.MessageCount > 0 && session.LastMessage.Seq != session.MessageCount {
					f.Errorf("the preview has seq %d, the count is %d", session.LastMessage.Seq, session.MessageCount)
				}
				reads.Add(1)
			}
		})
	}
	for i := range 40 {
		var ops []chat.Op
		for o := range 3 {
			ops = append(ops, chat.OpAppendMessage{Message: message(s.ID, chat.SenderVisitor, fmt.Sprintf("%d.%d", i, o))})
		}
		f.append(ops...)
	}
	for reads.Load() < 8 && !f.Failed() {
		time.Sleep(time.Millisecond)
	}
	stop()
	group.Wait()
}

// testLogReadersMissNothing follows the log from several goroutines while
// others write to it. Each reader must see what the log holds in the end.
func testLogReadersMissNothing(f *fixture) {
	const writers, each = 8, 25
	s := f.start("")
	first := f.log().Head
	var writing, reading sync.WaitGroup
	seen := make([][]chat.Position, 3)
	for r := range seen {
		reading.Go(func() {
			for at := first; len(seen[r]) < writers*each && !f.Failed(); {
				events, err := f.store.Events(f.ctx, chat.EventQuery{After: at, Limit: 7})
				if err != nil {
					f.Errorf("Events: %v", err)
					return
				}
				for _, e := range events {
					at = e.Position
					seen[r] = append(seen[r], at)
				}
				if len(events) == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				_, err := f.store.Append(f.ctx, []chat.Op{chat.OpAppendMessage{Message: message(s.ID, chat.SenderAgent, fmt.Sprintf("%d.%d", w, i))}})
				if err != nil {
					f.Errorf("Append: %v", err)
				}
			}
		})
	}
	writing.Wait()
	// A reader that missed an event would wait for it for ever.
	done := make(chan struct{})
	go func() { reading.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		f.Fatal("a reader of the log is still missing events")
	}
	var want []chat.Position
	for _, e := range f.events(chat.EventQuery{After: first}) {
		want = append(want, e.Position)
	}
	for r := range seen {
		f.equal(fmt.Sprint("reader ", r), seen[r], want)
	}
}
