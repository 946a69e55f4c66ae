package chat

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// stay is what conditions ask of a visitor's present visit.
type stay struct {
	pages     int
	referrer  string
	returning bool
}

// stayOf puts together what is stored of a visitor and the pages that wait to
// be, in the way in which a store will.
func stayOf(v Visitor, waiting []PageView) stay {
	visit := v.Visit
	if visit != nil {
		waiting = slices.DeleteFunc(waiting, func(p PageView) bool { return !p.At.After(visit.LastAt) }) // stored meanwhile
	}
	if len(waiting) == 0 {
		if visit == nil {
			return stay{}
		}
		return stay{visit.Pages, visit.Landing.Referrer, visit.Returning}
	}
	first := waiting[0]
	if visit != nil && first.At.Sub(visit.LastAt) <= visitGap {
		return stay{visit.Pages + len(waiting), visit.Landing.Referrer, visit.Returning}
	}
	return stay{len(waiting), first.Referrer, visit != nil || first.At.Sub(v.CreatedAt) > visitGap}
}

// team is what conditions ask of those who answer.
type team struct{ available, open bool }

// hold says whether the conditions hold that do not hang on what only the
// visitor's browser knows. unsure is what of CustomData does.
func (c Conditions) hold(v Visitor, in stay, now team) (unsure map[string]any, ok bool) {
	is := func(want *bool, have bool) bool { return want == nil || *want == have }
	if in.pages < max(c.PagesSeen, 1) || !addressMatches(c.Referrer, in.referrer) ||
		!is(c.Returning, in.returning) || !is(c.AgentsAvailable, now.available) || !is(c.WithinHours, now.open) {
		return nil, false
	}
	unsure = maps.Clone(c.CustomData)
	for name, want := range c.CustomData {
		have, vouched := v.CustomData[name]
		if !vouched {
			continue
		}
		if dataText(have) != dataText(want) {
			return nil, false
		}
		delete(unsure, name)
	}
	return unsure, true
}

// holdNow is hold for a visitor of whom everything is stored. What their
// page has told the widget is not, so what hangs on that does not hold.
func (c Conditions) holdNow(v Visitor, now time.Time, here team) bool {
	if v.Visit == nil || v.Page == nil || !addressMatches(c.Page, v.Page.URL) ||
		now.Sub(v.Visit.LastAt) < time.Duration(c.SecondsOnPage)*time.Second {
		return false
	}
	unsure, ok := c.hold(v, stayOf(v, nil), here)
	return ok && len(unsure) == 0
}

// addressMatches says whether an address is one that the pattern stands for.
func addressMatches(pattern, address string) bool {
	if pattern == "" {
		return true
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	path, host := strings.TrimSuffix(u.Path, "/"), bareHost(u.Host)
	if plain, err := url.PathUnescape(pattern); err == nil {
		pattern = plain
	}
	slash := strings.Index(pattern, "/")
	if slash == 0 {
		return wildcard(strings.TrimSuffix(pattern, "/"), path)
	}
	if slash < 0 {
		return wildcard(bareHost(pattern), host)
	}
	pattern = bareHost(pattern[:slash]) + pattern[slash:]
	return wildcard(strings.TrimSuffix(pattern, "/"), host+path)
}

// bareHost is a host in the form in which it is compared.
func bareHost(host string) string { return strings.TrimPrefix(strings.ToLower(host), "www.") }

// wildcard matches a text with a pattern in which * stands for any characters.
func wildcard(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}
