package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Bot answers visitors for as long as no person has taken their session.
type Bot interface {
	// Answer is called once for each turn of a visitor: when they have
	// written, and nobody has answered. What is written to reply is shown to
	// the visitor as it comes and becomes one message when Answer returns nil;
	// nothing written, and no quick replies, is no message.
	//
	// ctx ends when the visitor writes on (Answer is then called anew, with all
	// of it), when a person takes over, when the session closes, and after
	// BotOptions.Timeout; what was written is then thrown away. An error, a
	// panic and the timeout hand the session over to people. It is called
	// concurrently, for one turn of each session at a time.
	Answer(ctx context.Context, turn Turn, reply *Reply) error
}

// BotFunc is a function that is a [Bot].
type BotFunc func(ctx context.Context, turn Turn, reply *Reply) error

// Answer calls f.
func (f BotFunc) Answer(ctx context.Context, turn Turn, reply *Reply) error {
	return f(ctx, turn, reply)
}

// Turn is what a bot answers.
type Turn struct {
	Session  Session
	Visitor  Visitor
	Messages []Message // the latest 50, oldest first, without notes; the last is the visitor's
}

// last is the visitor's message that is answered.
func (t Turn) last() Message { return t.Messages[len(t.Messages)-1] }

// HandedOver is the tag of a session that a bot has handed over to people, and
// stays away from. An agent who removes it gives the session back.
const HandedOver = "handed-over"

// BotOptions configures [Service.RunBot]. The zero value is fine.
type BotOptions struct {
	// Handles says which sessions are the bot's. Nil means all.
	Handles func(Session) bool

	// Timeout bounds one answer. 0 means a minute.
	Timeout time.Duration

	// Concurrency is how many answers may be under way at once; further turns
	// wait. 0 means 16.
	Concurrency int
}

// botSweep is how often it is looked whether a turn was missed, such as one
// that came while no bot was running.
const botSweep = time.Minute

// botPage is how many messages of the session a bot is shown.
const botPage = 50

// RunBot has bot answer visitors, under a name that they read beside what it
// writes. It returns when ctx ends (with its error) or when the service closes
// (with ErrClosed), after the answers under way have ended. Turns that nobody
// has answered, from before it was started or from before a crash, are answered
// too, and none twice. Of several with one name, in this process or on other
// nodes, one works and the others wait to take its place.
func (s *Service) RunBot(ctx context.Context, name string, bot Bot, opts *BotOptions) error {
	name, err := cleanLine("name", name, s.limits.Name)
	if err != nil {
		return err
	}
	if name == "" {
		return invalid("name", "name must not be empty.")
	}
	b := &botRunner{svc: s, name: name, bot: bot, turns: map[string]*botTurn{}, ended: map[string]int64{}}
	if opts != nil {
		b.opts = *opts
	}
	b.opts.Timeout = cmp.Or(b.opts.Timeout, time.Minute)
	b.slots = make(chan struct{}, cmp.Or(b.opts.Concurrency, 16))
	defer s.routing.bots.work(b, s.routing.ring)()
	defer b.running.Wait()
	defer b.stopAll()
	for {
		err := s.consume(ctx, botPrefix+name, b.hear, b.began)
		if !errors.Is(err, ErrCursorLost) {
			return err
		}
		// It was away for so long that events are gone. The sweep finds who
		// still waits.
		if _, err := s.writer.do(ctx, OpDeleteCursor{Name: botPrefix + name}); err != nil {
			return err
		}
	}
}

// botPrefix keeps the names of bots apart from those of consumers.
const botPrefix = "bot:"

// botRunner is one call of RunBot.
type botRunner struct {
	svc     *Service
	name    string
	bot     Bot
	opts    BotOptions
	slots   chan struct{}
	running sync.WaitGroup

	mu    sync.Mutex
	turns map[string]*botTurn // by session: those under way
	ended map[string]int64    // by open session: the Seq up to which all has been answered, if with nothing
}

