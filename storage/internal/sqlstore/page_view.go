package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/pealchat/pealchat/chat"
)

// pageViewRow is a row of page-view-select.
type pageViewRow struct {
	ID       int64
	URL      string `db:"url"`
	Title    string `db:"title"`
	Referrer string `db:"referrer"`
	At       int64  `db:"at"`
	Name     string
	Data     sql.NullString
}

// PageViews implements chat.PageViewStore.
func (s *Store) PageViews(ctx context.Context, q chat.PageViewQuery) (chat.PageViewPage, error) {
	if _, err := s.Visitor(ctx, q.VisitorID); err != nil {
		return chat.PageViewPage{}, err
	}
	key := sortKey{column: "p.at", row: "p.id"}
	place, err := key.place(q.Page)
	if err != nil {
		return chat.PageViewPage{}, err
	}
	arg := struct {
		Visitor string
		keyset
	}{q.VisitorID, place}
	conditions := []string{"v.public_id = :visitor"}
	if !q.Trail {
		conditions = append(conditions, "p.name = ''")
	}
	var rows []pageViewRow
	if err := s.list(ctx, s.read.PageViewSelect+key.clauses(place, conditions), &rows, arg); err != nil {
		return chat.PageViewPage{}, err
	}
	rows, more := trim(place, rows)
	var page chat.PageViewPage
	for _, r := range rows {
		view := chat.PageView{
			VisitorID: q.VisitorID, PageRef: chat.PageRef{URL: r.URL, Title: r.Title, Referrer: r.Referrer}, Name: r.Name, At: fromMillis(r.At),
		}
		if r.Data.Valid {
			if view.Data, err = decodeData(r.Data.String); err != nil {
				return chat.PageViewPage{}, err
			}
		}
		page.Views = append(page.Views, view)
	}
	if more {
		end := rows[place.last(len(rows))]
		page.Next = chat.Cursor{Key: end.At, Row: end.ID}.String()
	}
	return page, nil
}

func (b *batch) addPageViews(op chat.OpAddPageViews) (chat.OpResult, error) {
	var res chat.OpResult
	for _, view := range op.Views {
		var visitor visitorRow
		found, err := b.get(b.s.write.Visitor, &visitor, struct{ ID string }{view.VisitorID})
		if err != nil {
			return chat.OpResult{}, err
		}
		if !found {
			continue
		}
		began, err := b.addPageView(visitor, view, op.Gap.Milliseconds())
		if err != nil {
			return chat.OpResult{}, err
		}
		if began {
			res.Began = append(res.Began, view.VisitorID)
		}
	}
	return res, nil
}

func (b *batch) addPageView(visitor visitorRow, view chat.PageView, gap int64) (began bool, err error) {
	arg := struct {
		pageViewRow
		Visitor int64
		Page    sql.NullString
	}{pageViewRow{URL: view.URL, Title: view.Title, Referrer: view.Referrer, At: millis(view.At), Name: view.Name}, visitor.ID, visitor.Page}
	if view.Name != "" {
		return false, b.addTrailLine(visitor, view, arg.pageViewRow)
	}
	if arg.Page, err = encodeOpt("page", view.PageRef, true); err != nil {
		return false, err
	}
	if err := b.run(b.s.write.PageViewInsert, arg); err != nil {
		return false, err
	}
	if err := b.run(b.s.write.PageViewArrive, arg); err != nil {
		return false, err
	}
	return b.visitNow(visitor, view, gap)
}

// addTrailLine adds what the host's page said of the visitor where they are.
func (b *batch) addTrailLine(visitor visitorRow, view chat.PageView, row pageViewRow) error {
	if visitor.Page.Valid {
		var here chat.PageRef
		if err := json.Unmarshal([]byte(visitor.Page.String), &here); err != nil {
			return fmt.Errorf("sqlstore: visitor %s: %w", visitor.PublicID, err)
		}
		row.URL = here.URL
	}
	if len(view.Data) > 0 {
		data, err := encodeData(view.Data)
		if err != nil {
			return err
		}
		row.Data = optString(data)
	}
	return b.run(b.s.write.PageViewInsert, struct {
		pageViewRow
		Visitor int64
	}{row, visitor.ID})
}
