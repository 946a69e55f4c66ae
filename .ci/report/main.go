// Report reads what "go test -json" prints and says what a person wants to
// know: each package in a line, the output of what failed, what was skipped
// and why, and one line of counts. It exits with 1 if anything failed, or was
// skipped with PEALCHAT_REQUIRE=all.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

type event struct {
	Action, Package, ImportPath, Test, Output string
	FailedBuild                               string
	Elapsed                                   float64
}

type report struct {
	out                     io.Writer
	output                  map[string][]string // of each test and package, until it has ended
	skips                   []string
	passed, failed, skipped int
	broken                  bool // something that is no test has failed
}

func main() {
	r := &report{out: os.Stdout, output: map[string][]string{}}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	if !r.finish() {
		os.Exit(1)
	}
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

func (r *report) endTest(e event, output []string) {
	switch e.Action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
		fmt.Fprintf(r.out, "%s", strings.Join(output, ""))
	case "skip":
		r.skipped++
		why := ""
		for _, line := range output {
			if !strings.HasPrefix(strings.TrimSpace(line), "---") && !strings.HasPrefix(line, "===") {
				why += " " + strings.TrimSpace(line)
			}
		}
		r.skips = append(r.skips, e.Test+":"+why)
	}
}

func (r *report) endPackage(e event, output []string) {
	if e.Action == "fail" {
		r.broken = true
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
				r.failed++
				fmt.Fprintf(r.out, "%s\n--- DIED: %s\n", strings.Join(lines, ""), name)
				delete(r.output, key)
			}
		}
		fmt.Fprintf(r.out, "FAIL\t%s\t%.1fs\n", e.Package, e.Elapsed)
		return
	}
	if e.Action == "skip" {
		fmt.Fprintf(r.out, "?   \t%s\t[no test files]\n", e.Package)
		return
	}
	fmt.Fprintf(r.out, "ok  \t%s\t%.1fs\n", e.Package, e.Elapsed)
}

// finish prints the counts and says whether all is well.
func (r *report) finish() bool {
	if len(r.skips) > 0 {
		fmt.Fprintf(r.out, "\nSKIPPED, and so not tested:\n")
		for _, s := range r.skips {
			fmt.Fprintln(r.out, "  "+s)
		}
	}
	if r.broken && r.failed == 0 {
		r.failed = 1 // a package that does not build, or died between tests
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if r.skipped > 0 && os.Getenv("PEALCHAT_REQUIRE") == "all" {
		fmt.Fprintln(r.out, "PEALCHAT_REQUIRE=all: what was skipped counts as failed")
		return false
	}
	return r.failed == 0 && r.passed > 0
}
