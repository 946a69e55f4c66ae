package sqlstore

import (
	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// byVisitor is the parameter of statements about a visitor's rows.
type byVisitor struct{ Visitor int64 }

// errKnownVisitor: another visitor has the id or the external id.
var errKnownVisitor = &chat.Error{Kind: chat.ErrConflict, Code: "conflict", Field: "external_id", Message: "Another visitor has this external id."}

func newVisitor(v chat.Visitor) (row visitorRow, err error) {
	row = visitorRow{
		PublicID: v.ID, ExternalID: optString(v.ExternalID), Name: v.Name, Email: v.Email, Verified: v.Verified,
		Locale: v.Locale, TimeZone: v.TimeZone, UserAgent: v.UserAgent, CreatedAt: millis(v.CreatedAt), LastSeenAt: millis(v.LastSeenAt),
	}
	if row.CustomData, err = encodeData(v.CustomData); err == nil {
		row.Page, err = encodeOpt("page", v.Page, v.Page != nil)
	}
	return row, err
}

func (b *batch) insertVisitor(v chat.Visitor) (visitorRow, error) {
	row, err := newVisitor(v)
	if err == nil {
		err = b.run(b.s.write.VisitorInsert, row)
	}
	if err != nil && b.s.cfg.Classify(err) == Refused {
		err = errKnownVisitor
	}
	return row, err
}

func (b *batch) findVisitor(id string) (row visitorRow, err error) {
	err = b.need(b.s.write.Visitor, &row, struct{ ID string }{id}, chat.ErrUnknownVisitor)
	return row, err
}

func (b *batch) saveVisitor(op chat.OpSaveVisitor) (chat.OpResult, error) {
	row, err := newVisitor(op.Visitor)
	if err != nil {
		return chat.OpResult{}, err
	}
	stmt := b.s.write.VisitorUpdate
	if found, err := b.get(b.s.write.Visitor, new(visitorRow), struct{ ID string }{row.PublicID}); err != nil {
		return chat.OpResult{}, err
	} else if !found {
		stmt = b.s.write.VisitorInsert
	}
	if err := b.run(stmt, row); err != nil {
		if b.s.cfg.Classify(err) == Refused {
			err = errKnownVisitor
		}
		return chat.OpResult{}, err
	}
	if row, err = b.findVisitor(row.PublicID); err != nil {
		return chat.OpResult{}, err
	}
	if op.TokenHash != "" {
		if err := b.addToken(row, op.TokenHash); err != nil {
			return chat.OpResult{}, err
		}
	}
	v, err := row.visitor()
	return chat.OpResult{Visitor: v}, err
}

func (b *batch) addToken(v visitorRow, hash string) error {
	var owner visitorRow
	found, err := b.get(b.s.write.TokenOwner, &owner, struct{ Hash string }{hash})
	switch {
	case err != nil:
		return err
	case found && owner.ID == v.ID:
		return nil
	case found:
		return &chat.Error{Kind: chat.ErrConflict, Code: "conflict", Message: "Another visitor has this token."}
	}
	return b.run(b.s.write.TokenInsert, struct {
		Hash    string
		Visitor int64
	}{hash, v.ID})
}

func (b *batch) mergeVisitor(op chat.OpMergeVisitor) (chat.OpResult, error) {
	from, err := b.findVisitor(op.From)
	if err != nil {
		return chat.OpResult{}, err
	}
	to, err := b.findVisitor(op.To)
	if err != nil {
		return chat.OpResult{}, err
	}
	var res chat.OpResult
	if res.Visitor, err = to.visitor(); err != nil || from.ID == to.ID {
		res.Duplicate = true
		return res, err
	}
	var sessions []sessionRow
	if err := b.list(b.s.write.SessionsOfVisitor, &sessions, byVisitor{from.ID}); err != nil {
		return chat.OpResult{}, err
	}
	at := millis(op.At)
	for _, row := range sessions {
		if err := b.run(b.s.write.SessionMove, struct{ ID, Visitor, At int64 }{row.ID, to.ID, at}); err != nil {
			return chat.OpResult{}, err
		}
		moved, err := b.changed(row.ID, chat.EventSessionUpdated, at)
		if err != nil {
			return chat.OpResult{}, err
		}
		res.Events = append(res.Events, moved.Events...)
	}
	if err := b.run(b.s.write.PageViewMove, struct{ ID, Visitor int64 }{from.ID, to.ID}); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.run(b.s.write.BanMove, struct{ ID, Visitor int64 }{from.ID, to.ID}); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.run(b.s.write.VisitMove, struct{ ID, Visitor int64 }{from.ID, to.ID}); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.run(b.s.write.VisitLatest, byVisitor{to.ID}); err != nil {
		return chat.OpResult{}, err
	}
	if err := b.run(b.s.write.GreetingMove, struct{ ID, Visitor int64 }{from.ID, to.ID}); err != nil {
		return chat.OpResult{}, err
	}
	for _, stmt := range []*sqlx.NamedStmt{b.s.write.GreetingForget, b.s.write.TokenClear} {
		if err := b.run(stmt, byVisitor{from.ID}); err != nil {
			return chat.OpResult{}, err
		}
	}
	return res, b.run(b.s.write.VisitorDelete, byVisitor{from.ID})
}

func (b *batch) eraseVisitor(op chat.OpEraseVisitor) (chat.OpResult, error) {
	v, err := b.findVisitor(op.VisitorID)
	if err != nil {
		return chat.OpResult{}, err
	}
	return b.eraseRow(v.ID)
}

// eraseRow removes a visitor with everything that belongs to them.
func (b *batch) eraseRow(visitor int64) (chat.OpResult, error) {
	if err := b.secureSearch(false); err != nil {
		return chat.OpResult{}, err
	}
	q := &b.s.write
	files, err := b.loosenFiles(q.FileOfVisitor, byVisitor{visitor})
	if err != nil {
		return chat.OpResult{}, err
	}
	for _, stmt := range []*sqlx.NamedStmt{q.DeliveryErase, q.DeliveryEraseLanes, q.DeliveryEraseBodies, q.EventErase, q.MessageErase, q.TagErase, q.SessionErase, q.PageViewErase, q.VisitErase, q.GreetingForget, q.BanLiftVisitor, q.TokenClear, q.VisitorDelete} {
		if err := b.run(stmt, byVisitor{visitor}); err != nil {
			return chat.OpResult{}, err
		}
	}
	b.erased = true
	return chat.OpResult{Files: files}, b.searchErased()
}
