package httpapi

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ifMatch returns the version that the If-Match header names, 0 if the header
// is absent or any version will do. As RFC 9110 has it: what is no list of
// entity tags is malformed; a list in which no tag could match is a condition
// that does not hold, for which there is noVersion. Where it names several, the
// present one is looked for among them.
func ifMatch(header http.Header, present func() (int64, error)) (int64, error) {
	values := header.Values("If-Match")
	if len(values) == 0 {
		return 0, nil
	}
	text := strings.Join(values, ",")
	if strings.Trim(text, " \t") == "*" {
		return 0, nil
	}
	tags, ok := entityTags(text)
	if !ok {
		return 0, badField("If-Match", `If-Match must be a version in quotes, such as "3".`)
	}
	var versions []int64
	for _, tag := range tags {
		n, err := strconv.ParseUint(tag, 10, 63)
		if err == nil && n > 0 && strconv.FormatUint(n, 10) == tag {
			versions = append(versions, int64(n))
		}
	}
	switch len(versions) {
	case 0:
		return noVersion, nil
	case 1:
		return versions[0], nil
	}
	now, err := present()
	if err == nil && !slices.Contains(versions, now) {
		now = noVersion
	}
	return now, err
}

// noVersion is one that nothing has, and a version like any other otherwise.
const noVersion = math.MaxInt64

// entityTags takes a list of entity tags apart. Weak ones, which never match
// here, are left out. Without ok it is none.
func entityTags(text string) (tags []string, ok bool) {
	const blank = " \t"
	for {
		text = strings.TrimLeft(text, blank+",") // empty elements are allowed
		if text == "" {
			return tags, ok
		}
		quoted, weak := strings.CutPrefix(text, "W/")
		opaque, opened := strings.CutPrefix(quoted, `"`)
		tag, rest, closed := strings.Cut(opaque, `"`)
		text = strings.TrimLeft(rest, blank)
		if !opened || !closed || strings.ContainsFunc(tag, notInTag) || text != "" && text[0] != ',' {
			return nil, false
		}
		ok = true
		if !weak {
			tags = append(tags, tag)
		}
	}
}

func notInTag(c rune) bool { return c <= ' ' || c == 0x7f }
