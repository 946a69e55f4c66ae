package sqlstore

import (
	"context"

	"github.com/pealchat/pealchat/chat"
)

// cannedReplyRow is a row of canned-reply-columns.
type cannedReplyRow struct {
	PublicID    string `db:"public_id"`
	Shortcut    string `db:"shortcut"`
	ShortcutKey string `db:"shortcut_key"`
	Body        string `db:"body"`
	CreatedAt   int64  `db:"created_at"`
	UpdatedAt   int64  `db:"updated_at"`
}

func (r cannedReplyRow) reply() chat.CannedReply {
	return chat.CannedReply{ID: r.PublicID, Shortcut: r.Shortcut, Text: r.Body, CreatedAt: fromMillis(r.CreatedAt), UpdatedAt: fromMillis(r.UpdatedAt)}
}

// CannedReplies implements chat.CannedReplyStore.
func (s *Store) CannedReplies(ctx context.Context, q chat.CannedReplyQuery) (chat.CannedReplyPage, error) {
	at := keyset{Limit: limit(chat.Page{Limit: q.Limit}) + 1, upwards: q.Before != ""}
	stmt, place := s.read.CannedReplyAfter, q.After
	if at.upwards {
		stmt, place = s.read.CannedReplyBefore, q.Before
	}
	var rows []cannedReplyRow
	if err := s.many(ctx, stmt, &rows, struct {
		Place string
		Limit int
	}{place, at.Limit}); err != nil {
		return chat.CannedReplyPage{}, err
	}
	rows, more := trim(at, rows)
	var page chat.CannedReplyPage
	for _, row := range rows {
		page.Replies = append(page.Replies, row.reply())
	}
	if more {
		page.Next = rows[at.last(len(rows))].ShortcutKey
	}
	return page, nil
}

func (b *batch) saveCannedReply(op chat.OpCreateCannedReply) (chat.OpResult, error) {
	row := cannedReplyRow{
		PublicID: op.Reply.ID, Shortcut: op.Reply.Shortcut, ShortcutKey: chat.ShortcutKey(op.Reply.Shortcut), Body: op.Reply.Text,
		CreatedAt: millis(op.Reply.CreatedAt), UpdatedAt: millis(op.Reply.UpdatedAt),
	}
	err := b.run(b.s.write.CannedReplyInsert, row)
	if b.s.cfg.Classify(err) == Refused {
		err = chat.ErrShortcutTaken
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{CannedReply: new(row.reply())}, nil
}

func (b *batch) updateCannedReply(op chat.OpUpdateCannedReply) (chat.OpResult, error) {
	var row cannedReplyRow
	if err := b.need(b.s.write.CannedReply, &row, struct{ ID string }{op.ReplyID}, chat.ErrUnknownCannedReply); err != nil {
		return chat.OpResult{}, err
	}
	before := row
	if op.Shortcut != nil {
		row.Shortcut, row.ShortcutKey = *op.Shortcut, chat.ShortcutKey(*op.Shortcut)
	}
	if op.Text != nil {
		row.Body = *op.Text
	}
	if row == before {
		return chat.OpResult{Duplicate: true, CannedReply: new(row.reply())}, nil
	}
	row.UpdatedAt = millis(op.At)
	err := b.run(b.s.write.CannedReplyUpdate, row)
	if b.s.cfg.Classify(err) == Refused {
		err = chat.ErrShortcutTaken
	}
	if err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{CannedReply: new(row.reply())}, nil
}

func (b *batch) removeCannedReply(op chat.OpDeleteCannedReply) (chat.OpResult, error) {
	n, err := b.exec(b.s.write.CannedReplyRemove, struct{ ID string }{op.ReplyID})
	if err == nil && n == 0 {
		err = chat.ErrUnknownCannedReply
	}
	return chat.OpResult{}, err
}
