package chat

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Tx is a transaction of the host's own in the database that the chat is in: a
// *sql.Tx or anything else with its ExecContext, and with storage/postgres a
// pgx.Tx too. Stores refuse what is none of these.
type Tx any

// PendingStore is a [Store] in a database that the host may use too. The
// stores of this module are.
type PendingStore interface {
	Store

	// AddPending keeps a message or note in a transaction of the host's. No
	// such session: ErrUnknownSession.
	AddPending(ctx context.Context, tx Tx, m Message) error

	// Pending returns what has been committed and not been taken yet, the
	// oldest first, limit messages at most. Sender, sender's id and name, text,
	// note, client id and fingerprint are as they were added.
	Pending(ctx context.Context, limit int) ([]Message, error)
}

// OpDeletePending forgets a pending message, if there is one of this id. Event:
// none.
type OpDeletePending struct{ MessageID string }

func (OpDeletePending) op() {}

const (
	// pendingStep is how often it is looked for pending messages while this
	// process may have written some that are about to be committed.
	pendingStep = 250 * time.Millisecond
	// pendingSweep is how often otherwise: for those of processes that have died.
	pendingSweep = 30 * time.Second
	// pendingPatience is how long a transaction of the host's may take after it
	// has written one. What takes longer is found by the sweep.
	pendingPatience = time.Minute
)

// pendingPage is how many are read at a time.
const pendingPage = 100

// SendMessageTx is [Service.SendMessage] in a transaction of the host's own: the
// message is sent when tx commits, and never was when it is rolled back. It
// appears in the session within a quarter of a second of the commit, provided
// that Run is running in this process, and within half a minute where it runs in
// another; only then it gets its seq. Files, AfterSeq and
// QuickReplies are not for such messages, nor is a visitor's.
//
// What it returns is the id that the message will have. Should the session be
// closed in the meantime, it becomes a note instead, so that it is not lost; a
// visitor who is erased takes it along.
//
// In SQLite a transaction that has written holds up everybody else who writes:
// call this as late as possible before committing.
func (s *Service) SendMessageTx(ctx context.Context, tx Tx, by Actor, in NewMessage) (messageID string, err error) {
	switch {
	case in.AfterSeq != nil:
		return "", invalid("after_seq", "after_seq is not for messages in a transaction of the host's.")
	case len(in.Files) > 0:
		return "", invalid("files", "Files cannot be sent in a transaction of the host's.")
	case len(in.QuickReplies) > 0:
		return "", invalid("quick_replies", "Quick replies cannot be sent in a transaction of the host's.")
	}
	m, err := s.newMessage(by, in)
	if err != nil {
		return "", err
	}
	if m.Sender == SenderVisitor {
		return "", invalid("sender", "A visitor's message cannot be sent in a transaction of the host's.")
	}
	return s.addPending(ctx, tx, m)
}

// AddNoteTx is [Service.AddNote] in a transaction of the host's own; see
// [Service.SendMessageTx].
func (s *Service) AddNoteTx(ctx context.Context, tx Tx, by Actor, sessionID, text, clientID string) (messageID string, err error) {
	if err := by.need(ScopeWrite); err != nil {
		return "", err
	}
	m, err := s.newMessage(by, NewMessage{SessionID: sessionID, Sender: SenderAgent, Text: text, ClientID: clientID})
	if err != nil {
		return "", err
	}
	m.Note, m.Fingerprint = true, fingerprint("note", m.Text)
	return s.addPending(ctx, tx, m)
}

func (s *Service) addPending(ctx context.Context, tx Tx, m Message) (messageID string, err error) {
	store, ok := s.store.(PendingStore)
	if !ok {
		return "", errors.New("chat: this store cannot take messages in a transaction of the host's")
	}
	session, err := s.store.Session(ctx, m.SessionID)
	switch {
	case err != nil:
		return "", err
	case session.Status == StatusClosed && !m.Note:
		return "", ErrSessionClosed
	}
	if err := s.beforeMessage(ctx, &m); err != nil {
		return "", err
	}
	m.ClientID = cmp.Or(m.ClientID, m.ID) // it may be taken twice, by two nodes or over a crash
	if err := store.AddPending(ctx, tx, m); err != nil {
		return "", err
	}
	select {
	case s.pending <- struct{}{}:
	default:
	}
	return m.ID, nil
}

// runPending sends pending messages until ctx ends.
func (s *Service) runPending(ctx context.Context) {
	var soon time.Time // until when something may be committed any moment
	for {
		s.takePending(ctx)
		step := pendingSweep
		if time.Now().Before(soon) {
			step = pendingStep
		}
		timer := time.NewTimer(step)
		select {
		case <-s.pending:
			soon = time.Now().Add(pendingPatience)
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// takePending sends what hosts have committed. Any number of nodes may do so at
// once: each message is sent once, and each keeps to their order.
func (s *Service) takePending(ctx context.Context) {
	store, ok := s.store.(PendingStore)
	if !ok {
		return
	}
	for {
		list, err := store.Pending(ctx, pendingPage)
		if err != nil {
			s.log.Warn("chat: could not look for messages of the host's transactions", "error", err)
			return
		}
		for _, m := range list {
			if err := s.takeOne(ctx, m); err != nil {
				s.log.Warn("chat: could not send a message of a host's transaction; it will be tried again", "message", m.ID, "error", err)
				return
			}
		}
		if len(list) < pendingPage {
			return
		}
	}
}

func (s *Service) takeOne(ctx context.Context, m Message) error {
	m.At = s.now()
	var op Op = OpAppendMessage{Message: m}
	if m.Note {
		op = OpAppendNote{Message: m}
	}
	_, err := s.writer.do(ctx, op)
	if errors.Is(err, ErrSessionClosed) {
		s.log.Warn("chat: a session was closed before a message of a host's transaction could be sent; it is kept as a note", "session", m.SessionID, "message", m.ID)
		m.Note = true
		_, err = s.writer.do(ctx, OpAppendNote{Message: m})
	}
	switch {
	case err == nil, errors.Is(err, ErrNotFound): // erased, and it with it
	case errors.Is(err, ErrConflict):
		s.log.Error("chat: a message of a host's transaction cannot be sent", "session", m.SessionID, "message", m.ID, "error", err)
	default:
		return err
	}
	_, err = s.writer.do(ctx, OpDeletePending{MessageID: m.ID})
	return err
}
