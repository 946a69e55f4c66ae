package httpapi

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/pealchat/pealchat/chat"
)

// wholeList is a list that is short enough to be read whole, and still comes
// in pages as every list does.
type wholeList[T any] struct {
	name string // begins its cursors, so that those of another list are refused
	id   func(T) string

	// byAge says that the list is in the order of its ids, as that of all is
	// that get theirs when they are made: a cursor is good then though what it
	// names is gone.
	byAge bool
}

var (
	webhookPages = wholeList[chat.Webhook]{"webhook", func(w chat.Webhook) string { return w.ID }, true}
	keyPages     = wholeList[chat.APIKey]{"api_key", func(k chat.APIKey) string { return k.ID }, true}
	agentPages   = wholeList[chat.Agent]{"agent", func(a chat.Agent) string { return a.ID }, false}
)

// page returns the part of the list that is asked for, and the cursor of what
// lies beyond it in that direction.
func (l wholeList[T]) page(list []T, page chat.Page) (part []T, next string, err error) {
	limit := page.Limit
	if limit == 0 {
		limit = chat.DefaultPageSize
	}
	from, to := 0, len(list)
	switch {
	case page.After != "":
		_, from, err = l.find(list, page.After)
	case page.Before != "":
		to, _, err = l.find(list, page.Before)
	}
	if err != nil {
		return nil, "", err
	}
	switch {
	case to-from <= limit:
		return list[from:to], "", nil
	case page.Before != "":
		return list[to-limit : to], l.cursor(list[to-limit]), nil
	}
	return list[from : from+limit], l.cursor(list[from+limit-1]), nil
}

func (l wholeList[T]) cursor(item T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(l.name + ":" + l.id(item)))
}

// find returns how many items come before the cursor's, and how many with it.
func (l wholeList[T]) find(list []T, cursor string) (before, through int, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	id, ok := strings.CutPrefix(string(b), l.name+":")
	if err != nil || !ok || id == "" {
		return 0, 0, chat.ErrInvalidCursor
	}
	if i := slices.IndexFunc(list, func(item T) bool { return l.id(item) == id }); i >= 0 {
		return i, i + 1, nil
	}
	if !l.byAge || !isID(id) {
		return 0, 0, chat.ErrInvalidCursor
	}
	i := slices.IndexFunc(list, func(item T) bool { return l.id(item) > id })
	if i < 0 {
		i = len(list)
	}
	return i, i, nil
}
