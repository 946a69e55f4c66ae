//go:build linux

package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// warm is how long after its start a server is not looked at: it is still
// taking what it will then keep.
func (k *keeper) warm() time.Duration { return k.cfg.restart / 4 }

// print shows how what the server holds has changed, over those samples that
// are of a warm server, and returns what is more than it may be.
func (k *keeper) print(out io.Writer) (faults []string) {
	var warm []sample
	for _, s := range k.samples {
		if s.up >= k.warm() {
			warm = append(warm, s)
		}
	}
	if len(warm) < 2 {
		fmt.Fprintln(out, "too short to say how memory changes")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tfirst quarter\tlast quarter\tgreatest\tchange in 10 min\t")
	for _, row := range []struct {
		name  string
		value func(sample) float64
		unit  string
		most  float64 // it must stay below
		// How many times, and how much besides, the last quarter may be of the
		// first, in a run that is long enough to tell.
		growth, slack float64
	}{
		{"memory (RSS)", func(s sample) float64 { return float64(s.rss) / (1 << 20) }, "MB", 256, 1.1, 4},
		{"goroutines", func(s sample) float64 { return float64(s.goroutines) }, "", 4000, 1.1, 10},
		{"open files", func(s sample) float64 { return float64(s.files) }, "", 4000, 1.1, 10},
		{"write-ahead log", func(s sample) float64 { return float64(s.wal) / (1 << 20) }, "MB", 64, 1, 16},
	} {
		n := max(len(warm)/4, 1)
		first, last, most := mean(warm[:n], row.value), mean(warm[len(warm)-n:], row.value), 0.0
		for _, s := range warm {
			most = max(most, row.value(s))
		}
		if most >= row.most {
			faults = append(faults, fmt.Sprintf("%s: %.1f %s, which must stay below %.0f", row.name, most, row.unit, row.most))
		}
		if long := k.cfg.length >= 20*time.Minute; long && last > first*row.growth+row.slack {
			faults = append(faults, fmt.Sprintf("%s: %.1f %s has become %.1f", row.name, first, row.unit, last))
		}
		minutes := (warm[len(warm)-1].at - warm[0].at).Minutes() * 3 / 4
		fmt.Fprintf(w, "%s\t%.1f %s\t%.1f %[3]s\t%.1[5]f %[3]s\t%+.1[6]f %[3]s\t\n", row.name, first, row.unit, last, most, (last-first)/minutes*10)
	}
	w.Flush()
	fmt.Fprintln(out)
	k.printLives(out)
	return faults
}

// printLives shows what each server held in the last minute of its life: what
// grows from one to the next grows with the database.
func (k *keeper) printLives(out io.Writer) {
	fmt.Fprint(out, "memory at the end of each server's life:")
	for i, s := range k.samples {
		if i+1 == len(k.samples) || k.samples[i+1].up < s.up {
			var last []sample
			for _, t := range k.samples[:i+1] {
				if s.at-t.at < min(time.Minute, s.up) {
					last = append(last, t)
				}
			}
			fmt.Fprintf(out, " %.1f MB", mean(last, func(s sample) float64 { return float64(s.rss) / (1 << 20) }))
		}
	}
	fmt.Fprint(out, "\n\n")
}

func mean(list []sample, value func(sample) float64) (sum float64) {
	for _, s := range list {
		sum += value(s)
	}
	return sum / float64(len(list))
}
