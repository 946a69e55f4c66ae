//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The program starts itself as its servers.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-child" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestScenariosLoseNothing(t *testing.T) {
	var out strings.Builder
	cfg := config{only: "chat,storm,idle,idle-http2", sessions: 50, rate: 100, storm: 100, idle: 100, idle2: 100, each: 2, takeover: true, duration: time.Second}
	if err := measure(t.Context(), cfg, &out); err != nil {
		t.Fatal(err, "\n", out.String())
	}
	for _, want := range []string{"memory of a stream", "all had what they missed after", "from sending to receipt, p99", "disk  ratio"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
}

func TestTallyFindsWhatIsMissingAndWhatCameTwice(t *testing.T) {
	a, b := &reader{}, &reader{}
	tally := newTally(2, 4)
	for _, n := range []int{1, 2, 2, 4} { // 3 is missing, 2 came twice
		tally.heard(a, n, 1, time.Now())
	}
	tally.heard(b, 1, 1, time.Now())
	select {
	case <-tally.done:
		t.Error("done, and one has not heard the end")
	default:
	}
	tally.missing([]*reader{a, b})
	if tally.lost != 1+3 || tally.doubled != 1 || tally.delivered != 5 {
		t.Errorf("%d lost, %d doubled, %d delivered", tally.lost, tally.doubled, tally.delivered)
	}
}

func TestTooManyConnectionsAreRefusedAtOnce(t *testing.T) {
	cfg := config{each: 1, idle: 50000, storm: 100, readers: 100, sessions: 100}
	if err := cfg.fits(20000); err == nil || !strings.Contains(err.Error(), "-idle") {
		t.Errorf("50,000 streams with 20,000 files: %v", err)
	}
	if err := cfg.fits(100_000); err != nil {
		t.Error(err)
	}
}
