package chat

import (
	"cmp"
	"context"
	"strings"
)

// NewSession is what a new session is made from.
type NewSession struct {
	VisitorName  string         `json:"visitor_name"`
	VisitorEmail string         `json:"visitor_email"`
	Source       string         `json:"source"`
	Department   string         `json:"department"`
	CustomData   map[string]any `json:"custom_data"`
	Page         *PageRef       `json:"page"`

	// Message, if not empty, becomes the first message, sent by the visitor.
	// ClientID makes the whole call repeatable for the same visitor.
	Message  string `json:"message"`
	ClientID string `json:"client_id"`

	// Consent, if not empty, is the text that the visitor was shown and agreed
	// to by starting the session. A visitor's must be the one that the settings
	// say now, so that what is kept is what was shown.
	Consent string `json:"consent"`

	// ChallengeAnswer is what a visitor's page gives for [Hooks.Challenge].
	ChallengeAnswer string `json:"challenge_answer"`

	// Tags and AssigneeID are what the session begins with. They are for
	// programs and for Hooks.BeforeSession: a visitor's are ignored.
	Tags       []string `json:"tags"`
	AssigneeID string   `json:"assignee_id"`
}

// StartedSession is a session that CreateSession has made, or made earlier.
type StartedSession struct {
	Session   Session
	Message   *Message // the first message, if one was given
	Duplicate bool     // the session existed already
}

// CreateSession starts a session. A visitor starts one of their own; anybody
// else starts one for a new visitor, whose name is then required.
func (s *Service) CreateSession(ctx context.Context, by Actor, in NewSession) (StartedSession, error) {
	if !by.IsVisitor() {
		if err := by.need(ScopeWrite); err != nil {
			return StartedSession{}, err
		}
		if blank(in.VisitorName) {
			return StartedSession{}, invalid("visitor_name", "visitor_name must not be empty.")
		}
	} else if err := s.barred(by); err != nil {
		return StartedSession{}, err
	}
	in, err := s.checkNewSession(in)
	if err != nil {
		return StartedSession{}, err
	}
	var op OpCreateSession
	if by.IsVisitor() {
		in.Tags, in.AssigneeID, in.Page = nil, "", s.tracking.barePage(in.Page)
		op, err = s.visitorSession(ctx, by, in)
	} else {
		op, err = s.agentSession(ctx, in)
	}
	if err == nil && op.First != nil {
		if err = s.beforeMessage(ctx, op.First); err == nil {
			s.translate(ctx, op.First, op.Session.VisitorID)
		}
	}
	if err == nil {
		op.Session.Department, err = s.spelled(ctx, op.Session.Department)
	}
	if err != nil {
		return StartedSession{}, err
	}
	op.By = by.doer()
	if by.IsVisitor() {
		op.By = Doer{By: ByHost} // whose hook says who has it
	}
	res, err := s.writer.do(ctx, op)
	if err != nil {
		return StartedSession{}, err
	}
	started := StartedSession{Session: s.online(res.Session), Duplicate: res.Duplicate}
	if res.Message.ID != "" {
		started.Message = &res.Message
	}
	return started, nil
}

func (s *Service) checkNewSession(in NewSession) (_ NewSession, err error) {
	if in.VisitorName, err = cleanLine("visitor_name", in.VisitorName, s.limits.Name); err != nil {
		return in, err
	}
	if in.VisitorEmail, err = cleanEmail("visitor_email", in.VisitorEmail, s.limits.Email); err != nil {
		return in, err
	}
	if in.Source, err = cleanLine("source", in.Source, 100); err != nil {
		return in, err
	}
	if in.Department, err = cleanLine("department", in.Department, 100); err != nil {
		return in, err
	}
	if in.Message != "" {
		if in.Message, err = checkText("message", in.Message, s.limits.Message); err != nil {
			return in, err
		}
	}
	if in.ClientID, err = cleanID("client_id", in.ClientID); err != nil {
		return in, err
	}
	if in.Consent, err = cleanText("consent", in.Consent, maxSettingsText); err != nil {
		return in, err
	}
	if in.ChallengeAnswer, err = cleanText("challenge_answer", in.ChallengeAnswer, maxAnswer); err != nil {
		return in, err
	}
	if in.Page, err = checkPage("page.", in.Page); err != nil {
		return in, err
	}
	if in.Tags, err = checkTags(in.Tags); err != nil {
		return in, err
	}
	return in, s.checkCustomData(in.CustomData)
}

