package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// floor has somebody else write one row at a time into the same database until
// stop is called, which returns how long each took: no message can be
// acknowledged sooner than the disk has it.
func (r *rig) floor(ctx context.Context) (stop func() ([]time.Duration, error), err error) {
	conn, err := pgx.Connect(ctx, r.cfg.dsn)
	if err != nil {
		return nil, err
	}
	table := pgx.Identifier{r.schema(), "floor"}.Sanitize()
	if _, err := conn.Exec(ctx, "CREATE TABLE "+table+" (at bigint NOT NULL)"); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	ctx, cancel := context.WithCancel(ctx)
	var took []time.Duration
	var failed error
	var writing sync.WaitGroup
	writing.Go(func() {
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		for {
			select {
			case <-pace.C:
			case <-ctx.Done():
				return
			}
			began := time.Now()
			if _, err := conn.Exec(context.WithoutCancel(ctx), "INSERT INTO "+table+" VALUES ($1)", began.UnixNano()); err != nil {
				failed = err
				return
			}
			took = append(took, time.Since(began))
		}
	})
	return func() ([]time.Duration, error) {
		cancel()
		writing.Wait()
		return took, errors.Join(failed, conn.Close(context.WithoutCancel(ctx)))
	}, nil
}
