package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/internal/sqlstore"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

//go:embed queries/*.sql
var queryFiles embed.FS

// Options configures a [Store]. The zero value is fine.
type Options struct {
	// Logger gets what an operator can act on. Nil means slog.Default().
	Logger *slog.Logger

	// LockWait is how long Open waits for a process that has the database
	// open and is about to end. 0 means 2 seconds, a negative value not at all.
	LockWait time.Duration
}

func (o *Options) logger() *slog.Logger {
	if o == nil || o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

func (o *Options) lockWait() time.Duration {
	if o == nil || o.LockWait == 0 {
		return 2 * time.Second
	}
	return o.LockWait
}

// base is unexported so that it does not show as a field of Store.
type base = sqlstore.Store

// Store is a [chat.Store] in one SQLite file. Its methods may be called
// concurrently.
type Store struct {
	*base
	path   string
	file   os.FileInfo // of the file that is open
	log    *slog.Logger
	lock   *os.File
	writer *sqlx.DB // one connection
	reader *sqlx.DB // several, which cannot write

	once     sync.Once
	closed   chan struct{}
	closeErr error
	scrubber scrubber
	damaged  atomic.Bool // SQLite has said so since the database was opened
}

var _ chat.Store = (*Store)(nil)

// Open opens the database at path, and makes it if there is none. opts may be
// nil. An error that an operator can do something about is an [*OpenError].
//
// The context bounds only the opening. Close the store when done.
func Open(ctx context.Context, path string, opts *Options) (*Store, error) {
	migrations, err := sqlstore.LoadMigrations(migrationFiles)
	if err != nil {
		return nil, err
	}
	return open(ctx, path, opts, setup{migrations: migrations})
}

// setup is what tests replace.
type setup struct {
	migrations []sqlstore.Migration
	connect    func(dsn string) (driver.Connector, error)
	beside     bool // the database may be the host's
}

func (s setup) db(dsn string, connections int) (*sqlx.DB, error) {
	connect := s.connect
	if connect == nil {
		connect = sqlite.NewConnector
	}
	c, err := connect(dsn)
	if err != nil {
		return nil, err
	}
	// The name tells sqlx only how parameters are written.
	db := sqlx.NewDb(sql.OpenDB(c), "sqlite3")
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

func open(ctx context.Context, path string, opts *Options, set setup) (_ *Store, err error) {
	full, err := checkPath(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: full, log: opts.logger(), closed: make(chan struct{})}
	if s.lock, err = acquire(ctx, full, opts.lockWait()); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = explainOpen(full, err)
			s.release()
		}
	}()
	if err := s.prepareFile(ctx, set); err != nil {
		return nil, err
	}
	if s.writer, err = set.db(writerDSN(full), 1); err != nil {
		return nil, err
	}
	if err := migrate(ctx, s.writer, set.migrations); err != nil {
		return nil, err
	}
	if set.beside {
		if err := identify(ctx, s.writer); err != nil {
			return nil, err
		}
	}
	if s.reader, err = set.db(readerDSN(full), max(4, runtime.NumCPU())); err != nil {
		return nil, err
	}
	if s.file, err = os.Stat(full); err != nil {
		return nil, err
	}
	s.base, err = sqlstore.New(ctx, sqlstore.Config{Writer: s.writer, Reader: s.reader, SQL: queryFiles, Classify: s.classify, Erased: s.scrub})
	if err != nil {
		return nil, err
	}
	return s, s.ReleaseDeliveries(ctx)
}

// checkPath returns the absolute path of the file itself, so that a later
// change of the working directory does not matter, and whoever comes by way of
// a symbolic link meets the same lock.
func checkPath(path string) (string, error) {
	if path == "" || path == ":memory:" {
		return "", openError(`"`+path+`"`, ErrNotAFile, nil)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return "", openError(path, chat.ErrUnavailable, err)
	}
	for range 10 { // the last part by hand: it need not exist
		target, err := os.Readlink(full)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(full), target)
		}
		full = target
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(full))
	if err == nil {
		full = filepath.Join(folder, filepath.Base(full))
	}
	info, err := os.Stat(filepath.Dir(full))
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && !info.IsDir():
		return "", openError(full, ErrNoFolder, err)
	case err != nil:
		return "", openError(full, ErrReadOnly, err)
	}
	if info, err := os.Stat(full); err == nil && !info.Mode().IsRegular() {
		return "", openError(full, ErrNotAFile, nil)
	}
	return full, nil
}

