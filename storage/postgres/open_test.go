package postgres

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

func wantOpenError(t *testing.T, err, kind error) {
	t.Helper()
	var e *OpenError
	if !errors.As(err, &e) || !errors.Is(err, kind) || e.Advice == "" {
		t.Errorf("error %v, want one of kind %q with advice", err, kind)
	}
}

func TestOpenErrors(t *testing.T) {
	dsn := pgtest.Database(t)
	if !strings.Contains(dsn, "user=postgres") {
		pgtest.Missing(t, "this makes roles, which takes the superuser postgres of a server of its own")
	}
	execSQL(t, dsn, `CREATE SCHEMA taken; CREATE TABLE taken.chat_agents (x int); CREATE SCHEMA locked;
		DROP ROLE IF EXISTS pealchat_guest; CREATE ROLE pealchat_guest LOGIN; GRANT USAGE ON SCHEMA locked TO pealchat_guest`)
	t.Cleanup(func() {
		execSQL(t, dsn, "REASSIGN OWNED BY pealchat_guest TO postgres; DROP OWNED BY pealchat_guest; DROP ROLE pealchat_guest")
	})
	guest := strings.Replace(dsn, "user=postgres", "user=pealchat_guest", 1)
	for name, c := range map[string]struct {
		dsn    string
		schema string
		kind   error
	}{
		"nonsense":         {"host=a port=many", "", ErrInvalidDSN},
		"no server":        {"host=127.0.0.1 port=1 dbname=x connect_timeout=2", "", chat.ErrUnavailable},
		"no database":      {dsn + "_missing", "", ErrNoDatabase},
		"no user":          {strings.Replace(dsn, "user=postgres", "user=nobody_here", 1), "", ErrSignIn},
		"read-only":        {dsn + " default_transaction_read_only=on", "", ErrReadOnly},
		"others' tables":   {dsn, "taken", ErrOtherTables},
		"not allowed":      {guest, "locked", ErrPermission},
		"may make no more": {guest, "new", ErrPermission},
		"reserved name":    {dsn, "pg_chat", ErrInvalidSchema},
		"long name":        {dsn, strings.Repeat("x", 64), ErrInvalidSchema},
		"nowhere":          {dsn + " search_path=missing", "", ErrInvalidSchema},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), c.dsn, &Options{Schema: c.schema, Logger: quiet.Logger})
			if err == nil {
				s.Close()
			}
			wantOpenError(t, err, c.kind)
		})
	}
}

func TestOpenErrorsHidePasswords(t *testing.T) {
	for _, dsn := range []string{
		"postgres://me:hush-hush@127.0.0.1:1/x?connect_timeout=2", "postgres://me:hush-hush@127.0.0.1:port/x", "host=127.0.0.1 port=1 password=hush-hush user=",
	} {
		_, err := Open(t.Context(), dsn, quiet)
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("error %v", err)
		}
	}
}

// TestTenants: several schemas of one database know nothing of each other,
// whether they share a pool or not, and however they are named.
func TestTenants(t *testing.T) {
	dsn := pgtest.Database(t)
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	identities := map[string]string{}
	for _, schema := range []string{"", "one", "Two", `with "quotes" and $1 :id`, "ünï"} {
		s, err := New(t.Context(), pool, &Options{Schema: schema, Logger: quiet.Logger})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		startSession(t, s, "the same everywhere")
		if log, err := s.Log(t.Context()); err != nil || log.Head != 1 {
			t.Errorf("schema %q: %+v, %v", schema, log, err)
		}
		if other, twice := identities[s.Identity()]; twice {
			t.Errorf("the schemas %q and %q have one identity", schema, other)
		}
		identities[s.Identity()] = schema
	}
	s, err := Open(t.Context(), dsn, &Options{Schema: "Two", Logger: quiet.Logger})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if identities[s.Identity()] != "Two" {
		t.Error("what was written over the pool is not there")
	}
}

