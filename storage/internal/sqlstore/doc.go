// Package sqlstore is the part of the stores that SQLite and PostgreSQL share:
// the SQL in queries, and the Go around it. A database's own package opens
// connections, migrates, and says what its driver's errors mean.
//
// A feature has one file with its rows and its reads, and one named _ops with
// what changes it.
package sqlstore
