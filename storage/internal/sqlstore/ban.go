package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// visitorBan is how a visitor's ban is kept beside them.
type visitorBan struct {
	Reason      string    `json:"reason,omitempty"`
	Until       time.Time `json:"expires_at,omitzero"`
	At          time.Time `json:"created_at"`
	By          string    `json:"agent_id"`
	WithAddress bool      `json:"with_address,omitempty"`
}

func encodeBan(ban *chat.Ban) (text sql.NullString, until sql.NullInt64, err error) {
	if ban == nil {
		return text, until, nil
	}
	until = sql.NullInt64{Int64: math.MaxInt64, Valid: true}
	if !ban.Until.IsZero() {
		until.Int64 = millis(ban.Until)
	}
	text, err = encodeOpt("ban", visitorBan{ban.Reason, ban.Until, ban.At, ban.By, ban.WithAddress}, true)
	return text, until, err
}

func decodeBan(text sql.NullString) (*chat.Ban, error) {
	if !text.Valid {
		return nil, nil
	}
	var b visitorBan
	err := json.Unmarshal([]byte(text.String), &b)
	return &chat.Ban{Reason: b.Reason, Until: b.Until, At: b.At, By: b.By, WithAddress: b.WithAddress}, err
}

// banRow is a row of ban-select.
type banRow struct {
	ID       int64
	PublicID string         `db:"public_id"`
	Address  string         `db:"address"`
	Reason   string         `db:"reason"`
	Until    sql.NullInt64  `db:"until"`
	At       int64          `db:"at"`
	By       string         `db:"by_id"`
	Visitor  sql.NullString `db:"visitor"`
}

func (r banRow) ban() chat.AddressBan {
	return chat.AddressBan{
		ID: r.PublicID, Address: r.Address, Reason: r.Reason, Until: fromOptMillis(r.Until), At: fromMillis(r.At), By: r.By, VisitorID: r.Visitor.String,
	}
}

// Bans implements chat.BanStore.
func (s *Store) Bans(ctx context.Context, q chat.BanQuery) (chat.BanPage, error) {
	key := sortKey{column: "b.at", row: "b.id"}
	place, err := key.place(q.Page)
	if err != nil {
		return chat.BanPage{}, err
	}
	arg := struct {
		Now int64
		keyset
	}{millis(q.At), place}
	var rows []banRow
	if err := s.list(ctx, s.read.BanSelect+key.clauses(place, []string{"(b.until IS NULL OR b.until > :now)"}), &rows, arg); err != nil {
		return chat.BanPage{}, err
	}
	rows, more := trim(place, rows)
	var page chat.BanPage
	for _, r := range rows {
		page.Bans = append(page.Bans, r.ban())
	}
	if more {
		end := rows[place.last(len(rows))]
		page.Next = chat.Cursor{Key: end.At, Row: end.ID}.String()
	}
	return page, nil
}

func (b *batch) banVisitor(op chat.OpBanVisitor) (res chat.OpResult, err error) {
	row, err := b.findVisitor(op.VisitorID)
	if err != nil {
		return res, err
	}
	if res.Duplicate = op.Ban == nil && !row.Ban.Valid; !res.Duplicate {
		if err := b.setBan(&row, op.Ban); err != nil {
			return chat.OpResult{}, err
		}
		if op.Ban == nil {
			if err := b.run(b.s.write.BanLiftVisitor, byVisitor{row.ID}); err != nil {
				return chat.OpResult{}, err
			}
		}
		if res.Events, err = b.touchOpen(row.ID, millis(op.At)); err != nil {
			return chat.OpResult{}, err
		}
	}
	res.Visitor, err = row.visitor()
	return res, err
}

func (b *batch) setBan(row *visitorRow, ban *chat.Ban) error {
	text, until, err := encodeBan(ban)
	if err != nil {
		return err
	}
	row.Ban = text
	return b.run(b.s.write.VisitorBan, struct {
		Visitor int64
		Ban     sql.NullString
		Until   sql.NullInt64
	}{row.ID, text, until})
}

// touchOpen notes that the visitor's open sessions have changed.
func (b *batch) touchOpen(visitor, at int64) (events []*chat.Event, err error) {
	var sessions []sessionRow
	if err := b.list(b.s.write.SessionsOfVisitor, &sessions, byVisitor{visitor}); err != nil {
		return nil, err
	}
	for _, row := range sessions {
		if row.ClosedAt.Valid {
			continue
		}
		if err := b.run(b.s.write.SessionTouch, struct{ ID, At int64 }{row.ID, at}); err != nil {
			return nil, err
		}
		changed, err := b.changed(row.ID, chat.EventSessionUpdated, at)
		if err != nil {
			return nil, err
		}
		events = append(events, changed.Events...)
	}
	return events, nil
}

func (b *batch) banAddress(op chat.OpBanAddress) (res chat.OpResult, err error) {
	in := op.Ban
	arg := struct {
		banRow
		VisitorID sql.NullInt64 `db:"visitor_id"`
	}{banRow: banRow{
		PublicID: in.ID, Address: in.Address, Reason: in.Reason, Until: optMillis(in.Until), At: millis(in.At), By: in.By,
	}}
	if in.VisitorID != "" {
		visitor, asked, err := b.withAddress(in.VisitorID)
		if err != nil || !asked {
			return chat.OpResult{Duplicate: !asked}, err
		}
		arg.VisitorID = sql.NullInt64{Int64: visitor, Valid: true}
	}
	var count int
	if _, err := b.get(b.s.write.BanCount, &count, struct {
		Address string
		Now     int64
	}{in.Address, millis(op.At)}); err != nil {
		return res, err
	}
	if count >= chat.MaxAddressBans {
		return res, chat.ErrTooManyBans
	}
	if err := b.run(b.s.write.BanSave, arg); err != nil {
		return res, err
	}
	var row banRow
	err = b.need(b.s.write.BanByAddress, &row, struct{ Address string }{in.Address}, chat.ErrUnknownBan)
	return chat.OpResult{AddressBan: new(row.ban())}, err
}

// withAddress says whether the address of the visitor is to be banned along,
// once.
func (b *batch) withAddress(id string) (visitor int64, asked bool, err error) {
	row, err := b.findVisitor(id)
	if err != nil {
		return 0, false, err
	}
	ban, err := decodeBan(row.Ban)
	if err != nil || ban == nil || !ban.WithAddress {
		return row.ID, false, err
	}
	ban.WithAddress = false
	return row.ID, true, b.setBan(&row, ban)
}

func (b *batch) liftAddressBan(op chat.OpLiftAddressBan) (chat.OpResult, error) {
	n, err := b.exec(b.s.write.BanLift, struct{ ID string }{op.BanID})
	if err == nil && n == 0 {
		err = chat.ErrUnknownBan
	}
	return chat.OpResult{}, err
}

func (b *batch) pruneBans(op chat.OpPruneBans) (chat.OpResult, error) {
	arg := struct{ Now int64 }{millis(op.At)}
	addresses, err := b.exec(b.s.write.BanPrune, arg)
	if err != nil {
		return chat.OpResult{}, err
	}
	visitors, err := b.exec(b.s.write.VisitorBanPrune, arg)
	return chat.OpResult{Duplicate: addresses+visitors == 0}, err
}
