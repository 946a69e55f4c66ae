package sqlstore

import (
	"cmp"
	"context"
	"database/sql"

	"github.com/pealchat/pealchat/chat"
)

// historyRow is a row of history-select, and what history-insert takes.
type historyRow struct {
	ID           int64
	Session      int64
	Action       string
	Actor        string
	ActorID      string `db:"actor_id"`
	ActorName    string `db:"actor_name"`
	Agent        string `db:"agent_id"`
	AgentName    string `db:"agent_name"`
	Department   string
	SnoozedUntil sql.NullInt64 `db:"snoozed_until"`
	At           int64
}

// History implements chat.HistoryStore.
func (s *Store) History(ctx context.Context, q chat.HistoryQuery) (chat.HistoryPage, error) {
	key := sortKey{column: "h.id"}
	place, err := key.place(q.Page)
	if err != nil {
		return chat.HistoryPage{}, err
	}
	arg := struct {
		Session string
		keyset
	}{q.SessionID, place}
	var rows []historyRow
	conditions := []string{"h.session_id = (SELECT s.id FROM chat_sessions AS s WHERE s.public_id = :session)"}
	if err := s.list(ctx, s.read.HistorySelect+key.clauses(place, conditions), &rows, arg); err != nil {
		return chat.HistoryPage{}, err
	}
	rows, more := trim(place, rows)
	var page chat.HistoryPage
	for _, r := range rows {
		page.Entries = append(page.Entries, chat.HistoryEntry{
			Action: r.Action, By: r.Actor, ByID: r.ActorID, ByName: r.ActorName, AgentID: r.Agent, AgentName: r.AgentName,
			Department: r.Department, Until: snooze(r.SnoozedUntil), At: fromMillis(r.At),
		})
	}
	if more {
		page.Next = chat.Cursor{Key: rows[place.last(len(rows))].ID}.String()
	}
	return page, nil
}

// remember adds to a session's history what was done to it.
func (b *batch) remember(by chat.Doer, r historyRow) error {
	r.Actor, r.ActorID, r.ActorName = cmp.Or(by.By, chat.BySystem), by.ID, by.Name
	return b.run(b.s.write.HistoryInsert, r)
}

// rememberChange adds what became of a session's assignee, department and
// snooze. That another has it says that it is not put off any more.
func (b *batch) rememberChange(by chat.Doer, was, is sessionRow) error {
	at := is.UpdatedAt
	add := func(r historyRow) error {
		r.Session, r.At = was.ID, at
		return b.remember(by, r)
	}
	handed := was.Assignee != is.Assignee
	if was.Department != is.Department {
		if err := add(historyRow{Action: chat.HistoryTransferred, Department: is.Department}); err != nil {
			return err
		}
	}
	switch {
	case handed && is.Assignee.Valid:
		if err := add(historyRow{Action: chat.HistoryAssigned, Agent: is.Assignee.String}); err != nil {
			return err
		}
	case handed && was.Department == is.Department:
		if err := add(historyRow{Action: chat.HistoryReleased, Agent: was.Assignee.String}); err != nil {
			return err
		}
	}
	switch {
	case was.SnoozedUntil == is.SnoozedUntil:
	case is.SnoozedUntil.Valid:
		return add(historyRow{Action: chat.HistorySnoozed, SnoozedUntil: is.SnoozedUntil})
	case !handed && was.Department == is.Department:
		return add(historyRow{Action: chat.HistoryWoken})
	}
	return nil
}