// build makes the rows of a new session, as the host's hook wants it. What
// tells a repetition apart is taken before the hook has changed anything.
func (s *Service) build(ctx context.Context, in NewSession, known, v Visitor) (OpCreateSession, error) {
	now := s.now()
	asked := in
	in, err := s.beforeSession(ctx, known, in)
	if err != nil {
		return OpCreateSession{}, err
	}
	op := OpCreateSession{Session: Session{
		ID: newID(now), Status: StatusActive, VisitorID: v.ID, VisitorName: in.VisitorName, VisitorEmail: in.VisitorEmail,
		Source: in.Source, Department: in.Department, AssigneeID: in.AssigneeID, Tags: in.Tags,
		CustomData: in.CustomData, Page: in.Page, CreatedAt: now, UpdatedAt: now, Version: 1,
		ClientID: in.ClientID, Fingerprint: fingerprint(asked.VisitorName, asked.VisitorEmail, asked.Department, asked.Message),
	}}
	if op.Session.VisitorName == "" {
		op.Session.VisitorName = cmp.Or(v.Name, "Visitor")
	}
	if op.Session.VisitorEmail == "" {
		op.Session.VisitorEmail = v.Email
	}
	if in.Consent != "" {
		op.Session.Consent = &Consent{Text: in.Consent, At: now}
	}
	if in.Message != "" {
		op.First = &Message{
			ID: newID(now), SessionID: op.Session.ID, Sender: SenderVisitor, SenderID: v.ID, SenderName: op.Session.VisitorName,
			Text: in.Message, At: now, ClientID: in.ClientID, Fingerprint: fingerprint(SenderVisitor, asked.Message),
		}
	}
	return op, nil
}

// agentSession is a session for a visitor who is not on the site's widget.
func (s *Service) agentSession(ctx context.Context, in NewSession) (OpCreateSession, error) {
	now := s.now()
	v := Visitor{ID: newID(now), Name: in.VisitorName, Email: in.VisitorEmail, CreatedAt: now, LastSeenAt: now, Page: in.Page}
	in.Source = cmp.Or(in.Source, "api")
	op, err := s.build(ctx, in, Visitor{Name: v.Name, Email: v.Email, Page: v.Page}, v)
	op.Visitor = &v
	return op, err
}

// visitorSession is a session of the visitor who acts. What they typed about
// themselves is kept with them, unless the host vouches for something else.
func (s *Service) visitorSession(ctx context.Context, by Actor, in NewSession) (OpCreateSession, error) {
	v, err := s.store.Visitor(ctx, by.id)
	if err != nil {
		return OpCreateSession{}, err
	}
	if v.Verified {
		in.VisitorName, in.VisitorEmail = cmp.Or(v.Name, in.VisitorName), cmp.Or(v.Email, in.VisitorEmail)
	}
	now := s.now()
	changed := in.VisitorName != "" && in.VisitorName != v.Name || in.VisitorEmail != "" && in.VisitorEmail != v.Email
	v.Name, v.Email = cmp.Or(in.VisitorName, v.Name), cmp.Or(in.VisitorEmail, v.Email)
	if err := s.checkForms(ctx, &in, v); err != nil && !s.startedBefore(ctx, in, v.ID) {
		return OpCreateSession{}, err
	}
	signs, err := s.spamSigns(ctx, v, "", in.Message, in.CustomData["topic"])
	if err != nil {
		return OpCreateSession{}, err
	}
	err = s.challenge(ctx, Challenge{Visitor: v, Text: in.Message, Signs: signs, Answer: in.ChallengeAnswer})
	if err != nil && !s.startedBefore(ctx, in, v.ID) {
		return OpCreateSession{}, err
	}
	if in.Page != nil {
		changed, v.Page = true, in.Page
	} else {
		in.Page = v.Page
	}
	if changed {
		v.LastSeenAt = now
		if _, err := s.writer.do(ctx, OpSaveVisitor{Visitor: v}); err != nil {
			return OpCreateSession{}, err
		}
	}
	in.Source = cmp.Or(in.Source, "widget")
	op, err := s.build(ctx, in, v, v)
	op.MaxOpen, op.Answers = s.limits.OpenSessions, greetingTime
	if len(signs) > 0 {
		op.Session.Tags = s.spam.mark(op.Session.Tags)
	}
	return op, err
}

