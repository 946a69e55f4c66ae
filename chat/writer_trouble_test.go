package chat

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTroubleIsLoggedSeldom: a store that fails all the time does not fill the
// log, and its recovery stands there.
func TestTroubleIsLoggedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		var tr trouble
		full := errors.New("the disk is full")
		tr.note(log, 1, nil)
		for range 250 { // 25 seconds
			tr.note(log, 1, full)
			time.Sleep(100 * time.Millisecond)
		}
		if n := strings.Count(out.String(), "could not write"); n != 3 || !strings.Contains(out.String(), "failed_since=99") {
			t.Errorf("%d lines in 25 seconds:\n%s", n, out.String())
		}
		tr.note(log, 1, nil)
		tr.note(log, 1, nil)
		if n := strings.Count(out.String(), "works again"); n != 1 {
			t.Errorf("%d lines say that it is over:\n%s", n, out.String())
		}
		tr.note(log, 1, full)
		if n := strings.Count(out.String(), "could not write"); n != 4 {
			t.Errorf("the next failure is not logged at once:\n%s", out.String())
		}
	})
}
