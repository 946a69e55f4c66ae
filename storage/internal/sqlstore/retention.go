package sqlstore

import (
	"database/sql"
	"encoding/json"
	"strconv"

	"github.com/pealchat/pealchat/chat"
)

// purgeArg holds the parameters of statements that find what is too old.
type purgeArg struct {
	After, Before int64
	Limit         int
}

// purgeSessions gives the sessions to a visitor made for that and erases them:
// so whatever belongs to a session goes the same way in both cases.
func (b *batch) purgeSessions(op chat.OpPurgeSessions) (res chat.OpResult, err error) {
	q := &b.s.write
	var rows []int64
	if err := b.list(q.PurgeSessions, &rows, purgeArg{Before: millis(op.Before), Limit: op.Limit}); err != nil || len(rows) == 0 {
		return res, err
	}
	const nobody = "purge"
	if _, err := b.insertVisitor(chat.Visitor{ID: nobody}); err != nil {
		return res, err
	}
	owner, err := b.findVisitor(nobody)
	if err != nil {
		return res, err
	}
	for _, row := range rows {
		if err := b.run(q.PurgeSessionOwner, struct{ ID, Visitor int64 }{row, owner.ID}); err != nil {
			return res, err
		}
	}
	if err := b.purgedEvents(owner.ID); err != nil {
		return res, err
	}
	res, err = b.eraseVisitor(chat.OpEraseVisitor{VisitorID: nobody})
	res.Count = len(rows)
	return res, err
}

// purgedEvents notes up to where the log has lost events.
func (b *batch) purgedEvents(owner int64) error {
	var last int64
	if _, err := b.get(b.s.write.PurgeLastEvent, &last, byVisitor{owner}); err != nil {
		return err
	}
	var pruned string
	if _, err := b.get(b.s.write.Meta, &pruned, struct{ Name string }{metaPruned}); err != nil || number(pruned) >= last {
		return err
	}
	return b.run(b.s.write.MetaSet, struct{ Name, Value string }{metaPruned, strconv.FormatInt(last, 10)})
}

func (b *batch) purgePageViews(op chat.OpPurgePageViews) (res chat.OpResult, err error) {
	arg := purgeArg{Before: millis(op.Before), Limit: op.Limit}
	if res.Count, err = b.exec(b.s.write.PurgePageViews, arg); err != nil {
		return res, err
	}
	var visits []struct{ ID, Visitor int64 }
	if err := b.list(b.s.write.PurgeVisits, &visits, arg); err != nil {
		return chat.OpResult{}, err
	}
	for _, visit := range visits {
		// Row numbers are given out again: nobody may point to this one.
		if err := b.run(b.s.write.PurgeVisitLatest, visit); err != nil {
			return chat.OpResult{}, err
		}
		if err := b.run(b.s.write.PurgeVisit, byID{visit.ID}); err != nil {
			return chat.OpResult{}, err
		}
	}
	res.Count = max(res.Count, len(visits))
	b.erased = b.erased || res.Count > 0
	return res, nil
}

func (b *batch) purgeVisitors(op chat.OpPurgeVisitors) (res chat.OpResult, err error) {
	arg := purgeArg{Before: millis(op.Before), Limit: op.Limit}
	if !op.After.IsZero() {
		arg.After = millis(op.After)
	}
	var rows []struct {
		ID         int64
		LastSeenAt int64 `db:"last_seen_at"`
		Idle       int
	}
	if err := b.list(b.s.write.PurgeVisitors, &rows, arg); err != nil {
		return res, err
	}
	for _, row := range rows {
		if row.Idle == 0 {
			continue
		}
		if _, err := b.eraseRow(row.ID); err != nil {
			return chat.OpResult{}, err
		}
		res.Count++
	}
	if len(rows) == op.Limit {
		res.Next = rows[len(rows)-1].LastSeenAt
	}
	return res, nil
}

func (b *batch) purgeFiles(op chat.OpPurgeFiles) (res chat.OpResult, err error) {
	var rows []struct {
		fileRow
		Message int64 `db:"message_id"`
	}
	if err := b.list(b.s.write.PurgeFiles, &rows, purgeArg{Before: millis(op.Before), Limit: op.Limit}); err != nil {
		return res, err
	}
	for _, row := range rows {
		if err := b.expireAttachment(row.Message, row.PublicID); err != nil {
			return chat.OpResult{}, err
		}
		if err := b.run(b.s.write.FileDeleteChunks, byID{row.ID}); err != nil {
			return chat.OpResult{}, err
		}
		if err := b.run(b.s.write.FileLoosen, byID{row.ID}); err != nil {
			return chat.OpResult{}, err
		}
		res.Files = append(res.Files, row.PublicID)
	}
	res.Count = len(rows)
	b.erased = b.erased || res.Count > 0
	return res, nil
}

// expireAttachment has a message say that one of its files is gone.
func (b *batch) expireAttachment(message int64, file string) error {
	var text sql.NullString
	if _, err := b.get(b.s.write.PurgeFileAttachments, &text, byID{message}); err != nil || !text.Valid {
		return err
	}
	var files []chat.Attachment
	if err := json.Unmarshal([]byte(text.String), &files); err != nil {
		return err
	}
	for i := range files {
		files[i].Expired = files[i].Expired || files[i].FileID == file
	}
	attachments, err := encode("attachments", files)
	if err != nil {
		return err
	}
	return b.run(b.s.write.PurgeFileExpire, struct {
		ID          int64
		Attachments string
	}{message, attachments})
}