// teamClientID begins the client ids of sessions that agents have started, and
// nobody's own: visitors cannot give theirs a control character.
const teamClientID = "team\x1f"

// StartSession begins a session with a visitor who need not have written. An
// agent who does so has claimed it. text, if not empty, becomes the first
// message, in the name of whoever acts. A visitor with as many open sessions
// as are allowed: ErrTooManySessions. clientID, if not empty, makes the call
// repeatable: who makes it again gets the session made first.
func (s *Service) StartSession(ctx context.Context, by Actor, visitorID, text, clientID string) (StartedSession, error) {
	if err := by.need(ScopeWrite); err != nil {
		return StartedSession{}, err
	}
	if text != "" {
		var err error
		if text, err = checkText("message", text, s.limits.Message); err != nil {
			return StartedSession{}, err
		}
	}
	clientID, err := cleanID("client_id", clientID)
	if err != nil {
		return StartedSession{}, err
	}
	v, err := s.store.Visitor(ctx, visitorID)
	if err != nil {
		return StartedSession{}, err
	}
	if v.Banned.holds(s.now()) {
		return StartedSession{}, &Error{Kind: ErrConflict, Code: "banned", Message: "This visitor is banned. Lift the ban first."}
	}
	op, err := s.build(ctx, NewSession{Source: "agent", Page: v.Page}, v, v)
	if err != nil {
		return StartedSession{}, err
	}
	op.MaxOpen, op.By = s.limits.OpenSessions, by.doer()
	if clientID != "" {
		op.Session.ClientID = teamClientID + clientID
		op.Session.Fingerprint = fingerprint(SenderAgent, by.id, text)
	}
	if by.kind == agentActor {
		if err := s.saveActor(ctx, by); err != nil {
			return StartedSession{}, err
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
			return StartedSession{}, err
		}
		s.translate(ctx, op.First, visitorID)
	}
	res, err := s.writer.do(ctx, op)
	if err != nil {
		return StartedSession{}, err
	}
	s.Touch(ctx, by)
	started := StartedSession{Session: s.online(res.Session), Duplicate: res.Duplicate}
	if res.Message.ID != "" {
		started.Message = &res.Message
	}
	return started, nil
}

// checkForms refuses a visitor who has left out what the settings ask for at
// this moment, or has agreed to another text than theirs. Where there is
// nothing to agree to any more, nothing was agreed to.
func (s *Service) checkForms(ctx context.Context, in *NewSession, v Visitor) error {
	settings, err := s.CurrentSettings(ctx)
	if err != nil {
		return err
	}
	if err := settings.PreChat.require(v.Name, v.Email); err != nil {
		return err
	}
	if settings.PreChat.Department == AskRequired && in.Department == "" {
		if err := s.requireDepartment(ctx); err != nil {
			return err
		}
	}
	if settings.PreChat.Consent == "" {
		in.Consent = ""
	}
	if in.Consent != "" && in.Consent != settings.PreChat.Consent {
		return invalid("consent", "consent is not the text that visitors are asked to agree to now.")
	}
	if settings.Away.VisitorEmail != AskRequired || v.Email != "" {
		return nil
	}
	if open, _ := s.Hours(ctx); open && len(s.AvailableAgents(ctx)) > 0 {
		return nil
	}
	return invalid("visitor_email", "visitor_email is required while nobody is here to answer.")
}

