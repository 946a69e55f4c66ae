package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// SessionsAt implements chat.AnalyticsStore.
func (s *Store) SessionsAt(ctx context.Context, places []chat.Cursor) ([]chat.Session, error) {
	sessions := make([]chat.Session, 0, len(places))
	if len(places) == 0 {
		return sessions, nil
	}
	ids := make([]int64, len(places))
	for i, p := range places {
		ids[i] = p.Row
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	var rows []sessionRow
	if err := s.many(ctx, s.read.SessionRows, &rows, struct{ IDs string }{string(list)}); err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b sessionRow) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	for i := range rows {
		session, err := rows[i].session()
		if err != nil {
			return nil, err
		}
		sessions = append(sessions, session)
	}
	return sessions, nil
}

// period is the parameter of statements about one.
type period struct{ From, To int64 }

// shiftRow is a row of analytics-shifts.
type shiftRow struct {
	Agent int64 `db:"agent_id"`
	From  int64 `db:"from_at"`
	To    int64 `db:"to_at"`
}

// AgentLoad implements chat.AnalyticsStore.
func (s *Store) AgentLoad(ctx context.Context, q chat.SessionFiguresQuery) (chat.AgentLoad, error) {
	var out chat.AgentLoad
	about, err := s.about(ctx)
	if err != nil {
		return out, err
	}
	f := newFiguresFilter(q)
	var span chat.AgentSpan
	var agent, visitor intColumn
	columns := []any{&agent, (*timeColumn)(&span.From), (*timeColumn)(&span.To), &visitor, (*flagColumn)(&span.Test)}
	// Each of the two has an index, both together have none.
	for _, lasting := range []string{"t.to_at > :from", "t.to_at IS NULL"} {
		c := append([]string{"", lasting}, sessionFilters(q)...)
		text := s.read.AnalyticsAssignments + strings.Join(c, "\n   AND ") + "\n ORDER BY t.id"
		err := s.scan(ctx, text, f, func(rows *sqlx.Rows) error {
			span.To = time.Time{}
			err := rows.Scan(columns...)
			span.AgentID, span.Ban = about.agents[int64(agent)], about.bans[int64(visitor)]
			out.Assignments = append(out.Assignments, span)
			return err
		})
		if err != nil {
			return out, err
		}
	}
	var rows []shiftRow
	if err := s.report(ctx, s.read.AnalyticsShifts, &rows, period{f.From, f.To}); err != nil {
		return out, err
	}
	slices.SortStableFunc(rows, func(a, b shiftRow) int { return cmp.Compare(a.From, b.From) })
	for _, r := range rows {
		out.Shifts = append(out.Shifts, chat.AgentSpan{AgentID: about.agents[r.Agent], From: fromMillis(r.From), To: fromMillis(r.To)})
	}
	return out, nil
}

func (b *batch) noteShifts(op chat.OpNoteShifts) (chat.OpResult, error) {
	arg := struct {
		Agent     string
		At, Since int64
	}{At: millis(op.At), Since: millis(op.At.Add(-chat.ShiftGap))}
	for _, arg.Agent = range op.AgentIDs {
		n, err := b.exec(b.s.write.ShiftGoOn, arg)
		if err == nil && n == 0 {
			err = b.run(b.s.write.ShiftBegin, arg)
		}
		if err != nil {
			return chat.OpResult{}, err
		}
	}
	return chat.OpResult{}, nil
}

// Stats implements chat.Store.
func (s *Store) Stats(ctx context.Context) (chat.StoreStats, error) {
	var row struct{ Open, Waiting, Pending int64 }
	err := s.one(ctx, s.read.Stats, &row, nothing, sql.ErrNoRows)
	return chat.StoreStats{OpenSessions: row.Open, Waiting: row.Waiting, DeliveriesPending: row.Pending}, err
}
