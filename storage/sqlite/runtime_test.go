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
	bad := chat.UpdateSession{SessionID: id, Patch: chat.SessionPatch{CustomData: &map[string]any{"x": panics{}}}}
	res, err := s.Append(t.Context(), []chat.Op{newMessage(id, "1"), bad, newMessage(id, "2")})
	if err != nil || res[0].Err != nil || res[1].Err == nil || res[2].Err != nil || res[2].Message.Seq != 2 {
		t.Errorf("%v, %+v", err, res)
	}
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("no") }

// marker stands in everything that belongs to the visitor who is erased.
const marker = "RIVERBANK"

// found counts the marker in the store's files.
func found(t *testing.T, path string) (n int) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(strings.ToLower(string(b)), strings.ToLower(marker)) // the search index has small letters only
	}
	return n
}

// fillMarked stores a visitor with the marker wherever there is room for it,
// among others' rows, with texts changed and deleted meanwhile.
func fillMarked(t *testing.T, s *Store) (visitorID string) {
	t.Helper()
	now := time.UnixMilli(1_763_890_200_123)
	v := chat.Visitor{
		ID: "v-" + marker, Name: marker, Email: marker + "@example.com", ExternalID: marker, Locale: marker, TimeZone: marker, UserAgent: marker,
		Page: &chat.PageRef{URL: marker, Title: marker, Referrer: marker}, CustomData: map[string]any{marker: marker}, CreatedAt: now, LastSeenAt: now,
	}
	apply(t, s, chat.SaveVisitor{Visitor: v, TokenHash: marker})
	apply(t, s, chat.SaveWebhook{Webhook: chat.Webhook{ID: "hook", URL: "https://example.com/", Events: []string{chat.EventMessageSent}, Enabled: true, CreatedAt: now}})
	other := newSession(t, s, "other")
	for n := range 3 {
		id := fmt.Sprint(marker, n)
		apply(t, s, chat.CreateSession{Session: chat.Session{
			ID: id, VisitorID: v.ID, VisitorName: marker, VisitorEmail: marker, Source: marker, Department: marker, Tags: []string{marker},
			CustomData: map[string]any{marker: strings.Repeat(marker, 50)}, Page: &chat.PageRef{URL: marker}, ClientID: marker + id, CreatedAt: now,
		}})
		for i := range 60 {
			own := newMessage(id, fmt.Sprint(marker, i))
			own.Message.Text = strings.Repeat(marker+" ", 1+i*i) // up to several pages
			file := fmt.Sprint("file", n, ".", i)
			apply(t, s, chat.AddFile{FileID: file, At: now}, chat.AddFileChunk{FileID: file, Data: []byte(strings.Repeat(marker, 1+i*i))})
			own.Message.Attachments = []chat.Attachment{{FileID: file, Name: marker}}
			note := chat.AppendNote{Message: newMessage(id, fmt.Sprint(marker, "note", i)).Message}
			res := apply(t, s, own, newMessage(other, fmt.Sprint(n, ".", i)), note)
			sent := res[0].Events[0]
			body, err := sent.JSON()
			if err != nil {
				t.Fatal(err)
			}
			apply(t, s, chat.AddDeliveries{Due: now, Messages: []chat.Outgoing{{
				Position: sent.Position, Event: sent.Type, At: now, SessionID: id, MessageID: own.Message.ID,
				Body: body, To: []string{"hook"},
			}}})
		}
		for _, d := range apply(t, s, chat.ClaimDeliveries{WebhookID: "hook", Limit: 1, Now: now, Lease: now.Add(time.Hour)})[0].Deliveries {
			answer := []chat.Attempt{{Number: d.Attempt, At: now, Status: 200, Response: marker}}
			apply(t, s, chat.SettleDelivery{DeliveryID: d.ID, Attempt: d.Attempt, State: chat.DeliveryDelivered, Attempts: answer, Now: now})
		}
		apply(t, s,
			chat.EditMessage{SessionID: id, MessageID: id + "." + marker + "1", Text: marker + " edited", At: now},
			chat.DeleteMessage{SessionID: id, MessageID: id + "." + marker + "2", At: now},
			chat.CloseSession{SessionID: id, Reason: marker, At: now},
			chat.RateSession{SessionID: id, Rating: chat.Rating{Score: 1, Comment: marker, At: now}})
	}
	indexAll(t, s)
	return v.ID
}

func indexAll(t *testing.T, s *Store) {
	t.Helper()
	for range 1000 {
		if apply(t, s, chat.IndexSearch{Limit: 100})[0].Count < 100 {
			return
		}
	}
	t.Fatal("there is no end to what is to be indexed")
}

