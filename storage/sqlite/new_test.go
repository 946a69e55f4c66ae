package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/storagetest"
)

// hostDB is a pool as a host may have one.
func hostDB(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestHostTransactions(t *testing.T) {
	storagetest.RunTx(t, func(t *testing.T) (chat.PendingStore, func() storagetest.HostTx) {
		db := hostDB(t, filepath.Join(t.TempDir(), "shop.db"))
		s, err := New(t.Context(), db, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s, func() storagetest.HostTx {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return storagetest.SQLTx{Tx: tx}
		}
	})
}

// The chat's tables stand beside the host's, whoever was there first, and the
// host's data stays as it was.
func TestNewBesideTheHostsTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	db := hostDB(t, path)
	if _, err := db.Exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT); INSERT INTO orders VALUES (7, 'paid')"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, nil); !errors.Is(err, ErrOtherDatabase) {
		t.Errorf("Open takes the host's database for its own: %v", err)
	}
	var identity string
	for range 2 {
		s, err := New(t.Context(), db, nil)
		if err != nil {
			t.Fatal(err)
		}
		if identity != "" && identity != s.Identity() {
			t.Error("the identity has changed")
		}
		identity = s.Identity()
		if _, err := New(t.Context(), db, &Options{LockWait: -1}); !errors.Is(err, ErrLocked) {
			t.Errorf("a second store: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		var state string
		if err := db.QueryRow("SELECT state FROM orders WHERE id = 7").Scan(&state); err != nil || state != "paid" {
			t.Errorf("the order is %q, %v", state, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	memory, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	if _, err := New(t.Context(), memory, nil); !errors.Is(err, ErrNotAFile) {
		t.Errorf("a database in memory: %v", err)
	}
	other := sql.OpenDB(otherDriver{})
	defer other.Close()
	if _, err := New(t.Context(), other, nil); err == nil {
		t.Error("a pool of another driver was taken")
	}
}

type otherDriver struct{ driver.Connector }

func (otherDriver) Driver() driver.Driver { return nil }

// The views say what the API says.
func TestReportViews(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := mustOpen(t, path)
	storagetest.Views(t, s, hostDB(t, path))
}
