package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
)

// Why a database cannot be opened: the kinds of an [OpenError].
var (
	ErrInvalidDSN    = errors.New("the connection string cannot be read")
	ErrSignIn        = errors.New("the server does not accept the user or the password")
	ErrNoDatabase    = errors.New("the database does not exist")
	ErrPermission    = errors.New("the user may not do what is needed")
	ErrReadOnly      = errors.New("the server takes no writes")
	ErrEncoding      = errors.New("the database's encoding is not UTF-8")
	ErrOldServer     = errors.New("the server's version is too old")
	ErrDriver        = errors.New("the pool does not use the driver of pgx")
	ErrInvalidSchema = errors.New("the schema's name cannot be used")
	ErrOtherTables   = errors.New("the schema has tables with the names of the chat's that are another program's")
	ErrNewerSchema   = errors.New("the database was written by a newer version")
	ErrOtherSchema   = errors.New("the database's schema was changed by hand")
)

// OpenError says why a database cannot be opened. It matches its Kind and its
// cause with errors.Is. No password is in it.
type OpenError struct {
	Target string // what was to be opened: host, database and schema
	Kind   error  // one of the errors above, or chat.ErrUnavailable where the server cannot be reached
	Advice string // what to do, as a sentence
	Err    error  // the cause, if there is one
}

func (e *OpenError) Error() string {
	s := fmt.Sprintf("postgres: cannot open %s: %v. %s", e.Target, e.Kind, e.Advice)
	if e.Err != nil {
		s += fmt.Sprintf(" (%v)", e.Err)
	}
	return s
}

// Unwrap makes errors.Is and errors.As see the kind and the cause.
func (e *OpenError) Unwrap() []error { return []error{e.Kind, e.Err} }

var advice = map[error]string{ //nolint:gosec // G101: advice is no password
	ErrInvalidDSN:       `Write it as "postgres://user:password@host:5432/database" or as "host=… dbname=…".`,
	ErrSignIn:           "Check the user, the password, and the server's pg_hba.conf.",
	ErrNoDatabase:       "Create it first (createdb), or correct its name.",
	ErrPermission:       "Let the user create tables in the schema, or make the schema theirs.",
	ErrReadOnly:         "Connect to the primary server: a standby only reads.",
	ErrEncoding:         "Create a database with ENCODING 'UTF8'.",
	ErrOldServer:        "PostgreSQL 13 or later is needed.",
	ErrDriver:           `Open it with sql.Open("pgx", …) of github.com/jackc/pgx/v5/stdlib.`,
	ErrInvalidSchema:    "Use at most 63 bytes, and no name that begins with pg_.",
	ErrOtherTables:      "Give the chat a schema of its own.",
	ErrNewerSchema:      "Run the newer version of the program; an older one would not understand the data.",
	ErrOtherSchema:      "Restore the database from a backup.",
	chat.ErrUnavailable: "Check that the server runs and can be reached, then try again.",
}

func openError(target string, kind, cause error) *OpenError {
	return &OpenError{Target: target, Kind: kind, Advice: advice[kind], Err: cause}
}

// explainOpen finds the kind of an error that came up while opening.
func explainOpen(target string, err error) error {
	var known *OpenError
	if err == nil || errors.As(err, &known) {
		return err
	}
	for _, kind := range []struct{ is, kind error }{
		{sqlstore.ErrNewer, ErrNewerSchema}, {sqlstore.ErrChanged, ErrOtherSchema}, {errDriver, ErrDriver},
		{errReadOnly, ErrReadOnly}, {errEncoding, ErrEncoding}, {errOldServer, ErrOldServer},
	} {
		if errors.Is(err, kind.is) {
			return openError(target, kind.kind, err)
		}
	}
	switch code := state(err); {
	case code == "3D000":
		return openError(target, ErrNoDatabase, err)
	case code == "42501":
		return openError(target, ErrPermission, err)
	case code == "25006":
		return openError(target, ErrReadOnly, err)
	case code == "42P07":
		return openError(target, ErrOtherTables, err)
	case class(code) == "28":
		return openError(target, ErrSignIn, err)
	case classify(err) == sqlstore.Unavailable, errors.Is(err, context.DeadlineExceeded):
		return openError(target, chat.ErrUnavailable, err)
	}
	return fmt.Errorf("postgres: cannot open %s: %w", target, err)
}

var (
	errDriver    = errors.New("postgres: the connection is not one of pgx")
	errReadOnly  = errors.New("postgres: the server is a standby, or read-only")
	errEncoding  = errors.New("postgres: the encoding is not UTF8")
	errOldServer = errors.New("postgres: the server is too old")
)

// connectError is an error of whoever lends connections.
type connectError struct{ err error }

func (e *connectError) Error() string { return "postgres: no connection: " + e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// lostError is an error that cost the connection.
type lostError struct{ err error }

func (e *lostError) Error() string { return "postgres: the connection was lost: " + e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// state returns the SQLSTATE of an error that the server gave, or "".
func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func isServerError(err error) bool { return state(err) != "" }

func class(code string) string {
	if len(code) < 2 {
		return ""
	}
	return code[:2]
}

// classify says what an error means for a store that is open.
func classify(err error) sqlstore.Failure {
	code := state(err)
	switch code {
	case "40001", "40P01": // serialization failure, deadlock
		return sqlstore.Contended
	case "22001", "22003", "22021", "22P05": // too long, out of range, characters that cannot be kept
		return sqlstore.Refused
	case "25006", "25P03", "55P03", "57014", "3D000": // became read-only, idle too long, lock not available, cancelled, gone
		return sqlstore.Unavailable
	}
	switch class(code) {
	case "23", "54": // a constraint, a limit
		return sqlstore.Refused
	case "08", "28", "53", "57", "58": // connection, sign in, resources, shutdown, the system
		return sqlstore.Unavailable
	case "":
		return classifyLocal(err)
	}
	return sqlstore.Broken
}

// classifyLocal is for errors that the server did not give.
func classifyLocal(err error) sqlstore.Failure {
	var connect *connectError
	var lost *lostError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &lost) || errors.As(err, &network) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return sqlstore.Unavailable
	}
	return sqlstore.Broken
}
