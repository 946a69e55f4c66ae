package chat

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestAlertsEnd: what comes up while the service closes must neither run
// after it, nor trip up whoever waits.
func TestAlertsEnd(t *testing.T) {
	for range 300 {
		var a alerts
		var ended atomic.Bool
		var late atomic.Int64
		var starting sync.WaitGroup
		for range 4 {
			starting.Go(func() {
				for range 10 {
					a.start(func() {
						if ended.Load() {
							late.Add(1)
						}
					})
				}
			})
		}
		a.wait()
		ended.Store(true)
		starting.Wait()
		a.running.Wait()
		if n := late.Load(); n > 0 {
			t.Fatalf("%d began after the end", n)
		}
	}
}
