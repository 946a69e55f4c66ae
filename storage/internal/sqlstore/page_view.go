package sqlstore

import (
	"context"
	"database/sql"

	"github.com/pealchat/pealchat/chat"
)

// pageViewRow is a row of page-view-select.
type pageViewRow struct {
	ID       int64
	URL      string `db:"url"`
	Title    string `db:"title"`
	Referrer string `db:"referrer"`
	At       int64  `db:"at"`
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
	var rows []pageViewRow
	if err := s.list(ctx, s.read.PageViewSelect+key.clauses(place, []string{"v.public_id = :visitor"}), &rows, arg); err != nil {
		return chat.PageViewPage{}, err
	}
	rows, more := trim(place, rows)
	var page chat.PageViewPage
	for _, r := range rows {
		page.Views = append(page.Views, chat.PageView{
			VisitorID: q.VisitorID, PageRef: chat.PageRef{URL: r.URL, Title: r.Title, Referrer: r.Referrer}, At: fromMillis(r.At),
		})
	}
	if more {
		end := rows[place.last(len(rows))]
		page.Next = chat.Cursor{Key: end.At, Row: end.ID}.String()
	}
	return page, nil
}

func (b *batch) addPageViews(op chat.AddPageViews) (chat.Result, error) {
	for _, view := range op.Views {
		var visitor visitorRow
		found, err := b.get(b.s.write.Visitor, &visitor, struct{ ID string }{view.VisitorID})
		if err != nil {
			return chat.Result{}, err
		}
		if !found {
			continue
		}
		arg := struct {
			pageViewRow
			Visitor int64
			Page    sql.NullString
		}{pageViewRow{URL: view.URL, Title: view.Title, Referrer: view.Referrer, At: millis(view.At)}, visitor.ID, sql.NullString{}}
		if arg.Page, err = encodeOpt("page", view.PageRef, true); err != nil {
			return chat.Result{}, err
		}
		if err := b.run(b.s.write.PageViewInsert, arg); err != nil {
			return chat.Result{}, err
		}
		if err := b.run(b.s.write.PageViewArrive, arg); err != nil {
			return chat.Result{}, err
		}
	}
	return chat.Result{}, nil
}
