package sqlstore

import (
	"context"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Greetings implements chat.GreetingStore.
func (s *Store) Greetings(ctx context.Context, from, to time.Time) ([]chat.GreetingCount, error) {
	var rows []struct {
		TriggerID string `db:"trigger_id"`
		Shown     int64
		Answered  int64
	}
	if err := s.report(ctx, s.read.GreetingCount, &rows, struct{ From, To int64 }{millis(from), millis(to)}); err != nil {
		return nil, err
	}
	counts := make([]chat.GreetingCount, len(rows))
	for i, r := range rows {
		counts[i] = chat.GreetingCount(r)
	}
	return counts, nil
}

// Greeted implements chat.GreetingStore.
func (s *Store) Greeted(ctx context.Context, visitorID string) (triggers []string, err error) {
	err = s.many(ctx, s.read.GreetingsOfVisitor, &triggers, struct{ Visitor string }{visitorID})
	return triggers, err
}

func (b *batch) greetVisitor(op chat.OpGreetVisitor) (chat.OpResult, error) {
	v, err := b.findVisitor(op.VisitorID)
	if err != nil {
		return chat.OpResult{}, err
	}
	var id int64
	fresh, err := b.get(b.s.write.GreetingInsert, &id, struct {
		Trigger     string
		Visitor, At int64
	}{op.TriggerID, v.ID, millis(op.At)})
	return chat.OpResult{Duplicate: err == nil && !fresh}, err
}

// answerGreeting notes that a session of the visitor began at that time.
func (b *batch) answerGreeting(visitor int64, at time.Time, within time.Duration) error {
	if within <= 0 {
		return nil
	}
	return b.later(b.s.write.GreetingAnswer, struct{ Visitor, At, Since int64 }{visitor, millis(at), millis(at.Add(-within))})
}
