package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pealchat/pealchat/chat"
)

// Cursor implements chat.WebhookStore.
func (s *Store) Cursor(ctx context.Context, name string) (chat.Position, error) {
	var position int64
	err := s.one(ctx, s.read.Cursor, &position, struct{ Name string }{name}, sql.ErrNoRows)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return chat.Position(position), err
}

// holdCursor asks and takes in one statement, so that of two who ask one wins.
func (b *batch) holdCursor(op chat.OpHoldCursor) (chat.OpResult, error) {
	arg := struct {
		Name, Holder          string
		Start, To, Now, Until int64
	}{op.Name, op.Holder, int64(op.Start), int64(op.To), millis(op.Now), millis(op.Until)}
	if err := b.run(b.s.write.CursorOpen, arg); err != nil {
		return chat.OpResult{}, err
	}
	var position int64
	err := b.need(b.s.write.CursorHold, &position, arg, chat.ErrCursorHeld)
	if err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{Position: chat.Position(position)}, nil
}

func (b *batch) removeCursor(op chat.OpDeleteCursor) (chat.OpResult, error) {
	n, err := b.exec(b.s.write.CursorRemove, struct{ Name string }{op.Name})
	return chat.OpResult{Duplicate: n == 0}, err
}

// cursorMove holds the parameters of cursor-move and cursor-set.
type cursorMove struct {
	Name     string
	From, To int64
}