// release closes what is open, readers first so that the last checkpoint has
// nobody to wait for.
func (s *Store) release() error {
	var errs []error
	if s.reader != nil {
		errs = append(errs, s.reader.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// Close implements chat.Store. What is being written is finished; the
// write-ahead log is taken into the file.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.Shut()
		s.scrubber.running.Wait()
		err := s.reader.Close()
		s.reader = nil
		if err := checkpoint(s.writer); err != nil {
			s.log.Warn("sqlite: the write-ahead log could not be taken into the file; the next start will do it", "path", s.path, "error", err)
		}
		s.closeErr = errors.Join(err, s.release())
	})
	return s.closeErr
}

// Append implements chat.Store. While the file is gone it takes nothing.
func (s *Store) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	if err := s.present(); err != nil {
		return nil, err
	}
	return s.base.Append(ctx, ops)
}

// Ping implements chat.Store: it reads, and takes the lock for writing. After
// a write that failed it writes something, to see whether that works again. Once
// SQLite has found the file damaged it fails until the database is opened anew.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.present(); err != nil {
		return err
	}
	if _, err := s.Log(ctx); err != nil {
		return err
	}
	if s.damaged.Load() {
		return &chat.Error{Kind: chat.ErrUnavailable, Code: chat.ErrBusy.Code, Message: chat.ErrBusy.Message, Err: openError(s.path, ErrCorrupt, nil)}
	}
	return s.Probe(ctx)
}

// classify is the package's, and remembers that the database is damaged: what
// still can be read is served, but the operator must know.
func (s *Store) classify(err error) sqlstore.Failure {
	if c := code(err); (c == lib.SQLITE_CORRUPT || c == lib.SQLITE_NOTADB) && s.damaged.CompareAndSwap(false, true) {
		s.log.Error("sqlite: the database is damaged", "path", s.path, "advice", strings.TrimSuffix(advice[ErrCorrupt], " Nothing was changed."), "error", err)
	}
	return classify(err)
}

// present says whether the file that is open still has its name. SQLite goes
// on with a file that was removed, replaced or emptied, and what it writes there
// nobody would find again. The file must not be opened for this: closing it would
// take SQLite's locks away.
func (s *Store) present() error {
	select {
	case <-s.closed:
		return nil // the answer to that is another
	default:
	}
	info, err := os.Stat(s.path)
	switch {
	case err != nil:
	case !os.SameFile(s.file, info):
		err = fmt.Errorf("sqlite: %s was replaced by another file", s.path)
	case info.Size() < smallest:
		err = fmt.Errorf("sqlite: %s was emptied", s.path)
	default:
		return nil
	}
	return &chat.Error{Kind: chat.ErrUnavailable, Code: chat.ErrBusy.Code, Message: chat.ErrBusy.Message, Err: err}
}

// A DSN is SQL with authority, so it is made here from nothing but the path.

func fileURI(path, mode string) string {
	path = filepath.ToSlash(path)
	if path[0] != '/' {
		path = "/" + path // a drive letter
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: "mode=" + mode}
	return u.String()
}

// The caches of pages, 8 MB to write and 2 MB for each who reads, bound most of
// the memory that a chat takes: SQLite fills them and gives nothing back. What
// is not in them is in the system's cache, from where a page takes a microsecond.
// Four times as much was no faster, also where the database had 480 MB.

// writerDSN: mode=rw never makes a file. Temporary tables stay in memory,
// where erasing reaches them.
func writerDSN(path string) string {
	return fileURI(path, "rw") + "&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)" +
		"&_pragma=wal_autocheckpoint(12000)&_pragma=journal_size_limit(67108864)&_txlock=immediate&_dqs=0"
}

func readerDSN(path string) string {
	return fileURI(path, "ro") + "&_pragma=query_only(1)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)" +
		"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-2000)&_dqs=0"
}
