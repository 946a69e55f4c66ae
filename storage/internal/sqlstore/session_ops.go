package sqlstore

import (
	"database/sql"
	"slices"

	"github.com/pealchat/pealchat/chat"
)

// byID is the parameter of statements about one row.
type byID struct{ ID int64 }

// rowAt is the parameter of statements about one row and a moment.
type rowAt struct{ ID, At int64 }

// newSession holds the parameters of session-insert.
type newSession struct {
	sessionRow
	VisitorID  int64         `db:"visitor_id"`
	AssigneeID sql.NullInt64 `db:"assignee_id"`
}

func (b *batch) createSession(op chat.OpCreateSession) (chat.OpResult, error) {
	in := op.Session
	if in.ClientID != "" {
		res, found, err := b.createdBefore(in)
		if found || err != nil {
			return res, err
		}
	}
	if op.Visitor != nil {
		if _, err := b.insertVisitor(*op.Visitor); err != nil {
			return chat.OpResult{}, err
		}
	}
	var visitor visitorRow
	if err := b.need(b.s.write.Visitor, &visitor, struct{ ID string }{in.VisitorID}, chat.ErrUnknownVisitor); err != nil {
		return chat.OpResult{}, err
	}
	if op.MaxOpen > 0 {
		var open int
		if _, err := b.get(b.s.write.SessionCountOpen, &open, struct{ Visitor int64 }{visitor.ID}); err != nil {
			return chat.OpResult{}, err
		}
		if open >= op.MaxOpen {
			return chat.OpResult{}, chat.ErrTooManySessions
		}
	}
	row, err := b.insertSession(in, visitor.ID, op.By)
	if err == nil {
		err = b.answerGreeting(visitor.ID, in.CreatedAt, op.Answers)
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	var first messageRow
	if op.First != nil {
		m := *op.First
		m.SessionID = in.ID
		if first, _, err = b.addMessage(m); err != nil {
			return chat.OpResult{}, err
		}
	}
	session, err := b.reload(row)
	if err != nil {
		return chat.OpResult{}, err
	}
	res := chat.OpResult{Session: session}
	res.Events = b.note(chat.EventSessionStarted, millis(in.CreatedAt), row, session)
	if op.First != nil {
		if res.Message, err = first.message(); err != nil {
			return chat.OpResult{}, err
		}
		res.Events = append(res.Events, b.noteMessage(chat.EventMessageSent, first.At, first, res.Message, session.VisitorID)...)
	}
	return res, nil
}

// createdBefore looks for the session that the client id stands for.
func (b *batch) createdBefore(in chat.Session) (res chat.OpResult, found bool, err error) {
	var row sessionRow
	arg := struct {
		Visitor  string
		ClientID string `db:"client_id"`
	}{in.VisitorID, in.ClientID}
	if found, err = b.get(b.s.write.SessionByClient, &row, arg); !found || err != nil {
		return res, false, err
	}
	if row.Fingerprint != in.Fingerprint {
		return res, true, chat.ErrClientIDReused
	}
	res.Duplicate = true
	if res.Session, err = row.session(); err != nil {
		return res, true, err
	}
	var first messageRow
	ok, err := b.get(b.s.write.MessageFirst, &first, struct{ Session int64 }{row.ID})
	if ok {
		res.Message, err = first.message()
	}
	return res, true, err
}

func (b *batch) insertSession(in chat.Session, visitor int64, by chat.Doer) (row int64, err error) {
	arg := newSession{VisitorID: visitor, sessionRow: sessionRow{
		PublicID: in.ID, VisitorName: in.VisitorName, VisitorEmail: in.VisitorEmail,
		Source: in.Source, Department: in.Department, CreatedAt: millis(in.CreatedAt), UpdatedAt: millis(in.UpdatedAt),
		ClosedAt: optMillis(in.ClosedAt), CloseReason: in.CloseReason, Version: max(in.Version, 1),
		ClientID: optString(in.ClientID), Fingerprint: in.Fingerprint,
	}}
	if in.UpdatedAt.IsZero() {
		arg.UpdatedAt = arg.CreatedAt
	}
	if arg.ActiveAt = arg.CreatedAt; arg.ClosedAt.Valid {
		arg.ActiveAt = arg.ClosedAt.Int64
	}
	if arg.Tags, err = encodeTags(in.Tags); err != nil {
		return 0, err
	}
	if arg.CustomData, err = encodeData(in.CustomData); err != nil {
		return 0, err
	}
	if arg.Page, err = encodeOpt("page", in.Page, in.Page != nil); err != nil {
		return 0, err
	}
	if arg.Consent, err = encodeOpt("consent", in.Consent, in.Consent != nil); err != nil {
		return 0, err
	}
	if in.AssigneeID != "" {
		if arg.AssigneeID.Int64, err = b.findAgent(in.AssigneeID); err != nil {
			return 0, err
		}
		arg.AssigneeID.Valid = true
	}
	if err := b.need(b.s.write.SessionInsert, &row, arg, sql.ErrNoRows); err != nil {
		return 0, err
	}
	if arg.AssigneeID.Valid {
		if err := b.run(b.s.write.AssignmentBegin, rowAt{row, arg.CreatedAt}); err != nil {
			return 0, err
		}
		if err := b.remember(by, historyRow{Session: row, Action: chat.HistoryAssigned, Agent: in.AssigneeID, At: arg.CreatedAt}); err != nil {
			return 0, err
		}
	}
	if err := b.sessionWords(row, arg.sessionRow); err != nil {
		return 0, err
	}
	return row, b.insertTags(row, in.Tags)
}

func encodeTags(tags []string) (string, error) {
	if len(tags) == 0 {
		return "[]", nil
	}
	return encode("tags", tags)
}

func (b *batch) insertTags(row int64, tags []string) error {
	for _, tag := range tags {
		arg := struct {
			Session int64
			Tag     string
		}{row, tag}
		if err := b.run(b.s.write.TagInsert, arg); err != nil {
			return err
		}
	}
	return nil
}

// reload reads a session as it is now.
func (b *batch) reload(row int64) (chat.Session, error) {
	var r sessionRow
	if err := b.need(b.s.write.SessionRow, &r, byID{row}, chat.ErrUnknownSession); err != nil {
		return chat.Session{}, err
	}
	return r.session()
}

// load reads a session by the id that clients know.
func (b *batch) load(id string) (sessionRow, chat.Session, error) {
	var r sessionRow
	if err := b.need(b.s.write.Session, &r, struct{ ID string }{id}, chat.ErrUnknownSession); err != nil {
		return r, chat.Session{}, err
	}
	s, err := r.session()
	return r, s, err
}

// changed reads a session again and adds an event about it.
func (b *batch) changed(row int64, typ string, at int64) (chat.OpResult, error) {
	s, err := b.reload(row)
	if err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{Session: s, Events: b.note(typ, at, row, s)}, nil
}

func (b *batch) updateSession(op chat.OpUpdateSession) (chat.OpResult, error) {
	row, session, err := b.load(op.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if op.IfVersion != 0 && op.IfVersion != session.Version {
		return chat.OpResult{}, chat.ErrVersionMismatch
	}
	patched, err := patch(row, op.Patch)
	if err != nil {
		return chat.OpResult{}, err
	}
	if op.Claim && op.Patch.AssigneeID != nil {
		switch {
		case session.AssigneeID != "" && session.AssigneeID != *op.Patch.AssigneeID:
			return chat.OpResult{}, chat.ErrAlreadyClaimed
		case session.Status == chat.StatusClosed:
			return chat.OpResult{}, chat.ErrSessionClosed
		}
	}
	if patched == row {
		return chat.OpResult{Duplicate: true, Session: session}, nil
	}
	if patched.Assignee.String != "" {
		if _, err := b.findAgent(patched.Assignee.String); err != nil {
			return chat.OpResult{}, err
		}
	}
	patched.UpdatedAt = millis(op.At)
	if patched.Assignee != row.Assignee || patched.Department != row.Department {
		patched.SnoozedUntil = sql.NullInt64{} // it is somebody else's now
	}
	if err := b.run(b.s.write.SessionUpdate, patched); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.rememberChange(op.By, row, patched); err != nil {
		return chat.OpResult{}, err
	}
	if patched.Assignee != row.Assignee {
		if err := b.reassigned(row.ID, patched.UpdatedAt); err != nil {
			return chat.OpResult{}, err
		}
	}
	if patched.Tags != row.Tags || patched.VisitorName != row.VisitorName || patched.VisitorEmail != row.VisitorEmail {
		if err := b.sessionWords(row.ID, patched); err != nil {
			return chat.OpResult{}, err
		}
	}
	if patched.Assignee.Valid && patched.Assignee != row.Assignee {
		if _, err := b.see(b.s.write.RoutingSeeAgent, patched.Assignee.String, patched.UpdatedAt); err != nil {
			return chat.OpResult{}, err
		}
	}
	if patched.Tags != row.Tags {
		if err := b.run(b.s.write.TagClear, struct{ Session int64 }{row.ID}); err != nil {
			return chat.OpResult{}, err
		}
		if err := b.insertTags(row.ID, *op.Patch.Tags); err != nil {
			return chat.OpResult{}, err
		}
	}
	return b.changed(row.ID, chat.EventSessionUpdated, millis(op.At))
}

// patch returns the row as the patch would have it.
func patch(row sessionRow, p chat.SessionPatch) (sessionRow, error) {
	var err error
	if p.AssigneeID != nil {
		row.Assignee = optString(*p.AssigneeID)
	}
	if p.Department != nil {
		row.Department = *p.Department
	}
	if p.VisitorName != nil {
		row.VisitorName = *p.VisitorName
	}
	if p.VisitorEmail != nil {
		row.VisitorEmail = *p.VisitorEmail
	}
	if p.Tags != nil {
		if row.Tags, err = encodeTags(*p.Tags); err != nil {
			return row, err
		}
	}
	if p.CustomData != nil {
		row.CustomData, err = encodeData(*p.CustomData)
	}
	return row, err
}

// waits says whether the visitor waits for a person.
func waits(s chat.Session) bool {
	withBot := s.LastMessage != nil && s.LastMessage.Sender == chat.SenderBot && s.FirstReplyAt.IsZero() && s.AssignedAt.IsZero() &&
		!slices.Contains(s.Tags, chat.HandedOver)
	return !s.WaitingSince.IsZero() && !withBot
}

func (b *batch) closeSession(op chat.OpCloseSession) (chat.OpResult, error) {
	row, session, err := b.load(op.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	busy := !op.IdleSince.IsZero() && (row.ActiveAt > millis(op.IdleSince) || waits(session) || row.SnoozedUntil.Valid)
	if session.Status == chat.StatusClosed || busy {
		return chat.OpResult{Duplicate: true, Session: session}, nil
	}
	arg := struct {
		ID, At int64
		Reason string
		Left   bool
	}{row.ID, millis(op.At), op.Reason, op.VisitorLeft}
	if err := b.run(b.s.write.SessionClose, arg); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.remember(op.By, historyRow{Session: row.ID, Action: chat.HistoryClosed, At: arg.At}); err != nil {
		return chat.OpResult{}, err
	}
	if session.AssigneeID != "" {
		if err := b.run(b.s.write.AssignmentEnd, rowAt{row.ID, arg.At}); err != nil {
			return chat.OpResult{}, err
		}
	}
	res, err := b.changed(row.ID, chat.EventSessionClosed, arg.At)
	if err == nil && res.Session.Missed && !session.Missed {
		res.Events = append(res.Events, b.note(chat.EventSessionMissed, arg.At, row.ID, res.Session)...)
	}
	return res, err
}

// reassigned notes who had the session until when, and who has it from then on.
func (b *batch) reassigned(row, at int64) error {
	if err := b.run(b.s.write.AssignmentEnd, rowAt{row, at}); err != nil {
		return err
	}
	return b.run(b.s.write.AssignmentBegin, rowAt{row, at})
}

func (b *batch) askRating(op chat.OpAskRating) (chat.OpResult, error) {
	row, session, err := b.load(op.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	n, err := b.exec(b.s.write.SessionAsk, rowAt{row.ID, millis(op.At)})
	return chat.OpResult{Duplicate: n == 0, Session: session}, err
}

func (b *batch) rateSession(op chat.OpRateSession) (chat.OpResult, error) {
	row, session, err := b.load(op.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if r := session.Rating; r != nil && r.Score == op.Rating.Score && r.Comment == op.Rating.Comment {
		return chat.OpResult{Duplicate: true, Session: session}, nil
	}
	arg := struct {
		ID, At  int64
		Score   int
		Comment string
	}{row.ID, millis(op.Rating.At), op.Rating.Score, op.Rating.Comment}
	if err := b.run(b.s.write.SessionRate, arg); err != nil {
		return chat.OpResult{}, err
	}
	return b.changed(row.ID, chat.EventSessionRated, arg.At)
}

func (b *batch) markSeen(op chat.OpMarkSeen) (chat.OpResult, error) {
	row, session, err := b.load(op.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	var m messageRow
	if err := b.need(b.s.write.Message, &m, messageKey{op.SessionID, op.MessageID}, chat.ErrUnknownMessage); err != nil {
		return chat.OpResult{}, err
	}
	res := chat.OpResult{Session: session}
	if res.Message, err = m.message(); err != nil {
		return chat.OpResult{}, err
	}
	stmt, seen := b.s.write.SessionSeenAgent, session.AgentSeenSeq
	switch op.Sender {
	case chat.SenderAgent:
	case chat.SenderVisitor:
		stmt, seen = b.s.write.SessionSeenVisitor, session.VisitorSeen
	default:
		return chat.OpResult{}, &chat.Error{Kind: chat.ErrInvalid, Code: "invalid_request", Field: "sender", Message: "Only a visitor or an agent can have seen a message."}
	}
	if res.Message.Note || m.Seq <= seen {
		res.Duplicate = true
		return res, nil
	}
	if err := b.run(stmt, struct{ ID, Seq int64 }{row.ID, m.Seq}); err != nil {
		return chat.OpResult{}, err
	}
	res.Session, err = b.reload(row.ID)
	return res, err
}
