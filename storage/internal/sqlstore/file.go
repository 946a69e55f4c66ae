package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// fileRow is a row of file-of-message and file-of-visitor.
type fileRow struct {
	ID       int64
	PublicID string `db:"public_id"`
}

// File implements chat.FileIndex.
func (s *Store) File(ctx context.Context, id string) (chat.File, error) {
	var row struct {
		Message, Session string
		Attachments      sql.NullString
		At               int64
	}
	if err := s.one(ctx, s.read.File, &row, struct{ ID string }{id}, chat.ErrUnknownFile); err != nil {
		return chat.File{}, err
	}
	var list []chat.Attachment
	if err := json.Unmarshal([]byte(row.Attachments.String), &list); err != nil {
		return chat.File{}, fmt.Errorf("sqlstore: message %s: %w", row.Message, err)
	}
	i := slices.IndexFunc(list, func(a chat.Attachment) bool { return a.FileID == id })
	if i < 0 {
		return chat.File{}, chat.ErrUnknownFile
	}
	return chat.File{Attachment: list[i], SessionID: row.Session, MessageID: row.Message, At: fromMillis(row.At)}, nil
}

// FileSize implements chat.FileIndex.
func (s *Store) FileSize(ctx context.Context, id string) (int64, error) {
	var row struct{ Chunks, Size int64 }
	err := s.one(ctx, s.read.FileSize, &row, struct{ ID string }{id}, chat.ErrUnknownFile)
	if err == nil && row.Chunks == 0 {
		err = chat.ErrUnknownFile
	}
	return row.Size, err
}

// FileChunk implements chat.FileIndex.
func (s *Store) FileChunk(ctx context.Context, id string, n int) (data []byte, err error) {
	arg := struct {
		ID string
		N  int
	}{id, n}
	err = s.one(ctx, s.read.FileChunk, &data, arg, chat.ErrUnknownFile)
	return data, err
}

// LooseFiles implements chat.FileIndex.
func (s *Store) LooseFiles(ctx context.Context, before time.Time, limit int) (ids []string, err error) {
	arg := struct {
		Before int64
		Limit  int
	}{millis(before), limit}
	err = s.many(ctx, s.read.FileListLoose, &ids, arg)
	return ids, err
}

func (b *batch) addFile(op chat.OpAddFile) (chat.OpResult, error) {
	return chat.OpResult{}, b.run(b.s.write.FileInsert, struct {
		ID string
		At int64
	}{op.FileID, millis(op.At)})
}

func (b *batch) addFileChunk(op chat.OpAddFileChunk) (chat.OpResult, error) {
	var row int64
	if err := b.need(b.s.write.FileFindLoose, &row, struct{ ID string }{op.FileID}, chat.ErrUnknownFile); err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{}, b.run(b.s.write.FileInsertChunk, struct {
		File int64
		N    int
		Data []byte
	}{row, op.N, op.Data})
}

func (b *batch) discardFile(op chat.OpDiscardFile) (chat.OpResult, error) {
	var row int64
	found, err := b.get(b.s.write.FileFindLoose, &row, struct{ ID string }{op.FileID})
	if err != nil || !found {
		return chat.OpResult{Duplicate: true}, err
	}
	return chat.OpResult{}, b.run(b.s.write.FileLoosen, byID{row})
}

func (b *batch) removeFile(op chat.OpDeleteFile) (chat.OpResult, error) {
	var row int64
	found, err := b.get(b.s.write.FileFindLoose, &row, struct{ ID string }{op.FileID})
	if err != nil || !found {
		return chat.OpResult{Duplicate: true}, err
	}
	if err := b.run(b.s.write.FileDeleteChunks, byID{row}); err != nil {
		return chat.OpResult{}, err
	}
	return chat.OpResult{}, b.run(b.s.write.FileDelete, byID{row})
}

// claimFiles makes files the message's.
func (b *batch) claimFiles(message int64, files []chat.Attachment) error {
	for _, f := range files {
		arg := struct {
			Message int64
			ID      string
		}{message, f.FileID}
		if err := b.need(b.s.write.FileClaim, new(int64), arg, chat.ErrUnknownFile); err != nil {
			return err
		}
	}
	return nil
}

// loosenFiles takes the files that the statement finds from their messages,
// with what the database keeps of them, and returns their ids.
func (b *batch) loosenFiles(find *sqlx.NamedStmt, arg any) (ids []string, err error) {
	var rows []fileRow
	if err := b.list(find, &rows, arg); err != nil {
		return nil, err
	}
	for _, row := range rows {
		for _, stmt := range []*sqlx.NamedStmt{b.s.write.FileDeleteChunks, b.s.write.FileLoosen} {
			if err := b.run(stmt, byID{row.ID}); err != nil {
				return nil, err
			}
		}
		ids = append(ids, row.PublicID)
	}
	return ids, nil
}
