// Migrate moves a chat from an SQLite file into PostgreSQL, with every id,
// number and position, so that no visitor and no stream notices.
//
//	cd examples/migrate
//	go run . -from ../../pealchat.db -dsn postgres://… # while the host runs: takes most of it
//	# end the host
//	go run . -from ../../pealchat.db -dsn postgres://… # takes what has changed since
//	# start the host on PostgreSQL
//
// It changes nothing in the SQLite file, and may be run as often as one likes.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pealchat/pealchat/storage/postgres"
	_ "modernc.org/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	from := flag.String("from", "pealchat.db", "SQLite `file`")
	dsn := flag.String("dsn", "", "PostgreSQL `database`")
	schema := flag.String("schema", "", "`schema` in it; empty is the one in which the connection makes tables")
	flag.Parse()
	if *dsn == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	began := time.Now()
	done, err := migrate(ctx, *from, *dsn, *schema)
	if err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
	fmt.Printf("%d rows added, %d changed, %d removed in %s\n", done.Added, done.Changed, done.Removed, time.Since(began).Round(time.Millisecond))
}

func migrate(ctx context.Context, from, dsn, schema string) (done postgres.Copied, err error) {
	path, err := filepath.Abs(from)
	if err != nil {
		return done, err
	}
	if _, err := os.Stat(path); err != nil {
		return done, err
	}
	// A reader keeps nobody from writing.
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)"}
	src, err := sql.Open("sqlite", file.String())
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return postgres.CopyFrom(ctx, src, dsn, &postgres.Options{Schema: schema})
}
