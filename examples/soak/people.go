//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/client"
)

// talk is a session as those who wrote in it know it.
type talk struct {
	acked map[string]int64 // seq by text
	order []string         // of the visitor's own texts
}

// ledger holds what was acknowledged.
type ledger struct {
	mu       sync.Mutex
	sessions map[string]*talk
	agents   []*agent
}

func newLedger() *ledger { return &ledger{sessions: map[string]*talk{}} }

func (l *ledger) note(session, text string, seq int64, own bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.sessions[session]
	if t == nil {
		t = &talk{acked: map[string]int64{}}
		l.sessions[session] = t
	}
	t.acked[text] = seq
	if own {
		t.order = append(t.order, text)
	}
}

func (l *ledger) total() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.sessions {
		n += len(t.acked)
	}
	return n
}

func (l *ledger) events() (n int64) {
	for _, a := range l.agents {
		n += a.count()
	}
	return n
}

// drain waits until every agent has heard everything, or for as long as limit.
func (l *ledger) drain(ctx context.Context, limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		total, behind := int64(l.total()), false
		for _, a := range l.agents {
			behind = behind || a.busy.Load() > 0 || a.count() < total
		}
		if !behind {
			return
		}
	}
}

// insist repeats a call until it is answered: the server may be away, or have
// died after it stored something and before it could say so.
func insist(ctx context.Context, call func() error) error {
	for {
		err := call()
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(50*time.Millisecond + rand.N(200*time.Millisecond)):
		case <-ctx.Done():
		}
	}
}

// visit is a visitor who writes, ends the session now and then, and begins a
// new one, until writing ends. What they have begun by then they finish.
func visit(writing, ctx context.Context, c *client.Client, pause time.Duration, length int, led *ledger) {
	if insist(ctx, func() error { _, err := c.Hello(ctx); return err }) != nil {
		return
	}
	for round := 0; writing.Err() == nil; round++ {
		var session chat.Session
		err := insist(ctx, func() (err error) {
			session, err = c.CreateSession(ctx, client.NewSession{ClientID: fmt.Sprint("session ", round)})
			return err
		})
		for n := 0; err == nil && writing.Err() == nil && n < length; n++ {
			text := fmt.Sprint("visitor ", n)
			var m chat.Message
			err = insist(ctx, func() (err error) {
				m, err = c.SendMessage(ctx, client.NewMessage{SessionID: session.ID, Message: text, ClientID: text})
				return err
			})
			if err == nil {
				led.note(session.ID, text, m.Seq, true)
			}
			select {
			case <-time.After(rand.N(2 * pause)):
			case <-writing.Done():
			}
		}
		if err == nil && writing.Err() == nil { // nobody may have many that are open
			err = insist(ctx, func() error { return c.CloseSession(ctx, session.ID) })
		}
		if err != nil {
			return
		}
	}
}

// agent hears everything. One of them answers each tenth message.
type agent struct {
	client  *client.Client
	answers bool

	busy    atomic.Int32 // messages that are not answered yet, of those that are
	once    sync.Once
	started chan struct{}
	mu      sync.Mutex
	heard   map[string]int64 // the last seq by session
	events  int64
	faults  []string
}

func (a *agent) ready() chan struct{} {
	a.once.Do(func() { a.started = make(chan struct{}) })
	return a.started
}

func (a *agent) count() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.events
}

func (a *agent) work(ctx context.Context, led *ledger) {
	stream := a.client.Events(ctx, "")
	defer stream.Close()
	started := sync.OnceFunc(func() { close(a.ready()) })
	var answering sync.WaitGroup
	defer answering.Wait()
	for {
		e, err := stream.Next(ctx)
		if err != nil {
			if ctx.Err() == nil {
				a.fault("a stream ended: %v", err)
			}
			started()
			return
		}
		switch e.Type {
		case "ready":
			started()
		case "reset":
			a.fault("a stream was told to begin anew")
		case chat.EventMessageSent:
			var m chat.Message
			if err := e.Decode(&m); err != nil {
				a.fault("%v", err)
				continue
			}
			asked := a.answers && m.Sender == chat.SenderVisitor && m.Seq%10 == 0
			if asked {
				a.busy.Add(1) // before it counts as heard
			}
			if a.hear(m); asked {
				answering.Go(func() {
					defer a.busy.Add(-1)
					a.answer(ctx, m, led)
				})
			}
		}
	}
}

func (a *agent) hear(m chat.Message) {
	a.mu.Lock()
	last := a.heard[m.SessionID]
	a.heard[m.SessionID] = m.Seq
	a.events++
	a.mu.Unlock()
	if m.Seq != last+1 {
		a.fault("a stream brought message %d of %s after %d", m.Seq, m.SessionID, last)
	}
}

func (a *agent) answer(ctx context.Context, to chat.Message, led *ledger) {
	text := "answer to " + to.ID
	var m chat.Message
	over := false // the visitor has ended the session meanwhile
	err := insist(ctx, func() (err error) {
		m, err = a.client.SendMessage(ctx, client.NewMessage{SessionID: to.SessionID, Sender: chat.SenderAgent, Message: text, ClientID: text})
		if failed := new(client.Error); errors.As(err, &failed) && failed.Code == chat.ErrSessionClosed.Code {
			over = true
			return nil
		}
		return err
	})
	if err == nil && !over {
		led.note(to.SessionID, text, m.Seq, false)
	}
}

func (a *agent) fault(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, fmt.Sprintf(format, args...))
}

// check reads everything back and says what is wrong.
func (l *ledger) check(ctx context.Context, c *client.Client) (faults []string, err error) {
	for id, t := range l.sessions {
		var list []chat.Message
		for {
			page, err := c.Messages(ctx, id, int64(len(list)), 200)
			if err != nil {
				return faults, err
			}
			if list = append(list, page...); len(page) < 200 {
				break
			}
		}
		faults = append(faults, t.check(id, list)...)
		for n, a := range l.agents {
			if last := a.heard[id]; last != int64(len(list)) {
				faults = append(faults, fmt.Sprintf("agent %d heard %d messages of %s, which has %d", n, last, id, len(list)))
			}
		}
	}
	for _, a := range l.agents {
		faults = append(faults, a.faults...)
	}
	return faults, nil
}

func (t *talk) check(id string, list []chat.Message) (faults []string) {
	seen, next := map[string]bool{}, 0
	for i, m := range list {
		if m.Seq != int64(i+1) {
			faults = append(faults, fmt.Sprintf("message %d of %s has seq %d", i+1, id, m.Seq))
		}
		if seen[m.Text] {
			faults = append(faults, fmt.Sprintf("%q is in %s twice", m.Text, id))
		}
		seen[m.Text] = true
		if seq, ok := t.acked[m.Text]; ok && seq != m.Seq {
			faults = append(faults, fmt.Sprintf("%q of %s was acknowledged as %d and is %d", m.Text, id, seq, m.Seq))
		}
		if next < len(t.order) && m.Text == t.order[next] {
			next++
		}
	}
	for text := range t.acked {
		if !seen[text] {
			faults = append(faults, fmt.Sprintf("%q of %s was acknowledged and is lost", text, id))
		}
	}
	if next < len(t.order) {
		faults = append(faults, fmt.Sprintf("%s is out of order from %q on", id, t.order[next]))
	}
	return faults
}
