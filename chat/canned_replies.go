package chat

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NewCannedReply is what a canned reply is made from.
type NewCannedReply struct {
	Shortcut string `json:"shortcut"`
	Text     string `json:"message"`
}

// CannedReplyChange names what to change of a canned reply; nil leaves it.
type CannedReplyChange struct {
	Shortcut *string `json:"shortcut"`
	Text     *string `json:"message"`
}

// ShortcutKey is what makes a shortcut unique and puts it in order. Stores
// keep it beside the shortcut.
func ShortcutKey(shortcut string) string { return strings.ToLower(shortcut) }

// CannedReplies returns one page of canned replies, by shortcut.
func (s *Service) CannedReplies(ctx context.Context, by Actor, page Page) (CannedReplyPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return CannedReplyPage{}, err
	}
	page, err := page.check()
	if err != nil {
		return CannedReplyPage{}, err
	}
	q := CannedReplyQuery{Limit: page.Limit}
	if q.After, err = parseShortcutCursor(page.After); err != nil {
		return CannedReplyPage{}, err
	}
	if q.Before, err = parseShortcutCursor(page.Before); err != nil {
		return CannedReplyPage{}, err
	}
	replies, err := s.store.CannedReplies(ctx, q)
	if replies.Next != "" {
		replies.Next = base64.RawURLEncoding.EncodeToString([]byte(shortcutCursor + replies.Next))
	}
	return replies, err
}

// shortcutCursor begins a cursor of this list, so that one of another is refused.
const shortcutCursor = "shortcut:"

func parseShortcutCursor(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", ErrInvalidCursor
	}
	key, ok := strings.CutPrefix(string(b), shortcutCursor)
	if clean, err := cleanShortcut(key); !ok || err != nil || ShortcutKey(clean) != key {
		return "", ErrInvalidCursor
	}
	return key, nil
}

// CreateCannedReply makes a canned reply. A shortcut that is taken is
// refused with [ErrShortcutTaken].
func (s *Service) CreateCannedReply(ctx context.Context, by Actor, in NewCannedReply) (CannedReply, error) {
	if err := by.need(ScopeWrite); err != nil {
		return CannedReply{}, err
	}
	shortcut, err := cleanShortcut(in.Shortcut)
	if err != nil {
		return CannedReply{}, err
	}
	text, err := checkText("message", in.Text, s.limits.Message)
	if err != nil {
		return CannedReply{}, err
	}
	now := s.now()
	reply := CannedReply{ID: newID(now), Shortcut: shortcut, Text: text, CreatedAt: now, UpdatedAt: now}
	res, err := s.writer.do(ctx, OpCreateCannedReply{Reply: reply})
	return found(res.CannedReply, err)
}

// UpdateCannedReply changes a canned reply.
func (s *Service) UpdateCannedReply(ctx context.Context, by Actor, id string, in CannedReplyChange) (CannedReply, error) {
	if err := by.need(ScopeWrite); err != nil {
		return CannedReply{}, err
	}
	op := OpUpdateCannedReply{ReplyID: id, At: s.now()}
	if in.Shortcut != nil {
		shortcut, err := cleanShortcut(*in.Shortcut)
		if err != nil {
			return CannedReply{}, err
		}
		op.Shortcut = &shortcut
	}
	if in.Text != nil {
		text, err := checkText("message", *in.Text, s.limits.Message)
		if err != nil {
			return CannedReply{}, err
		}
		op.Text = &text
	}
	res, err := s.writer.do(ctx, op)
	return found(res.CannedReply, err)
}

// DeleteCannedReply removes a canned reply.
func (s *Service) DeleteCannedReply(ctx context.Context, by Actor, id string) error {
	if err := by.need(ScopeWrite); err != nil {
		return err
	}
	_, err := s.writer.do(ctx, OpDeleteCannedReply{ReplyID: id})
	return err
}

// cleanShortcut accepts what can be typed after a slash without a space.
func cleanShortcut(text string) (string, error) {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", invalid("shortcut", "shortcut must not be empty.")
	case !utf8.ValidString(text):
		return "", invalid("shortcut", "shortcut is not valid UTF-8.")
	case n > maxShortcut:
		return "", invalid("shortcut", "shortcut has "+strconv.Itoa(n)+" characters; at most "+strconv.Itoa(maxShortcut)+" are allowed.")
	}
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' {
			return "", invalid("shortcut", "shortcut may hold letters, digits, hyphens and underscores only.")
		}
	}
	return text, nil
}
