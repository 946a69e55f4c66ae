package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

// visitorRow is a row of visitor-columns.
type visitorRow struct {
	ID         int64
	PublicID   string         `db:"public_id"`
	ExternalID sql.NullString `db:"external_id"`
	Name       string         `db:"name"`
	Email      string         `db:"email"`
	Verified   bool           `db:"verified"`
	Locale     string         `db:"locale"`
	TimeZone   string         `db:"time_zone"`
	UserAgent  string         `db:"user_agent"`
	Page       sql.NullString `db:"page"`
	CustomData string         `db:"custom_data"`
	Ban        sql.NullString `db:"ban"`
	CreatedAt  int64          `db:"created_at"`
	LastSeenAt int64          `db:"last_seen_at"`

	OpenSession sql.NullString `db:"open_session"` // of visitor-select only

	VisitID      sql.NullInt64  `db:"visit_id"`
	VisitStarted sql.NullInt64  `db:"visit_started_at"`
	VisitLast    sql.NullInt64  `db:"visit_last_at"`
	VisitPages   sql.NullInt64  `db:"visit_pages"`
	VisitData    sql.NullString `db:"visit_data"`
}

func (r *visitorRow) visitor() (chat.Visitor, error) {
	v := chat.Visitor{
		ID: r.PublicID, Name: r.Name, Email: r.Email, ExternalID: r.ExternalID.String, Verified: r.Verified,
		Locale: r.Locale, TimeZone: r.TimeZone, UserAgent: r.UserAgent, CreatedAt: fromMillis(r.CreatedAt), LastSeenAt: fromMillis(r.LastSeenAt),
		SessionID: r.OpenSession.String,
	}
	var err error
	if v.CustomData, err = decodeData(r.CustomData); err == nil && r.Page.Valid {
		v.Page = new(chat.PageRef)
		err = json.Unmarshal([]byte(r.Page.String), v.Page)
	}
	if err == nil {
		v.Banned, err = decodeBan(r.Ban)
	}
	if err == nil && r.VisitStarted.Valid {
		v.Visit = new(chat.Visit)
		row := visitRow{StartedAt: r.VisitStarted.Int64, LastAt: r.VisitLast.Int64, Pages: int(r.VisitPages.Int64), Data: r.VisitData.String}
		*v.Visit, err = row.visit()
	}
	if err != nil {
		return v, fmt.Errorf("sqlstore: visitor %s: %w", r.PublicID, err)
	}
	return v, nil
}

// Visitor implements chat.VisitorStore.
func (s *Store) Visitor(ctx context.Context, id string) (chat.Visitor, error) {
	var row visitorRow
	if err := s.one(ctx, s.read.Visitor, &row, struct{ ID string }{id}, chat.ErrUnknownVisitor); err != nil {
		return chat.Visitor{}, err
	}
	return row.visitor()
}

// VisitorByToken implements chat.VisitorStore.
func (s *Store) VisitorByToken(ctx context.Context, tokenHash string) (chat.Visitor, error) {
	var row visitorRow
	if err := s.one(ctx, s.read.VisitorByToken, &row, struct{ Hash string }{tokenHash}, chat.ErrUnknownVisitor); err != nil {
		return chat.Visitor{}, err
	}
	return row.visitor()
}

// VisitorByExternalID implements chat.VisitorStore.
func (s *Store) VisitorByExternalID(ctx context.Context, externalID string) (chat.Visitor, error) {
	var row visitorRow
	if err := s.one(ctx, s.read.VisitorByExternal, &row, struct{ External string }{externalID}, chat.ErrUnknownVisitor); err != nil {
		return chat.Visitor{}, err
	}
	return row.visitor()
}

// Visitors implements chat.VisitorStore.
func (s *Store) Visitors(ctx context.Context, q chat.VisitorQuery) (chat.VisitorPage, error) {
	key := sortKey{column: "v.last_seen_at", row: "v.id"}
	place, err := key.place(q.Page)
	if err != nil {
		return chat.VisitorPage{}, err
	}
	arg := struct {
		IDs string `db:"ids"`
		Now int64
		keyset
	}{Now: millis(q.BannedAt), keyset: place}
	var conditions []string
	if q.IDs != nil {
		conditions = append(conditions, "v.public_id IN ("+s.read.EachName+")")
		if arg.IDs, err = encode("ids", q.IDs); err != nil {
			return chat.VisitorPage{}, err
		}
	}
	if !q.BannedAt.IsZero() {
		conditions = append(conditions, "v.banned_until > :now")
	}
	var rows []visitorRow
	if err := s.list(ctx, s.read.VisitorSelect+key.clauses(place, conditions), &rows, arg); err != nil {
		return chat.VisitorPage{}, err
	}
	rows, more := trim(place, rows)
	page := chat.VisitorPage{Visitors: make([]chat.Visitor, len(rows))}
	for i := range rows {
		if page.Visitors[i], err = rows[i].visitor(); err != nil {
			return chat.VisitorPage{}, err
		}
	}
	if more {
		end := rows[place.last(len(rows))]
		page.Next = chat.Cursor{Key: end.LastSeenAt, Row: end.ID}.String()
	}
	return page, nil
}
