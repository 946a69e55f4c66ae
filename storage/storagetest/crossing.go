package storagetest

import (
	"errors"
	"strconv"
	"sync"

	"github.com/pealchat/pealchat/chat"
)

var crossingRows = []row{
	{"Crossing/AnotherAgentsMessage", testCrossing},
	{"Crossing/AfterARepetition", testCrossingRepeated},
	{"Crossing/OfManyOneWins", testCrossingRace},
}

func testCrossing(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "hello")
	by := func(agent, text string, after int64) chat.OpAppendMessage {
		m := f.newMessage(s.ID, chat.SenderAgent, text)
		m.SenderID = agent
		return chat.OpAppendMessage{Message: m, AfterSeq: &after}
	}
	f.do(by("a", "first", 1))
	f.do(by("a", "one's own is nothing to cross", 1))
	f.say(s.ID, chat.SenderVisitor, "nor is the visitor's")
	f.say(s.ID, chat.SenderBot, "nor is a bot's")
	f.do(by("a", "so this goes out", 1))
	latest := f.do(by("b", "a colleague who has seen all", 6)).Message
	mine := by("a", "this crosses it", 6)
	f.fails(mine, chat.ErrCrossed)
	var crossed *chat.CrossedError
	if res := f.append(mine)[0]; !errors.As(res.Err, &crossed) {
		f.Fatalf("error %v", res.Err)
	}
	f.equal("the latest", crossed.Latest, latest)
	f.equal("nothing was added", f.session(s.ID).MessageCount, int64(7))
	*mine.AfterSeq = latest.Seq
	f.do(mine)
	mine.Message.ID, mine.AfterSeq = f.id("message"), nil
	f.do(mine)
	f.do(chat.OpDeleteMessage{SessionID: s.ID, MessageID: latest.ID, At: f.tick()})
	f.do(by("a", "a deleted one is gone", 6))
}

func testCrossingRepeated(f *fixture) {
	s := f.start("")
	m := f.newMessage(s.ID, chat.SenderAgent, "x")
	m.ClientID, m.Fingerprint = "c1", "fp"
	op := chat.OpAppendMessage{Message: m, AfterSeq: ptr(int64(0))}
	first := f.do(op).Message
	other := f.newMessage(s.ID, chat.SenderAgent, "y")
	other.SenderID = "another"
	f.do(chat.OpAppendMessage{Message: other})
	op.Message.ID = f.id("message")
	f.equal("the repetition", f.duplicate(op).Message, first)
	f.do(chat.OpCloseSession{SessionID: s.ID, At: f.tick()})
	op.Message.ClientID = "c2"
	f.fails(op, chat.ErrSessionClosed)
}

// testCrossingRace has many agents answer at once, each knowing of the
// visitor's message only.
func testCrossingRace(f *fixture) {
	s := f.start("")
	f.say(s.ID, chat.SenderVisitor, "hello")
	var group sync.WaitGroup
	var mu sync.Mutex
	won, crossed := 0, 0
	for i := range 20 {
		m := f.newMessage(s.ID, chat.SenderAgent, "answer")
		m.SenderID = "agent " + strconv.Itoa(i)
		group.Go(func() {
			res, err := f.store.Append(f.ctx, []chat.Op{chat.OpAppendMessage{Message: m, AfterSeq: ptr(int64(1))}})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				f.Errorf("Append: %v", err)
			case res[0].Err == nil:
				won++
			case errors.Is(res[0].Err, chat.ErrCrossed):
				crossed++
			default:
				f.Errorf("error %v", res[0].Err)
			}
		})
	}
	group.Wait()
	f.equal("won and crossed", [2]int{won, crossed}, [2]int{1, 19})
	f.equal("messages", f.session(s.ID).MessageCount, int64(2))
}
