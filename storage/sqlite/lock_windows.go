package sqlite

import (
	"errors"
	"os"
	"syscall"

	"github.com/pealchat/pealchat/chat"
)

const sharingViolation syscall.Errno = 32

// tryLock opens the lock file without sharing it, or returns errHeld.
func tryLock(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, errHeld
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

func isReadOnlyFS(error) bool { return false }

func systemKind(error) error { return chat.ErrUnavailable }

// syncFolder has nothing to do: folders cannot be synced on Windows.
func syncFolder(string) error { return nil }
