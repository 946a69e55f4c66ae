package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// TestBackup copies a database that is being written to and opens the copy.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, filepath.Join(dir, "chat.db"))
	id := newSession(t, s, "s")
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	written := make(chan struct{}, 1000)
	writing.Go(func() {
		for i := 0; ctx.Err() == nil && i < cap(written); i++ {
			apply(t, s, newMessage(id, fmt.Sprint(i)))
			written <- struct{}{}
		}
	})
	for range 20 {
		<-written
	}
	copied := filepath.Join(dir, "it's a copy.db")
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	stop()
	writing.Wait()
	if f, err := os.Stat(copied); err != nil || runtime.GOOS != "windows" && f.Mode().Perm() != 0o600 {
		t.Errorf("the copy has the mode %v, %v", f.Mode(), err)
	}
	if err := s.Backup(t.Context(), copied); err == nil {
		t.Error("a backup replaced a file")
	}
	b := mustOpen(t, copied)
	got, err := b.Session(t.Context(), id)
	if err != nil || got.MessageCount < 20 {
		t.Errorf("the copy has %d messages, %v", got.MessageCount, err)
	}
	if b.Identity() == s.Identity() {
		t.Error("the copy has the identity of the original")
	}
	apply(t, b, newMessage(id, "in the copy"))
	b.Close()
	integrity(t, copied)

	done, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(done, filepath.Join(dir, "late.db")); err == nil {
		t.Error("a backup was made for a context that has ended")
	}
	s.Close()
	if err := s.Backup(t.Context(), filepath.Join(dir, "closed.db")); err == nil {
		t.Error("a closed store made a backup")
	}
	for _, name := range []string{"late.db", "closed.db"} {
		if left, _ := filepath.Glob(filepath.Join(dir, name+"*")); len(left) > 0 {
			t.Errorf("%v is left behind", left)
		}
	}
}

// TestLinks: all ways to one file lead to one lock.
func TestLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links take a privilege there")
	}
	dir, other := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "chat.db")
	link, folder := filepath.Join(other, "link.db"), filepath.Join(other, "folder")
	for from, to := range map[string]string{link: file, folder: dir} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	s := mustOpen(t, link) // makes the file that the link names
	identity := s.Identity()
	for _, path := range []string{link, file, filepath.Join(folder, "chat.db")} {
		if _, err := Open(t.Context(), path, &Options{LockWait: -1}); !errors.Is(err, ErrLocked) {
			t.Errorf("%s: error %v, want %v", path, err, ErrLocked)
		}
	}
	s.Close()
	if s = mustOpen(t, file); s.Identity() != identity {
		t.Error("the link and the file are two databases")
	}
}
