package httpapi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pealchat/pealchat/chat"
)

// query reads the parameters of a URL. The first fault is kept, so that
// callers can read all they need and look at err once. Parameters that are
// not asked for are ignored.
type query struct {
	values url.Values
	err    error
}

func queryOf(r *http.Request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.err = badField("", "The query of the URL is malformed.")
	}
	return q
}

func (q *query) fail(name, format string, args ...any) {
	if q.err == nil {
		q.err = badField(name, format, args...)
	}
}

// text returns a parameter, empty if it is absent.
func (q *query) text(name string) string {
	s := q.values.Get(name)
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > 1000 {
		q.fail(name, "%s is not valid.", name)
		return ""
	}
	return s
}

// one returns a parameter that must be one of the options; absent it is the first.
func (q *query) one(name string, options ...string) string {
	s := q.text(name)
	if s == "" && !q.values.Has(name) {
		return options[0]
	}
	for _, o := range options {
		if s == o {
			return s
		}
	}
	q.fail(name, "%s must be one of %s.", name, strings.Join(options, ", "))
	return options[0]
}

// maybe returns a parameter that is true or false; absent it is nil.
func (q *query) maybe(name string) *bool {
	if !q.values.Has(name) {
		return nil
	}
	yes := q.one(name, "true", "false") == "true"
	return &yes
}

// flag returns a parameter that is either true or, also where it is absent, false.
func (q *query) flag(name string) bool { return q.one(name, "false", "true") == "true" }

// number returns a parameter that must be a whole number; absent it is 0.
func (q *query) number(name string, low, high int) int {
	if !q.values.Has(name) {
		return 0
	}
	s := q.text(name)
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || int(n) < low || int(n) > high {
		q.fail(name, "%s must be a whole number between %d and %d.", name, low, high)
		return 0
	}
	return int(n)
}

// page returns what every list takes.
func (q *query) page() chat.Page {
	p := chat.Page{Limit: q.number("limit", 1, chat.MaxPageSize), After: q.text("after"), Before: q.text("before")}
	if p.After != "" && p.Before != "" {
		q.fail("before", "Give either after or before, not both.")
	}
	return p
}

// nameCursor adds to an error about a cursor which parameter it came in.
func nameCursor(err error, p chat.Page) error {
	if err != chat.ErrInvalidCursor {
		return err
	}
	e := *chat.ErrInvalidCursor
	if e.Field = "after"; p.Before != "" {
		e.Field = "before"
	}
	return &e
}
