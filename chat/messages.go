package chat

import (
	"cmp"
	"context"
	"errors"
)

// NewMessage is what a message is made from.
type NewMessage struct {
	SessionID string `json:"session_id"`
	Sender    string `json:"sender"` // a visitor's is always SenderVisitor
	Text      string `json:"message"`

	// ClientID makes sending repeatable: the same session, sender and
	// ClientID again returns the message stored first. At most 64
	// characters.
	ClientID string `json:"client_id"`

	// SenderName, if not empty, is what visitors read beside the message in
	// place of the actor's name. For keys and the host's code only.
	SenderName string `json:"sender_name"`

	// AfterSeq, if not nil, is the Seq of the last message that the sender has
	// seen. An agent's message is refused with a [CrossedError] where another
	// agent has written since. Not for messages of visitors.
	AfterSeq *int64 `json:"after_seq"`

	// QuickReplies are answers for the visitor to choose from: MaxQuickReplies
	// at most, all different, each a line of at most MaxQuickReplyLength
	// characters. Not for a visitor's message.
	QuickReplies []string `json:"quick_replies"`

	// ChallengeAnswer is what a visitor's page gives for [Hooks.Challenge].
	ChallengeAnswer string `json:"challenge_answer"`

	// Files came in for the same session. With one the text may be empty. A
	// message that is refused or a duplicate leaves none of them behind.
	Files []Upload `json:"-"`
}

// SentMessage is a message that SendMessage has stored, or stored earlier.
type SentMessage struct {
	Message   Message
	Duplicate bool // the message existed already
}

// SendMessage adds a message to an active session. When it returns without an
// error the message is committed. Whose the session is stays as it was: whoever
// answers one that nobody has may take it with [Service.ClaimSession].
func (s *Service) SendMessage(ctx context.Context, by Actor, in NewMessage) (SentMessage, error) {
	sent, err := s.sendMessage(ctx, by, in)
	var known *Error
	if err == nil && !sent.Duplicate || err != nil && (!errors.As(err, &known) || errors.Is(err, ErrUnavailable)) {
		return sent, err // the message is there, or may be: what is left without one, sweepFiles finds
	}
	for _, up := range in.Files {
		s.DropUpload(ctx, up)
	}
	return sent, err
}

func (s *Service) sendMessage(ctx context.Context, by Actor, in NewMessage) (SentMessage, error) {
	m, err := s.newMessage(by, in)
	if err != nil {
		return SentMessage{}, err
	}
	var suspected *Session
	switch {
	case m.Sender == SenderVisitor:
		session, err := s.writable(ctx, by, m.SessionID)
		if err != nil {
			return SentMessage{}, err
		}
		m.SenderID, m.SenderName = session.VisitorID, session.VisitorName
		if by.IsVisitor() && len(in.Files) == 0 {
			if suspected, err = s.judge(ctx, session, m.Text, in); err != nil {
				return SentMessage{}, err
			}
		}
	case by.kind == agentActor:
		if err := s.saveActor(ctx, by); err != nil {
			return SentMessage{}, err
		}
	}
	if err := s.beforeMessage(ctx, &m); err != nil {
		return SentMessage{}, err
	}
	s.translate(ctx, &m, "")
	res, err := s.writer.do(ctx, OpAppendMessage{Message: m, AfterSeq: in.AfterSeq})
	if err == nil {
		s.Touch(ctx, by)
		if suspected != nil {
			s.suspect(ctx, *suspected)
		}
	}
	return SentMessage{Message: res.Message, Duplicate: res.Duplicate}, err
}

