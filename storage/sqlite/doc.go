// Package sqlite keeps a chat in one SQLite file. It needs no C compiler and
// nothing beside the file.
//
// # What an answered request rests on
//
// When [Store.Append] returns, its transaction is in the write-ahead log and
// the log has been synced: the database runs with journal_mode=WAL and
// synchronous=FULL, so what was acknowledged survives a crash of the process,
// of the machine, and a power cut, as far as the disk tells the truth when it
// says that it has synced. There is one connection that writes; reads run
// beside it on their own connections and never wait for it.
//
// # The files
//
// Beside chat.db there are chat.db-wal and chat.db-shm, which belong to it and
// must not be moved or removed alone, and chat.db.lock, which is empty. The
// lock makes sure that only one process has the database open: a second one
// gets an [OpenError] with [ErrLocked]. Keep the file on a local disk; network
// file systems do not lock reliably.
//
// A program must not open the database file itself while a Store has it open,
// not even to read it: on Unix closing any handle of the file drops the locks
// that SQLite holds on it for the process.
//
// # Backups
//
// Never copy the file while it is open. [Store.Backup] writes a consistent
// copy beside everything else; so does SQLite's shell, from version 3.44 on:
//
//	sqlite3 chat.db "VACUUM INTO 'backup.db'"
//
// To restore one, put it in the place of chat.db while nobody has that open,
// and remove chat.db-wal and chat.db-shm. A restored database counts on from
// positions that clients may know with other content, so it needs another
// identity, with which their streams start afresh instead of resuming in the
// wrong place. Backup gives the copy one; a copy made in another way gets it
// like this:
//
//	sqlite3 chat.db "UPDATE chat_meta SET value = lower(hex(randomblob(4))) WHERE name = 'identity'"
//
// # When the disk is in trouble
//
// Where the disk is full, or the file can no longer be written to, reads go on;
// writes fail with chat.ErrUnavailable and leave nothing of themselves, and
// [Store.Ping] fails, until there is room again: no restart is needed. The same
// holds while another program has the database locked, and while the file is
// missing, replaced or emptied. When SQLite finds the file damaged, what can
// still be read is served, the log says so once, and Ping fails until a good
// file is opened. A clock that moves changes no order: that is of rows, not of
// times.
//
// # Older and newer programs
//
// A database is brought up to date when it is opened, in steps that are
// transactions each: a process that dies on the way leaves one that the next
// can go on from. A program that is older than the database gets an [OpenError]
// with [ErrNewerSchema] and changes nothing.
//
// # Erased means erased
//
// Rows are overwritten when they are deleted (secure_delete), and after a
// visitor was erased the write-ahead log is emptied as soon as no reader needs
// it, so that nothing of them is left in the files. Backups are the operator's.
//
// # The driver
//
// The driver is modernc.org/sqlite. It needs the very version of
// modernc.org/libc that its own go.mod names: after updating dependencies,
// look that "go list -m modernc.org/libc" still says that version. The store
// changes none of the driver's process-wide settings.
package sqlite
