package chat

import (
	"fmt"
	"slices"
	"strconv"
)

// checkQuickReplies returns the answers that a message offers, ready to store.
func checkQuickReplies(sender string, in []string) ([]string, error) {
	if len(in) == 0 {
		return nil, nil
	}
	if sender == SenderVisitor {
		return nil, invalid("quick_replies", "quick_replies go with an agent's or bot's message only.")
	}
	if len(in) > MaxQuickReplies {
		return nil, invalid("quick_replies", fmt.Sprintf("quick_replies has %d entries; at most %d are allowed.", len(in), MaxQuickReplies))
	}
	out := make([]string, len(in))
	for i, text := range in {
		field := "quick_replies[" + strconv.Itoa(i) + "]"
		text, err := cleanLine(field, text, MaxQuickReplyLength)
		switch {
		case err != nil:
			return nil, err
		case blank(text):
			return nil, invalid(field, field+" must not be empty.")
		case slices.Contains(out[:i], text):
			return nil, invalid(field, field+" is there twice.")
		}
		out[i] = text
	}
	return out, nil
}
