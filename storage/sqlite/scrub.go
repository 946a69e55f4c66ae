package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// errReaders: the write-ahead log cannot be emptied while somebody reads from it.
var errReaders = errors.New("the write-ahead log is in use")

// scrubber empties the write-ahead log after a visitor was erased. Deleted
// rows are overwritten in the pages, but older images of those pages stay in
// the log until it is emptied.
type scrubber struct {
	mu      sync.Mutex
	active  bool // a goroutine tries again and again
	running sync.WaitGroup
}

// scrub is called after the commit that erased, while nobody else writes.
// Where readers are in the way it goes on trying beside everything else.
func (s *Store) scrub() {
	if checkpoint(s.writer) == nil {
		return
	}
	s.scrubber.mu.Lock()
	defer s.scrubber.mu.Unlock()
	if !s.scrubber.active {
		s.scrubber.active = true
		s.scrubber.running.Go(s.keepScrubbing)
	}
}

func (s *Store) keepScrubbing() {
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for {
		select {
		case <-s.closed:
			return // Close empties the log
		case <-pause.C:
		}
		done := false
		s.Exclusively(func() {
			// Within the turn, so that an erasure after this attempt starts anew.
			if done = checkpoint(s.writer) == nil; done {
				s.scrubber.mu.Lock()
				s.scrubber.active = false
				s.scrubber.mu.Unlock()
			}
		})
		if done {
			return
		}
	}
}

// checkpoint takes the write-ahead log into the file and empties it, or fails
// at once where readers are in the way.
func checkpoint(db *sqlx.DB) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := db.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout(0)"); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, "PRAGMA busy_timeout(10000)")
	var res struct{ Busy, Log, Checkpointed int }
	if err := conn.GetContext(ctx, &res, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	if res.Busy != 0 {
		return errReaders
	}
	return nil
}
