package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// slow is a statement that takes minutes.
const slow = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT COUNT(*) FROM n;"

func init() {
	children["migrate"] = func(args []string) error {
		fmt.Println("started")
		set := withMigrations(args[1:]...)
		_, err := open(context.Background(), args[0], nil, set)
		return err
	}
	// open keeps the database open until it is told to go.
	children["open"] = func(args []string) error {
		wait, err := time.ParseDuration(args[1])
		if err != nil {
			return err
		}
		s, err := Open(context.Background(), args[0], &Options{LockWait: wait})
		switch {
		case errors.Is(err, ErrLocked):
			fmt.Println("locked")
			return nil
		case err != nil:
			fmt.Println(err)
			return nil
		}
		fmt.Println("open", s.Identity())
		if len(args) > 2 {
			os.Stdin.Read(make([]byte, 1))
		}
		return s.Close()
	}
}

func tables(t *testing.T, s *Store) (names []string) {
	t.Helper()
	if err := s.writer.Select(&names, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'extra%' ORDER BY name"); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestMigrate: an older database is brought up to date, once.
func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := mustOpen(t, path)
	newSession(t, s, "s")
	s.Close()
	set := withMigrations("CREATE TABLE extra_a (x) ; INSERT INTO extra_a VALUES (1)", "CREATE TABLE extra_b (x)")
	for range 2 {
		s, err := open(t.Context(), path, nil, set)
		if err != nil {
			t.Fatal(err)
		}
		var rows int
		if err := s.writer.Get(&rows, "SELECT COUNT(*) FROM extra_a"); err != nil || rows != 1 {
			t.Errorf("%d rows (%v), want 1", rows, err)
		}
		if _, err := s.Session(t.Context(), "s"); err != nil {
			t.Error(err)
		}
		s.Close()
	}
	wantOpenError(t, path, nil, ErrNewerSchema)
}

// TestMigrateFails: a step that fails in the middle leaves nothing of itself,
// and the steps before it stand.
func TestMigrateFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := mustOpen(t, path)
	newSession(t, s, "s")
	s.Close()
	bad := withMigrations("CREATE TABLE extra_a (x)", "CREATE TABLE extra_b (x); INSERT INTO extra_b VALUES (1); CREATE TABLE oops (")
	if s, err := open(t.Context(), path, nil, bad); err == nil {
		s.Close()
		t.Fatal("a broken migration passed")
	}
	s, err := open(t.Context(), path, nil, withMigrations("CREATE TABLE extra_a (x)"))
	if err != nil {
		t.Fatal(err)
	}
	if got := tables(t, s); !slices.Equal(got, []string{"extra_a"}) {
		t.Errorf("tables %v, want only the first step's", got)
	}
	s.Close()
	good := withMigrations("CREATE TABLE extra_a (x)", "CREATE TABLE extra_b (x)")
	if s, err = open(t.Context(), path, nil, good); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Session(t.Context(), "s"); err != nil {
		t.Error(err)
	}
}

// TestMigrateKilled kills a process in the middle of a step, once while it
// makes the database and once while it brings one up to date.
func TestMigrateKilled(t *testing.T) {
	for _, existing := range []bool{false, true} {
		t.Run(fmt.Sprint("existing=", existing), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "chat.db")
			if existing {
				s := mustOpen(t, path)
				newSession(t, s, "s")
				s.Close()
			}
			cmd, out := child(t, "migrate", path, "CREATE TABLE extra_a (x); INSERT INTO extra_a VALUES (1); "+slow)
			line(t, out)
			// It is in the middle when the lock and a write-ahead log are there.
			eventually(t, "the migration has begun", func() bool {
				logs, _ := filepath.Glob(path + "*-wal")
				return len(logs) > 0
			})
			time.Sleep(100 * time.Millisecond)
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			cmd.Wait()
			s := mustOpen(t, path)
			if got := tables(t, s); len(got) != 0 {
				t.Errorf("tables %v are left of the killed migration", got)
			}
			if _, err := s.Session(t.Context(), "s"); (err == nil) != existing {
				t.Errorf("the session from before: %v", err)
			}
			s.Close()
			s, err := open(t.Context(), path, nil, withMigrations("CREATE TABLE extra_a (x)"))
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
			if left, _ := filepath.Glob(path + ".new*"); len(left) > 0 {
				t.Errorf("files %v are left", left)
			}
		})
	}
}

// TestManyStartAtOnce starts four processes on one file that does not exist
// yet. Without waiting one gets it and the others are told; with waiting all
// get it, one after the other, and it is the same database.
func TestManyStartAtOnce(t *testing.T) {
	t.Run("no waiting", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		count := map[string]int{}
		for _, said := range startAtOnce(t, path, "-1s", "stay") {
			count[said[:4]]++
		}
		if count["open"] != 1 || count["lock"] != 3 {
			t.Errorf("the processes said %v, want one open and three locked", count)
		}
	})
	t.Run("waiting", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		said := startAtOnce(t, path, "30s")
		for _, s := range said {
			if s != said[0] || s[:5] != "open " {
				t.Errorf("the processes said %q", said)
			}
		}
	})
}

func startAtOnce(t *testing.T, path string, args ...string) []string {
	t.Helper()
	said := make(chan string)
	for range 4 {
		cmd := command(t, append([]string{"open", path}, args...)...)
		in, err := cmd.StdinPipe() // open until the test ends
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { in.Close() })
		out := start(t, cmd)
		go func() {
			out.Scan()
			said <- out.Text()
		}()
	}
	var all []string
	for range 4 {
		all = append(all, <-said)
	}
	return all
}
