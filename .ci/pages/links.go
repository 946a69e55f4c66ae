package main

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	inlineCode = regexp.MustCompile("`[^`]*`")
	links      = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"`)
	elsewhere  = regexp.MustCompile(`^[a-z]+:`)
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// checkLinks follows the links of a page that stay in the repository.
func (r *repository) checkLinks(p *page) {
	for _, l := range p.lines {
		for _, m := range links.FindAllStringSubmatch(inlineCode.ReplaceAllString(l.text, ""), -1) {
			target := m[1] + m[2]
			if elsewhere.MatchString(target) {
				continue
			}
			r.found++
			file, anchor, _ := strings.Cut(target, "#")
			to := p.name
			if file != "" {
				to = path.Join(path.Dir(p.name), file)
			}
			if !r.files[to] {
				r.fault(p, l.number, "%s leads nowhere", target)
				continue
			}
			if other := r.pages[to]; anchor != "" && (other == nil || !anchors(other)[anchor]) {
				r.fault(p, l.number, "%s has no heading #%s", to, anchor)
			}
		}
	}
}

// anchors are the names under which a page's headings can be linked to, as
// GitHub makes them.
func anchors(p *page) map[string]bool {
	all := map[string]bool{}
	for _, l := range p.lines {
		title := strings.TrimLeft(l.text, "#")
		if title == l.text || !strings.HasPrefix(title, " ") {
			continue
		}
		title = strings.ToLower(strings.TrimSpace(linkText.ReplaceAllString(title, "$1")))
		name := strings.Map(func(c rune) rune {
			switch {
			case c == ' ':
				return '-'
			case unicode.IsLetter(c), unicode.IsNumber(c), c == '-', c == '_':
				return c
			}
			return -1
		}, title)
		unique := name
		for n := 1; all[unique]; n++ {
			unique = name + "-" + strconv.Itoa(n)
		}
		all[unique] = true
	}
	return all
}
