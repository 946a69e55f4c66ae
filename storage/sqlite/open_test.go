package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
)

// mustOpen opens a store and closes it when the test ends.
func mustOpen(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// apply carries out ops that must all succeed.
func apply(t testing.TB, s chat.Store, ops ...chat.Op) []chat.OpResult {
	t.Helper()
	res, err := s.Append(context.Background(), ops)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range res {
		if r.Err != nil {
			t.Fatalf("%T: %v", ops[i], r.Err)
		}
	}
	return res
}

// newSession stores a visitor with a session and returns the session's id.
func newSession(t testing.TB, s chat.Store, id string) string {
	t.Helper()
	now := time.UnixMilli(1_763_890_200_123)
	v := chat.Visitor{ID: "visitor-" + id, CreatedAt: now, LastSeenAt: now}
	apply(t, s, chat.OpCreateSession{Session: chat.Session{ID: id, VisitorID: v.ID, CreatedAt: now}, Visitor: &v})
	return id
}

func newMessage(session, id string) chat.OpAppendMessage {
	return chat.OpAppendMessage{Message: chat.Message{
		ID: session + "." + id, SessionID: session, Sender: chat.SenderVisitor, Text: "text " + id,
		ClientID: id, Fingerprint: "fp", At: time.UnixMilli(1_763_890_200_123),
	}}
}

// wantOpenError checks that opening fails with the kind, names the path and
// says what to do.
func wantOpenError(t *testing.T, path string, opts *Options, kind error) {
	t.Helper()
	s, err := Open(t.Context(), path, opts)
	if err == nil {
		s.Close()
		t.Fatalf("it opened, want %v", kind)
	}
	checkOpenError(t, err, path, kind)
}

func checkOpenError(t *testing.T, err error, path string, kind error) {
	t.Helper()
	var open *OpenError
	if !errors.Is(err, kind) || !errors.As(err, &open) {
		t.Fatalf("error %v, want %v", err, kind)
	}
	if open.Advice == "" || !strings.Contains(err.Error(), open.Advice) || !strings.Contains(err.Error(), filepath.Base(path)) {
		t.Errorf("the error %q does not name the path or say what to do", err)
	}
}

// TestOpenErrors damages a good database in every way, looks that opening
// says which, and that the file was left as it was.
func TestOpenErrors(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.db")
	s := mustOpen(t, good)
	id := newSession(t, s, "s")
	for i := range 200 {
		apply(t, s, newMessage(id, fmt.Sprint(i)))
	}
	s.Close()
	intact, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	overwrite := func(at int, with string) func([]byte) []byte {
		return func(b []byte) []byte { copy(b[at:], with); return b }
	}
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
		kind   error
	}{
		{"empty", func(b []byte) []byte { return nil }, ErrEmptyFile},
		{"text", func(b []byte) []byte { return []byte("This is not a database, but a letter to the operator.\n") }, ErrNotADatabase},
		{"one byte", func(b []byte) []byte { return b[:1] }, ErrNotADatabase},
		{"no magic", overwrite(0, "SQLite form"), nil},
		{"magic gone", overwrite(0, "XXXXXXXX"), ErrNotADatabase},
		{"zeros", func(b []byte) []byte { return make([]byte, len(b)) }, ErrNotADatabase},
		{"header only", func(b []byte) []byte { return b[:100] }, ErrNotADatabase},
		{"first page only", func(b []byte) []byte { return b[:4096] }, ErrCorrupt},
		{"cut in the middle", func(b []byte) []byte { return b[:len(b)/2] }, ErrCorrupt},
		{"cut off a page boundary", func(b []byte) []byte { return b[:len(b)-1000] }, ErrCorrupt},
		{"first page's tree", overwrite(100, "\xff\xff\xff\xff\xff\xff"), ErrCorrupt},
		{"a page of noise", overwrite(3*4096, strings.Repeat("noise", 800)), ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "chat.db")
			damaged := c.damage(bytes.Clone(intact))
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if c.kind == nil {
				mustOpen(t, path)
				return
			}
			wantOpenError(t, path, nil, c.kind)
			if left, _ := os.ReadFile(path); !bytes.Equal(left, damaged) {
				t.Error("opening changed the file")
			}
			wantOpenError(t, path, nil, c.kind) // it was let go again
		})
	}
}

func TestOpenWrongPlace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		kind       error
	}{
		{"missing folder", filepath.Join(dir, "missing", "chat.db"), ErrNoFolder},
		{"a file as the folder", filepath.Join(file, "chat.db"), ErrNoFolder},
		{"a folder", dir, ErrNotAFile},
		{"nothing", "", ErrNotAFile},
		{"memory", ":memory:", ErrNotAFile},
	} {
		t.Run(c.name, func(t *testing.T) { wantOpenError(t, c.path, nil, c.kind) })
	}
}

func TestOpenOtherDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada')"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	before, _ := os.ReadFile(path)
	wantOpenError(t, path, nil, ErrOtherDatabase)
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("opening changed the other program's database")
	}
}

func TestOpenLostFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	mustOpen(t, path).Close()
	if err := os.Rename(path, path+"-wal"); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, path, nil, ErrCorrupt)
}

func TestOpenOtherSchema(t *testing.T) {
	for _, c := range []struct {
		sql  string
		kind error
	}{
		{"INSERT INTO chat_migrations VALUES (1000, 'future', 'x', 0)", ErrNewerSchema},
		{"UPDATE chat_migrations SET checksum = 'x' WHERE version = 1", ErrOtherSchema},
	} {
		path := filepath.Join(t.TempDir(), "chat.db")
		s := mustOpen(t, path)
		if _, err := s.writer.Exec(c.sql); err != nil {
			t.Fatal(err)
		}
		s.Close()
		wantOpenError(t, path, nil, c.kind)
	}
}

