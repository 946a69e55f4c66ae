package sqlite

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/storage/storagetest"
)

// makePast makes a database as a program with so many migrations left it.
func makePast(t *testing.T, path string, version int) {
	t.Helper()
	list := withMigrations().migrations
	if err := fill(t.Context(), path, setup{migrations: list[:1]}); err != nil {
		t.Fatal(err)
	}
	db, err := setup{}.db(writerDSN(path), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for n := 1; n <= version; n++ {
		if err := migrate(t.Context(), db, list[:n]); err != nil {
			t.Fatal(err)
		}
		rows := strings.ReplaceAll(storagetest.Past[n], "chat_bytes", "BLOB")
		if _, err := db.Exec(rows); err != nil {
			t.Fatalf("rows of version %d: %v", n, err)
		}
	}
}

// schema is what the database is made of, as SQLite writes it down.
func schema(t *testing.T, s *Store) (list []string) {
	t.Helper()
	if err := s.reader.Select(&list, "SELECT COALESCE(sql, name) FROM sqlite_schema ORDER BY 1"); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestMigrateFromEveryVersion opens a database of each version that ever was,
// with rows in it, and goes on with it. A process that is killed between two
// steps leaves just such a database, so this is what the next one finds.
func TestMigrateFromEveryVersion(t *testing.T) {
	fresh := schema(t, mustOpen(t, filepath.Join(t.TempDir(), "chat.db")))
	for version := 1; version <= len(withMigrations().migrations); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "chat.db")
			makePast(t, path, version)
			s := mustOpen(t, path)
			if got := schema(t, s); !slices.Equal(got, fresh) {
				t.Errorf("the schema is not that of a new database:\n%s", strings.Join(got, "\n"))
			}
			storagetest.CheckPast(t, s, version)
			s.Close()
			integrity(t, path)
		})
	}
}

// TestMigrateAtOnce starts four processes on a database of the first version.
// One after the other gets it, up to date, and none harms it.
func TestMigrateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	makePast(t, path, 1)
	for _, said := range startAtOnce(t, path, "30s") {
		if !strings.HasPrefix(said, "open ") {
			t.Errorf("a process said %q", said)
		}
	}
	s := mustOpen(t, path)
	storagetest.CheckPast(t, s, 1)
	var taken int
	if err := s.reader.Get(&taken, "SELECT COUNT(*) FROM chat_migrations"); err != nil || taken != len(withMigrations().migrations) {
		t.Errorf("%d steps were taken, %v", taken, err)
	}
}

// TestOlderProgram: a program that knows fewer steps than the database has
// taken says so, whichever it knows, and changes nothing.
func TestOlderProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	list := withMigrations().migrations
	makePast(t, path, len(list))
	for known := 1; known < len(list); known++ {
		s, err := open(t.Context(), path, nil, setup{migrations: slices.Clone(list[:known])})
		if err == nil {
			s.Close()
		}
		checkOpenError(t, err, path, ErrNewerSchema)
		if want := fmt.Sprintf("it has version %d, this program knows %d", len(list), known); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("the error %q does not say %q", err, want)
		}
	}
	storagetest.CheckPast(t, mustOpen(t, path), len(list))
}
