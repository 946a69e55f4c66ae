package main

import (
	"errors"
	"os"
	"path"
	"regexp"
	"strings"
)

// kept are the files in which code of a language has to stand.
var kept = map[string]string{"go": ".go", "nginx": ".conf"}

// checkCode looks for each block of code in the files that are compiled or
// run: in examples above all. It must stand there line by line, at whatever
// indentation.
func (r *repository) checkCode() error {
	sources := map[string][][]string{}
	for name := range r.files {
		ext := path.Ext(name)
		if ext != ".go" && ext != ".conf" {
			continue
		}
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) { // removed, and not committed yet
			continue
		}
		if err != nil {
			return err
		}
		sources[ext] = append(sources[ext], strings.Split(string(text), "\n"))
	}
	for _, p := range r.pages {
		for _, b := range p.blocks {
			ext := kept[b.language]
			if ext == "" {
				continue
			}
			r.found++
			if !stands(b.lines, sources[ext]) {
				r.fault(p, b.number, "this code is in no %s file, so nothing tries it: copy it from an example", ext)
			}
		}
	}
	return nil
}

func stands(code []string, sources [][]string) bool {
	for _, source := range sources {
		for i := range source {
			if i+len(code) <= len(source) && same(code, source[i:i+len(code)]) {
				return true
			}
		}
	}
	return false
}

// same compares code with a place in a source, which may be indented further.
func same(code, source []string) bool {
	indent, ok := strings.CutSuffix(source[0], code[0])
	if !ok || strings.Trim(indent, "\t") != "" {
		return false
	}
	for i, want := range code {
		if want != "" {
			want = indent + want
		}
		if source[i] != want {
			return false
		}
	}
	return true
}

const routes = "httpapi/testdata/routes.golden"

var (
	call  = regexp.MustCompile("`(GET|POST|PUT|PATCH|DELETE) (/[^\\s`?]*)[^`]*`")
	param = regexp.MustCompile(`\{[^}]*\}`)
)

// checkCalls looks up the calls of the API that pages mention, such as
// `GET /sessions/{id}`. One without a root is the agents' or the visitors'.
func (r *repository) checkCalls() error {
	golden, err := os.ReadFile(routes)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for l := range strings.Lines(string(golden)) {
		if f := strings.Fields(l); len(f) > 1 {
			known[f[0]+" "+param.ReplaceAllString(f[1], "{}")] = true
		}
	}
	for _, p := range r.pages {
		for _, l := range p.lines {
			for _, m := range call.FindAllStringSubmatch(l.text, -1) {
				r.found++
				where := strings.TrimPrefix(param.ReplaceAllString(m[2], "{}"), "/chat")
				if !known[m[1]+" "+where] && !known[m[1]+" /api/v1"+where] && !known[m[1]+" /visitor/v1"+where] {
					r.fault(p, l.number, "there is no call %s %s in %s", m[1], m[2], routes)
				}
			}
		}
	}
	return nil
}
