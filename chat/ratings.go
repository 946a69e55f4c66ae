package chat

import "context"

// RateSession records what the visitor thought, or changes it. Only the
// session's own visitor may, and only until they start another session.
func (s *Service) RateSession(ctx context.Context, by Actor, id string, score int, comment string) (Session, error) {
	if !by.IsVisitor() {
		return Session{}, forbidden("Only the visitor may rate a session.")
	}
	if score < 1 || score > 5 {
		return Session{}, invalid("score", "score must be between 1 and 5.")
	}
	comment, err := cleanText("comment", comment, s.limits.Message)
	if err != nil {
		return Session{}, err
	}
	if _, err := s.writable(ctx, by, id); err != nil {
		return Session{}, err
	}
	newest, err := s.store.Sessions(ctx, SessionQuery{Page: Page{Limit: 1}, VisitorID: by.id})
	if err != nil {
		return Session{}, err
	}
	if len(newest.Sessions) > 0 && newest.Sessions[0].ID != id {
		return Session{}, &Error{Kind: ErrConflict, Code: "conflict", Message: "A session can be rated until the next one begins."}
	}
	res, err := s.writer.do(ctx, OpRateSession{SessionID: id, Rating: Rating{Score: score, Comment: comment, At: s.now()}})
	if err != nil {
		return Session{}, err
	}
	session := s.online(res.Session)
	if !res.Duplicate {
		s.alertRating(ctx, session)
	}
	return session, nil
}

// badRating is the best score of those that Hooks.BadRating is called for.
const badRating = 2

// alertRating tells the host of a bad rating. What goes wrong there is not the
// visitor's concern, and they do not wait for it.
func (s *Service) alertRating(ctx context.Context, session Session) {
	if s.hooks.BadRating == nil || session.Rating == nil || session.Rating.Score > badRating {
		return
	}
	ctx = context.WithoutCancel(ctx)
	s.alerts.start(func() {
		err := s.hooks.call(ctx, "Hooks.BadRating", func(ctx context.Context) error { return s.hooks.BadRating(ctx, session) })
		if err != nil {
			s.log.Error("chat: a bad rating was not told", "session", session.ID, "error", err)
		}
	})
}

// AskRating notes that a visitor was shown the question what they thought of
// the session: what the response rate is measured against. Only the session's
// own visitor may say so; saying it again changes nothing.
func (s *Service) AskRating(ctx context.Context, by Actor, id string) error {
	if !by.IsVisitor() {
		return forbidden("Only the visitor is asked.")
	}
	if _, err := s.writable(ctx, by, id); err != nil {
		return err
	}
	_, err := s.writer.do(ctx, OpAskRating{SessionID: id, At: s.now()})
	return err
}
