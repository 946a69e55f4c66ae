// Package postgres keeps the chat in a PostgreSQL database, which several
// processes can share.
//
// It is a module of its own, so that programs that stay with SQLite do not
// link pgx.
package postgres
