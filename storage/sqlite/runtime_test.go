package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// TestFull fills the database up to its limit, which fails in the same place
// as a full disk. Reads go on; with more room the same store goes on too.
func TestFull(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	id := newSession(t, s, "s")
	limit := func(more int) {
		t.Helper()
		var pages int
		if err := s.writer.Get(&pages, "PRAGMA page_count"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.writer.Exec(fmt.Sprintf("PRAGMA max_page_count(%d)", pages+more)); err != nil {
			t.Fatal(err)
		}
	}
	limit(20)
	acked := 0
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		op := newMessage(id, fmt.Sprint(i))
		op.Message.Text = strings.Repeat("x", 2000)
		// In a batch with another, which must not survive alone.
		other := newMessage(id, fmt.Sprint("other", i))
		other.Message.Text = op.Message.Text
		if _, err = s.Append(t.Context(), []chat.Op{op, other}); err == nil {
			acked += 2
		}
	}
	if !errors.Is(err, chat.ErrUnavailable) {
		t.Fatalf("error %v after %d messages, want %v", err, acked, chat.ErrUnavailable)
	}
	if strings.Contains(errText(err), "SQLITE") || strings.Contains(errText(err), "/") {
		t.Errorf("the words for callers hold what is not theirs: %q", errText(err))
	}
	if got, err := s.Session(t.Context(), id); err != nil || int(got.MessageCount) != acked {
		t.Errorf("%d messages (%v) while full, want the %d that were acknowledged", got.MessageCount, err, acked)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("Ping while full: %v", err)
	}
	limit(1000)
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("Ping with room again: %v", err)
	}
	res := apply(t, s, newMessage(id, "after"))
	if got := res[0].Message.Seq; int(got) != acked+1 {
		t.Errorf("seq %d after %d messages", got, acked)
	}
	integrity(t, s.path)
}

// errText is what of an error may leave the house.
func errText(err error) string {
	var e *chat.Error
	if errors.As(err, &e) {
		return e.Message + e.Code + e.Field
	}
	return err.Error()
}

// integrity opens the file anew, after the store was closed by the caller or
// beside it, and lets SQLite check all of it.
func integrity(t *testing.T, path string) {
	t.Helper()
	db, err := setup{}.db(fileURI(path, "ro"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict []string
	if err := db.Select(&verdict, "PRAGMA integrity_check"); err != nil || len(verdict) != 1 || verdict[0] != "ok" {
		t.Errorf("integrity_check: %q, %v", verdict, err)
	}
	var orphans []string
	if err := db.Select(&orphans, `SELECT "table" FROM pragma_foreign_key_check`); err != nil || len(orphans) != 0 {
		t.Errorf("foreign_key_check: %q, %v", orphans, err)
	}
}

// TestBusy: while another program holds the lock for writing, reads go on,
// writes wait, and then say that the store is unavailable.
func TestBusy(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	id := newSession(t, s, "s")
	other, err := setup{}.db(fileURI(s.path, "rw")+"&_txlock=immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(t.Context(), id); err != nil {
		t.Errorf("reading beside the other's lock: %v", err)
	}

	waited := make(chan error)
	go func() {
		_, err := s.Append(t.Context(), []chat.Op{newMessage(id, "waits")})
		waited <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Append(ctx, []chat.Op{newMessage(id, "gives up")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller whose time was over in the queue: %v", err)
	}
	tx.Rollback()
	if err := <-waited; err != nil {
		t.Errorf("the write that waited: %v", err)
	}

	if _, err := s.writer.Exec("PRAGMA busy_timeout(50)"); err != nil {
		t.Fatal(err)
	}
	if tx, err = other.Beginx(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), []chat.Op{newMessage(id, "refused")}); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("after the timeout: %v, want %v", err, chat.ErrUnavailable)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("Ping: %v, want %v", err, chat.ErrUnavailable)
	}
	tx.Rollback()
	apply(t, s, newMessage(id, "accepted"))
	if got, _ := s.Session(t.Context(), id); got.MessageCount != 2 {
		t.Errorf("%d messages, want the two that were accepted", got.MessageCount)
	}
}

// TestFileGone: what SQLite would write to a file without a name is not
// acknowledged. When the file is back the store goes on.
func TestFileGone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file keeps its name there")
	}
	path := filepath.Join(t.TempDir(), "chat.db")
	s := mustOpen(t, path)
	id := newSession(t, s, "s")
	refused := func(when string) {
		t.Helper()
		_, err := s.Append(t.Context(), []chat.Op{newMessage(id, when)})
		if !errors.Is(err, chat.ErrUnavailable) || strings.Contains(errText(err), "/") {
			t.Errorf("%s, Append: %v", when, err)
		}
		if err := s.Ping(t.Context()); !errors.Is(err, chat.ErrUnavailable) {
			t.Errorf("%s, Ping: %v", when, err)
		}
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	refused("removed")
	if err := os.WriteFile(path, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("replaced")
	if err := os.Rename(path+".moved", path); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("back again, Ping: %v", err)
	}
	if res := apply(t, s, newMessage(id, "back again")); res[0].Message.Seq != 1 {
		t.Errorf("seq %d after what was refused", res[0].Message.Seq)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	refused("emptied")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPanic: an op whose data makes the code panic fails alone.
func TestPanic(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	id := newSession(t, s, "s")
	bad := chat.OpUpdateSession{SessionID: id, Patch: chat.SessionPatch{CustomData: &map[string]any{"x": panics{}}}}
	res, err := s.Append(t.Context(), []chat.Op{newMessage(id, "1"), bad, newMessage(id, "2")})
	if err != nil || res[0].Err != nil || res[1].Err == nil || res[2].Err != nil || res[2].Message.Seq != 2 {
		t.Errorf("%v, %+v", err, res)
	}
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("no") }

// TestCloseEmptiesTheLog: a closed database is one file.
func TestCloseEmptiesTheLog(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	newSession(t, s, "s")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(s.path + "-*")
	if len(left) > 0 {
		t.Errorf("after Close there are %v", left)
	}
}
