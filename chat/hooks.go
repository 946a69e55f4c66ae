package chat

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"
)

// Hooks are the host's own code in the path of what is written. A nil field
// changes nothing. They are called concurrently, while somebody waits for the
// answer.
//
// An error that BeforeMessage or BeforeSession makes with [Refuse] is shown to
// whoever wrote. Any other error, a panic, and taking longer than Timeout refuse
// what was written too, without words for the caller, and are logged: a hook
// that redacts must not be skipped because it fails. Clients of this module
// keep what was refused in that way and try again.
//
// BadRating and Missed come after the commit, and are lost where the process
// ends just then. What must not be missed belongs into [Service.Consume], with
// EventSessionRated and EventSessionMissed among others, and mail into
// [Service.RunMail].
type Hooks struct {
	// BeforeMessage is called before a message or a note is stored, and before
	// a text takes the place of another: m is as it would be stored, and may
	// be changed in Text and SenderName; changes to other fields are ignored.
	// m.Note tells notes apart, a zero m.Seq says nothing here. It is called
	// again for a repetition of a ClientID, whose outcome is the first one's.
	BeforeMessage func(ctx context.Context, m *Message) error

	// BeforeSession is called before a session is stored, with the visitor as
	// they are known so far; a visitor whom no widget has seen has an empty
	// ID. in may be changed: setting Department, Tags or AssigneeID routes it
	// by what the host knows. Message goes through BeforeMessage as well.
	BeforeSession func(ctx context.Context, v Visitor, in *NewSession) error

	// Challenge is asked before a visitor starts a session, and before each
	// message of theirs that has no file: the place to have them prove that
	// they are no program. nil lets them go on, and where c.Answer was not
	// empty they are not asked again for 30 minutes. [ErrChallenge] has the
	// widget show the page's own challenge, keep what was written, and send it
	// again with the answer. Repetitions are asked about too.
	Challenge func(ctx context.Context, c Challenge) error

	// BadRating is called once a visitor has given a session 1 or 2 of five
	// points, or has changed such a rating, and it is stored: the place for a
	// word to somebody who can still make it good. s.Rating says what they
	// thought. The visitor does not wait for it, and its error only goes to
	// the log.
	BadRating func(ctx context.Context, s Session) error

	// Missed is called once a session has been missed: closed, or left by its
	// visitor for longer than Routing.MissedAfterMinutes, without an agent's
	// reply. Of several nodes, the one that notes it calls it. Its error only
	// goes to the log.
	Missed func(ctx context.Context, s Session) error

	// Translate puts a message into the language of those who read it: of a
	// visitor's message for agents, of an agent's or bot's for the visitor,
	// whose Locale says what they speak; one who is new has nothing but an ID.
	// m is as it will be stored, after BeforeMessage. The original is kept,
	// and shown on request; an empty text or that of m itself means that there
	// is nothing to translate. It is called for messages and their edits, not
	// for notes. Whoever writes waits for it: an error, a panic and the
	// Timeout are logged, and the message goes out without a translation.
	Translate func(ctx context.Context, m Message, v Visitor) (string, error)

	// Timeout bounds one call. 0 means 2 seconds.
	Timeout time.Duration
}

// Refuse returns an error for a hook to return: message is a sentence for the
// person who wrote.
func Refuse(message string) error {
	return &Error{Kind: ErrInvalid, Code: codeRefused, Field: "message", Message: message}
}

const codeRefused = "refused"

func (h Hooks) timeout() time.Duration {
	if h.Timeout <= 0 {
		return 2 * time.Second
	}
	return h.Timeout
}

// call runs a hook in a goroutine of its own, because one that hangs must not
// hold up the request. So f may only touch what nobody else reads before call
// has returned without an error.
func (h Hooks) call(ctx context.Context, name string, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, h.timeout())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- fmt.Errorf("chat: %s panicked: %v\n%s", name, v, debug.Stack())
			}
		}()
		done <- f(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return &Error{Kind: ErrUnavailable, Code: "unavailable", Message: "This takes too long just now. Try again in a moment.",
			Err: fmt.Errorf("chat: %s has not returned: %w", name, ctx.Err())}
	}
}

// beforeMessage lets the host change or refuse a message. The fingerprint
// stays that of what was sent, so that a repetition is known as one whatever
// the hook makes of it.
func (s *Service) beforeMessage(ctx context.Context, m *Message) error {
	if s.hooks.BeforeMessage == nil {
		return nil
	}
	theirs := *m
	theirs.Attachments, theirs.QuickReplies = slices.Clone(m.Attachments), slices.Clone(m.QuickReplies)
	err := s.hooks.call(ctx, "Hooks.BeforeMessage", func(ctx context.Context) error { return s.hooks.BeforeMessage(ctx, &theirs) })
	if err != nil {
		return err
	}
	text, err := cleanText("message", theirs.Text, max(s.limits.Message, len(theirs.Text)))
	if err != nil {
		return fmt.Errorf("chat: Hooks.BeforeMessage: %w", fault(err))
	}
	if blank(text) && len(m.Attachments) == 0 {
		return fmt.Errorf("chat: Hooks.BeforeMessage left nothing of a message; to refuse it return chat.Refuse")
	}
	name, err := cleanLine("sender_name", theirs.SenderName, s.limits.Name)
	if err != nil {
		return fmt.Errorf("chat: Hooks.BeforeMessage: %w", fault(err))
	}
	m.Text, m.SenderName = text, name
	return nil
}

// beforeSession lets the host change or refuse a session.
func (s *Service) beforeSession(ctx context.Context, v Visitor, in NewSession) (NewSession, error) {
	if s.hooks.BeforeSession == nil {
		return in, nil
	}
	theirs := in
	theirs.CustomData, theirs.Tags = maps.Clone(in.CustomData), slices.Clone(in.Tags)
	if in.Page != nil {
		page := *in.Page
		theirs.Page = &page
	}
	err := s.hooks.call(ctx, "Hooks.BeforeSession", func(ctx context.Context) error { return s.hooks.BeforeSession(ctx, v, &theirs) })
	if err != nil {
		return in, err
	}
	theirs.ClientID, theirs.Consent = in.ClientID, in.Consent
	if theirs, err = s.checkNewSession(theirs); err == nil && theirs.AssigneeID != "" {
		_, err = s.store.Agent(ctx, theirs.AssigneeID)
	}
	if err != nil {
		return in, fmt.Errorf("chat: Hooks.BeforeSession: %w", fault(err))
	}
	return theirs, nil
}

// fault hides what kind of failure err is: what the host's code got wrong is
// not the caller's mistake.
func fault(err error) error { return fmt.Errorf("%s", err.Error()) }
