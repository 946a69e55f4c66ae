package chat

import (
	"context"
	"encoding/json"
	"time"
)

// Draft is what an agent has begun to write in a session and has not sent. It
// is that agent's alone. A session holds at most two of an agent: one for the
// visitor and one for the team.
type Draft struct {
	SessionID string    `json:"-"`
	AgentID   string    `json:"-"`
	Text      string    `json:"message"` // as it was typed; empty where nothing has been begun
	Note      bool      `json:"note"`    // it is to become a note
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// maxDraft is how many characters a draft may have. It is more than a message
// may have: what is too long to be sent must not be lost meanwhile.
const maxDraft = 12_000

// MarshalJSON writes times with milliseconds.
func (d Draft) MarshalJSON() ([]byte, error) {
	type plain Draft
	return json.Marshal(struct {
		plain
		UpdatedAt stamp `json:"updated_at,omitzero"`
	}{plain(d), stamp(d.UpdatedAt)})
}

// DraftStore reads drafts. One that does not exist is the zero Draft with the
// ids and Note asked for.
type DraftStore interface {
	Draft(ctx context.Context, sessionID, agentID string, note bool) (Draft, error)
}

// OpSaveDraft inserts Draft or replaces the one with the same session, agent and
// Note; without a Text it removes it. No such session: ErrUnknownSession.
// Event: none.
type OpSaveDraft struct{ Draft Draft }

func (OpSaveDraft) op() {}

// Draft returns what whoever acts has begun to write in a session.
func (s *Service) Draft(ctx context.Context, by Actor, sessionID string, note bool) (Draft, error) {
	if err := by.need(ScopeRead); err != nil {
		return Draft{}, err
	}
	if _, err := s.store.Session(ctx, sessionID); err != nil {
		return Draft{}, err
	}
	return s.store.Draft(ctx, sessionID, by.id, note)
}

// SaveDraft keeps what whoever acts has begun to write in a session. A closed
// session takes drafts too: what was begun in time is not lost with it.
func (s *Service) SaveDraft(ctx context.Context, by Actor, sessionID, text string, note bool) (Draft, error) {
	if err := by.need(ScopeWrite); err != nil {
		return Draft{}, err
	}
	text, err := checkText("message", text, maxDraft)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{SessionID: sessionID, AgentID: by.id, Text: text, Note: note, UpdatedAt: s.now()}
	if _, err := s.writer.do(ctx, OpSaveDraft{Draft: d}); err != nil {
		return Draft{}, err
	}
	return d, nil
}

// DeleteDraft forgets what whoever acts has begun to write in a session, if
// there is anything.
func (s *Service) DeleteDraft(ctx context.Context, by Actor, sessionID string, note bool) error {
	if err := by.need(ScopeWrite); err != nil {
		return err
	}
	_, err := s.writer.do(ctx, OpSaveDraft{Draft: Draft{SessionID: sessionID, AgentID: by.id, Note: note, UpdatedAt: s.now()}})
	return err
}
