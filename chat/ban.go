package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"time"
)

// Ban keeps a visitor from writing. What was said before stays, and agents go
// on reading it.
type Ban struct {
	Reason    string    `json:"reason,omitempty"` // for agents; visitors never see it
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	At        time.Time `json:"created_at"`
	By        string    `json:"agent_id"` // whoever said so
}

// MarshalJSON writes times with milliseconds.
func (b Ban) MarshalJSON() ([]byte, error) {
	type plain Ban
	return json.Marshal(struct {
		plain
		ExpiresAt stamp `json:"expires_at,omitzero"`
		At        stamp `json:"created_at"`
	}{plain(b), stamp(b.ExpiresAt), stamp(b.At)})
}

// holds says whether the ban is in force. A nil Ban is not.
func (b *Ban) holds(now time.Time) bool {
	return b != nil && (b.ExpiresAt.IsZero() || now.Before(b.ExpiresAt))
}

// BanVisitor sets the visitor's ban, or with a nil Ban lifts it. Visitor in
// the result is as it is afterwards. Lifting where there is none: Duplicate.
// No such visitor: ErrUnknownVisitor. Event: none.
type BanVisitor struct {
	VisitorID string
	Ban       *Ban
}

func (BanVisitor) op() {}

// NewBan is what a ban is made from.
type NewBan struct {
	Reason    string
	ExpiresAt time.Time // zero means never
}

// BanVisitor keeps a visitor from writing, from now until the ban ends or is
// lifted. A second ban takes the first one's place.
func (s *Service) BanVisitor(ctx context.Context, by Actor, id string, in NewBan) error {
	if err := by.need(ScopeWrite); err != nil {
		return err
	}
	reason, err := cleanLine("reason", in.Reason, 300)
	if err != nil {
		return err
	}
	ban := Ban{Reason: reason, At: s.now(), By: by.id}
	if !in.ExpiresAt.IsZero() {
		ban.ExpiresAt = in.ExpiresAt.UTC().Truncate(time.Millisecond)
		if !ban.holds(ban.At) {
			return invalid("expires_at", "expires_at must lie in the future.")
		}
	}
	_, err = s.writer.do(ctx, BanVisitor{VisitorID: id, Ban: &ban})
	return err
}

// LiftBan lets a visitor write again. Where they could, nothing changes.
func (s *Service) LiftBan(ctx context.Context, by Actor, id string) error {
	if err := by.need(ScopeWrite); err != nil {
		return err
	}
	_, err := s.writer.do(ctx, BanVisitor{VisitorID: id})
	return err
}

// barred refuses a visitor who is banned.
func (s *Service) barred(by Actor) error {
	if by.ban.holds(s.now()) {
		return ErrBanned
	}
	return nil
}

// present fills in what is not stored of a visitor.
func (s *Service) present(v Visitor) Visitor {
	now := s.now()
	v.Online = s.presence.here(visitorKey(v.ID), now)
	if v.Banned = v.Ban.holds(now); !v.Banned {
		v.Ban = nil
	}
	return v
}

// StartSession begins a session with a visitor who need not have written. An
// agent who does so has claimed it. text, if not empty, becomes the first
// message, in the name of whoever acts. A visitor with as many open sessions
// as are allowed: ErrTooManySessions.
func (s *Service) StartSession(ctx context.Context, by Actor, visitorID, text string) (Started, error) {
	if err := by.need(ScopeWrite); err != nil {
		return Started{}, err
	}
	if text != "" {
		var err error
		if text, err = checkText("message", text, s.limits.Message); err != nil {
			return Started{}, err
		}
	}
	v, err := s.store.Visitor(ctx, visitorID)
	if err != nil {
		return Started{}, err
	}
	if v.Ban.holds(s.now()) {
		return Started{}, &Error{Kind: ErrConflict, Code: "banned", Message: "This visitor is banned. Lift the ban first."}
	}
	op, err := s.build(ctx, NewSession{Source: "agent", Page: v.Page}, v, v)
	if err != nil {
		return Started{}, err
	}
	op.MaxOpen = s.limits.OpenSessions
	if by.kind == agentActor {
		if err := s.saveActor(ctx, by); err != nil {
			return Started{}, err
		}
		op.Session.AssigneeID = by.id
	}
	if text != "" {
		at := op.Session.CreatedAt
		op.First = &Message{
			ID: newID(at), SessionID: op.Session.ID, Sender: SenderAgent, SenderID: by.id, SenderName: cmp.Or(by.name, "Agent"),
			Text: text, At: at, Fingerprint: fingerprint(SenderAgent, text),
		}
		if err := s.beforeMessage(ctx, op.First); err != nil {
			return Started{}, err
		}
	}
	res, err := s.writer.do(ctx, op)
	if err != nil {
		return Started{}, err
	}
	s.Touch(ctx, by)
	started := Started{Session: s.online(res.Session)}
	if res.Message.ID != "" {
		started.Message = &res.Message
	}
	return started, nil
}
