package httpapi

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Nobody is asked while it is known that the reader may listen. From then on
// the answer of the last time holds while nobody can tell.
func TestStreamAsksNobodyWhatIsKnown(t *testing.T) {
	bubble(t, streamOptions{}, nil, func(r *rig, l *pipeListener) {
		var asked, known atomic.Int32
		r.known = func() bool { return known.Add(1) <= 100 }
		r.setRecheck(func(context.Context) error { asked.Add(1); return chat.ErrBusy })
		start := time.Now()
		ch := collect(dial(r, l.dial, "/events"), start)
		time.Sleep(298 * time.Second)
		synctest.Wait()
		if n := asked.Load(); n != 0 || known.Load() < 70 {
			t.Errorf("asked %d times, and %d times whether it is known", n, known.Load())
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		for len(ch) > 0 {
			c := <-ch
			if !strings.Contains(c.what, `"unauthorized"`) {
				continue
			}
			if c.at < 350*time.Second || c.at > 480*time.Second {
				t.Errorf("ended after %v", c.at)
			}
			return
		}
		t.Error("it did not end, although nobody can tell")
	})
}
