package sqlstore

import (
	"database/sql"
	"errors"

	"github.com/pealchat/pealchat/chat"
)

// errClosedOrUnknown: the session took no message. Why is found out only then.
var errClosedOrUnknown = &chat.Error{Kind: chat.ErrConflict}

func (b *batch) newMessage(m chat.Message) (messageRow, error) {
	attachments, err := encodeOpt("attachments", m.Attachments, len(m.Attachments) > 0)
	if err != nil {
		return messageRow{}, err
	}
	answers, err := encodeOpt("quick_replies", m.QuickReplies, len(m.QuickReplies) > 0)
	if err != nil {
		return messageRow{}, err
	}
	mentions, err := encodeOpt("mentions", m.Mentions, len(m.Mentions) > 0)
	return messageRow{
		PublicID: m.ID, Session: m.SessionID, Sender: m.Sender, SenderID: m.SenderID, SenderName: m.SenderName,
		Body: m.Text, Attachments: attachments, ClientID: optString(m.ClientID), Fingerprint: m.Fingerprint, At: millis(m.At),
		Mentions: mentions, QuickReplies: answers, Translation: optString(m.Translation), Words: b.s.words(m.Text),
	}, err
}

func (b *batch) appendMessage(op chat.OpAppendMessage) (res chat.OpResult, err error) {
	m := op.Message
	row, session, err := b.addMessage(m)
	if err == nil && op.AfterSeq != nil {
		err = b.checkCrossing(row, *op.AfterSeq)
	}
	if err == errClosedOrUnknown || errors.Is(err, chat.ErrCrossed) || b.s.cfg.Classify(err) == Refused {
		return b.notAppended(m, err)
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	return b.sent(row, session)
}

// sent is the result of a message that was added.
func (b *batch) sent(row messageRow, session sessionRow) (res chat.OpResult, err error) {
	if res.Session, err = session.session(); err != nil {
		return chat.OpResult{}, err
	}
	if res.Message, err = row.message(); err != nil {
		return chat.OpResult{}, err
	}
	res.Session.LastMessage = res.Message.Preview()
	res.Events = b.noteMessage(chat.EventMessageSent, row.At, row, res.Message, res.Session.VisitorID)
	err = b.undo(&res, row, session)
	return res, err
}

// undo ends what a message ends: the visitor's a snooze, the agent's that the
// session was missed.
func (b *batch) undo(res *chat.OpResult, row messageRow, session sessionRow) error {
	if !undoes(row.Sender, session) {
		return nil
	}
	var err error
	if row.Sender == chat.SenderVisitor {
		err = b.run(b.s.write.SessionWake, struct{ ID, At int64 }{session.ID, row.At})
		if err == nil {
			err = b.remember(chat.Doer{By: chat.ByVisitor}, historyRow{Session: session.ID, Action: chat.HistoryWoken, At: row.At})
		}
		res.Session.Snooze = nil
	} else {
		err = b.run(b.s.write.SessionAnswered, byID{session.ID})
		res.Session.Missed = false
	}
	res.Session.Version++
	res.Events = append(res.Events, b.note(chat.EventSessionUpdated, row.At, session.ID, res.Session)...)
	return err
}

func undoes(sender string, s sessionRow) bool {
	return sender == chat.SenderVisitor && s.SnoozedUntil.Valid || sender == chat.SenderAgent && s.Missed
}

// addMessage gives the session its next seq and inserts the message with it.
// That a client id was used before shows as a refused insert: asking first
// would cost every message that is sent once. The session comes without its
// latest message, which is this one.
func (b *batch) addMessage(m chat.Message) (row messageRow, session sessionRow, err error) {
	if row, err = b.newMessage(m); err != nil {
		return row, session, err
	}
	if err := b.need(b.s.write.SessionBump, &session, &row, errClosedOrUnknown); err != nil {
		return row, session, err
	}
	row.SessionID, row.Seq = session.ID, session.MessageCount
	if row.Sender == chat.SenderVisitor && !session.FirstVisitorAt.Valid {
		if err := b.run(b.s.write.SessionFirstWord, struct{ ID, At int64 }{session.ID, row.At}); err != nil {
			return row, session, err
		}
		if !session.Assignee.Valid {
			session.QueuedAt = sql.NullInt64{Int64: row.At, Valid: true}
		}
	}
	if row.ID, err = b.insert(b.s.write.MessageInsert, &row); err != nil {
		return row, session, err
	}
	return row, session, b.claimFiles(row.ID, m.Attachments)
}

// checkCrossing looks for what another agent has written after a seq. The
// session's row is locked by then, so that of two who write at once the second
// is told.
func (b *batch) checkCrossing(row messageRow, after int64) error {
	var latest messageRow
	found, err := b.get(b.s.write.MessageCrossing, &latest, struct {
		Session  int64
		SenderID string `db:"sender_id"`
		After    int64
	}{row.SessionID, row.SenderID, after})
	if err != nil || !found {
		return err
	}
	message, err := latest.message()
	if err != nil {
		return err
	}
	return &chat.CrossedError{Latest: message}
}

// notAppended finds out why a message or note was not accepted.
func (b *batch) notAppended(m chat.Message, cause error) (chat.OpResult, error) {
	if err := b.rewind(); err != nil {
		return chat.OpResult{}, err
	}
	_, session, err := b.load(m.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if m.ClientID != "" {
		var before messageRow
		found, err := b.get(b.s.write.MessageByClient, &before, struct {
			Session, Sender string
			ClientID        string `db:"client_id"`
		}{m.SessionID, m.Sender, m.ClientID})
		switch {
		case err != nil:
			return chat.OpResult{}, err
		case found && (before.Fingerprint != m.Fingerprint || m.Note != (before.Note > 0)):
			return chat.OpResult{}, chat.ErrClientIDReused
		case found:
			message, err := before.message()
			return chat.OpResult{Duplicate: true, Session: session, Message: message}, err
		}
	}
	if cause == errClosedOrUnknown {
		return chat.OpResult{}, chat.ErrSessionClosed
	}
	return chat.OpResult{}, cause
}

func (b *batch) appendNote(m chat.Message) (chat.OpResult, error) {
	m.Note = true
	row, err := b.newMessage(m)
	if err != nil {
		return chat.OpResult{}, err
	}
	var place struct {
		SessionID int64 `db:"session_id"`
		Seq, Note int64
	}
	if err := b.need(b.s.write.MessageNextNote, &place, row, chat.ErrUnknownSession); err != nil {
		return chat.OpResult{}, err
	}
	row.SessionID, row.Seq, row.Note = place.SessionID, place.Seq, place.Note
	row.ID, err = b.insert(b.s.write.MessageInsert, &row)
	if b.s.cfg.Classify(err) == Refused {
		return b.notAppended(m, err)
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	var res chat.OpResult
	if res.Session, err = b.reload(row.SessionID); err != nil {
		return chat.OpResult{}, err
	}
	if res.Message, err = row.message(); err != nil {
		return chat.OpResult{}, err
	}
	for _, agent := range m.Mentions {
		if err := b.run(b.s.write.MentionInsert, struct {
			Message int64
			Agent   string
		}{row.ID, agent}); err != nil {
			return chat.OpResult{}, err
		}
	}
	res.Events = b.noteMessage(chat.EventNoteAdded, row.At, row, res.Message, res.Session.VisitorID)
	return res, nil
}

// loadMessage reads a message of a session that is not deleted.
func (b *batch) loadMessage(sessionID, messageID string) (messageRow, sessionRow, chat.Session, error) {
	var m messageRow
	row, session, err := b.load(sessionID)
	if err == nil {
		err = b.need(b.s.write.Message, &m, messageKey{sessionID, messageID}, chat.ErrUnknownMessage)
	}
	return m, row, session, err
}

func (b *batch) editMessage(op chat.OpEditMessage) (chat.OpResult, error) {
	m, row, session, err := b.loadMessage(op.SessionID, op.MessageID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if m.DeletedAt.Valid {
		return chat.OpResult{}, chat.ErrUnknownMessage
	}
	if m.Body == op.Text {
		return b.unchanged(m, session)
	}
	m.Body, m.Translation, m.EditedAt = op.Text, optString(op.Translation), optMillis(op.At)
	arg := struct {
		ID, At      int64
		Body        string
		Translation sql.NullString
	}{m.ID, millis(op.At), op.Text, m.Translation}
	if err := b.run(b.s.write.MessageEdit, arg); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.messageWords(m.ID, m.Body); err != nil {
		return chat.OpResult{}, err
	}
	return b.messageChanged(m, row, chat.EventMessageUpdated, arg.At)
}

func (b *batch) deleteMessage(op chat.OpDeleteMessage) (chat.OpResult, error) {
	m, row, session, err := b.loadMessage(op.SessionID, op.MessageID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if m.DeletedAt.Valid {
		return b.unchanged(m, session)
	}
	var files []string
	if m.Attachments.Valid {
		if files, err = b.loosenFiles(b.s.write.FileOfMessage, struct{ Message int64 }{m.ID}); err != nil {
			return chat.OpResult{}, err
		}
	}
	m.Body, m.Attachments, m.QuickReplies, m.Translation, m.DeletedAt = "", sql.NullString{}, sql.NullString{}, sql.NullString{}, optMillis(op.At)
	if err := b.run(b.s.write.MessageDelete, struct{ ID, At int64 }{m.ID, millis(op.At)}); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.messageWords(m.ID, ""); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.blankBodies(m); err != nil {
		return chat.OpResult{}, err
	}
	res, err := b.messageChanged(m, row, chat.EventMessageDeleted, millis(op.At))
	res.Files = files
	return res, err
}

func (b *batch) unchanged(m messageRow, session chat.Session) (chat.OpResult, error) {
	message, err := m.message()
	return chat.OpResult{Duplicate: true, Session: session, Message: message}, err
}

func (b *batch) messageChanged(m messageRow, row sessionRow, typ string, at int64) (res chat.OpResult, err error) {
	if res.Session, err = b.reload(row.ID); err != nil {
		return chat.OpResult{}, err
	}
	if res.Message, err = m.message(); err != nil {
		return chat.OpResult{}, err
	}
	res.Events = b.noteMessage(typ, at, m, res.Message, res.Session.VisitorID)
	return res, nil
}
