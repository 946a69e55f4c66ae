// Package postgres keeps the chat in a PostgreSQL database, which several
// processes can share.
//
// A visitor who is erased is in no row afterwards. The bytes of rows that are
// gone stay in the server's files until it vacuums, and in its write-ahead log
// and backups for as long as those are kept: that is the server's to say.
//
// It is a module of its own, so that programs that stay with SQLite do not
// link pgx.
package postgres
