package main

import (
	"os"
	"regexp"
	"strings"
)

var (
	variable  = regexp.MustCompile(`--peal-[a-z]+`)
	part      = regexp.MustCompile(`::part\(([a-z]+)\)`)
	attribute = regexp.MustCompile(`\bdata-([a-z-]+)`)
	method    = regexp.MustCompile(`\bPealchat\.([a-z]+)`)
)

// checkWidget looks up what pages say that a host's page can use of the widget
// in its sources: variables and parts for its style sheet, attributes of the
// script, and calls of Pealchat.
func (r *repository) checkWidget() error {
	var source strings.Builder
	for name := range r.files {
		if strings.HasPrefix(name, "widget/src/") && strings.Contains(name[strings.LastIndex(name, "/"):], ".") {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			source.Write(text)
		}
	}
	has := func(pattern string) bool { return regexp.MustCompile(pattern).MatchString(source.String()) }
	for _, p := range r.pages {
		if p.name == "CHANGELOG.md" {
			continue
		}
		lines := p.lines
		for _, b := range p.blocks {
			if b.language == "html" || b.language == "css" {
				for i, text := range b.lines {
					lines = append(lines, line{b.number + i, text})
				}
			}
		}
		for _, l := range lines {
			r.look(p, l, variable, func(m []string) bool { return has(m[0] + `\b`) })
			r.look(p, l, part, func(m []string) bool { return has(`\bpart(="| = ')` + m[1] + `\b`) })
			r.look(p, l, attribute, func(m []string) bool {
				name := camel(m[1])
				return has(`\b(dataset|settings)\.`+name+`\b`) || has(`(?m)^  `+name+`\?: `) || has(`\[`+m[0]+`\]`)
			})
			r.look(p, l, method, func(m []string) bool { return has(`(?m)^    (get )?` + m[1] + `\b[:(,]?`) })
		}
	}
	return nil
}

// look calls exists with each match of what in a line.
func (r *repository) look(p *page, l line, what *regexp.Regexp, exists func(match []string) bool) {
	for _, m := range what.FindAllStringSubmatch(l.text, -1) {
		r.found++
		if !exists(m) {
			r.fault(p, l.number, "the widget has no %s", m[0])
		}
	}
}

// camel is an attribute's name as scripts have it.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}
