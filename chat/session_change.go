package chat

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
)

// SessionChange names what to change of a session; nil fields stay.
type SessionChange struct {
	AssigneeID   *string // "" releases
	Department   *string
	Tags         *[]string
	VisitorName  *string
	VisitorEmail *string
	CustomData   map[string]any // merged into what is there; a nil value removes its key

	// IfVersion, if not 0, is the version that the change was made for: with
	// another in place the change is refused with ErrVersionMismatch.
	IfVersion int64
}

// UpdateSession changes a session's details.
func (s *Service) UpdateSession(ctx context.Context, by Actor, id string, in SessionChange) (Session, error) {
	if err := by.need(ScopeWrite); err != nil {
		return Session{}, err
	}
	patch, err := s.checkChange(ctx, in)
	if err != nil {
		return Session{}, err
	}
	for range 10 {
		session, err := s.Session(ctx, by, id)
		if err != nil {
			return Session{}, err
		}
		op := OpUpdateSession{SessionID: id, Patch: patch, IfVersion: in.IfVersion, By: by.doer(), At: s.now()}
		if in.CustomData != nil {
			merged, err := s.mergeCustomData(session.CustomData, in.CustomData)
			if err != nil {
				return Session{}, err
			}
			op.Patch.CustomData = &merged
			op.IfVersion = cmp.Or(in.IfVersion, session.Version)
		}
		res, err := s.writer.do(ctx, op)
		if errors.Is(err, ErrPrecondition) && in.IfVersion == 0 {
			continue // somebody changed it between our reading and writing: merge again
		}
		return s.online(res.Session), err
	}
	return Session{}, ErrBusy
}

func (s *Service) checkChange(ctx context.Context, in SessionChange) (SessionPatch, error) {
	var p SessionPatch
	for _, f := range []struct {
		to    **string
		name  string
		value *string
		limit int
		clean func(string, string, int) (string, error)
	}{
		{&p.Department, "department", in.Department, 100, cleanLine},
		{&p.VisitorName, "visitor_name", in.VisitorName, s.limits.Name, cleanLine},
		{&p.VisitorEmail, "visitor_email", in.VisitorEmail, s.limits.Email, cleanEmail},
	} {
		if f.value == nil {
			continue
		}
		v, err := f.clean(f.name, *f.value, f.limit)
		if err != nil {
			return p, err
		}
		*f.to = &v
	}
	if p.VisitorName != nil && *p.VisitorName == "" {
		return p, invalid("visitor_name", "visitor_name must not be empty.")
	}
	if p.Department != nil {
		name, err := s.spelled(ctx, *p.Department)
		if err != nil {
			return p, err
		}
		p.Department = &name
	}
	if in.Tags != nil {
		tags, err := checkTags(*in.Tags)
		if err != nil {
			return p, err
		}
		p.Tags = &tags
	}
	if in.AssigneeID != nil && *in.AssigneeID != "" {
		if _, err := s.store.Agent(ctx, *in.AssigneeID); errors.Is(err, ErrNotFound) {
			return p, invalid("assignee_id", "There is no agent with this assignee_id.")
		} else if err != nil {
			return p, err
		}
	}
	p.AssigneeID = in.AssigneeID
	return p, nil
}

// ClaimSession assigns the session to whoever acts. Of two agents who claim
// at once one wins, the other gets ErrAlreadyClaimed.
func (s *Service) ClaimSession(ctx context.Context, by Actor, id string) (Session, error) {
	if err := by.need(ScopeWrite); err != nil {
		return Session{}, err
	}
	if err := s.saveActor(ctx, by); err != nil {
		return Session{}, err
	}
	res, err := s.writer.do(ctx, OpUpdateSession{SessionID: id, Claim: true, By: by.doer(), At: s.now(), Patch: SessionPatch{AssigneeID: &by.id}})
	return s.online(res.Session), err
}

// Transfer says to whom a session goes: to an agent, or to a department, where
// it is unassigned again. Exactly one of the two is set.
type Transfer struct {
	AgentID    string `json:"agent_id"`
	Department string `json:"department"`
}

// TransferSession hands a session on.
func (s *Service) TransferSession(ctx context.Context, by Actor, id string, to Transfer) (Session, error) {
	if (to.AgentID == "") == (to.Department == "") {
		return Session{}, invalid("agent_id", "Give either agent_id or department.")
	}
	session, err := s.writable(ctx, by, id)
	if err != nil {
		return Session{}, err
	}
	if session.Status == StatusClosed {
		return Session{}, ErrSessionClosed
	}
	change := SessionChange{AssigneeID: &to.AgentID}
	if to.Department != "" {
		change.Department = &to.Department
	}
	session, err = s.UpdateSession(ctx, by, id, change)
	if e, ok := errors.AsType[*Error](err); ok && e.Field == "assignee_id" {
		err = invalid("agent_id", "There is no agent with this agent_id.")
	}
	return session, err
}

// CloseSession ends a session. Closing a closed one changes nothing and
// returns it as it is.
func (s *Service) CloseSession(ctx context.Context, by Actor, id, reason string) (Session, error) {
	reason, err := cleanLine("reason", reason, 200)
	if err != nil {
		return Session{}, err
	}
	session, err := s.writable(ctx, by, id)
	if err != nil {
		return Session{}, err
	}
	now := s.now()
	left := by.IsVisitor() || !s.presence.here(visitorKey(session.VisitorID), now)
	res, err := s.writer.do(ctx, OpCloseSession{SessionID: id, Reason: reason, VisitorLeft: left, By: by.doer(), At: now})
	if err == nil && !session.Missed {
		s.alertMissed(ctx, res)
	}
	return s.online(res.Session), err
}

const maxTags = 50 // of one session

func checkTags(in []string) ([]string, error) {
	tags := []string{}
	for i, t := range in {
		t, err := cleanLine("tags", t, 50)
		if err != nil {
			return nil, err
		}
		if blank(t) {
			return nil, invalid("tags", "tags["+strconv.Itoa(i)+"] must not be empty.")
		}
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	if len(tags) > maxTags {
		return nil, invalid("tags", "A session can have at most "+strconv.Itoa(maxTags)+" tags.")
	}
	return tags, nil
}

// mergeCustomData lays change over old: nil values remove their keys.
func (s *Service) mergeCustomData(old, change map[string]any) (map[string]any, error) {
	merged := maps.Clone(old)
	if merged == nil {
		merged = map[string]any{}
	}
	for k, v := range change {
		if v == nil {
			delete(merged, k)
		} else {
			merged[k] = v
		}
	}
	return merged, s.checkCustomData(merged)
}
