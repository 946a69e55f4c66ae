// Pages holds that the documentation is true, as far as a program can see:
// links lead somewhere, Go code is code that is compiled, configuration is
// tested, and calls, Go names and what the widget is said to have exist. It
// prints what is wrong and exits with 1.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// page is one Markdown file.
type page struct {
	name   string // from the top of the repository, with slashes
	lines  []line
	blocks []block
}

// line is one that is prose, not in a block of code.
type line struct {
	number int
	text   string
}

// block is code between two fences.
type block struct {
	number   int // of its first line
	language string
	lines    []string
}

// repository is what the pages are compared with.
type repository struct {
	files map[string]bool // and folders
	pages map[string]*page
	found int // links and other things that were looked at
	wrong []string
}

func main() {
	r := &repository{files: map[string]bool{".": true}, pages: map[string]*page{}}
	err := r.read()
	if err == nil {
		err = r.check()
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	case len(r.wrong) > 0:
		slices.Sort(r.wrong)
		fmt.Println(strings.Join(r.wrong, "\n"))
		os.Exit(1)
	}
}

func (r *repository) read() error {
	out, err := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for _, name := range strings.Fields(string(out)) {
		if strings.HasSuffix(name, ".md") {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			r.pages[name] = parse(name, string(text))
		}
		for ; !r.files[name]; name = path.Dir(name) {
			r.files[name] = true
		}
	}
	return nil
}

func (r *repository) check() error {
	for _, p := range r.pages {
		r.checkLinks(p)
	}
	for _, check := range []func() error{r.checkCode, r.checkCalls, r.checkNames, r.checkWidget} {
		before := r.found
		if err := check(); err != nil {
			return err
		}
		if r.found == before {
			return fmt.Errorf("nothing was found to check; has the way in which pages are written changed?")
		}
	}
	return nil
}

func (r *repository) fault(p *page, number int, format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf("%s:%d: ", p.name, number)+fmt.Sprintf(format, args...))
}

func parse(name, text string) *page {
	p := &page{name: name}
	var in *block
	for i, s := range strings.Split(text, "\n") {
		fence, language := strings.CutPrefix(strings.TrimSpace(s), "```")
		switch {
		case language && in == nil:
			in = &block{number: i + 2, language: fence}
		case language:
			p.blocks, in = append(p.blocks, *in), nil
		case in != nil:
			in.lines = append(in.lines, s)
		default:
			p.lines = append(p.lines, line{i + 1, s})
		}
	}
	return p
}
