package chat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"time"
)

// NewFile is a file on its way in.
type NewFile struct {
	SessionID string
	Name      string
	Content   io.Reader
}

// Upload is a file that has come in and belongs to no message yet. It goes on
// to [Service.SendMessage], or else to [Service.DropUpload].
type Upload struct {
	attachment Attachment
	sum        string // SHA-256 of what it holds
	kept       bool
}

const (
	fileHead   = 4 << 10 // as much of a file as it takes to know what it is
	looseAfter = time.Hour
	dropWithin = 30 * time.Second
)

// Upload takes in a file for a session that the actor may write to. What kind
// it is is found out from the content alone: pictures, PDF, plain text, zip,
// office documents, sound and film are taken, what a browser could run is not
// (ErrUnsupported). Content is read to its end unless an error comes first; an
// error of its own is returned as it is. Nothing of the file but one chunk is
// ever in memory.
func (s *Service) Upload(ctx context.Context, by Actor, in NewFile) (Upload, error) {
	if s.limits.File < 0 {
		return Upload{}, forbidden("Files are not taken here.")
	}
	session, err := s.writable(ctx, by, in.SessionID)
	if err != nil {
		return Upload{}, err
	}
	content := &intake{from: in.Content, limit: s.limits.File}
	head := make([]byte, fileHead)
	n, _ := io.ReadFull(content, head) // a short file is no fault; a broken one is content.err
	if head = head[:n]; content.err != nil {
		return Upload{}, content.err
	}
	if n == 0 {
		return Upload{}, invalid("file", "The file is empty.")
	}
	kind, err := sniff(head, in.Name)
	if err != nil {
		return Upload{}, err
	}
	id := newID(s.now())
	up := Upload{kept: session.Status != StatusClosed, attachment: Attachment{
		FileID: id, Name: fileName(in.Name, kind), ContentType: kind.contentType, URL: "files/" + id,
	}}
	sum, look := sha256.New(), inspect(kind)
	defer look.pipe.Close() // also where a FileStore panics
	whole := io.TeeReader(io.MultiReader(bytes.NewReader(head), content), io.MultiWriter(sum, look))
	if up.kept {
		err = s.keepFile(ctx, id, whole)
	} else {
		// It cannot be sent any more. It may have been sent before, though,
		// and the sender not know: for that its sum is enough.
		_, err = io.Copy(io.Discard, whole)
	}
	width, height, err := look.done(err)
	switch {
	case content.err != nil:
		err = content.err
	case err == nil && !content.whole:
		err = errors.New("chat: the file store has not read the file to its end")
	}
	if err != nil {
		s.DropUpload(ctx, up)
		return Upload{}, err
	}
	up.attachment.Size, up.attachment.Width, up.attachment.Height = content.size, width, height
	up.sum = hex.EncodeToString(sum.Sum(nil))
	return up, nil
}

// keepFile notes the file before its content is kept, so that a crash leaves
// nothing that nobody knows of.
func (s *Service) keepFile(ctx context.Context, id string, content io.Reader) error {
	if _, err := s.writer.do(ctx, OpAddFile{FileID: id, At: s.now()}); err != nil {
		return err
	}
	return s.files.PutFile(ctx, id, content)
}

// DropUpload removes an upload that no message is made of. One that is neither
// sent nor dropped is removed after an hour.
func (s *Service) DropUpload(ctx context.Context, up Upload) {
	if up.kept {
		s.dropFiles(ctx, []string{up.attachment.FileID})
	}
}

// dropFiles removes files that belong to no message. What fails is tried
// again by sweepFiles.
func (s *Service) dropFiles(ctx context.Context, ids []string) {
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropWithin)
	defer cancel()
	for _, id := range ids {
		res, err := s.writer.do(ctx, OpDiscardFile{FileID: id})
		if res.Duplicate {
			continue // a message has it
		}
		if err == nil {
			err = s.files.DeleteFile(ctx, id)
		}
		if err == nil {
			_, err = s.writer.do(ctx, OpDeleteFile{FileID: id})
		}
		if err != nil && !errors.Is(err, ErrClosed) {
			s.log.Warn("chat: could not remove a file; it will be tried again", "file_id", id, "error", err)
		}
	}
}

// sweepFiles removes what uploads that broke off, and deletions that did not
// come to their end, have left.
func (s *Service) sweepFiles(ctx context.Context) error {
	ids, err := s.store.LooseFiles(ctx, s.now().Add(-looseAfter), 1000)
	if err == nil {
		s.dropFiles(ctx, ids)
	}
	return err
}

// OpenFile returns a file of a session that the actor may read. The caller
// closes the content. A visitor's own sessions apart, every file is unknown to
// them.
func (s *Service) OpenFile(ctx context.Context, by Actor, id string) (File, io.ReadSeekCloser, error) {
	if !by.IsVisitor() {
		if err := by.need(ScopeRead); err != nil {
			return File{}, nil, err
		}
	}
	f, err := s.store.File(ctx, id)
	if err != nil {
		return File{}, nil, err
	}
	if _, err := s.Session(ctx, by, f.SessionID); err != nil {
		if errors.Is(err, ErrNotFound) {
			err = ErrUnknownFile
		}
		return File{}, nil, err
	}
	content, err := s.files.OpenFile(ctx, id)
	return f, content, err
}

// intake reads a file up to its limit and remembers what went wrong, whatever
// a FileStore makes of the error.
type intake struct {
	from  io.Reader
	limit int64
	size  int64
	whole bool
	err   error
}

func (r *intake) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.size += int64(n)
	switch {
	case r.size > r.limit:
		n, err = 0, tooLarge(r.limit)
		r.err = err
	case err == io.EOF:
		r.whole = true
	case err != nil:
		r.err = err
	}
	return n, err
}

func tooLarge(limit int64) error {
	return &Error{Kind: ErrTooLarge, Code: "body_too_large", Field: "file",
		Message: "The file is too large; at most " + strconv.FormatInt(limit, 10) + " bytes are accepted."}
}
