package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pealchat/pealchat/chat"
)

// Backup writes a consistent copy of the database, as it is now, to a file
// that must not exist yet. Reads go on meanwhile, and writes too but for short
// waits. The copy has an identity of its own, see the package's documentation,
// and nobody may read it who may not read the database.
//
// When the context ends or anything fails, no file is left behind.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	full, err := checkPath(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(full); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("sqlite: cannot write a backup to %s: there is something already", full)
	}
	select {
	case <-s.closed:
		return chat.ErrClosed
	default:
	}
	unfinished := full + ".new"
	defer func() {
		if err != nil {
			os.Remove(unfinished)
			err = fmt.Errorf("sqlite: cannot write a backup to %s: %w", full, err)
		}
	}()
	if err := s.emptyCopy(unfinished); err != nil {
		return err
	}
	// The pool's own connections cannot write, or are needed for writing.
	from, err := setup{}.db(fileURI(s.path, "rw")+"&_pragma=busy_timeout(5000)", 1)
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := from.ExecContext(ctx, "VACUUM INTO ?", unfinished); err != nil {
		return err
	}
	if err := finishBackup(ctx, unfinished); err != nil {
		return err
	}
	if err := os.Rename(unfinished, full); err != nil {
		return err
	}
	return syncFolder(full)
}

// emptyCopy makes the file that the copy is written into, with the permissions of
// the database: SQLite would make one that everybody may read.
func (s *Store) emptyCopy(path string) error {
	of, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, of.Mode().Perm())
	if err != nil {
		return err
	}
	return f.Close()
}

// finishBackup gives the copy its identity and sees to it that it is on disk.
func finishBackup(ctx context.Context, path string) error {
	db, err := setup{}.db(fileURI(path, "rw")+"&_pragma=synchronous(FULL)", 1)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "UPDATE chat_meta SET value = ? WHERE name = 'identity'", newIdentity())
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
