package storagetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// This file is for tests that kill the process in which a store works, or take
// its database away: a load, and the promises that must have been kept.

const (
	loadWriters  = 8
	loadSessions = 3
)

// Load sends numbered messages from several goroutines, in groups that form as
// in a service. A message whose fate is not known is sent again, under a new
// id but with the same client id, until it is acknowledged.
type Load struct {
	groups committer
	ack    func(writer, n int, seq int64)
	fail   func(error)
}

// NewLoad returns a load on a store for which [NewAcks] was called. What the
// store acknowledges and how it fails goes to the acks.
func NewLoad(store chat.Store, acks *Acks) *Load {
	return &Load{groups: committer{store: store}, ack: acks.add, fail: acks.failed}
}

// LoadChild is a load in a child process, which its parent kills: it prints
// "ready", and a line for each acknowledged message. The arguments are those of
// [Acks.Args].
func LoadChild(store chat.Store, out io.Writer, args []string) error {
	l := &Load{groups: committer{store: store}}
	l.ack = func(w, n int, seq int64) { fmt.Fprintf(out, "ack %d %d %d\n", w, n, seq) }
	l.fail = func(err error) { fmt.Fprintln(out, "error", err) }
	var next [loadWriters]int
	for w := range next {
		var err error
		if next[w], err = strconv.Atoi(args[w]); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "ready")
	l.run(context.Background(), next)
	return nil
}

// Run goes on until ctx ends.
func (l *Load) Run(ctx context.Context) { l.run(ctx, [loadWriters]int{}) }

// run begins with the number given for each writer: the first is one that may
// or may not have been stored before.
func (l *Load) run(ctx context.Context, next [loadWriters]int) {
	var group sync.WaitGroup
	for w := range loadWriters {
		group.Go(func() {
			for n := next[w]; ctx.Err() == nil; {
				if res := l.groups.do(loadMessage(w, n)); res.Err != nil {
					l.fail(res.Err)
					time.Sleep(5 * time.Millisecond)
				} else {
					l.ack(w, n, res.Message.Seq)
					n++
				}
			}
		})
	}
	group.Wait()
}

func loadSession(n int) string { return fmt.Sprint("s", n%loadSessions) }

func loadMessage(w, n int) chat.Op {
	id := fmt.Sprintf("%d.%d", w, n)
	return chat.OpAppendMessage{Message: chat.Message{
		ID: fmt.Sprintf("%s.%d", id, rand.Uint64()), SessionID: loadSession(w + n), Sender: chat.SenderVisitor,
		Text: "text of " + id, ClientID: id, Fingerprint: "f", At: time.Now(),
	}}
}

