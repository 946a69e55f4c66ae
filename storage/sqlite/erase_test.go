package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/storagetest"
)

const marker = storagetest.Marker

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
		n += strings.Count(strings.ToLower(string(b)), marker)
	}
	return n
}

func mark(t *testing.T, s *Store) storagetest.Marked {
	t.Helper()
	return storagetest.Mark(t, s, func() storagetest.HostTx {
		tx, err := s.writer.DB.Begin()
		if err != nil {
			t.Fatal(err)
		}
		return storagetest.SQLTx{Tx: tx}
	})
}

func indexAll(t *testing.T, s *Store) {
	t.Helper()
	storagetest.IndexAll(t, s)
}

// columns counts the rows that hold the marker in each column that can hold
// text. Which there are SQLite says, so none can be forgotten.
func columns(t *testing.T, s *Store) map[string]int {
	t.Helper()
	var all []struct{ Tab, Col string }
	if err := s.reader.Select(&all, `SELECT t.name AS tab, c.name AS col FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.sql NOT LIKE 'CREATE VIRTUAL%' AND c.type NOT IN ('INTEGER', 'REAL')`); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, c := range all {
		var rows int
		if err := s.reader.Get(&rows, `SELECT COUNT(*) FROM "`+c.Tab+`" WHERE instr(CAST("`+c.Col+`" AS BLOB), CAST(? AS BLOB))`, marker); err != nil {
			t.Fatal(err)
		}
		count[c.Tab+"."+c.Col] = rows
	}
	return count
}

// indexed counts the pieces of the search index that hold the marker.
func indexed(t *testing.T, s *Store) (n int) {
	t.Helper()
	for name, rows := range columns(t, s) {
		if strings.Contains(name, "_search_") {
			n += rows
		}
	}
	return n
}

// TestEraseLeavesNothing looks for a visitor who was erased: in every column,
// and in the bytes of the files.
func TestEraseLeavesNothing(t *testing.T) {
	for _, reopen := range []bool{false, true} { // rows still in the log, or only in the file
		s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
		m := mark(t, s)
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
		for _, p := range storagetest.EraseLeavesNothing(t, s, m, func() map[string]int { return columns(t, s) }) {
			t.Errorf("reopen=%v: %s", reopen, p)
		}
		if n := found(t, s.path); n > 0 {
			t.Errorf("reopen=%v: the files hold %d pieces of the erased visitor", reopen, n)
		}
		s.Close()
		integrity(t, s.path)
		if n := found(t, s.path); n > 0 {
			t.Errorf("reopen=%v: after closing the files hold %d pieces", reopen, n)
		}
	}
}

// TestEraseMissesNothing: a schema to which something was added without a
// thought for erasing fails TestEraseLeavesNothing, filled or not.
func TestEraseMissesNothing(t *testing.T) {
	set := withMigrations("ALTER TABLE chat_visitors ADD COLUMN nickname TEXT",
		"CREATE TABLE chat_callbacks (visitor TEXT, phone TEXT); CREATE TRIGGER calls AFTER INSERT ON chat_visitors BEGIN INSERT INTO chat_callbacks VALUES (new.public_id, new.name); END")
	s, err := open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil, set)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := storagetest.EraseLeavesNothing(t, s, mark(t, s), func() map[string]int { return columns(t, s) })
	for _, want := range []string{"chat_visitors.nickname: nothing", "chat_callbacks.visitor: 1 rows still", "chat_callbacks.phone: 1 rows still"} {
		if !slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, want) }) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
}

// TestEraseWaitsForReaders: a reader in the middle of a transaction keeps the
// log from being emptied; that happens when it is done, without delaying
// anyone meanwhile.
func TestEraseWaitsForReaders(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	m := mark(t, s)
	tx, err := s.reader.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.Get(&n, "SELECT COUNT(*) FROM chat_messages"); err != nil {
		t.Fatal(err)
	}
	apply(t, s, chat.OpEraseVisitor{VisitorID: m.VisitorID})
	indexAll(t, s)
	if found(t, s.path) == 0 {
		t.Fatal("the reader did not keep the log: the test proves nothing")
	}
	apply(t, s, newMessage(m.Other, "meanwhile"))
	tx.Rollback()
	eventually(t, "the files hold nothing of the visitor", func() bool { return found(t, s.path) == 0 })
	apply(t, s, newMessage(m.Other, "afterwards"))
}

// TestPurgeLeavesNothing: sessions that go because of their age leave the
// files as erased visitors do.
func TestPurgeLeavesNothing(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	m := mark(t, s)
	for range len(m.Sessions) {
		apply(t, s, chat.OpPurgeSessions{Before: time.Now().AddDate(100, 0, 0), Limit: 1})
	}
	apply(t, s, chat.OpPurgePageViews{Before: time.Now().AddDate(100, 0, 0), Limit: 100})
	indexAll(t, s)
	for name, rows := range columns(t, s) {
		if rows > 0 && !strings.HasPrefix(name, "chat_visitor") && !strings.HasPrefix(name, "chat_bans") {
			t.Errorf("%s: %d rows hold something of sessions that are gone", name, rows)
		}
	}
	whole, _ := os.ReadFile(s.path)
	if n := strings.Count(string(whole), marker+" "+marker); n > 0 {
		t.Errorf("the file holds %d pieces of what was said", n)
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
		func() { apply(t, s, chat.OpEraseVisitor{VisitorID: newVisitorWithout(t, s, "nothing")}) },
		func() {
			other, err := s.Session(t.Context(), "other")
			if err != nil {
				t.Fatal(err)
			}
			apply(t, s, newMessage("other", "gone"))
			indexAll(t, s)
			apply(t, s, chat.OpEraseVisitor{VisitorID: other.VisitorID})
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
		apply(t, s, chat.OpEditMessage{SessionID: "s", MessageID: "s." + one, Text: "edited", At: now}, chat.OpDeleteMessage{SessionID: "s", MessageID: "s." + two, At: now})
		if n := indexed(t, s); n > 0 {
			t.Errorf("round %d: the index has the marker %d times", round, n)
		}
	}
}

// newVisitorWithout stores a visitor without sessions.
func newVisitorWithout(t *testing.T, s *Store, id string) string {
	t.Helper()
	now := time.UnixMilli(1_763_890_200_123)
	apply(t, s, chat.OpSaveVisitor{Visitor: chat.Visitor{ID: id, Name: "x", CreatedAt: now, LastSeenAt: now}})
	return id
}
