//go:build linux

package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"time"
)

// lockFor is another program that keeps the database from being written to.
func lockFor(ctx context.Context, file string, d time.Duration) error {
	db, err := sql.Open("sqlite", address(file, "rw")+"&_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	return nil
}

// sound has SQLite check the whole database.
func sound(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", address(file, "ro"))
	if err != nil {
		return err
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("the database is not sound: %s", verdict)
	}
	return nil
}

func address(file, mode string) string {
	return (&url.URL{Scheme: "file", Opaque: file, RawQuery: "mode=" + mode}).String()
}
