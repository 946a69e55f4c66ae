package chat

import "time"

// AddFile notes a file that is coming in and belongs to no message yet.
type AddFile struct {
	FileID string
	At     time.Time
}

// AddFileChunk keeps the part N, from 0 on, of what a file holds, where the
// database is to keep that. A file that is not there, or belongs to a message
// already: ErrUnknownFile.
type AddFileChunk struct {
	FileID string
	N      int
	Data   []byte
}

// DiscardFile decides that what a file holds is to be removed: no message can
// have it from now on. One that is not there, or belongs to a message:
// Duplicate.
type DiscardFile struct{ FileID string }

// RemoveFile forgets a file that belongs to no message, with its chunks. One
// that is not there, or belongs to a message: Duplicate.
type RemoveFile struct{ FileID string }

func (AddFile) op()      {}
func (AddFileChunk) op() {}
func (DiscardFile) op()  {}
func (RemoveFile) op()   {}
