package chat

import (
	"context"
	"fmt"
	"io"
	"time"
)

// File is a file that belongs to a message.
type File struct {
	Attachment
	SessionID string
	MessageID string
	At        time.Time // when the message was sent
}

// FileStore keeps what files hold. What they are called, and whose they are,
// is in the [Store]. Without one in Options the database keeps them. All
// methods may be called concurrently.
//
// Ids are the service's own: 26 letters and digits, never given out twice.
type FileStore interface {
	// PutFile keeps all that content gives, under an id that is new. An error
	// of content must come back as PutFile's own; DeleteFile then follows.
	// When PutFile returns nil the content is safe from a crash.
	PutFile(ctx context.Context, id string, content io.Reader) error

	// OpenFile returns what PutFile has kept. The context holds until the
	// reader is closed. What does not exist is ErrUnknownFile.
	OpenFile(ctx context.Context, id string) (io.ReadSeekCloser, error)

	// DeleteFile removes what there is of a file. It may be asked again, and
	// for what was never there: both are nil.
	DeleteFile(ctx context.Context, id string) error
}

// fileChunk is how much of a file stands in one row of the database, and in
// memory at a time.
const fileChunk = 256 << 10

// databaseFiles is the FileStore that is used without another one. Its rows
// go with the file's own in the store's transactions.
type databaseFiles struct {
	store  Store
	writer *writer
}

// PutFile implements FileStore. Each chunk is a transaction of its own, so
// that nobody's message waits for a whole file.
func (d databaseFiles) PutFile(ctx context.Context, id string, content io.Reader) error {
	buf := make([]byte, fileChunk)
	for n := 0; ; n++ {
		size, err := io.ReadFull(content, buf)
		if size > 0 && (err == nil || err == io.ErrUnexpectedEOF) {
			if _, err := d.writer.do(ctx, OpAddFileChunk{FileID: id, N: n, Data: buf[:size]}); err != nil {
				return err
			}
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return err
		}
	}
}

// OpenFile implements FileStore.
func (d databaseFiles) OpenFile(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	size, err := d.store.FileSize(ctx, id)
	if err != nil {
		return nil, err
	}
	return &chunkReader{ctx: ctx, store: d.store, id: id, size: size, have: -1}, nil
}

// DeleteFile implements FileStore. OpDeleteFile has the store remove the chunks.
func (d databaseFiles) DeleteFile(context.Context, string) error { return nil }

// chunkReader reads a file from the database, one chunk at a time.
type chunkReader struct {
	ctx   context.Context
	store Store
	id    string
	size  int64
	at    int64
	have  int // which chunk data is; -1 for none
	data  []byte
}

func (r *chunkReader) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if n := int(r.at / fileChunk); n != r.have {
		data, err := r.store.FileChunk(r.ctx, r.id, n)
		if err != nil {
			return 0, err
		}
		r.have, r.data = n, data
	}
	rest := r.at - int64(r.have)*fileChunk
	if rest >= int64(len(r.data)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, r.data[rest:])
	r.at += int64(n)
	return n, nil
}

func (r *chunkReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, fmt.Errorf("chat: a file has nothing before its beginning")
	}
	r.at = offset
	return offset, nil
}

func (r *chunkReader) Close() error { return nil }
