package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// router finds the route of a request by the end of its path, so that it need
// not know what the path begins with. Unlike http.ServeMux it never redirects:
// a redirect made below http.StripPrefix would leave the prefix out.
type router struct {
	byLength map[int][]*node // by number of segments
	longest  int
}

// node is one path with the routes of its methods.
type node struct {
	segments []string // "{id}" stands for any id
	routes   map[string]*route
	allow    []string // methods, sorted, for the Allow header
}

func newRouter(routes []route) *router {
	rt := &router{byLength: map[int][]*node{}}
	nodes := map[string]*node{}
	for i := range routes {
		r := &routes[i]
		method, path, _ := strings.Cut(r.pattern, " ")
		n := nodes[path]
		if n == nil {
			n = &node{segments: strings.Split(path[1:], "/"), routes: map[string]*route{}}
			nodes[path] = n
			rt.byLength[len(n.segments)] = append(rt.byLength[len(n.segments)], n)
			rt.longest = max(rt.longest, len(n.segments))
		}
		n.add(method, r)
	}
	for _, list := range rt.byLength {
		// A literal beats a wildcard: sessions/active is not an id.
		slices.SortStableFunc(list, func(a, b *node) int { return a.wildcards() - b.wildcards() })
	}
	return rt
}

func (n *node) add(method string, r *route) {
	methods := []string{method}
	if method == http.MethodGet {
		methods = append(methods, http.MethodHead)
	}
	for _, m := range methods {
		n.routes[m] = r
		n.allow = append(n.allow, m)
	}
	slices.Sort(n.allow)
}

func (n *node) wildcards() (count int) {
	for _, s := range n.segments {
		if s[:min(1, len(s))] == "{" {
			count++
		}
	}
	return count
}

// match finds the node that the path ends with, the longest one if there are
// several, and sets the request's path values. Nil means that there is none.
func (rt *router) match(r *http.Request) *node {
	segments := lastSegments(r.URL.EscapedPath(), rt.longest)
	for n := len(segments); n > 0; n-- {
		tail := segments[len(segments)-n:]
		for _, node := range rt.byLength[n] {
			if node.matches(tail) {
				node.setValues(r, tail)
				return node
			}
		}
	}
	return nil
}

// lastSegments returns the segments that a path ends with, n at most: there may
// be half a million of them.
func lastSegments(path string, n int) []string {
	segments := make([]string, 0, n)
	for more := true; more && len(segments) < n; {
		at := strings.LastIndexByte(path, '/')
		segment := path[at+1:]
		if clean, err := url.PathUnescape(segment); err == nil {
			segment = clean
		}
		segments = append(segments, segment)
		if more = at >= 0; more {
			path = path[:at]
		}
	}
	slices.Reverse(segments)
	return segments
}

func (n *node) matches(segments []string) bool {
	for i, want := range n.segments {
		if strings.HasPrefix(want, "{") {
			if !isID(segments[i]) {
				return false
			}
		} else if segments[i] != want {
			return false
		}
	}
	return true
}

func (n *node) setValues(r *http.Request, segments []string) {
	for i, s := range n.segments {
		if strings.HasPrefix(s, "{") {
			r.SetPathValue(strings.Trim(s, "{}"), segments[i])
		}
	}
}

// isID says whether a path segment can be an id or the name of a file.
// Anything else is answered as unknown, before a store sees it.
func isID(s string) bool {
	if s == "" || len(s) > 128 || s == "." || s == ".." {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// isBase says whether the request is for the place where the handler is
// mounted. Below http.StripPrefix that is an empty path; otherwise the
// pattern says so under which a router has found the handler.
func isBase(r *http.Request) bool {
	path := r.URL.Path
	if path == "" || path == "/" {
		return true
	}
	if !strings.HasSuffix(path, "/") {
		return false
	}
	_, pattern, told := strings.Cut(r.Pattern, "/")
	if !told { // then what ends with a slash can only be a mount, unless it is below one of our own
		return !slices.ContainsFunc([]string{"/api/", "/visitor/", "/assets/", "/console/"}, func(s string) bool { return strings.Contains(path, s) })
	}
	// Routers write a mount in several ways: /chat/, /chat, /chat/*, /chat//*.
	want := slices.DeleteFunc(strings.Split(pattern, "/"), func(part string) bool {
		return part == "" || part == "*" || part == "{$}" || strings.HasSuffix(part, "...}")
	})
	for have := range strings.SplitSeq(path, "/") {
		switch {
		case have == "":
		case len(want) == 0 || want[0] != have && !strings.HasPrefix(want[0], "{"):
			return false
		default:
			want = want[1:]
		}
	}
	return len(want) == 0
}

// baseName is what a relative address has to begin with at the base: nothing,
// unless the base was asked for without the slash at its end.
func baseName(r *http.Request) string {
	asked, _, _ := strings.Cut(r.RequestURI, "?")
	if last := asked[strings.LastIndexByte(asked, '/')+1:]; r.URL.Path == "" && last != "" {
		return "./" + last + "/"
	}
	return ""
}

// redirect leads to an address relative to the request's own. http.Redirect
// would make it absolute, and so leave out a prefix that was stripped.
func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
