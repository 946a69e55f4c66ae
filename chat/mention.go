package chat

import (
	"context"
	"slices"
	"strconv"
)

// maxMentions is how many agents a note may mention.
const maxMentions = 20

// Mention is a note in which an agent is mentioned.
type Mention struct {
	Note        Message `json:"note"`
	VisitorName string  `json:"visitor_name"` // of the note's session
}

// MentionQuery selects the notes that mention an agent, the newest first.
// Deleted notes mention nobody.
type MentionQuery struct {
	Page
	AgentID string
}

// MentionPage is one page of mentions. Next is empty when there is nothing
// further in the direction asked for.
type MentionPage struct {
	Mentions []Mention
	Next     string
}

// MentionStore reads mentions.
type MentionStore interface {
	Mentions(ctx context.Context, q MentionQuery) (MentionPage, error)
}

// Mentions returns one page of the notes that mention whoever acts.
func (s *Service) Mentions(ctx context.Context, by Actor, page Page) (MentionPage, error) {
	if err := by.need(ScopeRead); err != nil {
		return MentionPage{}, err
	}
	page, err := page.check()
	if err != nil {
		return MentionPage{}, err
	}
	return s.store.Mentions(ctx, MentionQuery{Page: page, AgentID: by.id})
}

// checkMentions returns the agents that a note mentions, each once.
func (s *Service) checkMentions(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > maxMentions {
		return nil, invalid("mentions", "mentions has "+strconv.Itoa(len(ids))+" entries; at most "+strconv.Itoa(maxMentions)+" are allowed.")
	}
	agents, err := s.store.Agents(ctx)
	if err != nil {
		return nil, err
	}
	var clean []string
	for i, id := range ids {
		if !slices.ContainsFunc(agents, func(a Agent) bool { return a.ID == id }) {
			field := "mentions[" + strconv.Itoa(i) + "]"
			return nil, invalid(field, field+" is not the id of an agent.")
		}
		if !slices.Contains(clean, id) {
			clean = append(clean, id)
		}
	}
	return clean, nil
}

// CrossedError says that another agent has written to the visitor after the
// last message that a sender knew of.
type CrossedError struct{ Latest Message }

func (e *CrossedError) Error() string { return ErrCrossed.Error() }

// Unwrap makes errors.Is see [ErrCrossed] and its kind.
func (e *CrossedError) Unwrap() error { return ErrCrossed }
