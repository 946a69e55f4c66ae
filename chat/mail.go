package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"
)

// What a [Mail] is about.
const (
	MailAnswer     = "answer"     // to the visitor: what agents have written and they have not seen
	MailMissed     = "missed"     // to the team: a visitor has left, or was let go, without an answer
	MailTranscript = "transcript" // to the visitor: the conversation, which is closed
)

// Mail is something that somebody should learn of who is not looking. The host
// makes a message of it, in its own words, and sends that by its own mailer.
type Mail struct {
	// ID is the same where a mail comes again after a crash. In the Message-ID
	// of what is sent it lets mail programs show it once.
	ID string

	Kind     string // MailAnswer, MailMissed or MailTranscript
	To       string // the visitor's address; empty for MailMissed, which is the team's
	Session  Session
	Visitor  Visitor
	Messages []Message // oldest first, without notes and deleted ones: what is unseen, otherwise the latest 200
}

// MailOptions configures [Service.RunMail]. The zero value is fine.
type MailOptions struct {
	// After is how long an agent's answer stays unseen before there is a mail
	// about it. What is written until then is in the same mail. 0 means 2
	// minutes. All mails come so much later.
	After time.Duration

	// Timeout bounds one call of send. 0 means 30 seconds.
	Timeout time.Duration

	// GiveUpAfter is how old a mail may become that cannot be sent. 0 means 24
	// hours.
	GiveUpAfter time.Duration
}

// mailPage is how many messages a mail has at most.
const mailPage = MaxPageSize

// mailPrefix keeps the names of mailers apart from those of consumers.
const mailPrefix = "mail:"

// giveUpError marks what trying again does not mend.
type giveUpError struct{ error }

func (e giveUpError) Unwrap() error { return e.error }

// GiveUp returns an error for a function given to [Service.RunMail] to return
// where trying again would not help, such as for an address that there is not.
func GiveUp(err error) error { return giveUpError{err} }

// RunMail calls send with each mail that is due, one at a time, and keeps under
// the given name how far it has come, as [Service.Consume] does: over crashes
// and restarts each mail comes at least once, seldom twice, and of several that
// run under one name one works. It returns when Consume would.
//
//   - MailAnswer comes when an agent's answer was not seen for a while and an
//     address of the visitor's is known. Further ones follow where agents write
//     on, one for each such while at most.
//   - MailMissed comes once a session is missed: see Session.Missed.
//   - MailTranscript comes when a session is closed in which agents or bots and
//     the visitor have written, and an address of the visitor's is known.
//
// send returns nil for what it does not want to send. After an error it is
// called again with the same mail, up to a minute later each time, and mails
// behind it wait: a mail server that is down takes none of them. A mail is
// dropped, with a line in the log, after GiveUpAfter, on an error made with
// [GiveUp], and when send panics. A timeout is an error. send may still be
// running then; its context has ended.
func (s *Service) RunMail(ctx context.Context, name string, send func(context.Context, Mail) error, opts *MailOptions) error {
	name, err := cleanLine("name", name, 100)
	if err != nil {
		return err
	}
	if name == "" {
		return invalid("name", "name must not be empty.")
	}
	m := &mailer{svc: s, send: send}
	if opts != nil {
		m.opts = *opts
	}
	m.opts.After = max(0, cmp.Or(m.opts.After, 2*time.Minute))
	m.opts.Timeout = cmp.Or(m.opts.Timeout, 30*time.Second)
	m.opts.GiveUpAfter = cmp.Or(m.opts.GiveUpAfter, 24*time.Hour)
	return s.consume(ctx, mailPrefix+name, m.handle, nil)
}

// mailer is one call of RunMail. It reads the log behind the present, so that
// an event's time to be looked at is when it comes by: that needs no memory
// but the place in the log.
type mailer struct {
	svc  *Service
	send func(context.Context, Mail) error
	opts MailOptions
}

func (m *mailer) handle(ctx context.Context, e *Event) error {
	due := m.about(e)
	if due == nil {
		return nil
	}
	if wait := e.At.Add(m.opts.After).Sub(m.svc.now()); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-m.svc.closed:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	mail, err := due(ctx)
	if errors.Is(err, ErrNotFound) {
		return nil // erased meanwhile
	}
	if err != nil || mail == nil {
		return err
	}
	err = m.call(ctx, *mail)
	var giveUp giveUpError
	old := m.svc.now().Sub(e.At) >= m.opts.GiveUpAfter
	if err != nil && ctx.Err() == nil && (old || errors.As(err, &giveUp)) {
		m.svc.log.Error("chat: a mail could not be sent and is dropped", "kind", mail.Kind, "session_id", mail.Session.ID, "error", err)
		return nil
	}
	return err
}

