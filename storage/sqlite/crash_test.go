package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

const (
	crashWriters  = 8
	crashSessions = 3
)

func init() {
	children["append"] = func(args []string) error { return appendForever(args, func(s chat.Store) chat.Store { return s }) }
	children["append too early"] = func(args []string) error {
		return appendForever(args, func(s chat.Store) chat.Store { return newLiar(s) })
	}
}

// appendForever sends numbered messages from several goroutines, in groups
// that form as in a service, and prints a line for each that the store has
// acknowledged. Each writer goes on from the number that its argument says:
// the first is one that may or may not have been stored before.
func appendForever(args []string, wrap func(chat.Store) chat.Store) error {
	own, err := Open(context.Background(), args[0], nil)
	if err != nil {
		return err
	}
	s := wrap(own)
	g := &group{store: s, full: make(chan struct{}, 1)}
	go g.run()
	fmt.Println("ready")
	for w := range crashWriters {
		next, err := strconv.Atoi(args[1+w])
		if err != nil {
			return err
		}
		go func() {
			for n := next; ; n++ {
				m := crashMessage(w, n)
				res := g.do(chat.OpAppendMessage{Message: m})
				if res.Err != nil {
					fmt.Println("error", res.Err)
					return
				}
				fmt.Printf("ack %d %d %d\n", w, n, res.Message.Seq)
			}
		}()
	}
	select {}
}

// crashMessage: after a crash the client sends again under a new message id,
// as a service would give it, but with the same client id.
func crashMessage(w, n int) chat.Message {
	m := newMessage(fmt.Sprint("s", (w+n)%crashSessions), fmt.Sprintf("%d.%d", w, n)).Message
	m.ID = fmt.Sprintf("%s.%d", m.ID, rand.Uint64())
	return m
}

// group commits together what comes while a transaction is being written.
type group struct {
	store   chat.Store
	mu      sync.Mutex
	ops     []chat.Op
	waiting []chan chat.OpResult
	full    chan struct{}
}

func (g *group) do(op chat.Op) chat.OpResult {
	done := make(chan chat.OpResult, 1)
	g.mu.Lock()
	g.ops, g.waiting = append(g.ops, op), append(g.waiting, done)
	g.mu.Unlock()
	select {
	case g.full <- struct{}{}:
	default:
	}
	return <-done
}

func (g *group) run() {
	for range g.full {
		g.mu.Lock()
		ops, waiting := g.ops, g.waiting
		g.ops, g.waiting = nil, nil
		g.mu.Unlock()
		if len(ops) == 0 {
			continue
		}
		res, err := g.store.Append(context.Background(), ops)
		for i, done := range waiting {
			if err != nil {
				done <- chat.OpResult{Err: err}
			} else {
				done <- res[i]
			}
		}
	}
}

// liar acknowledges at once and commits a little later. It is what the test
// must be able to tell from a store that keeps its word.
type liar struct {
	chat.Store
	later chan []chat.Op
	count map[string]int64
}

func newLiar(s chat.Store) *liar {
	l := &liar{Store: s, later: make(chan []chat.Op, 1000), count: map[string]int64{}}
	for i := range crashSessions {
		id := fmt.Sprint("s", i)
		if session, err := s.Session(context.Background(), id); err == nil {
			l.count[id] = session.MessageCount
		}
	}
	go func() {
		for ops := range l.later {
			time.Sleep(5 * time.Millisecond)
			s.Append(context.Background(), ops)
		}
	}()
	return l
}

func (l *liar) Append(_ context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	res := make([]chat.OpResult, len(ops))
	for i, op := range ops {
		m := op.(chat.OpAppendMessage).Message
		l.count[m.SessionID]++
		m.Seq = l.count[m.SessionID]
		res[i].Message = m
	}
	l.later <- ops
	return res, nil
}

// acks are the acknowledged messages: the seq by client id.
type acks struct {
	seq  map[string]int64
	next [crashWriters]int
}

// crash starts a child that appends, kills it at a random moment, and adds
// what it had acknowledged.
func (a *acks) crash(t *testing.T, mode, path string, atLeast time.Duration) {
	t.Helper()
	args := []string{mode, path}
	for _, n := range a.next {
		args = append(args, fmt.Sprint(n))
	}
	cmd, out := child(t, args...)
	if got := line(t, out); got != "ready" {
		t.Fatalf("the child said %q", got)
	}
	time.AfterFunc(atLeast+time.Duration(rand.IntN(100))*time.Millisecond, func() { cmd.Process.Kill() })
	for out.Scan() {
		var w, n int
		var seq int64
		if _, err := fmt.Sscanf(out.Text(), "ack %d %d %d", &w, &n, &seq); err != nil {
			if !strings.HasPrefix(out.Text(), "ack") {
				t.Fatalf("the child said %q", out.Text())
			}
			continue // cut off by the kill
		}
		a.seq[fmt.Sprintf("%d.%d", w, n)] = seq
		a.next[w] = n + 1
	}
	cmd.Wait()
}

