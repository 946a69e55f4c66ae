package chat

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// The bounds of a page of any list.
const (
	DefaultPageSize = 50
	MaxPageSize     = 200
)

// Page asks for one page of a list. After and Before are cursors that an
// earlier page gave out; at most one of them may be set.
type Page struct {
	Limit  int // 1 to MaxPageSize; 0 means DefaultPageSize
	After  string
	Before string
}

func (p Page) check() (Page, error) {
	if p.Limit == 0 {
		p.Limit = DefaultPageSize
	}
	if p.Limit < 1 || p.Limit > MaxPageSize {
		return p, invalid("limit", "limit must be between 1 and "+strconv.Itoa(MaxPageSize)+".")
	}
	if p.After != "" && p.Before != "" {
		return p, invalid("before", "Give either after or before, not both.")
	}
	return p, nil
}

// Cursor is a place in a list, for stores to make cursors from: the value of
// the column that the list is sorted by and, where that is not unique, the
// row's own number.
type Cursor struct{ Key, Row int64 }

// String returns the cursor's opaque form.
func (c Cursor) String() string {
	s := strconv.FormatInt(c.Key, 36) + "." + strconv.FormatInt(c.Row, 36)
	return base64.RawURLEncoding.EncodeToString([]byte(s))
}

// ParseCursor reads the opaque form. What no list has given out is refused
// with [ErrInvalidCursor].
func ParseCursor(s string) (Cursor, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) > 40 {
		return Cursor{}, ErrInvalidCursor
	}
	key, row, ok := strings.Cut(string(b), ".")
	if !ok {
		return Cursor{}, ErrInvalidCursor
	}
	var c Cursor
	if c.Key, err = strconv.ParseInt(key, 36, 64); err != nil {
		return Cursor{}, ErrInvalidCursor
	}
	if c.Row, err = strconv.ParseInt(row, 36, 64); err != nil {
		return Cursor{}, ErrInvalidCursor
	}
	if c.String() != s { // one place, one spelling
		return Cursor{}, ErrInvalidCursor
	}
	return c, nil
}
