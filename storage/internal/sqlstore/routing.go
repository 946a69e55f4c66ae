package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// Queue implements chat.RoutingStore.
func (s *Store) Queue(ctx context.Context, limit int) ([]chat.QueuedSession, error) {
	var rows []struct {
		Session, Visitor, Department string

		QueuedAt   sql.NullInt64 `db:"queued_at"`
		ReleasedBy string        `db:"released_by"`
		Version    int64
		ForBots    bool   `db:"for_bots"`
		LastAgent  string `db:"last_agent"`
	}
	err := s.many(ctx, s.read.RoutingQueue, &rows, struct{ Limit int }{limit})
	queue := make([]chat.QueuedSession, len(rows))
	for i, r := range rows {
		queue[i] = chat.QueuedSession{
			SessionID: r.Session, VisitorID: r.Visitor, Department: r.Department, QueuedAt: fromOptMillis(r.QueuedAt),
			LastAgent: r.LastAgent, ReleasedBy: r.ReleasedBy, Version: r.Version, ForBots: r.ForBots,
		}
	}
	return queue, err
}

// Loads implements chat.RoutingStore.
func (s *Store) Loads(ctx context.Context) ([]chat.RoutingLoad, error) {
	var rows []struct {
		Agent    string
		RoutedAt sql.NullInt64 `db:"routed_at"`
		Open     int
	}
	err := s.many(ctx, s.read.RoutingLoads, &rows, nothing)
	loads := make([]chat.RoutingLoad, len(rows))
	for i, r := range rows {
		loads[i] = chat.RoutingLoad{AgentID: r.Agent, Open: r.Open, RoutedAt: fromOptMillis(r.RoutedAt)}
	}
	return loads, err
}

// Due implements chat.RoutingStore.
func (s *Store) Due(ctx context.Context, q chat.DueQuery) ([]chat.DueSession, error) {
	stmt := map[string]*sqlx.NamedStmt{
		chat.DueWake: s.read.RoutingDueWake, chat.DueIdle: s.read.RoutingDueIdle,
		chat.DueMissed: s.read.RoutingDueMissed, chat.DueReturn: s.read.RoutingDueReturn,
	}[q.Kind]
	if stmt == nil {
		return nil, fmt.Errorf("sqlstore: nothing is ever due as %q", q.Kind)
	}
	var rows []struct {
		Session, Visitor string
		SeenAt           int64 `db:"seen_at"`
		Missed           bool
	}
	err := s.many(ctx, stmt, &rows, struct {
		At    int64
		Limit int
	}{millis(q.At), q.Limit})
	due := make([]chat.DueSession, len(rows))
	for i, r := range rows {
		due[i] = chat.DueSession{SessionID: r.Session, VisitorID: r.Visitor, LastSeenAt: fromMillis(r.SeenAt), Missed: r.Missed}
	}
	return due, err
}

// attended is the parameter of what routing does to a session.
type attended struct {
	Session    string
	Agent      int64
	At, Before int64
}

