package chat

import (
	"context"
	"errors"
)

// translate has the host put a message into the other side's language. What it
// cannot translate is stored without a translation: the original is always
// there, and worth more late than never.
func (s *Service) translate(ctx context.Context, m *Message, visitorID string) {
	m.Translation = ""
	if s.hooks.Translate == nil || m.Note || blank(m.Text) {
		return
	}
	v, err := s.visitorOf(ctx, m.SessionID, visitorID)
	if err != nil {
		s.untranslated(ctx, m, err)
		return
	}
	theirs := *m
	var text string
	err = s.hooks.call(ctx, "Hooks.Translate", func(ctx context.Context) (err error) {
		text, err = s.hooks.Translate(ctx, theirs, v)
		return err
	})
	if err == nil && text != m.Text && !blank(text) {
		text, err = cleanText("translation", text, max(4*s.limits.Message, len(m.Text)))
		if err == nil {
			m.Translation = text
		}
	}
	if err != nil {
		s.untranslated(ctx, m, err)
	}
}

func (s *Service) untranslated(ctx context.Context, m *Message, err error) {
	if !left(ctx) { // of who has left nothing is stored either
		s.log.Error("chat: a message was not translated", "session_id", m.SessionID, "error", err)
	}
}

// visitorOf returns a session's visitor. One who is only now being made has
// nothing but an id.
func (s *Service) visitorOf(ctx context.Context, sessionID, visitorID string) (Visitor, error) {
	if visitorID == "" {
		session, err := s.store.Session(ctx, sessionID)
		if err != nil {
			return Visitor{}, err
		}
		visitorID = session.VisitorID
	}
	v, err := s.store.Visitor(ctx, visitorID)
	if errors.Is(err, ErrNotFound) {
		return Visitor{ID: visitorID}, nil
	}
	return v, err
}