// TestOpenOddNames: whatever is in the path, it is the path, and nothing of it
// reaches the DSN's parameters.
func TestOpenOddNames(t *testing.T) {
	for _, name := range []string{"sp ace.db", "q?mode=memory&x.db", "h#ash.db", "per%41cent.db", "ü🦜.db", "a;b'c\".db", "+&=.db", ":memory:x"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		s := mustOpen(t, path)
		id := newSession(t, s, "s")
		identity := s.Identity()
		s.Close()
		s = mustOpen(t, path)
		if _, err := s.Session(t.Context(), id); err != nil || s.Identity() != identity {
			t.Errorf("%q: after reopening: %v, identity %s, was %s", name, err, s.Identity(), identity)
		}
		s.Close()
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if e.Name() != name && e.Name() != name+".lock" {
				t.Errorf("%q: there is a file %q", name, e.Name())
			}
		}
	}
}

func TestOpenRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	s := mustOpen(t, "chat.db")
	t.Chdir(t.TempDir())
	newSession(t, s, "s")
	for range 20 { // more connections than are open yet
		s.reader.SetMaxIdleConns(0)
		if _, err := s.Session(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLock: a second store of the same file is refused, or waits for the first.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	first := mustOpen(t, path)
	wantOpenError(t, path, &Options{LockWait: -1}, ErrLocked)
	newSession(t, first, "s")

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, path, &Options{LockWait: time.Hour}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a context that ended while waiting: %v", err)
	}

	second := make(chan error)
	go func() {
		s, err := Open(t.Context(), path, &Options{LockWait: time.Minute})
		if err == nil {
			_, err = s.Session(t.Context(), "s")
			s.Close()
		}
		second <- err
	}()
	time.Sleep(50 * time.Millisecond)
	first.Close()
	if err := <-second; err != nil {
		t.Error(err)
	}
}

// TestIdentity: each database has its own, for good.
func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for i := range 5 {
		path := filepath.Join(dir, fmt.Sprint(i))
		s := mustOpen(t, path)
		id := s.Identity()
		s.Close()
		if s = mustOpen(t, path); s.Identity() != id || seen[id] {
			t.Errorf("identity %q, was %q", s.Identity(), id)
		}
		seen[id] = true
	}
}

// TestOpenReleases: what a process had claimed when it died is due when the next
// one opens the database.
func TestOpenReleases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := mustOpen(t, path)
	now := time.Now().Truncate(time.Millisecond)
	hook := chat.Webhook{ID: "hook", URL: "https://example.com", Events: []string{"*"}, Enabled: true, Version: 1, CreatedAt: now, UpdatedAt: now}
	claim := func() []chat.Delivery {
		t.Helper()
		res, err := s.Append(t.Context(), []chat.Op{chat.OpClaimDeliveries{WebhookID: "hook", Limit: 10, Now: time.Now(), Lease: now.Add(time.Hour)}})
		if err != nil || res[0].Err != nil {
			t.Fatal(err, res[0].Err)
		}
		return res[0].Deliveries
	}
	if _, err := s.Append(t.Context(), []chat.Op{
		chat.OpSaveWebhook{Webhook: hook},
		chat.OpAddDeliveries{Messages: []chat.OutgoingEvent{{Event: "ping", At: now, Body: []byte("{}"), To: []string{"hook"}}}, Due: now},
	}); err != nil {
		t.Fatal(err)
	}
	if got := claim(); len(got) != 1 || got[0].Attempt != 1 || len(claim()) != 0 {
		t.Fatalf("claimed %+v, and again %+v", got, claim())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, path)
	if got := claim(); len(got) != 1 || got[0].Attempt != 2 || len(claim()) != 0 {
		t.Fatalf("claimed %+v, and again %+v", got, claim())
	}
}

// TestPragmas asks every connection that the pools can hold for what the
// durability rests on.
func TestPragmas(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	check := func(conns int, db interface {
		Conn(context.Context) (*sql.Conn, error)
	}, want map[string]string) {
		for range conns {
			c, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for name, value := range want {
				var got string
				if err := c.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil || got != value {
					t.Errorf("%s is %s (%v), want %s", name, got, err, value)
				}
			}
		}
	}
	check(1, s.writer, map[string]string{
		"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "secure_delete": "1", "temp_store": "2",
		"busy_timeout": "10000", "query_only": "0", "wal_autocheckpoint": "12000", "journal_size_limit": "67108864", "cache_size": "-8000",
	})
	if n := s.writer.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d connections can write, want 1", n)
	}
	check(s.reader.Stats().MaxOpenConnections, s.reader, map[string]string{
		"synchronous": "2", "journal_mode": "wal", "query_only": "1", "temp_store": "2", "busy_timeout": "5000", "cache_size": "-2000",
	})
}

func TestReadersCannotWrite(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	if _, err := s.reader.Exec("DELETE FROM chat_meta"); err == nil {
		t.Error("a reader's connection wrote")
	}
	// Not even where it turns the pragma off.
	if _, err := s.reader.Exec("PRAGMA query_only(0); DELETE FROM chat_meta"); err == nil {
		t.Error("a reader's connection wrote without query_only")
	}
}

// withMigrations is the real setup with further steps.
func withMigrations(more ...string) setup {
	list, err := sqlstore.LoadMigrations(migrationFiles)
	if err != nil {
		panic(err)
	}
	for i, text := range more {
		list = append(list, sqlstore.Migration{Version: len(list) + 1, Name: fmt.Sprint("extra", i), SQL: text})
	}
	return setup{migrations: list}
}
