package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Reply is how a bot answers one turn. Its methods may be called concurrently
// while Answer has not returned.
type Reply struct {
	bot  *botRunner
	turn Turn

	mu       sync.Mutex
	text     strings.Builder
	rest     []byte // the beginning of a character, of Write
	length   int    // characters in text
	answers  []string
	shown    time.Time // when the visitor was last shown the text
	shownLen int       // how much of it
}

// showEvery is how often what a bot has written so far is shown, at most, and
// showAgain how often where nothing was added: typing holds for six seconds.
// showLook is how often it is looked whether there is something to show.
const (
	showEvery = 100 * time.Millisecond
	showAgain = 2 * time.Second
	showLook  = 200 * time.Millisecond
)

func newReply(b *botRunner, turn Turn) *Reply {
	r := &Reply{bot: b, turn: turn}
	r.show(true)
	return r
}

// keepShowing shows the answer again and again, so that those who begin to
// listen later see it too, and the end of what was written in a rush. It ends
// when still has returned.
func (r *Reply) keepShowing() (still func()) {
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(showLook)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.mu.Lock()
				r.show(false)
				r.mu.Unlock()
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-gone }
}

// WriteString adds a piece to the answer, which the visitor and the agents see
// at once. It never fails; what is longer than Limits.Message allows is cut
// off. As long as Answer has not returned, the bot is shown to be at work.
func (r *Reply) WriteString(piece string) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(piece)
	return len(piece), nil
}

// Write is WriteString for pieces that may end in the middle of a character.
func (r *Reply) Write(piece []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := append(r.rest, piece...)
	whole := len(all)
	for n := 1; n < utf8.UTFMax && n <= len(all); n++ {
		if last := all[len(all)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				whole -= n
			}
			break
		}
	}
	r.rest = slices.Clone(all[whole:])
	r.add(string(all[:whole]))
	return len(piece), nil
}

// add is WriteString with the mutex held.
func (r *Reply) add(piece string) {
	for _, c := range strings.ToValidUTF8(piece, "") {
		if r.length == r.bot.svc.limits.Message {
			break
		}
		r.text.WriteRune(c)
		r.length++
	}
	r.show(false)
}

// QuickReplies offers answers to choose from, below the message.
func (r *Reply) QuickReplies(answers ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = slices.Clone(answers)
}

// HandOver gives the session to people: the bot stays away from it from now on.
// department, if not empty, is whose it becomes, and note, if not empty, is
// left for the agents. What the reply says so far is still sent when Answer
// returns.
func (r *Reply) HandOver(ctx context.Context, department, note string) error {
	svc, host := r.bot.svc, AsHost(r.bot.name)
	if note != "" {
		if _, err := svc.AddNote(ctx, host, r.turn.Session.ID, note, "handover-"+r.turn.last().ID); err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	r.bot.setLast(r.turn.Session.ID)
	for range 10 {
		err := r.tagHandedOver(ctx, host, department)
		if !errors.Is(err, ErrPrecondition) {
			return err
		}
		// Somebody has tagged it between our reading and writing: theirs stays.
	}
	return ErrBusy
}

func (r *Reply) tagHandedOver(ctx context.Context, by Actor, department string) error {
	svc := r.bot.svc
	session, err := svc.store.Session(ctx, r.turn.Session.ID)
	if err != nil {
		return err
	}
	tags := session.Tags
	if !slices.Contains(tags, HandedOver) {
		tags = append(slices.Clone(tags), HandedOver)
	}
	change := SessionChange{Tags: &tags, IfVersion: session.Version}
	if department != "" {
		change.Department = &department
	}
	_, err = svc.UpdateSession(ctx, by, session.ID, change)
	return err
}

// show tells those who listen what the answer is so far. Called with the mutex
// held, but for the first time.
func (r *Reply) show(always bool) {
	now := time.Now()
	since := now.Sub(r.shown)
	if !always && (since < showEvery || r.text.Len() == r.shownLen && since < showAgain) {
		return
	}
	r.shown, r.shownLen = now, r.text.Len()
	s := r.turn.Session
	r.bot.svc.tell(EventTyping, s.ID, s.VisitorID, Typing{
		SessionID: s.ID, Sender: SenderBot, SenderName: r.bot.name, Typing: true, Preview: r.text.String(),
	})
}

func (r *Reply) stopTyping() {
	s := r.turn.Session
	r.bot.svc.tell(EventTyping, s.ID, s.VisitorID, Typing{SessionID: s.ID, Sender: SenderBot, SenderName: r.bot.name})
}

// send stores the answer, unless an agent was faster. The visitor's message
// names it, so that a turn is answered once however often it is tried.
func (r *Reply) send(ctx context.Context) error {
	r.mu.Lock()
	text, answers := r.text.String(), r.answers
	r.mu.Unlock()
	if blank(text) {
		if len(answers) > 0 {
			return errors.New("chat: a bot offers quick replies to no message")
		}
		return nil
	}
	seq := r.turn.last().Seq
	_, err := r.bot.svc.SendMessage(ctx, AsHost(r.bot.name), NewMessage{
		SessionID: r.turn.Session.ID, Sender: SenderBot, Text: text, QuickReplies: answers,
		ClientID: "bot-" + r.turn.last().ID, AfterSeq: &seq,
	})
	if errors.Is(err, ErrClientIDReused) || errors.As(err, new(*CrossedError)) {
		return nil
	}
	return err
}
