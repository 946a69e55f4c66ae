package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
)

func init() {
	// overwrite writes noise into a file. Another process does it, because
	// closing a handle of the file would drop this one's locks.
	children["overwrite"] = func(args []string) error {
		from, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(args[0], os.O_RDWR, 0)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err == nil {
			_, err = f.WriteAt(bytes.Repeat([]byte("noise"), int(info.Size()-from)/5), from)
		}
		fmt.Println("done")
		return errors.Join(err, f.Close())
	}
}

// TestDamagedWhileOpen: what a failing disk leaves readable is served, what
// cannot be read fails and is not taken for nothing, the log says what to do,
// and Ping that all is not well.
func TestDamagedWhileOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := mustOpen(t, path)
	early := newSession(t, s, "early")
	apply(t, s, newMessage(early, "first"))
	late := newSession(t, s, "late")
	for i := range 60 {
		op := newMessage(late, fmt.Sprint(i))
		op.Message.Text = strings.Repeat("long ", 2000)
		apply(t, s, op)
	}
	s.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s, err = Open(t.Context(), path, &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, out := child(t, "overwrite", path, fmt.Sprint(info.Size()/8192*4096))
	line(t, out)

	if got, err := s.Messages(t.Context(), chat.MessageQuery{SessionID: early}); err != nil || len(got.Messages) != 1 {
		t.Errorf("what is whole: %d messages, %v", len(got.Messages), err)
	}
	if got, err := s.Messages(t.Context(), chat.MessageQuery{SessionID: late, Page: chat.Page{Limit: 200}}); err == nil {
		t.Errorf("what is damaged was read as %d messages", len(got.Messages))
	}
	err = s.Ping(t.Context())
	if !errors.Is(err, chat.ErrUnavailable) || !errors.Is(err, ErrCorrupt) {
		t.Errorf("Ping: %v", err)
	}
	if said := log.String(); !strings.Contains(said, "the database is damaged") || !strings.Contains(said, "backup") || strings.Count(said, "is damaged") > 1 {
		t.Errorf("the log says %q", said)
	}
	s.Close()
	wantOpenError(t, path, nil, ErrCorrupt)
}

// TestReadOnlyWhileOpen: where a database that was open may no longer be
// written to, reads go on, writes say so, and it goes on when that is mended.
func TestReadOnlyWhileOpen(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	id := newSession(t, s, "s")
	apply(t, s, newMessage(id, "before"))
	if _, err := s.writer.Exec("PRAGMA query_only(1)"); err != nil { // SQLite then answers as on a file system that has become read-only
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), []chat.Op{newMessage(id, "refused")}); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("Append: %v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("Ping: %v", err)
	}
	if got, err := s.Session(t.Context(), id); err != nil || got.MessageCount != 1 {
		t.Errorf("reading: %d messages, %v", got.MessageCount, err)
	}
	if _, err := s.writer.Exec("PRAGMA query_only(0)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("Ping once it is mended: %v", err)
	}
	if got := apply(t, s, newMessage(id, "refused"))[0].Message.Seq; got != 2 {
		t.Errorf("seq %d", got)
	}
}
