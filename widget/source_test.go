package widget

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBudgets holds the sizes that a page pays for, compressed with gzip as the
// most common client takes them, and prints the table of README.md here.
func TestBudgets(t *testing.T) {
	a := mustLoad(t)
	e := a.Entries()
	size := func(names ...string) (n int) {
		for _, name := range names {
			asset, ok := a.Get(name)
			if !ok || len(asset.Gzip) == 0 {
				t.Fatalf("%q has no gzip form", name)
			}
			n += len(asset.Gzip)
		}
		return n
	}
	type row struct {
		what   string
		bytes  int
		budget int // KB
	}
	rows := []row{
		{"loader, on every page", size(e.Loader), 3},
		{"loader, where pages are followed", size(e.Following), 3},
		{"following pages, once idle", size(e.Site.First...), 5},
		{"panel, first open", size(e.Panel.First...), 24},
	}
	rows = append(rows, row{"page of its own, script", size(e.Embed), 2})
	for _, name := range e.Panel.Later {
		rows = append(rows, row{"panel, later: " + short(name), size(name), 25})
	}
	for _, name := range e.Site.Later {
		rows = append(rows, row{"following, later: " + short(name), size(name), 5})
	}
	rows = append(rows, row{"console, first load", size(e.Console.First...), 60})
	for _, name := range e.Console.Later {
		rows = append(rows, row{"console, later: " + short(name), size(name), 25})
	}
	var table strings.Builder
	for _, r := range rows {
		kb := float64(r.bytes) / 1024
		fmt.Fprintf(&table, "\n| %-26s | %5.1f KB | %2d KB |", r.what, kb, r.budget)
		if kb > float64(r.budget) {
			t.Errorf("%s: %.2f KB is over its budget of %d KB", r.what, kb, r.budget)
		}
	}
	t.Log(table.String())
}

// short is a file's name without its directory and hash.
func short(name string) string {
	base, _, _ := strings.Cut(filepath.Base(name), "-")
	return base
}

// What a visitor writes is shown in the agents' console, which has the host's
// origin. Nothing may turn a string into markup or code, in our sources or in
// what they are bundled with.
func TestNothingSetsMarkup(t *testing.T) {
	a := mustLoad(t)
	markup := regexp.MustCompile(`\.(inner|outer)HTML\b|insertAdjacentHTML|\bdocument\.write|createContextualFragment|DOMParser|setHTML|srcdoc|\beval\(|\bnew Function\b|javascript:`)
	for _, name := range a.Names() {
		asset, _ := a.Get(name)
		for _, found := range markup.FindAllIndex(asset.Plain, -1) {
			t.Errorf("%s: …%s…", name, asset.Plain[max(0, found[0]-40):min(len(asset.Plain), found[1]+40)])
		}
	}
	eachSource(t, func(name, text string) {
		if strings.HasSuffix(name, ".ts") || strings.HasSuffix(name, ".tsx") {
			for _, found := range append(markup.FindAllString(text, -1), regexp.MustCompile(`dangerouslySetInnerHTML|@ts-ignore|@ts-nocheck`).FindAllString(text, -1)...) {
				t.Errorf("%s uses %s", name, found)
			}
		}
	})
}

// A page may be written from right to left, so styles know a start and an end
// but neither left nor right; and a host may set the root's font size, so rem
// means nothing.
func TestStylesAreLogical(t *testing.T) {
	comment := regexp.MustCompile(`(?s)/\*.*?\*/`)
	physical := regexp.MustCompile(`(?i)\b(left|right)\b|\d(rem)\b`)
	sheets := 0
	eachSource(t, func(name, text string) {
		if filepath.Ext(name) != ".css" {
			return
		}
		sheets++
		for i, line := range strings.Split(comment.ReplaceAllStringFunc(text, blank), "\n") {
			if found := physical.FindString(line); found != "" {
				t.Errorf("%s:%d says %s: %s", name, i+1, found, strings.TrimSpace(line))
			}
		}
	})
	if sheets == 0 {
		t.Error("no style sheet was found to look at")
	}
}

// blank keeps the line breaks of a comment, so that lines keep their numbers.
func blank(comment string) string { return strings.Repeat("\n", strings.Count(comment, "\n")) }

// What is shipped names no other origin and nothing of the machine that built it.
func TestDistIsSelfContained(t *testing.T) {
	a := mustLoad(t)
	foreign := regexp.MustCompile(`https?://[\w.-]+|sourceMappingURL|node_modules|/(?:home|root|tmp|Users)/`)
	for _, name := range a.Names() {
		asset, _ := a.Get(name)
		for _, found := range foreign.FindAllString(string(asset.Plain), -1) {
			if !strings.HasPrefix(found, "http://www.w3.org") { // names of XML vocabularies
				t.Errorf("%s names %s", name, found)
			}
		}
	}
}

func eachSource(t *testing.T, fn func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir("src", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err == nil {
			fn(filepath.ToSlash(name), string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
