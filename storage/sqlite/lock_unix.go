//go:build unix

package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/pealchat/pealchat/chat"
)

// tryLock opens the lock file and locks it, or returns errHeld. The file is
// never removed: whoever waits for it would then lock a file that is gone.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errHeld
		}
		return nil, err
	}
	return f, nil
}

func isReadOnlyFS(err error) bool { return errors.Is(err, syscall.EROFS) }

func systemKind(error) error { return chat.ErrUnavailable }

// syncFolder makes a file's new name durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