// startedBefore says whether this is a repetition of the visitor's latest
// session. What is asked may have changed since that was made.
func (s *Service) startedBefore(ctx context.Context, in NewSession, visitorID string) bool {
	if in.ClientID == "" {
		return false
	}
	page, err := s.store.Sessions(ctx, SessionQuery{Page: Page{Limit: 1}, VisitorID: visitorID})
	return err == nil && len(page.Sessions) > 0 && page.Sessions[0].ClientID == in.ClientID
}

// Session returns one session. To a visitor another's session is unknown.
func (s *Service) Session(ctx context.Context, by Actor, id string) (Session, error) {
	if !by.IsVisitor() {
		if err := by.need(ScopeRead); err != nil {
			return Session{}, err
		}
	}
	session, err := s.store.Session(ctx, id)
	if err != nil {
		return Session{}, err
	}
	if by.IsVisitor() && session.VisitorID != by.id {
		return Session{}, ErrUnknownSession
	}
	return s.online(session), nil
}

// writable is Session for a caller who is about to change it.
func (s *Service) writable(ctx context.Context, by Actor, id string) (Session, error) {
	if !by.IsVisitor() {
		if err := by.need(ScopeWrite); err != nil {
			return Session{}, err
		}
	} else if err := s.barred(by); err != nil {
		return Session{}, err
	}
	return s.Session(ctx, by, id)
}

// Sessions returns one page of sessions; a visitor gets only their own.
func (s *Service) Sessions(ctx context.Context, by Actor, q SessionQuery) (SessionPage, error) {
	if by.IsVisitor() {
		q.VisitorID = by.id
	} else if err := by.need(ScopeRead); err != nil {
		return SessionPage{}, err
	}
	var err error
	if q.Page, err = q.Page.check(); err != nil {
		return SessionPage{}, err
	}
	if q.Status != "" && q.Status != StatusActive && q.Status != StatusClosed {
		return SessionPage{}, invalid("status", `status must be "active", "closed" or "all".`)
	}
	page, err := s.store.Sessions(ctx, q)
	for i := range page.Sessions {
		page.Sessions[i] = s.online(page.Sessions[i])
	}
	return page, err
}

// SessionCounts returns the figures beside the lists of the agent who acts.
func (s *Service) SessionCounts(ctx context.Context, by Actor) (SessionCounts, error) {
	if err := by.need(ScopeRead); err != nil {
		return SessionCounts{}, err
	}
	return s.store.SessionCounts(ctx, by.id)
}

// online fills in what the store cannot know of a session.
func (s *Service) online(session Session) Session {
	now := s.now()
	session.VisitorOnline = s.presence.here(visitorKey(session.VisitorID), now)
	session.Banned = session.Banned.inForce(now)
	session.QueuePosition = s.routing.position(session.ID)
	return session
}

func checkPage(prefix string, p *PageRef) (_ *PageRef, err error) {
	if p == nil {
		return nil, nil
	}
	var out PageRef
	if out.URL, err = cleanLine(prefix+"url", p.URL, 2000); err != nil {
		return nil, err
	}
	if out.Title, err = cleanLine(prefix+"title", p.Title, 500); err != nil {
		return nil, err
	}
	if out.Referrer, err = cleanLine(prefix+"referrer", p.Referrer, 2000); err != nil {
		return nil, err
	}
	if out.URL != "" && !strings.HasPrefix(out.URL, "http://") && !strings.HasPrefix(out.URL, "https://") {
		return nil, invalid(prefix+"url", prefix+"url must begin with http:// or https://.")
	}
	return &out, nil
}