func (b *batch) assignSession(op chat.OpAssignSession) (chat.OpResult, error) {
	arg := attended{Session: op.SessionID, At: millis(op.At)}
	ok, err := b.get(b.s.write.RoutingAgent, &arg.Agent, struct {
		Agent string
		At    int64
	}{op.AgentID, arg.At})
	if err != nil {
		return chat.OpResult{}, err
	}
	if !ok {
		if _, err := b.findAgent(op.AgentID); err != nil {
			return chat.OpResult{}, err
		}
		return chat.OpResult{}, chat.ErrNoRoom
	}
	if op.Capacity > 0 {
		var open int
		if err := b.need(b.s.write.RoutingOpen, &open, arg, sql.ErrNoRows); err != nil {
			return chat.OpResult{}, err
		}
		if open >= op.Capacity {
			return chat.OpResult{}, chat.ErrNoRoom
		}
	}
	var row int64
	if ok, err = b.get(b.s.write.RoutingAssign, &row, arg); err != nil {
		return chat.OpResult{}, err
	}
	if ok {
		if err := b.reassigned(row, arg.At); err != nil {
			return chat.OpResult{}, err
		}
		if err := b.remember(chat.Doer{}, historyRow{Session: row, Action: chat.HistoryAssigned, Agent: op.AgentID, At: arg.At}); err != nil {
			return chat.OpResult{}, err
		}
		return b.changed(row, chat.EventSessionUpdated, arg.At)
	}
	if err := b.rewind(); err != nil { // it was not the agent's turn after all
		return chat.OpResult{}, err
	}
	_, session, err := b.load(op.SessionID)
	if err == nil && session.AssigneeID != "" {
		err = chat.ErrAlreadyClaimed
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{Duplicate: true, Session: session}, nil
}

func (b *batch) returnSession(op chat.OpReturnSession) (chat.OpResult, error) {
	row, _, err := b.load(op.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	res, err := b.attend(b.s.write.RoutingReturn, attended{Session: op.SessionID, At: millis(op.At), Before: millis(op.Before)})
	if err == nil && !res.Duplicate {
		err = b.remember(chat.Doer{}, historyRow{Session: row.ID, Action: chat.HistoryReleased, Agent: row.Assignee.String, At: millis(op.At)})
	}
	return res, err
}

func (b *batch) markMissed(op chat.OpMarkMissed) (chat.OpResult, error) {
	return b.attend(b.s.write.RoutingMissed, attended{Session: op.SessionID, At: millis(op.At), Before: millis(op.Before)})
}

// attend changes a session where what the statement asks for holds.
func (b *batch) attend(stmt *sqlx.NamedStmt, arg attended) (chat.OpResult, error) {
	var row int64
	ok, err := b.get(stmt, &row, arg)
	if err != nil {
		return chat.OpResult{}, err
	}
	if ok && stmt == b.s.write.RoutingReturn {
		err = b.reassigned(row, arg.At)
	}
	switch {
	case err != nil:
		return chat.OpResult{}, err
	case ok:
		typ := chat.EventSessionUpdated
		if stmt == b.s.write.RoutingMissed {
			typ = chat.EventSessionMissed
		}
		return b.changed(row, typ, arg.At)
	}
	_, session, err := b.load(arg.Session)
	if err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{Duplicate: true, Session: session}, nil
}

func (b *batch) seeVisitor(op chat.OpSeeVisitor) (chat.OpResult, error) {
	return b.see(b.s.write.RoutingSeeVisitor, op.VisitorID, millis(op.At))
}

func (b *batch) seeAgent(op chat.OpSeeAgent) (chat.OpResult, error) {
	return b.see(b.s.write.RoutingSeeAgent, op.AgentID, millis(op.At))
}

func (b *batch) see(stmt *sqlx.NamedStmt, id string, at int64) (chat.OpResult, error) {
	n, err := b.exec(stmt, struct {
		ID string
		At int64
	}{id, at})
	return chat.OpResult{Duplicate: n == 0}, err
}

// snoozedUntil is a snooze as its column has it.
func snoozedUntil(s *chat.Snooze) sql.NullInt64 {
	switch {
	case s == nil:
		return sql.NullInt64{}
	case s.Until.IsZero():
		return sql.NullInt64{Valid: true}
	}
	return sql.NullInt64{Int64: millis(s.Until), Valid: true}
}

// snooze is what snoozedUntil made a column of.
func snooze(until sql.NullInt64) *chat.Snooze {
	switch {
	case !until.Valid:
		return nil
	case until.Int64 == 0:
		return &chat.Snooze{}
	}
	return &chat.Snooze{Until: fromMillis(until.Int64)}
}

func (b *batch) snoozeSession(op chat.OpSnoozeSession) (chat.OpResult, error) {
	row, session, err := b.load(op.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	if op.Snooze != nil && session.Status == chat.StatusClosed {
		return chat.OpResult{}, chat.ErrSessionClosed
	}
	after := row
	after.SnoozedUntil = snoozedUntil(op.Snooze)
	if op.Snooze != nil && !after.Assignee.Valid && op.ClaimFor != "" {
		if _, err := b.findAgent(op.ClaimFor); err != nil {
			return chat.OpResult{}, err
		}
		after.Assignee = optString(op.ClaimFor)
	}
	if after == row {
		return chat.OpResult{Duplicate: true, Session: session}, nil
	}
	after.UpdatedAt = millis(op.At)
	if err := b.run(b.s.write.SessionSnooze, after); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.rememberChange(op.By, row, after); err != nil {
		return chat.OpResult{}, err
	}
	if after.Assignee != row.Assignee {
		if err := b.reassigned(row.ID, after.UpdatedAt); err != nil {
			return chat.OpResult{}, err
		}
	}
	return b.changed(row.ID, chat.EventSessionUpdated, after.UpdatedAt)
}

func (b *batch) wakeSession(op chat.OpWakeSession) (chat.OpResult, error) {
	row, session, err := b.load(op.SessionID)
	if err != nil {
		return chat.OpResult{}, err
	}
	at := millis(op.At)
	if until := row.SnoozedUntil; until.Int64 == 0 || until.Int64 > at {
		return chat.OpResult{Duplicate: true, Session: session}, nil
	}
	if err := b.run(b.s.write.SessionWake, struct{ ID, At int64 }{row.ID, at}); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.remember(chat.Doer{}, historyRow{Session: row.ID, Action: chat.HistoryWoken, At: at}); err != nil {
		return chat.OpResult{}, err
	}
	return b.changed(row.ID, chat.EventSessionUpdated, at)
}
