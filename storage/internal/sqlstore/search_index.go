package sqlstore

import (
	"database/sql"

	"github.com/jmoiron/sqlx"
	"github.com/pealchat/pealchat/chat"
)

// searchDone is the row of search-done.
type searchDone struct{ Sessions, Messages, Tidy int64 }

// indexSearch adds the next rows to the index.
func (b *batch) indexSearch(op chat.OpIndexSearch) (chat.OpResult, error) {
	if b.s.cfg.Text != nil {
		return chat.OpResult{Duplicate: true}, nil
	}
	var done searchDone
	if err := b.need(b.s.index.SearchDone, &done, nothing, sql.ErrNoRows); err != nil {
		return chat.OpResult{}, err
	}
	count := 0
	for _, part := range []struct {
		find, add *sqlx.NamedStmt
		done      *int64
	}{
		{b.s.index.SearchSessionLast, b.s.index.SearchSessionIndex, &done.Sessions},
		{b.s.index.SearchMessageLast, b.s.index.SearchMessageIndex, &done.Messages},
	} {
		var next struct {
			Last  int64
			Count int
		}
		if err := b.need(part.find, &next, struct {
			After int64
			Limit int
		}{*part.done, op.Limit}, sql.ErrNoRows); err != nil {
			return chat.OpResult{}, err
		}
		if next.Count == 0 {
			continue
		}
		if err := b.run(part.add, struct{ After, Last int64 }{*part.done, next.Last}); err != nil {
			return chat.OpResult{}, err
		}
		*part.done = next.Last
		count = max(count, next.Count)
	}
	if count > 0 {
		if err := b.run(b.s.index.SearchSetDone, done); err != nil {
			return chat.OpResult{}, err
		}
	}
	more, err := b.tidySearch(done.Tidy)
	if more {
		count = op.Limit
	}
	return chat.OpResult{Count: count, Duplicate: count == 0 && done.Tidy == tidyNone}, err
}

// How far the index has been written anew.
const (
	tidyNone = iota
	tidyBegin
	tidyGoOn
)

// tidyPages is how many pages of the index one step writes: a few milliseconds.
const tidyPages = 200

// tidySearch takes the next step of writing the index anew, and says whether
// there is another.
func (b *batch) tidySearch(state int64) (more bool, err error) {
	q := &b.s.index
	if state == tidyNone {
		return false, nil
	}
	for _, index := range []struct{ part, unpart, merge *sqlx.NamedStmt }{
		{q.SearchSessionPart, q.SearchSessionUnpart, q.SearchSessionMerge},
		{q.SearchMessagePart, q.SearchMessageUnpart, q.SearchMessageMerge},
	} {
		changed, err := b.tidyOne(state, index.part, index.unpart, index.merge)
		if err != nil {
			return false, err
		}
		more = more || changed
	}
	if state == tidyBegin {
		if err := b.secureSearch(true); err != nil {
			return false, err
		}
	}
	state = tidyGoOn
	if !more {
		state = tidyNone
		b.erased = true // what the old pages held is in the write-ahead log still
	}
	return more, b.run(q.SearchSetTidy, struct{ Tidy int64 }{state})
}

// tidyOne merges some pages of one index, or begins to. A merge that had
// nothing left to do shows in the connection's count of changes.
func (b *batch) tidyOne(state int64, part, unpart, merge *sqlx.NamedStmt) (changed bool, err error) {
	type pages struct{ Pages int }
	if state == tidyBegin {
		if err := b.run(part, nothing); err != nil {
			return false, err
		}
		if err := b.run(merge, pages{-tidyPages}); err != nil { // below 0: all parts, however they differ in size
			return false, err
		}
		return true, b.run(unpart, nothing)
	}
	var before, after int64
	if err := b.need(b.s.index.SearchChanges, &before, nothing, sql.ErrNoRows); err != nil {
		return false, err
	}
	if err := b.run(merge, pages{tidyPages}); err != nil {
		return false, err
	}
	err = b.need(b.s.index.SearchChanges, &after, nothing, sql.ErrNoRows)
	return after-before >= 2, err
}

// secureSearch says whether words are taken out of the index one by one as
// their texts change. That is right for single messages, but would take an
// erasure of thousands longer than others can wait; its words go when the
// index is written anew.
func (b *batch) secureSearch(on bool) error {
	if b.s.cfg.Text != nil {
		return nil
	}
	arg := struct{ On int }{}
	if on {
		arg.On = 1
	}
	if err := b.run(b.s.index.SearchSessionSecure, arg); err != nil {
		return err
	}
	return b.run(b.s.index.SearchMessageSecure, arg)
}

// searchErased ends what secureSearch(false) began where nothing in the index
// was erased. Otherwise the first step of writing it anew does.
func (b *batch) searchErased() error {
	if b.s.cfg.Text != nil {
		return nil
	}
	var done searchDone
	err := b.need(b.s.index.SearchDone, &done, nothing, sql.ErrNoRows)
	if err != nil || done.Tidy == tidyBegin {
		return err
	}
	return b.secureSearch(true)
}