// botTurn is one answer under way.
type botTurn struct {
	cancel context.CancelCauseFunc
	heard  int64 // the Seq of the newest of the visitor's messages that is known of
	asked  int64 // the Seq of the message that the bot is answering; 0 until it is asked
	last   bool  // the bot itself has handed the session over, and may finish its sentence
}

// Why an answer under way is given up.
var (
	errTurnOver  = errors.New("chat: the visitor has written on")
	errTaken     = errors.New("chat: a person has taken over")
	errBotStops  = errors.New("chat: the bot is being stopped")
	errBotTooOld = errors.New("chat: the bot took too long")
)

// began answers what was left unanswered while no bot of the name was running,
// now and then again: an answer may have been lost to a database that was away.
func (b *botRunner) began(ctx context.Context) {
	b.running.Go(func() {
		tick := time.NewTicker(botSweep)
		defer tick.Stop()
		for {
			if err := b.sweep(ctx); err != nil && ctx.Err() == nil {
				b.svc.log.Warn("chat: a bot could not look for visitors who wait", "bot", b.name, "error", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

func (b *botRunner) sweep(ctx context.Context) error {
	q := SessionQuery{Status: StatusActive, Page: Page{Limit: 200}}
	for {
		page, err := b.svc.store.Sessions(ctx, q)
		if err != nil {
			return err
		}
		for _, session := range page.Sessions {
			if last := session.LastMessage; last != nil && last.Sender == SenderVisitor {
				b.start(ctx, session, last.Seq)
			}
		}
		if page.Next == "" || len(page.Sessions) == 0 {
			return nil
		}
		q.Page.After = page.Next
	}
}

// hear is told of every event.
func (b *botRunner) hear(ctx context.Context, e *Event) error {
	switch data := e.Data.(type) {
	case Message:
		if e.Type != EventMessageSent {
			return nil
		}
		switch data.Sender {
		case SenderAgent:
			b.stop(data.SessionID, errTaken)
		case SenderVisitor:
			session, err := b.svc.store.Session(ctx, data.SessionID)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			b.start(ctx, session, data.Seq)
		}
	case Session:
		if !b.answers(data) && !(nobodyHas(data) && b.isLast(data.ID)) {
			b.stop(data.ID, errTaken)
			b.forget(data.ID)
		}
	}
	return nil
}

// nobodyHas says whether no person has taken the session yet.
func nobodyHas(s Session) bool {
	return s.Status == StatusActive && s.AssigneeID == "" && s.FirstReplyAt.IsZero()
}

// answers says whether the session is the bot's.
func (b *botRunner) answers(s Session) bool {
	return nobodyHas(s) && !slices.Contains(s.Tags, HandedOver) && (b.opts.Handles == nil || b.opts.Handles(s))
}

// start begins an answer to what the visitor has written up to seq. Events and
// the sweep may both tell of one message.
func (b *botRunner) start(ctx context.Context, session Session, seq int64) {
	if !b.answers(session) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if under := b.turns[session.ID]; under != nil {
		under.heard = max(under.heard, seq)
		if under.asked == 0 || under.asked >= seq {
			return // the bot will be told, or has been
		}
		under.cancel(errTurnOver)
	}
	if b.ended[session.ID] >= seq {
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	turn := &botTurn{cancel: cancel, heard: seq}
	b.turns[session.ID] = turn
	b.running.Go(func() {
		defer cancel(nil)
		b.answer(ctx, session.ID, turn)
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.turns[session.ID] == turn {
			delete(b.turns, session.ID)
		}
	})
}

// asks notes what the bot is going to answer. It is false where the visitor has
// written since that was read.
func (b *botRunner) asks(turn *botTurn, seq int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if turn.heard > seq {
		return false
	}
	turn.asked = seq
	return true
}

// end notes that a turn has been seen through, so that the sweep does not come
// back to one that the bot has met with silence.
func (b *botRunner) end(sessionID string, seq int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended[sessionID] = max(b.ended[sessionID], seq)
}

func (b *botRunner) forget(sessionID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.ended, sessionID)
}

func (b *botRunner) stop(sessionID string, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if turn := b.turns[sessionID]; turn != nil {
		turn.cancel(why)
	}
}

// setLast says that the bot has handed the session over.
func (b *botRunner) setLast(sessionID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if turn := b.turns[sessionID]; turn != nil {
		turn.last = true
	}
}

func (b *botRunner) isLast(sessionID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	turn := b.turns[sessionID]
	return turn != nil && turn.last
}

func (b *botRunner) stopAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, turn := range b.turns {
		turn.cancel(errBotStops)
	}
}

// answer sees one turn through.
func (b *botRunner) answer(ctx context.Context, sessionID string, under *botTurn) {
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-ctx.Done():
		return
	}
	turn, ok, err := b.load(ctx, sessionID)
	for err == nil && ok && !b.asks(under, turn.last().Seq) {
		turn, ok, err = b.load(ctx, sessionID)
	}
	if err != nil || !ok {
		if err != nil && ctx.Err() == nil {
			b.svc.log.Warn("chat: a bot could not read what to answer", "bot", b.name, "error", err)
		}
		return // the sweep comes back to it
	}
	limited, cancel := context.WithTimeoutCause(ctx, b.opts.Timeout, errBotTooOld)
	defer cancel()
	reply := newReply(b, turn)
	defer reply.stopTyping() // after the message, which takes the place of what was shown
	still := reply.keepShowing()
	err = b.ask(limited, turn, reply)
	still()
	switch cause := context.Cause(limited); {
	case cause != nil && !errors.Is(cause, errBotTooOld):
		return // it is no longer the bot's turn
	case cause != nil:
		err = cause
	}
	if err == nil {
		err = reply.send(ctx)
	}
	b.close(ctx, turn, reply, err)
}

// close ends a turn whose answer was stored, or could not be because of err.
func (b *botRunner) close(ctx context.Context, turn Turn, reply *Reply, err error) {
	switch {
	case errors.Is(err, ErrUnavailable):
		b.svc.log.Warn("chat: a bot's answer could not be stored", "bot", b.name, "error", err)
		return // the sweep comes back to it
	case err == nil, errors.Is(err, ErrSessionClosed), errors.Is(err, ErrClosed):
	default:
		b.svc.log.Error("chat: a bot failed; its session is handed over", "bot", b.name, "session", turn.Session.ID, "error", err)
		err = reply.HandOver(ctx, "", b.name+" could not answer.")
		if err != nil && ctx.Err() == nil {
			b.svc.log.Error("chat: a bot's session could not be handed over", "bot", b.name, "session", turn.Session.ID, "error", err)
		}
	}
	b.end(turn.Session.ID, turn.last().Seq)
}

// load reads the turn as it is now. Without ok there is nothing to answer.
func (b *botRunner) load(ctx context.Context, sessionID string) (turn Turn, ok bool, err error) {
	session, err := b.svc.store.Session(ctx, sessionID)
	if err != nil || !b.answers(session) {
		return turn, false, err
	}
	page, err := b.svc.store.Messages(ctx, MessageQuery{SessionID: sessionID, Page: Page{Limit: botPage, Before: Latest}})
	if err != nil {
		return turn, false, err
	}
	if n := len(page.Messages); n == 0 || page.Messages[n-1].Sender != SenderVisitor {
		return turn, false, nil
	}
	visitor, err := b.svc.store.Visitor(ctx, session.VisitorID)
	return Turn{Session: session, Visitor: visitor, Messages: page.Messages}, true, err
}

// ask calls the host's bot.
func (b *botRunner) ask(ctx context.Context, turn Turn, reply *Reply) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("chat: the bot panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return b.bot.Answer(ctx, turn, reply)
}
