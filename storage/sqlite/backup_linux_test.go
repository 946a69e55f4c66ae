package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestBackupToAFullDisk: a backup for which there is no room leaves nothing
// behind, says where it was to go, and harms neither the database nor the next
// backup.
func TestBackupToAFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("pealchat", small, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	s := mustOpen(t, filepath.Join(t.TempDir(), "chat.db"))
	id := newSession(t, s, "s")
	for i := range 100 {
		op := newMessage(id, fmt.Sprint(i))
		op.Message.Text = strings.Repeat("long ", 700)
		apply(t, s, op)
	}
	path := filepath.Join(small, "backup.db")
	if err := s.Backup(t.Context(), path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("the backup went to a full disk: %v", err)
	}
	if left, _ := os.ReadDir(small); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
	apply(t, s, newMessage(id, "afterwards"))
	roomy := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(t.Context(), roomy); err != nil {
		t.Fatal(err)
	}
	if got, err := mustOpen(t, roomy).Session(t.Context(), id); err != nil || got.MessageCount != 101 {
		t.Errorf("the copy has %d messages, %v", got.MessageCount, err)
	}
}