func (s *Service) newMessage(by Actor, in NewMessage) (Message, error) {
	sender, err := senderFor(by, in)
	if err != nil {
		return Message{}, err
	}
	if in.SessionID == "" {
		return Message{}, invalid("session_id", "session_id must not be empty.")
	}
	switch {
	case in.AfterSeq != nil && sender == SenderVisitor:
		return Message{}, invalid("after_seq", "after_seq is not for messages of visitors.")
	case in.AfterSeq != nil && *in.AfterSeq < 0:
		return Message{}, invalid("after_seq", "after_seq must not be negative.")
	}
	check := checkText
	if len(in.Files) > 0 {
		check = cleanText
	}
	text, err := check("message", in.Text, s.limits.Message)
	if err != nil {
		return Message{}, err
	}
	if blank(text) {
		text = ""
	}
	clientID, err := cleanID("client_id", in.ClientID)
	if err != nil {
		return Message{}, err
	}
	name, err := cleanLine("sender_name", in.SenderName, s.limits.Name)
	if err != nil {
		return Message{}, err
	}
	answers, err := checkQuickReplies(sender, in.QuickReplies)
	if err != nil {
		return Message{}, err
	}
	now := s.now()
	parts := append([]string{sender, text}, answers...)
	var attachments []Attachment
	for _, up := range in.Files {
		attachments = append(attachments, up.attachment)
		parts = append(parts, up.attachment.Name, up.sum)
	}
	return Message{
		ID: newID(now), SessionID: in.SessionID, Sender: sender, SenderID: by.id, SenderName: cmp.Or(name, by.name),
		Text: text, At: now, ClientID: clientID, Fingerprint: fingerprint(parts...), Attachments: attachments,
		QuickReplies: answers,
	}, nil
}

// senderFor checks that the actor may speak as in.Sender.
func senderFor(by Actor, in NewMessage) (string, error) {
	program := by.kind == keyActor || by.kind == hostActor
	switch {
	case by.IsVisitor() && (in.Sender == "" || in.Sender == SenderVisitor):
		if in.SenderName != "" {
			return "", invalid("sender_name", "Visitors do not set sender_name.")
		}
		return SenderVisitor, nil
	case by.IsVisitor():
		return "", forbidden("A visitor sends as visitor only.")
	case in.Sender == "":
		return "", invalid("sender", "sender must not be empty.")
	case in.Sender != SenderAgent && in.Sender != SenderVisitor && in.Sender != SenderBot:
		return "", invalid("sender", `sender must be "agent", "visitor" or "bot".`)
	case !program && in.Sender != SenderAgent:
		return "", forbidden("An agent sends as agent only.")
	case !program && in.SenderName != "":
		return "", invalid("sender_name", "sender_name is not for agents: they send in their own name.")
	}
	return in.Sender, by.need(ScopeWrite)
}

// AddNote adds a note that only agents see. A closed session takes notes too.
// mentions are the ids of agents who should look at it.
func (s *Service) AddNote(ctx context.Context, by Actor, sessionID, text, clientID string, mentions ...string) (SentMessage, error) {
	if err := by.need(ScopeWrite); err != nil {
		return SentMessage{}, err
	}
	m, err := s.newMessage(by, NewMessage{SessionID: sessionID, Sender: SenderAgent, Text: text, ClientID: clientID})
	if err != nil {
		return SentMessage{}, err
	}
	if m.Mentions, err = s.checkMentions(ctx, mentions); err != nil {
		return SentMessage{}, err
	}
	m.Note, m.Fingerprint = true, fingerprint(append([]string{"note", m.Text}, m.Mentions...)...)
	if err := s.beforeMessage(ctx, &m); err != nil {
		return SentMessage{}, err
	}
	res, err := s.writer.do(ctx, OpAppendNote{Message: m})
	return SentMessage{Message: res.Message, Duplicate: res.Duplicate}, err
}

// EditMessage replaces the text of an agent's or bot's message.
func (s *Service) EditMessage(ctx context.Context, by Actor, sessionID, messageID, text string) (Message, error) {
	text, err := checkText("message", text, s.limits.Message)
	if err != nil {
		return Message{}, err
	}
	m, err := s.changeable(ctx, by, sessionID, messageID)
	if err != nil {
		return Message{}, err
	}
	m.Text = text
	if err := s.beforeMessage(ctx, &m); err != nil {
		return Message{}, err
	}
	s.translate(ctx, &m, "")
	res, err := s.writer.do(ctx, OpEditMessage{SessionID: sessionID, MessageID: messageID, Text: m.Text, Translation: m.Translation, At: s.now()})
	return res.Message, err
}

// DeleteMessage empties an agent's, bot's or visitor's message. Its place in
// the order stays.
func (s *Service) DeleteMessage(ctx context.Context, by Actor, sessionID, messageID string) (Message, error) {
	if _, err := s.changeable(ctx, by, sessionID, messageID); err != nil {
		return Message{}, err
	}
	res, err := s.writer.do(ctx, OpDeleteMessage{SessionID: sessionID, MessageID: messageID, At: s.now()})
	s.dropFiles(ctx, res.Files)
	return res.Message, err
}

