package httpapi

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A question whose answer is in memory costs no timer; one that waits is given
// its time from then on, and ends with its stream.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, leave := context.WithCancel(t.Context())
		defer leave()
		p := &patience{Context: stream, limit: time.Second}
		if p.Err() != nil || p.timed != nil {
			t.Error("there is a timer although nobody waits")
		}
		time.Sleep(time.Minute)
		began := time.Now()
		<-p.Done()
		if waited := time.Since(began); waited != time.Second || !errors.Is(p.Err(), context.DeadlineExceeded) {
			t.Errorf("ended after %v with %v, want a second", waited, p.Err())
		}
		if _, ok := p.Deadline(); !ok {
			t.Error("it has no deadline")
		}
		p.end()

		for _, waiting := range []bool{false, true} {
			stream, leave := context.WithCancel(t.Context())
			p := &patience{Context: stream, limit: time.Second}
			if waiting {
				context.AfterFunc(p, func() {})
			}
			leave()
			synctest.Wait()
			if !errors.Is(p.Err(), context.Canceled) {
				t.Errorf("waiting %v: the stream has ended, and the question says %v", waiting, p.Err())
			}
			p.end()
		}
	})
}
