// Package postgres keeps the chat in a PostgreSQL database, which several
// processes can share.
//
// A visitor who is erased is in no row afterwards. The bytes of rows that are
// gone stay in the server's files until it vacuums, and in its write-ahead log
// and backups for as long as those are kept: that is the server's to say.
//
// Nodes tell each other over LISTEN and NOTIFY, unless the host names another
// broker: up to where the log goes, and who is here, who looks at what and who
// is typing, which is in no table. Never a message, and nothing that is kept.
// PostgreSQL has no rights on channels: every role that may connect to the
// database can listen, and can send what it likes, which at worst makes nodes
// look at the log for nothing, or shows somebody as present or typing who is
// not. What is being typed is told only where the settings let agents see it. So
// give the chat a database of its own where not all roles may know that, or
// another broker: see [Store.Broker].
//
// It is a module of its own, so that programs that stay with SQLite do not
// link pgx.
package postgres
