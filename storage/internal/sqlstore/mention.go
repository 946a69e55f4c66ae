package sqlstore

import (
	"context"

	"github.com/pealchat/pealchat/chat"
)

// Mentions implements chat.MentionStore.
func (s *Store) Mentions(ctx context.Context, q chat.MentionQuery) (chat.MentionPage, error) {
	key := sortKey{column: "t.message_id"}
	place, err := key.place(q.Page)
	if err != nil {
		return chat.MentionPage{}, err
	}
	arg := struct {
		Agent string
		keyset
	}{q.AgentID, place}
	var rows []struct {
		messageRow
		VisitorName string `db:"visitor_name"`
	}
	conditions := []string{"t.agent_id = :agent", "m.deleted_at IS NULL"}
	if err := s.list(ctx, s.read.MentionSelect+key.clauses(place, conditions), &rows, arg); err != nil {
		return chat.MentionPage{}, err
	}
	rows, more := trim(place, rows)
	var page chat.MentionPage
	for i := range rows {
		note, err := rows[i].message()
		if err != nil {
			return chat.MentionPage{}, err
		}
		page.Mentions = append(page.Mentions, chat.Mention{Note: note, VisitorName: rows[i].VisitorName})
	}
	if more {
		page.Next = chat.Cursor{Key: rows[place.last(len(rows))].ID}.String()
	}
	return page, nil
}
