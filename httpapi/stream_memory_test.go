package httpapi

import (
	"context"
	"fmt"
	"sync"

	"github.com/pealchat/pealchat/chat"
)

// memoryStore is a store in memory with as much as event streams need. It is
// there for volume: under the race detector the real database leaves time for
// a few hundred events, and the orders that go wrong are rarer than that.
type memoryStore struct {
	chat.Store // nil: what is not below is not used

	mu       sync.Mutex
	sessions map[string]chat.Session
	log      []*chat.Event
}

func newMemoryStore() *memoryStore { return &memoryStore{sessions: map[string]chat.Session{}} }

func (s *memoryStore) Identity() string { return "memory00" }

func (s *memoryStore) Bans(context.Context, chat.BanQuery) (chat.BanPage, error) {
	return chat.BanPage{}, nil
}

func (s *memoryStore) Session(_ context.Context, id string) (chat.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if session, ok := s.sessions[id]; ok {
		return session, nil
	}
	return chat.Session{}, chat.ErrUnknownSession
}

func (s *memoryStore) Append(_ context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	results := make([]chat.OpResult, len(ops))
	for i, op := range ops {
		switch op := op.(type) {
		case chat.OpCreateSession:
			s.sessions[op.Session.ID] = op.Session
			results[i].Session = op.Session
			results[i].Events = s.add(op.Session, chat.EventSessionStarted, op.Session)
		case chat.OpAppendMessage:
			session := s.sessions[op.Message.SessionID]
			session.MessageCount++
			s.sessions[session.ID] = session
			op.Message.Seq = session.MessageCount
			results[i].Message = op.Message
			results[i].Events = s.add(session, chat.EventMessageSent, op.Message)
		default:
			return nil, fmt.Errorf("%T is not kept in memory", op)
		}
	}
	return results, nil
}

func (s *memoryStore) add(session chat.Session, kind string, data any) []*chat.Event {
	p := chat.Position(len(s.log) + 1)
	e := event(s.Identity(), p, kind, session, data)
	s.log = append(s.log, e)
	return []*chat.Event{event(s.Identity(), p, kind, session, data)}
}

func event(identity string, p chat.Position, kind string, session chat.Session, data any) *chat.Event {
	return &chat.Event{
		ID: fmt.Sprint(identity, ".", p), Position: p, Type: kind, At: session.CreatedAt, Data: data,
		SessionID: session.ID, VisitorID: session.VisitorID,
	}
}

func (s *memoryStore) Stats(context.Context) (chat.StoreStats, error) { return chat.StoreStats{}, nil }

func (s *memoryStore) Log(context.Context) (chat.EventLog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return chat.EventLog{Head: chat.Position(len(s.log))}, nil
}

func (s *memoryStore) Events(_ context.Context, q chat.EventQuery) ([]*chat.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []*chat.Event
	for _, e := range s.log[min(int(q.After), len(s.log)):] {
		if len(page) == q.Limit {
			break
		}
		if q.SessionID != "" && q.SessionID != e.SessionID || q.VisitorID != "" && q.VisitorID != e.VisitorID {
			continue
		}
		page = append(page, event(s.Identity(), e.Position, e.Type, s.sessions[e.SessionID], e.Data))
	}
	return page, nil
}
