package sqlstore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

// sortKey is what a list is sorted by, the greatest first: a column and, where
// its values are not unique, the column with the row's number.
type sortKey struct{ column, row string }

// keyset is a place in a list and how many rows to read from there. The fields
// with capitals are parameters of the statement.
type keyset struct {
	Key, Row int64
	Limit    int // one more than asked for, to see whether there is more

	set     bool // there is a place to start from
	upwards bool // towards the start of the list
}

// place reads the page's cursor.
func (k sortKey) place(p chat.Page) (keyset, error) {
	at := keyset{Limit: limit(p) + 1}
	text, field := p.After, "after"
	if p.Before != "" {
		if p.After != "" {
			return keyset{}, &chat.Error{Kind: chat.ErrInvalid, Code: "invalid_request", Field: "before", Message: "Give either after or before, not both."}
		}
		text, field, at.upwards = p.Before, "before", true
	}
	if text == "" {
		return at, nil
	}
	c, err := chat.ParseCursor(text)
	if err != nil || (k.row == "") != (c.Row == 0) {
		return keyset{}, invalidCursor(field)
	}
	at.Key, at.Row, at.set = c.Key, c.Row, true
	return at, nil
}

// clauses returns the end of the statement: conditions, order and limit.
func (k sortKey) clauses(at keyset, conditions []string) string {
	compare, order := "<", "DESC"
	if at.upwards {
		compare, order = ">", "ASC"
	}
	columns, values, sorted := k.column, ":key", k.column+" "+order
	if k.row != "" {
		columns, values = fmt.Sprintf("(%s, %s)", k.column, k.row), "(:key, :row)"
		sorted += ", " + k.row + " " + order
	}
	if at.set {
		conditions = append(conditions, columns+" "+compare+" "+values)
	}
	var where string
	if len(conditions) > 0 {
		where = "\n WHERE " + strings.Join(conditions, "\n   AND ")
	}
	return where + "\n ORDER BY " + sorted + "\n LIMIT :limit"
}

// trim cuts the row that was read only to see whether there is more, and puts
// the page in the list's order.
func trim[T any](at keyset, rows []T) (page []T, more bool) {
	if more = len(rows) >= at.Limit; more {
		rows = rows[:at.Limit-1]
	}
	if at.upwards {
		slices.Reverse(rows)
	}
	return rows, more
}

// last returns the index of the row that the next page goes on from.
func (at keyset) last(n int) int {
	if at.upwards {
		return 0
	}
	return n - 1
}

func limit(p chat.Page) int {
	if p.Limit <= 0 {
		return chat.DefaultPageSize
	}
	return p.Limit
}

func invalidCursor(field string) error {
	e := chat.ErrInvalidCursor
	return &chat.Error{Kind: e.Kind, Code: e.Code, Field: field, Message: e.Message, Err: e}
}
