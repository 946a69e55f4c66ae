package sqlstore

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"

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
	positions := make([]int64, 0, len(b.pending))
	var err error
	if b.s.cfg.Shared {
		err = b.logTogether(&positions, last)
	} else {
		err = b.logEach(&positions)
	}
	if err != nil {
		return err
	}
	if len(positions) != len(b.pending) {
		return fmt.Errorf("sqlstore: %d positions for %d events", len(positions), len(b.pending))
	}
	for i, p := range b.pending {
		p.event.Position = chat.Position(positions[i])
		p.event.ID = b.s.eventID(positions[i])
	}
	b.pending = b.pending[:0]
	return nil
}

// logTogether sends the events in one statement, while nobody else gets any
// positions.
func (b *batch) logTogether(positions *[]int64, last bool) error {
	if err := b.later(b.s.shared.LockLog, struct{ Key int64 }{b.s.cfg.Locks.Log}); err != nil {
		return err
	}
	send := b.list
	if last {
		send = b.last
	}
	err := send(b.s.shared.EventInsert, positions, struct{ Events string }{eventList(b.pending)})
	slices.Sort(*positions) // RETURNING promises no order
	return err
}

// logEach writes event after event, where that is no journey.
func (b *batch) logEach(positions *[]int64) error {
	for _, p := range b.pending {
		position, err := b.insert(b.s.own.EventInsert, struct {
			Type        string
			Session, At int64
			Message     sql.NullInt64
		}{p.event.Type, p.sessionID, millis(p.event.At), p.messageID})
		if err != nil {
			return err
		}
		*positions = append(*positions, position)
	}
	return nil
}

// eventList returns the parameter of event-insert-many.
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