// TooEarly returns a store that acknowledges messages at once and commits them
// a little later. It is what a test must be able to tell from a store that
// keeps its word.
func TooEarly(s chat.Store) chat.Store {
	l := &tooEarly{Store: s, later: make(chan []chat.Op, 1000), count: map[string]int64{}}
	for i := range loadSessions {
		if session, err := s.Session(context.Background(), loadSession(i)); err == nil {
			l.count[session.ID] = session.MessageCount
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

type tooEarly struct {
	chat.Store
	later chan []chat.Op
	count map[string]int64
}

func (l *tooEarly) Append(_ context.Context, ops []chat.Op) ([]chat.OpResult, error) {
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

// Acks are what a store has acknowledged. They may be used concurrently.
type Acks struct {
	mu   sync.Mutex
	seq  map[string]int64 // by client id
	next [loadWriters]int
	last time.Time
	gap  time.Duration
	errs []error // failures that are not ErrUnavailable
}

// NewAcks makes the sessions of a load in the store.
func NewAcks(t testing.TB, s chat.Store) *Acks {
	t.Helper()
	now := time.Now()
	for i := range loadSessions {
		id := loadSession(i)
		res, err := s.Append(context.Background(), []chat.Op{chat.OpCreateSession{
			Visitor: &chat.Visitor{ID: "visitor-" + id, CreatedAt: now, LastSeenAt: now},
			Session: chat.Session{ID: id, VisitorID: "visitor-" + id, CreatedAt: now, Version: 1},
		}})
		if err != nil || res[0].Err != nil {
			t.Fatalf("session: %v, %+v", err, res)
		}
	}
	return &Acks{seq: map[string]int64{}}
}

// Args are what the next child's load begins with.
func (a *Acks) Args() (args []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range a.next {
		args = append(args, strconv.Itoa(n))
	}
	return args
}

// Hear takes in what a child prints after "ready", until enough says so or the
// child's output ends.
func (a *Acks) Hear(t testing.TB, out *bufio.Scanner, enough func() bool) {
	t.Helper()
	for !enough() && out.Scan() {
		var w, n int
		var seq int64
		if _, err := fmt.Sscanf(out.Text(), "ack %d %d %d", &w, &n, &seq); err == nil {
			a.add(w, n, seq)
		} else if !strings.HasPrefix("ack ", out.Text()) && !strings.HasPrefix(out.Text(), "ack ") { // cut off by the kill
			t.Fatalf("the child said %q", out.Text())
		}
	}
}

func (a *Acks) add(w, n int, seq int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if !a.last.IsZero() {
		a.gap = max(a.gap, now.Sub(a.last))
	}
	a.last = now
	a.seq[fmt.Sprintf("%d.%d", w, n)] = seq
	a.next[w] = n + 1
}

func (a *Acks) failed(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !errors.Is(err, chat.ErrUnavailable) {
		a.errs = append(a.errs, err)
	}
}

// Count is how many messages were acknowledged.
func (a *Acks) Count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.seq)
}

// Gap is the longest time without an acknowledgement.
func (a *Acks) Gap() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.gap
}

// Check fails the test if the store has broken a promise: everything
// acknowledged is there once and in its place, and nobody was told anything
// else than that the store is unavailable.
func (a *Acks) Check(t testing.TB, s chat.Store) {
	t.Helper()
	if broken := a.Broken(t, s); len(broken) > 0 {
		t.Fatalf("%d promises broken:\n%s", len(broken), strings.Join(broken[:min(len(broken), 20)], "\n"))
	}
}

// Broken lists every promise that the store has broken.
func (a *Acks) Broken(t testing.TB, s chat.Store) (list []string) {
	t.Helper()
	note := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	stored := map[string]int64{}
	for i := range loadSessions {
		id := loadSession(i)
		seq := readSession(t, s, id, stored, note)
		if session, err := s.Session(context.Background(), id); err != nil || session.MessageCount != seq {
			note("session %s counts %d messages and has %d, %v", id, session.MessageCount, seq, err)
		}
		events, err := s.Events(context.Background(), chat.EventQuery{Topic: chat.Topic{SessionID: id}, Limit: 1 << 20})
		if err != nil || int64(len(events)) != seq+1 {
			note("session %s has %d events for %d messages, %v", id, len(events), seq, err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, seq := range a.seq {
		if got, ok := stored[id]; !ok {
			note("message %s was acknowledged and is lost", id)
		} else if got != seq {
			note("message %s was acknowledged with seq %d and has %d", id, seq, got)
		}
	}
	for _, err := range a.errs {
		note("a writer was told %v", err)
	}
	return list
}

// readSession adds a session's messages to stored, and returns the last seq.
func readSession(t testing.TB, s chat.Store, id string, stored map[string]int64, note func(string, ...any)) (seq int64) {
	t.Helper()
	q := chat.MessageQuery{SessionID: id, Page: chat.Page{Limit: 200}}
	for {
		page, err := s.Messages(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			if seq++; m.Seq != seq {
				note("session %s: seq %d where %d belongs", id, m.Seq, seq)
				seq = m.Seq
			}
			if _, twice := stored[m.ClientID]; twice {
				note("message %s is there twice", m.ClientID)
			}
			stored[m.ClientID] = m.Seq
		}
		if q.After = page.Next; page.Next == "" {
			return seq
		}
	}
}
