package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

// visitRow is a row of visit-select.
type visitRow struct {
	ID        int64
	StartedAt int64 `db:"started_at"`
	LastAt    int64 `db:"last_at"`
	Pages     int
	Data      string
}

// visitData is what the column data holds.
type visitData struct {
	Landing   chat.PageRef   `json:"landing"`
	Campaign  *chat.Campaign `json:"utm,omitempty"`
	Locale    string         `json:"locale,omitempty"`
	Device    chat.Device    `json:"device"`
	Returning bool           `json:"returning,omitempty"`
	Address   string         `json:"address,omitempty"`
	Place     *chat.Place    `json:"place,omitempty"`
}

func (r *visitRow) visit() (chat.Visit, error) {
	var d visitData
	if err := json.Unmarshal([]byte(r.Data), &d); err != nil {
		return chat.Visit{}, fmt.Errorf("sqlstore: visit %d: %w", r.ID, err)
	}
	return chat.Visit{
		StartedAt: fromMillis(r.StartedAt), LastAt: fromMillis(r.LastAt), Pages: r.Pages, Landing: d.Landing, Campaign: d.Campaign,
		Locale: d.Locale, Device: d.Device, Returning: d.Returning, Address: d.Address, Place: d.Place,
	}, nil
}

// Visits implements chat.PageViewStore.
func (s *Store) Visits(ctx context.Context, q chat.VisitQuery) (chat.VisitPage, error) {
	if _, err := s.Visitor(ctx, q.VisitorID); err != nil {
		return chat.VisitPage{}, err
	}
	key := sortKey{column: "t.started_at", row: "t.id"}
	place, err := key.place(q.Page)
	if err != nil {
		return chat.VisitPage{}, err
	}
	arg := struct {
		Visitor string
		keyset
	}{q.VisitorID, place}
	var rows []visitRow
	if err := s.list(ctx, s.read.VisitSelect+key.clauses(place, []string{"v.public_id = :visitor"}), &rows, arg); err != nil {
		return chat.VisitPage{}, err
	}
	rows, more := trim(place, rows)
	page := chat.VisitPage{Visits: make([]chat.Visit, len(rows))}
	for i := range rows {
		if page.Visits[i], err = rows[i].visit(); err != nil {
			return chat.VisitPage{}, err
		}
	}
	if more {
		end := rows[place.last(len(rows))]
		page.Next = chat.Cursor{Key: end.StartedAt, Row: end.ID}.String()
	}
	return page, nil
}

// visitNow goes on with the visitor's visit, or begins one.
func (b *batch) visitNow(v visitorRow, view chat.PageView, gap int64) (began bool, err error) {
	at := millis(view.At)
	if v.VisitLast.Valid && at-v.VisitLast.Int64 <= gap {
		return false, b.run(b.s.write.VisitGoOn, struct{ ID, At int64 }{v.VisitID.Int64, max(at, v.VisitLast.Int64)})
	}
	in := view.Visit
	data, err := encode("visit", visitData{
		Landing: view.PageRef, Campaign: in.Campaign, Locale: in.Locale, Device: in.Device, Address: in.Address,
		Returning: v.VisitID.Valid || at-v.CreatedAt > gap,
	})
	if err != nil {
		return false, err
	}
	arg := struct {
		ID, Visitor, At int64
		Data            string
	}{Visitor: v.ID, At: at, Data: data}
	if err := b.need(b.s.write.VisitInsert, &arg.ID, arg, chat.ErrUnknownVisitor); err != nil {
		return false, err
	}
	return true, b.run(b.s.write.VisitBegin, arg)
}

func (b *batch) placeVisit(op chat.OpPlaceVisit) (chat.OpResult, error) {
	v, err := b.findVisitor(op.VisitorID)
	if err != nil || !v.VisitID.Valid {
		return chat.OpResult{Duplicate: err == nil}, err
	}
	var d visitData
	if err := json.Unmarshal([]byte(v.VisitData.String), &d); err != nil {
		return chat.OpResult{}, fmt.Errorf("sqlstore: visit of visitor %s: %w", op.VisitorID, err)
	}
	d.Place = &op.Place
	data, err := encode("visit", d)
	if err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{}, b.run(b.s.write.VisitPlace, struct {
		ID   int64
		Data string
	}{v.VisitID.Int64, data})
}
