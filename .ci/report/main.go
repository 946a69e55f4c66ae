// Report reads what "go test -json" prints and says what a person wants to
// know: each package in a line, the output of what failed, what was skipped
// and why, and one line of counts. It exits with 1 if anything failed, or was
// skipped with PEALCHAT_REQUIRE=all. Of what ran twice the second time counts,
// and what had failed the first time is named.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

type event struct {
	Action, Package, ImportPath, Test, Output string
	FailedBuild                               string
	Elapsed                                   float64
}

type report struct {
	out      io.Writer
	output   map[string][]string // of each test and package, until it has ended
	last     map[string]string   // how each test and package ended: pass, fail or skip
	skips    map[string]string   // why each test was skipped
	repeated map[string]bool     // what failed and then ran again
	broken   bool                // something was not even built
}

func main() {
	r := newReport(os.Stdout)
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	if !r.finish() {
		os.Exit(1)
	}
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[string][]string{}, last: map[string]string{}, skips: map[string]string{}, repeated: map[string]bool{}}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if !strings.HasPrefix(lines.Text(), "{") || json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(r.out, lines.Text())
			continue
		}
		r.note(e)
	}
	return lines.Err()
}

func (r *report) note(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.broken = true
	case "pass", "skip", "fail":
		if e.Test == "" {
			r.endPackage(e, r.output[key])
		} else {
			r.endTest(e, r.output[key])
		}
		delete(r.output, key)
	}
}

// end remembers how a test or a package ended.
func (r *report) end(key, action string) {
	if r.last[key] == "fail" {
		r.repeated[key] = true
	}
	r.last[key] = action
}

func (r *report) endTest(e event, output []string) {
	key := e.Package + " " + e.Test
	r.end(key, e.Action)
	switch e.Action {
	case "fail":
		fmt.Fprintf(r.out, "%s", strings.Join(output, ""))
	case "skip":
		why := ""
		for _, line := range output {
			if !strings.HasPrefix(strings.TrimSpace(line), "---") && !strings.HasPrefix(line, "===") {
				why += " " + strings.TrimSpace(line)
			}
		}
		r.skips[key] = e.Test + ":" + why
	}
}

func (r *report) endPackage(e event, output []string) {
	r.end(e.Package+" ", e.Action)
	switch e.Action {
	case "pass":
		fmt.Fprintf(r.out, "ok  \t%s\t%.1fs\n", e.Package, e.Elapsed)
		return
	case "skip":
		fmt.Fprintf(r.out, "?   \t%s\t[no test files]\n", e.Package)
		return
	}
	if e.FailedBuild == "" { // else the compiler has said it
		for _, line := range output {
			if !strings.HasPrefix(line, "FAIL") { // said below
				fmt.Fprint(r.out, line)
			}
		}
	}
	// A test that was running when the process died never ended.
	for key, lines := range r.output {
		if name, ok := strings.CutPrefix(key, e.Package+" "); ok && name != "" {
			r.end(key, "fail")
			fmt.Fprintf(r.out, "%s\n--- DIED: %s\n", strings.Join(lines, ""), name)
			delete(r.output, key)
		}
	}
	fmt.Fprintf(r.out, "FAIL\t%s\t%.1fs\n", e.Package, e.Elapsed)
}

// finish prints what deserves a look and the counts, and says whether all is
// well.
func (r *report) finish() bool {
	counts, broken := map[string]int{}, r.broken
	var skips []string
	for key, action := range r.last {
		if strings.HasSuffix(key, " ") { // a package
			broken = broken || action == "fail"
			continue
		}
		counts[action]++
		if action == "skip" {
			skips = append(skips, r.skips[key])
		}
	}
	r.list("SKIPPED, and so not tested:", skips)
	r.list("REPEATED, because they failed the first time:", slices.Collect(maps.Keys(r.repeated)))
	if broken && counts["fail"] == 0 {
		counts["fail"] = 1 // a package that does not build, or died between tests
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed, %d skipped\n", counts["pass"], counts["fail"], counts["skip"])
	if counts["skip"] > 0 && os.Getenv("PEALCHAT_REQUIRE") == "all" {
		fmt.Fprintln(r.out, "PEALCHAT_REQUIRE=all: what was skipped counts as failed")
		return false
	}
	return counts["fail"] == 0 && counts["pass"] > 0
}

func (r *report) list(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	slices.Sort(lines)
	fmt.Fprintf(r.out, "\n%s\n", title)
	for _, line := range lines {
		fmt.Fprintln(r.out, "  "+line)
	}
}
