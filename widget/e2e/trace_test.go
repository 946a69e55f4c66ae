package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
)

// traceEvent is what the browser tells of itself. Times are in microseconds.
type traceEvent struct {
	Name string  `json:"name"`
	Ph   string  `json:"ph"`
	TS   float64 `json:"ts"`
	Dur  float64 `json:"dur"`
	CPU  float64 `json:"tdur"` // what of dur its thread was running for
	PID  int     `json:"pid"`
	TID  int     `json:"tid"`
	Args struct {
		Data struct {
			Type string `json:"type"`
		} `json:"data"`
	} `json:"args"`
}

func (e traceEvent) end() float64 { return e.TS + e.Dur }

var (
	traceMu   sync.Mutex
	traced    []traceEvent
	traceRaw  []json.RawMessage
	traceDone chan struct{}
)

// hearTrace takes in what the browser tells of its work.
func hearTrace(ev any) {
	switch e := ev.(type) {
	case *tracing.EventDataCollected:
		traceMu.Lock()
		defer traceMu.Unlock()
		for _, raw := range e.Value {
			var one traceEvent
			if json.Unmarshal(raw, &one) == nil {
				traced = append(traced, one)
				traceRaw = append(traceRaw, json.RawMessage(raw))
			}
		}
	case *tracing.EventTracingComplete:
		close(traceDone)
	}
}

// keystroke is what the page's main thread did from one key to the next, by
// the clock on the wall.
type keystroke struct {
	drawn float64            // ms of work until the letter was in a frame on its way to the screen
	busy  float64            // ms of all work until the next key: handlers, style, layout, paint, timers, garbage
	cpu   float64            // ms of busy in which the thread ran and did not wait for a processor
	parts map[string]float64 // ms of busy by what the browser calls it, each without what it holds
}

func (k keystroke) String() string {
	names := slices.SortedFunc(maps.Keys(k.parts), func(a, b string) int { return cmp.Compare(k.parts[b], k.parts[a]) })
	var said []string
	for _, name := range names {
		if ms := k.parts[name]; ms >= 0.3 {
			said = append(said, fmt.Sprintf("%s %.1f", name, ms))
		}
	}
	return strings.Join(said, ", ")
}

// trace runs fn, which presses keys, and tells what each of them kept the
// page's main thread busy with: every task from the key to the next one, also
// those that the key had nothing to do with.
func (b *tab) trace(name string, fn func()) []keystroke {
	b.t.Helper()
	traced, traceRaw, traceDone = nil, nil, make(chan struct{})
	b.do(call(tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{IncludedCategories: []string{"devtools.timeline", "disabled-by-default-devtools.timeline"}}}))
	fn()
	b.do(call(tracing.End, cdp.Empty{}))
	select {
	case <-traceDone:
	case <-time.After(patience):
		b.t.Fatal("the browser does not end its trace")
	}
	traceMu.Lock()
	defer traceMu.Unlock()
	if dir := os.Getenv("PEALCHAT_SHOTS"); dir != "" {
		text, _ := json.Marshal(map[string]any{"traceEvents": traceRaw})
		if err := os.WriteFile(filepath.Join(dir, name+".trace.json"), text, 0o644); err != nil {
			b.t.Error(err)
		}
	}
	return keystrokes(traced)
}

func keystrokes(all []traceEvent) []keystroke {
	byTime := func(a, c traceEvent) int {
		return cmp.Or(cmp.Compare(a.TS, c.TS), cmp.Compare(c.Dur, a.Dur)) // what holds another comes first
	}
	slices.SortFunc(all, byTime)
	var keys, work []traceEvent
	for _, e := range all {
		if e.Name == "EventDispatch" && e.Args.Data.Type == "keydown" {
			keys = append(keys, e)
		}
	}
	took := make([]keystroke, len(keys))
	inputs := make([]float64, len(keys)) // when the field had the letter
	frames := make([]float64, len(keys)) // when the first frame after that was handed over
	for i := range took {
		took[i].parts = map[string]float64{}
	}
	// Whose work it is: the last key's before its end.
	keyOf := func(e traceEvent) int {
		i, _ := slices.BinarySearchFunc(keys, e, func(k, e traceEvent) int { return cmp.Compare(k.TS, e.end()) })
		return i - 1
	}
	for _, e := range all {
		if len(keys) == 0 || e.PID != keys[0].PID || e.TID != keys[0].TID || e.Ph != "X" {
			continue
		}
		if i := keyOf(e); i >= 0 && e.TS < keys[i].TS+200_000 {
			work = append(work, e)
			if e.Name == "EventDispatch" && e.Args.Data.Type == "input" && inputs[i] == 0 {
				inputs[i] = e.TS
			}
			if e.Name == "Commit" && inputs[i] != 0 && frames[i] == 0 {
				frames[i] = e.TS
			}
		}
	}
	own := ownTimes(work)
	for n, e := range work {
		i := keyOf(e)
		took[i].parts[e.Name] += own[n] / 1000
		if e.Name != "RunTask" {
			continue
		}
		took[i].busy += e.Dur / 1000
		took[i].cpu += e.CPU / 1000
		if frames[i] == 0 || e.TS < frames[i] {
			took[i].drawn += e.Dur / 1000
		}
	}
	return took
}

// ownTimes is how long each event took without those that it holds.
func ownTimes(work []traceEvent) []float64 {
	own := make([]float64, len(work))
	var around []int
	for n, e := range work {
		own[n] = e.Dur
		for len(around) > 0 && work[around[len(around)-1]].end() <= e.TS {
			around = around[:len(around)-1]
		}
		if len(around) > 0 {
			own[around[len(around)-1]] -= e.Dur
		}
		around = append(around, n)
	}
	return own
}

// tell prints how long keystrokes took, and what the longest of them did.
func tell(t *testing.T, when string, took []keystroke) {
	t.Helper()
	n := len(took)
	if n < 50 {
		t.Fatalf("the trace has %d keys", n)
	}
	t.Logf("%d sessions, %d messages, %d keys, %s. The page's work for a key:", manySessions, manyMessages, n, when)
	spread := func(what string, of func(keystroke) float64) {
		slices.SortFunc(took, func(a, b keystroke) int { return cmp.Compare(of(a), of(b)) })
		t.Logf("%s: median %.1f ms, 95th percentile %.1f ms, longest %.1f ms", what, of(took[n/2]), of(took[n*95/100]), of(took[n-1]))
	}
	spread("all until the next key, without waiting for a processor", func(k keystroke) float64 { return k.cpu })
	spread("until it is drawn", func(k keystroke) float64 { return k.drawn })
	spread("all until the next key", func(k keystroke) float64 { return k.busy })
	t.Logf("a usual one: %v", took[n/2])
	for _, one := range took[n-3:] {
		t.Logf("a long one, %.1f ms: %v", one.busy, one)
	}
}
