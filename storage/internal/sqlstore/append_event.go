package sqlstore

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// pendingEvent is an event that waits for its position.
type pendingEvent struct {
	event     *chat.Event
	sessionID int64
	messageID sql.NullInt64
}

// note adds an event about a session.
func (b *batch) note(typ string, at int64, row int64, s chat.Session) []*chat.Event {
	return b.add(pendingEvent{sessionID: row, event: &chat.Event{
		Type: typ, At: fromMillis(at), Data: s, SessionID: s.ID, VisitorID: s.VisitorID,
	}})
}

// noteMessage adds an event about a message of the session.
func (b *batch) noteMessage(typ string, at int64, m messageRow, data chat.Message, visitor string) []*chat.Event {
	return b.add(pendingEvent{sessionID: m.SessionID, messageID: sql.NullInt64{Int64: m.ID, Valid: true}, event: &chat.Event{
		Type: typ, At: fromMillis(at), Data: data, SessionID: data.SessionID, VisitorID: visitor,
	}})
}

func (b *batch) add(p pendingEvent) []*chat.Event {
	b.pending = append(b.pending, p)
	return []*chat.Event{p.event}
}

// flush writes the pending events to the log, in order, and gives them their
// positions. It runs at the end of the transaction: where several nodes write
// to one database, the lock that keeps positions in commit order is held only
// from here to the commit, which goes out with the events at the last.
func (b *batch) flush(last bool) error {
	if len(b.pending) == 0 {
		return nil
	}
	if b.s.cfg.Shared {
		if err := b.later(b.s.shared.LockLog, struct{ Key int64 }{b.s.cfg.Locks.Log}); err != nil {
			return err
		}
	}
	var positions []int64
	insert := func(stmt *sqlx.NamedStmt, dst, arg any) error { return b.in(stmt).Select(dst, arg) }
	if last {
		insert = b.last
	}
	if err := insert(b.s.write.EventInsert, &positions, struct{ Events string }{eventList(b.pending)}); err != nil {
		return err
	}
	if len(positions) != len(b.pending) {
		return fmt.Errorf("sqlstore: %d positions for %d events", len(positions), len(b.pending))
	}
	slices.Sort(positions) // RETURNING promises no order
	for i, p := range b.pending {
		p.event.Position = chat.Position(positions[i])
		p.event.ID = b.s.eventID(positions[i])
	}
	b.pending = b.pending[:0]
	return nil
}

// eventList returns the parameter of event-insert.
func eventList(events []pendingEvent) string {
	list := []byte{'['}
	for i, p := range events {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(append(append(list, `["`...), p.event.Type...), `",`...)
		list = append(strconv.AppendInt(list, p.sessionID, 10), ',')
		if p.messageID.Valid {
			list = append(strconv.AppendInt(list, p.messageID.Int64, 10), ',')
		} else {
			list = append(list, "null,"...)
		}
		list = append(strconv.AppendInt(list, millis(p.event.At), 10), ']')
	}
	return string(append(list, ']'))
}

// eventID is how clients know a position.
func (s *Store) eventID(position int64) string {
	return s.identity + "." + strconv.FormatInt(position, 10)
}
