package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// errHeld is what tryLock returns when another process, or another Store of
// this one, has the lock.
var errHeld = errors.New("the lock file is held")

// acquire takes the lock of the database at path. It waits a moment for a
// process that is about to end.
func acquire(ctx context.Context, path string, wait time.Duration) (*os.File, error) {
	deadline := time.Now().Add(wait)
	for {
		f, err := tryLock(path + ".lock")
		switch {
		case err == nil:
			return f, nil
		case errors.Is(err, fs.ErrPermission) || isReadOnlyFS(err):
			return nil, openError(path, ErrReadOnly, err)
		case !errors.Is(err, errHeld):
			return nil, openError(path, systemKind(err), err)
		case !time.Now().Before(deadline):
			return nil, openError(path, ErrLocked, nil)
		}
		pause := time.NewTimer(20 * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil, ctx.Err()
		}
	}
}
