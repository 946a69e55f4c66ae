package chat

import "time"

// OpAddFile notes a file that is coming in and belongs to no message yet.
type OpAddFile struct {
	FileID string
	At     time.Time
}

// OpAddFileChunk keeps the part N, from 0 on, of what a file holds, where the
// database is to keep that. A file that is not there, or belongs to a message
// already: ErrUnknownFile.
type OpAddFileChunk struct {
	FileID string
	N      int
	Data   []byte
}

// OpDiscardFile decides that what a file holds is to be removed: no message can
// have it from now on. One that is not there, or belongs to a message:
// Duplicate.
type OpDiscardFile struct{ FileID string }

// OpDeleteFile forgets a file that belongs to no message, with its chunks. One
// that is not there, or belongs to a message: Duplicate.
type OpDeleteFile struct{ FileID string }

func (OpAddFile) op()      {}
func (OpAddFileChunk) op() {}
func (OpDiscardFile) op()  {}
func (OpDeleteFile) op()   {}