// indexed counts the pieces of the search index that hold the marker. It is
// so made that no other word of the tests begins like it, so the index, which
// leaves out what a word has in common with the one before, holds all of it.
func indexed(t *testing.T, s *Store) (n int) {
	t.Helper()
	for _, table := range []string{"chat_message_search", "chat_session_search"} {
		for _, part := range []string{"data", "idx"} {
			column := map[string]string{"data": "block", "idx": "term"}[part]
			var found int
			if err := s.reader.Get(&found, "SELECT COUNT(*) FROM "+table+"_"+part+" WHERE instr(CAST("+column+" AS BLOB), CAST(? AS BLOB))", strings.ToLower(marker)); err != nil {
				t.Fatal(err)
			}
			n += found
		}
	}
	return n
}

// TestEraseLeavesNothing searches the files for a visitor who was erased.
func TestEraseLeavesNothing(t *testing.T) {
	for _, reopen := range []bool{false, true} { // rows still in the log, or only in the file
		s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
		id := fillMarked(t, s)
		if reopen {
			s.Close()
			s = mustOpen(t, s.path)
		}
		if found(t, s.path) == 0 {
			t.Fatal("the marker cannot be found at all")
		}
		if n := indexed(t, s); n < 2 {
			t.Fatalf("the search index has the marker %d times only", n)
		}
		apply(t, s, chat.EraseVisitor{VisitorID: id})
		indexAll(t, s)
		if n := indexed(t, s); n > 0 {
			t.Errorf("reopen=%v: the search index has the marker %d times", reopen, n)
		}
		if n := found(t, s.path); n > 0 {
			t.Errorf("reopen=%v: the files hold %d pieces of the erased visitor", reopen, n)
		}
		if got, err := s.Session(t.Context(), "other"); err != nil || got.MessageCount != 180 {
			t.Errorf("another's session has %d messages, %v", got.MessageCount, err)
		}
		s.Close()
		integrity(t, s.path)
		if n := found(t, s.path); n > 0 {
			t.Errorf("reopen=%v: after closing the files hold %d pieces", reopen, n)
		}
	}
}

// TestEraseWaitsForReaders: a reader in the middle of a transaction keeps the
// log from being emptied; that happens when it is done, without delaying
// anyone meanwhile.
func TestEraseWaitsForReaders(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	id := fillMarked(t, s)
	tx, err := s.reader.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.Get(&n, "SELECT COUNT(*) FROM chat_messages"); err != nil {
		t.Fatal(err)
	}
	apply(t, s, chat.EraseVisitor{VisitorID: id})
	indexAll(t, s)
	if found(t, s.path) == 0 {
		t.Fatal("the reader did not keep the log: the test proves nothing")
	}
	apply(t, s, newMessage("other", "meanwhile"))
	tx.Rollback()
	eventually(t, "the files hold nothing of the visitor", func() bool { return found(t, s.path) == 0 })
	apply(t, s, newMessage("other", "afterwards"))
}

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

// TestDeletedWordsLeaveTheIndex: single messages that are deleted or edited
// leave nothing of theirs in the search index, also after an erasure of others.
func TestDeletedWordsLeaveTheIndex(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	newSession(t, s, "s")
	newSession(t, s, "other")
	now := time.UnixMilli(1_763_890_200_123)
	say := func(id, text string) {
		m := newMessage("s", id)
		m.Message.Text = text
		apply(t, s, m)
		indexAll(t, s)
	}
	for round, before := range []func(){
		func() {},
		func() { apply(t, s, chat.EraseVisitor{VisitorID: newVisitorWithout(t, s, "nothing")}) },
		func() {
			other, err := s.Session(t.Context(), "other")
			if err != nil {
				t.Fatal(err)
			}
			apply(t, s, newMessage("other", "gone"))
			indexAll(t, s)
			apply(t, s, chat.EraseVisitor{VisitorID: other.VisitorID})
			indexAll(t, s)
		},
	} {
		before()
		one, two := fmt.Sprint("one", round), fmt.Sprint("two", round)
		say(one, marker+" first")
		say(two, "second "+marker)
		if indexed(t, s) == 0 {
			t.Fatal("the marker is not in the index: the test tests nothing")
		}
		apply(t, s, chat.EditMessage{SessionID: "s", MessageID: "s." + one, Text: "edited", At: now}, chat.DeleteMessage{SessionID: "s", MessageID: "s." + two, At: now})
		if n := indexed(t, s); n > 0 {
			t.Errorf("round %d: the index has the marker %d times", round, n)
		}
	}
}

// newVisitorWithout stores a visitor without sessions.
func newVisitorWithout(t *testing.T, s *Store, id string) string {
	t.Helper()
	now := time.UnixMilli(1_763_890_200_123)
	apply(t, s, chat.SaveVisitor{Visitor: chat.Visitor{ID: id, Name: "x", CreatedAt: now, LastSeenAt: now}})
	return id
}
