package sqlite

import (
	"errors"
	"fmt"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Why a database cannot be opened: the kinds of an [OpenError].
var (
	ErrNoFolder      = errors.New("the folder does not exist")
	ErrNotAFile      = errors.New("the path is not a file's")
	ErrReadOnly      = errors.New("the file or its folder is read-only")
	ErrEmptyFile     = errors.New("the file is empty")
	ErrNotADatabase  = errors.New("the file is not an SQLite database")
	ErrOtherDatabase = errors.New("the database belongs to another program")
	ErrCorrupt       = errors.New("the database is damaged")
	ErrNewerSchema   = errors.New("the database was written by a newer version")
	ErrOtherSchema   = errors.New("the database's schema was changed by hand")
	ErrLocked        = errors.New("another process has the database open")
)

// OpenError says why a database cannot be opened. It matches its Kind and its
// cause with errors.Is.
type OpenError struct {
	Path   string
	Kind   error  // one of the errors above, or chat.ErrUnavailable when the disk or the system failed
	Advice string // what to do, as a sentence
	Err    error  // the cause, if there is one
}

func (e *OpenError) Error() string {
	s := fmt.Sprintf("sqlite: cannot open %s: %v. %s", e.Path, e.Kind, e.Advice)
	if e.Err != nil {
		s += fmt.Sprintf(" (%v)", e.Err)
	}
	return s
}

// Unwrap makes errors.Is and errors.As see the kind and the cause.
func (e *OpenError) Unwrap() []error { return []error{e.Kind, e.Err} }

var advice = map[error]string{
	ErrNoFolder:         "Create the folder first, or correct the path.",
	ErrNotAFile:         "Give the path of a file, such as chat.db in a folder of your own; in-memory databases are not supported.",
	ErrReadOnly:         "Let the process write to the file and to its folder, where SQLite keeps files beside it.",
	ErrEmptyFile:        "It may be what a failed copy left: restore the database from a backup. For a new one, remove the file.",
	ErrNotADatabase:     "Check the path; nothing in the file was changed.",
	ErrOtherDatabase:    "Give the chat a file of its own, or open it on the other program's pool with New.",
	ErrCorrupt:          "Restore it from a backup, or save what can be read with \"sqlite3 FILE .recover\". Nothing was changed.",
	ErrNewerSchema:      "Run the newer version of the program; an older one would not understand the data.",
	ErrOtherSchema:      "Restore the database from a backup.",
	ErrLocked:           "Stop the other process, or give this one another file; a database can be open in one process only.",
	chat.ErrUnavailable: "Look at the disk's space and health and at the process's limits, then try again.",
}

func openError(path string, kind, cause error) *OpenError {
	return &OpenError{Path: path, Kind: kind, Advice: advice[kind], Err: cause}
}

// explainOpen finds the kind of an error that came up while opening.
func explainOpen(path string, err error) error {
	var known *OpenError
	if err == nil || errors.As(err, &known) {
		return err
	}
	switch {
	case errors.Is(err, sqlstore.ErrNewer):
		return openError(path, ErrNewerSchema, err)
	case errors.Is(err, sqlstore.ErrChanged):
		return openError(path, ErrOtherSchema, err)
	}
	switch code(err) {
	case lib.SQLITE_NOTADB:
		return openError(path, ErrNotADatabase, err)
	case lib.SQLITE_CORRUPT:
		return openError(path, ErrCorrupt, err)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return openError(path, ErrReadOnly, err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return openError(path, ErrLocked, err)
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_NOMEM:
		return openError(path, chat.ErrUnavailable, err)
	}
	return fmt.Errorf("sqlite: cannot open %s: %w", path, err)
}

// classify says what an error means for a store that is open.
func classify(err error) sqlstore.Failure {
	switch code(err) {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG, lib.SQLITE_MISMATCH:
		return sqlstore.Refused
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_READONLY,
		lib.SQLITE_NOMEM, lib.SQLITE_CANTOPEN, lib.SQLITE_INTERRUPT, lib.SQLITE_PROTOCOL, lib.SQLITE_NOTADB:
		return sqlstore.Unavailable
	}
	return sqlstore.Broken
}

// code returns the primary result code of an error of the driver, or 0.
func code(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}