// TestOwnPools: the host's pool or *sql.DB is used as it is and stays open.
func TestOwnPools(t *testing.T) {
	dsn := pgtest.Database(t)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(3)
	s, err := NewFromDB(t.Context(), db, quiet)
	if err != nil {
		t.Fatal(err)
	}
	startSession(t, s, "s")
	if _, err := s.Append(t.Context(), []chat.Op{textMessage("s", "1"), textMessage("s", "1")}); err != nil {
		t.Fatal(err)
	}
	if session, err := s.Session(t.Context(), "s"); err != nil || session.MessageCount != 1 {
		t.Errorf("%+v, %v", session, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := db.Stats().InUse; n != 0 {
		t.Errorf("%d connections were not given back", n)
	}
	if err := db.PingContext(t.Context()); err != nil {
		t.Errorf("the host's pool: %v", err)
	}
	other := sql.OpenDB(&connector{source: dbSource{db}}) // a driver, but not pgx's
	defer other.Close()
	_, err = NewFromDB(t.Context(), other, quiet)
	wantOpenError(t, err, ErrDriver)
}

func withMigrations(t *testing.T, texts ...string) setup {
	t.Helper()
	list, err := sqlstore.LoadMigrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		list = append(list, sqlstore.Migration{Version: len(list) + 1, Name: "extra", SQL: text})
	}
	return setup{migrations: list}
}

func openWith(t *testing.T, dsn string, set setup) (*Store, error) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s, err := open(t.Context(), poolSource{pool}, "test", quiet, set)
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

// TestMigrate: an older schema is brought up to date, once; a step that fails
// leaves nothing of itself; what is newer or changed is refused.
func TestMigrate(t *testing.T) {
	dsn := pgtest.Database(t)
	startSession(t, mustOpen(t, dsn), "s")
	first := "CREATE TABLE chat_extra (x int); INSERT INTO chat_extra VALUES (1)"
	if _, err := openWith(t, dsn, withMigrations(t, first, "CREATE TABLE chat_more (x int); CREATE TABLE oops (")); err == nil {
		t.Fatal("a broken migration passed")
	}
	for range 2 {
		s, err := openWith(t, dsn, withMigrations(t, first, "CREATE TABLE chat_more (x int)"))
		if err != nil {
			t.Fatal(err)
		}
		var rows int
		if err := s.reader.Get(&rows, "SELECT COUNT(*) FROM chat_extra"); err != nil || rows != 1 {
			t.Errorf("%d rows (%v), want 1", rows, err)
		}
		if _, err := s.Session(t.Context(), "s"); err != nil {
			t.Error(err)
		}
	}
	_, err := Open(t.Context(), dsn, quiet)
	wantOpenError(t, err, ErrNewerSchema)
	_, err = openWith(t, dsn, withMigrations(t, first+" ", "CREATE TABLE chat_more (x int)"))
	wantOpenError(t, err, ErrOtherSchema)
}

func init() {
	children["open"] = func(args []string) error {
		s, err := Open(context.Background(), args[0], &Options{Schema: "fresh", Logger: quiet.Logger})
		if err != nil {
			return err
		}
		fmt.Println(s.Identity())
		return s.Close()
	}
	children["migrate slowly"] = func(args []string) error {
		list, err := sqlstore.LoadMigrations(migrationFiles)
		if err != nil {
			return err
		}
		list[3].SQL += "; CREATE TABLE chat_half (x int); SELECT pg_sleep(60)"
		pool, err := pgxpool.New(context.Background(), args[0])
		if err != nil {
			return err
		}
		fmt.Println("started")
		_, err = open(context.Background(), poolSource{pool}, "test", &Options{Schema: "fresh", Logger: quiet.Logger}, setup{migrations: list})
		return err
	}
}

// TestManyStartAtOnce starts four processes on a schema that does not exist
// yet, after one was killed while it made it. All get the same one.
func TestManyStartAtOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	cmd, out := child(t, "migrate slowly", dsn)
	line(t, out)
	eventually(t, "the migration is under way", func() bool {
		var n int
		pool, err := pgxpool.New(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		pool.QueryRow(t.Context(), "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND datname = current_database()").Scan(&n)
		return n > 0
	})
	cmd.Process.Kill()
	cmd.Wait()
	// The server notices that the process is gone when it wants to answer.
	execSQL(t, dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()")
	said := map[string]int{}
	results := make(chan string)
	for range 4 {
		_, out := child(t, "open", dsn)
		go func() {
			out.Scan()
			results <- out.Text()
		}()
	}
	for range 4 {
		said[<-results]++
	}
	if len(said) != 1 || said[""] > 0 {
		t.Errorf("the processes said %v", said)
	}
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for !cond() {
		if ctx.Err() != nil {
			t.Fatalf("it never came to this: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestUnsafeServer: a server that acknowledges before its disk does is told of
// in the log, one that waits is not.
func TestUnsafeServer(t *testing.T) {
	c := ownCluster(t, pgtest.Config{Durable: true})
	for setting, warned := range map[string]bool{"on": false, "off": true} {
		var log bytes.Buffer
		s, err := Open(t.Context(), c.DSN+" synchronous_commit="+setting, &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if got := strings.Contains(log.String(), "may lose the latest messages"); got != warned {
			t.Errorf("synchronous_commit=%s: the log says %q", setting, log.String())
		}
	}
}