// check opens what is left and lists every promise that was broken.
func (a *acks) check(t *testing.T, path string) (broken []string) {
	t.Helper()
	s := mustOpen(t, path)
	defer s.Close()
	stored := map[string]int64{}
	for i := range crashSessions {
		id := fmt.Sprint("s", i)
		q := chat.MessageQuery{SessionID: id, Page: chat.Page{Limit: 200}}
		var seq int64
		for {
			page, err := s.Messages(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Messages {
				if seq++; m.Seq != seq {
					broken = append(broken, fmt.Sprintf("session %s: seq %d where %d belongs", id, m.Seq, seq))
					seq = m.Seq
				}
				if _, twice := stored[m.ClientID]; twice {
					broken = append(broken, "message "+m.ClientID+" is there twice")
				}
				stored[m.ClientID] = m.Seq
			}
			if q.After = page.Next; page.Next == "" {
				break
			}
		}
		if session, err := s.Session(t.Context(), id); err != nil || session.MessageCount != seq {
			broken = append(broken, fmt.Sprintf("session %s counts %d messages and has %d, %v", id, session.MessageCount, seq, err))
		}
		events, err := s.Events(t.Context(), chat.EventQuery{Topic: chat.Topic{SessionID: id}, Limit: 1 << 20})
		if err != nil || int64(len(events)) != seq+1 {
			broken = append(broken, fmt.Sprintf("session %s has %d events for %d messages, %v", id, len(events), seq, err))
		}
	}
	for id, seq := range a.seq {
		if got, ok := stored[id]; !ok {
			broken = append(broken, fmt.Sprintf("message %s was acknowledged and is lost", id))
		} else if got != seq {
			broken = append(broken, fmt.Sprintf("message %s was acknowledged with seq %d and has %d", id, seq, got))
		}
	}
	return broken
}

func newCrash(t *testing.T) (*acks, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chat.db")
	s := mustOpen(t, path)
	for i := range crashSessions {
		newSession(t, s, fmt.Sprint("s", i))
	}
	s.Close()
	return &acks{seq: map[string]int64{}}, path
}

// TestKill kills a process under load, again and again, on one database. What
// it had acknowledged must be there, once, in its place.
func TestKill(t *testing.T) {
	a, path := newCrash(t)
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		a.crash(t, "append", path, 20*time.Millisecond)
		if broken := a.check(t, path); len(broken) > 0 {
			t.Fatalf("after round %d: %d promises broken:\n%s", round+1, len(broken), strings.Join(broken[:min(len(broken), 20)], "\n"))
		}
	}
	integrity(t, path)
	if len(a.seq) < 5*rounds {
		t.Errorf("only %d messages were acknowledged in %d rounds", len(a.seq), rounds)
	}
	t.Logf("%d acknowledged messages, %d kills", len(a.seq), rounds)
}

// TestKillHasTeeth: a store that acknowledges before it commits fails TestKill.
func TestKillHasTeeth(t *testing.T) {
	for range 10 {
		a, path := newCrash(t)
		a.crash(t, "append too early", path, 50*time.Millisecond)
		for _, b := range a.check(t, path) {
			if strings.HasSuffix(b, "is lost") {
				return
			}
		}
	}
	t.Error("ten kills of a store that acknowledges too early lost nothing")
}

// TestCrashImage copies the files while they are being written to, as a crash
// of the machine would freeze them, and opens the copy. It must be sound and
// have all that was acknowledged before the copying began.
func TestCrashImage(t *testing.T) {
	a, path := newCrash(t)
	args := []string{"append", path}
	for range crashWriters {
		args = append(args, "0")
	}
	cmd, out := child(t, args...)
	line(t, out)
	for len(a.seq) < 300 {
		var w, n int
		var seq int64
		if _, err := fmt.Sscanf(line(t, out), "ack %d %d %d", &w, &n, &seq); err != nil {
			t.Fatal(err)
		}
		a.seq[fmt.Sprintf("%d.%d", w, n)] = seq
	}
	go func() { // the child goes on
		for out.Scan() {
		}
	}()
	frozen := filepath.Join(t.TempDir(), "chat.db")
	// The log first or the file first: without a checkpoint in between, which
	// takes thousands of pages, both are the same moment.
	for _, suffix := range []string{"", "-wal"} {
		copyFile(t, path+suffix, frozen+suffix)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if broken := a.check(t, frozen); len(broken) > 0 {
		t.Errorf("%d promises broken:\n%s", len(broken), strings.Join(broken[:min(len(broken), 20)], "\n"))
	}
	integrity(t, frozen)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSync counts the calls with which the kernel is told to write to disk:
// killing a process cannot show whether they are made.
func TestSync(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed; TestPragmas checks the setting")
	}
	path := filepath.Join(t.TempDir(), "chat.db")
	mustOpen(t, path).Close()
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := command(t, "append 100", path)
	cmd.Args = append([]string{strace, "-f", "-o", trace, "-e", "trace=fsync,fdatasync"}, os.Args[0])
	cmd.Path, cmd.Stderr = strace, nil
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("strace does not work here: %v: %s", err, text)
	}
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "sync("); n < 100 {
		t.Errorf("%d syncs for 100 acknowledged messages", n)
	}
}

func init() {
	children["append 100"] = func(args []string) error {
		s, err := Open(context.Background(), args[0], nil)
		if err != nil {
			return err
		}
		now := time.Now()
		v := chat.Visitor{ID: "v", CreatedAt: now, LastSeenAt: now}
		ops := []chat.Op{chat.OpCreateSession{Session: chat.Session{ID: "s", VisitorID: "v", CreatedAt: now}, Visitor: &v}}
		for i := range 100 {
			ops = append(ops, newMessage("s", fmt.Sprint(i)))
		}
		for _, op := range ops {
			if res, err := s.Append(context.Background(), []chat.Op{op}); err != nil || res[0].Err != nil {
				return fmt.Errorf("%v, %v", err, res)
			}
		}
		return nil // without Close: it would sync as well
	}
}