// changeable returns a message that the actor may change: the host's agents
// change their own, admins and programs every one.
func (s *Service) changeable(ctx context.Context, by Actor, sessionID, messageID string) (Message, error) {
	if err := by.need(ScopeWrite); err != nil {
		return Message{}, err
	}
	m, err := s.store.Message(ctx, sessionID, messageID)
	if err != nil {
		return Message{}, err
	}
	if by.kind == agentActor && m.SenderID != by.id && by.need(ScopeAdmin) != nil {
		return Message{}, forbidden("Only the sender or an admin may change this message.")
	}
	return m, nil
}

// Messages returns one page of a session's messages, oldest first. Agents get
// the notes among them.
func (s *Service) Messages(ctx context.Context, by Actor, q MessageQuery) (MessagePage, error) {
	if _, err := s.Session(ctx, by, q.SessionID); err != nil {
		return MessagePage{}, err
	}
	var err error
	if q.Page, err = q.Page.check(); err != nil {
		return MessagePage{}, err
	}
	q.Notes = !by.IsVisitor()
	page, err := s.store.Messages(ctx, q)
	if err != nil {
		return MessagePage{}, err
	}
	if by.IsVisitor() {
		for i, m := range page.Messages {
			page.Messages[i], _ = m.ForVisitor()
		}
	}
	return page, nil
}

// Typing tells the other side that the actor is writing, or has stopped. It
// holds for six seconds.
func (s *Service) Typing(ctx context.Context, by Actor, sessionID string, typing bool) error {
	return s.TypingPreview(ctx, by, sessionID, typing, "")
}

// TypingPreview is Typing with what a visitor has written so far. Agents are
// shown it where [Settings.TypingPreview] is set; it is ignored elsewhere, and
// kept nowhere.
func (s *Service) TypingPreview(ctx context.Context, by Actor, sessionID string, typing bool, preview string) error {
	preview, err := cleanText("preview", preview, s.limits.Message)
	if err != nil {
		return err
	}
	if preview != "" && !by.IsVisitor() {
		return invalid("preview", "preview is for visitors only.")
	}
	session, err := s.writable(ctx, by, sessionID)
	if err != nil {
		return err
	}
	if session.Status == StatusClosed {
		return ErrSessionClosed
	}
	t := Typing{SessionID: session.ID, Sender: by.side(), SenderID: by.id, SenderName: by.name, Typing: typing}
	if by.IsVisitor() {
		t.SenderName = session.VisitorName
	}
	if preview != "" && typing {
		settings, err := s.CurrentSettings(ctx)
		if err != nil {
			return err
		}
		if settings.TypingPreview {
			t.Preview = preview
		}
	}
	s.tell(EventTyping, session.ID, session.VisitorID, t)
	s.Touch(ctx, by)
	return nil
}

// MarkSeen records that the actor's side has seen the session up to a
// message. It never moves back.
func (s *Service) MarkSeen(ctx context.Context, by Actor, sessionID, messageID string) error {
	if messageID == "" {
		return invalid("message_id", "message_id must not be empty.")
	}
	session, err := s.writable(ctx, by, sessionID)
	if err != nil {
		return err
	}
	m, err := s.store.Message(ctx, sessionID, messageID)
	if errors.Is(err, ErrNotFound) || err == nil && m.Note && by.IsVisitor() {
		return ErrUnknownMessage
	}
	if err != nil {
		return err
	}
	if seen := session.AgentSeenSeq; !by.IsVisitor() && m.Seq <= seen {
		return nil // nothing to write: most calls, with several agents or tabs
	}
	if by.IsVisitor() && m.Seq <= session.VisitorSeen {
		return nil
	}
	res, err := s.writer.do(ctx, OpMarkSeen{SessionID: sessionID, MessageID: messageID, Sender: by.side()})
	if err != nil || res.Duplicate {
		return err
	}
	s.tell(EventSeen, session.ID, session.VisitorID, Seen{SessionID: session.ID, Sender: by.side(), MessageID: m.ID, Seq: m.Seq})
	return nil
}