// about returns what makes the mail for an event, nil if there is none.
func (m *mailer) about(e *Event) func(context.Context) (*Mail, error) {
	switch d := e.Data.(type) {
	case Message:
		if e.Type == EventMessageSent && d.Sender == SenderAgent {
			return func(ctx context.Context) (*Mail, error) { return m.answer(ctx, d) }
		}
	case Session:
		switch e.Type {
		case EventSessionMissed:
			return func(ctx context.Context) (*Mail, error) { return m.whole(ctx, MailMissed, e) }
		case EventSessionClosed:
			return func(ctx context.Context) (*Mail, error) { return m.whole(ctx, MailTranscript, e) }
		}
	}
	return nil
}

// call runs send in a goroutine of its own: one that hangs must not keep the
// mailer from ending.
func (m *mailer) call(ctx context.Context, mail Mail) error {
	ctx, cancel := context.WithTimeout(ctx, m.opts.Timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- GiveUp(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			}
		}()
		done <- m.send(ctx, mail)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("chat: the mailer has not returned: %w", ctx.Err())
	}
}

// mail is what all kinds have in common. Without an address of the visitor's,
// and for one who is banned, it is nil.
func (m *mailer) mail(ctx context.Context, kind, id, sessionID string) (*Mail, error) {
	session, err := m.svc.Session(ctx, AsHost(""), sessionID)
	if err != nil {
		return nil, err
	}
	visitor, err := m.svc.store.Visitor(ctx, session.VisitorID)
	if err != nil {
		return nil, err
	}
	mail := &Mail{ID: id, Kind: kind, Session: session, Visitor: m.svc.present(visitor)}
	if kind == MailMissed {
		return mail, nil
	}
	mail.To = cmp.Or(session.VisitorEmail, visitor.Email)
	if mail.To == "" || session.Banned != nil {
		return nil, nil
	}
	return mail, nil
}

// answer is the mail about an agent's message, if that is the first of those
// unseen, or the first after what the mail before it has told of.
func (m *mailer) answer(ctx context.Context, sent Message) (*Mail, error) {
	mail, err := m.mail(ctx, MailAnswer, "answer-"+sent.ID, sent.SessionID)
	if err != nil || mail == nil || mail.Session.VisitorSeen >= sent.Seq {
		return nil, err
	}
	unseen, err := m.messages(ctx, mail.Session.ID, Page{After: strconv.FormatInt(mail.Session.VisitorSeen, 10), Limit: mailPage})
	if err != nil {
		return nil, err
	}
	var first Message // of what one mail tells
	for i, one := range unseen {
		if one.Sender != SenderAgent {
			continue
		}
		if first.ID == "" || one.At.Sub(first.At) > m.opts.After {
			first = one
		}
		if one.ID == sent.ID {
			if first.ID != sent.ID {
				return nil, nil
			}
			mail.Messages = unseen[i:]
			return mail, nil
		}
	}
	return nil, nil // deleted, or behind more than anybody reads in a mail
}

// whole is a mail with the conversation.
func (m *mailer) whole(ctx context.Context, kind string, e *Event) (*Mail, error) {
	mail, err := m.mail(ctx, kind, kind+"-"+e.ID, e.SessionID)
	if err != nil || mail == nil {
		return nil, err
	}
	if mail.Messages, err = m.messages(ctx, e.SessionID, Page{Before: Latest, Limit: mailPage}); err != nil {
		return nil, err
	}
	theirs, ours := false, false
	for _, one := range mail.Messages {
		theirs, ours = theirs || one.Sender == SenderVisitor, ours || one.Sender != SenderVisitor
	}
	if kind == MailTranscript && !(theirs && ours) {
		return nil, nil
	}
	return mail, nil
}

// messages returns what a visitor may read, but for what was deleted.
func (m *mailer) messages(ctx context.Context, sessionID string, page Page) ([]Message, error) {
	got, err := m.svc.store.Messages(ctx, MessageQuery{Page: page, SessionID: sessionID})
	if err != nil {
		return nil, err
	}
	var list []Message
	for _, one := range got.Messages {
		if one, ok := one.ForVisitor(); ok && one.DeletedAt.IsZero() {
			list = append(list, one)
		}
	}
	return list, nil
}
