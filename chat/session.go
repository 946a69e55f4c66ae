package chat

import (
	"encoding/json"
	"time"
)

// The states of a session.
const (
	StatusActive = "active"
	StatusClosed = "closed"
)

// Session is one conversation between a visitor and the agents. The JSON form
// is the one agents and integrations see; [Session.ForVisitor] has the other.
type Session struct {
	ID            string         `json:"session_id"`
	Status        string         `json:"status"` // StatusActive or StatusClosed
	VisitorID     string         `json:"visitor_id"`
	VisitorName   string         `json:"visitor_name"`
	VisitorEmail  string         `json:"visitor_email,omitempty"`
	Source        string         `json:"source,omitempty"` // where it came from, such as "widget" or "api"
	Department    string         `json:"department,omitempty"`
	AssigneeID    string         `json:"assignee_id,omitempty"` // the agent who has claimed it
	AssigneeName  string         `json:"assignee_name,omitempty"`
	AssigneePhoto string         `json:"-"` // the assignee's avatar address
	Tags          []string       `json:"tags"`
	CustomData    map[string]any `json:"custom_data"`
	Page          *PageRef       `json:"page,omitempty"` // where the visitor was when it began
	CreatedAt     time.Time      `json:"created_at"`
	UpdatedAt     time.Time      `json:"updated_at"`
	ClosedAt      time.Time      `json:"closed_at,omitzero"`
	CloseReason   string         `json:"close_reason,omitempty"`
	Version       int64          `json:"version"`       // grows with each change of the session itself, not with its messages
	MessageCount  int64          `json:"message_count"` // the newest message's Seq
	LastMessage   *Preview       `json:"last_message,omitempty"`
	Unread        int64          `json:"unread"`           // visitor's messages that no agent has seen
	AgentSeenSeq  int64          `json:"agent_seen_seq"`   // an agent has seen all up to this Seq
	VisitorSeen   int64          `json:"visitor_seen_seq"` // the visitor has seen all up to this Seq
	VisitorUnread int64          `json:"-"`                // agents' and bots' messages that the visitor has not seen
	WaitingSince  time.Time      `json:"waiting_since,omitzero"`
	FirstReplyAt  time.Time      `json:"first_reply_at,omitzero"`
	QueuedAt      time.Time      `json:"queued_at,omitzero"`      // when the visitor first waited for an agent to have it
	AssignedAt    time.Time      `json:"assigned_at,omitzero"`    // when it first had an agent
	Snooze        *Snooze        `json:"snoozed_until,omitempty"` // put off until then; nil means not
	Missed        bool           `json:"missed"`                  // closed, or left by its visitor, without an agent's reply
	Rating        *Rating        `json:"rating,omitempty"`
	Consent       *Consent       `json:"consent,omitempty"` // what the visitor agreed to by starting it; nil where nothing was to agree to
	Banned        *Ban           `json:"banned,omitempty"`  // the visitor's; the service leaves out one that has ended
	VisitorOnline bool           `json:"visitor_online"`    // never stored: the service fills it in
	QueuePosition int            `json:"-"`                 // likewise; 1 is next, 0 is not in the queue or not known

	// ClientID makes creating a session repeatable: the same visitor asking
	// again with the same ClientID gets the session made first.
	ClientID    string `json:"-"`
	Fingerprint string `json:"-"` // of the request that ClientID stands for
}

// PageRef is a page of the host's site.
type PageRef struct {
	URL      string `json:"url"`
	Title    string `json:"title,omitempty"`
	Referrer string `json:"referrer,omitempty"`
}

// Preview is the newest message of a session, shortened to PreviewLength runes.
type Preview struct {
	ID         string    `json:"message_id"`
	Sender     string    `json:"sender"`
	SenderName string    `json:"sender_name,omitempty"`
	Text       string    `json:"message"`
	At         time.Time `json:"timestamp"`
	Seq        int64     `json:"seq"`
}

// PreviewLength is how many runes of a message a list shows.
const PreviewLength = 200

// Rating is what the visitor thought of a session.
type Rating struct {
	Score   int       `json:"score"` // 1 to 5
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"timestamp"`
}

// Consent is a text that a visitor was shown when they started a session.
type Consent struct {
	Text string    `json:"text"`
	At   time.Time `json:"timestamp"`
}

// SessionCounts are the figures beside an agent's lists.
type SessionCounts struct {
	Mine       int64 `json:"mine"`
	Unassigned int64 `json:"unassigned"`
	Open       int64 `json:"open"`
	Later      int64 `json:"later"` // of the agent's, the snoozed; they do not count above
	Closed     int64 `json:"closed"`
}

// SessionQuery selects sessions. Empty fields select everything.
type SessionQuery struct {
	Page
	Status     string // StatusActive, StatusClosed, or empty for both
	AssigneeID string
	Unassigned bool // only those without an assignee
	Department string
	Tag        string
	Source     string
	VisitorID  string
	Snoozed    *bool // only those that are, or that are not
	Missed     *bool // likewise
	ByActivity bool  // the latest message first; otherwise the newest session first
}

// SessionPage is one page of sessions. Next is empty at the end.
type SessionPage struct {
	Sessions []Session
	Next     string
}

// VisitorSession is what a visitor may know of a session of their own. It
// says nothing of notes, tags, custom data or who looked when.
type VisitorSession struct {
	ID           string      `json:"session_id"`
	Status       string      `json:"status"`
	VisitorName  string      `json:"visitor_name"`
	VisitorEmail string      `json:"visitor_email,omitempty"`
	Department   string      `json:"department,omitempty"`
	Agent        *PublicName `json:"agent,omitempty"`
	CreatedAt    time.Time   `json:"created_at"`
	ClosedAt     time.Time   `json:"closed_at,omitzero"`
	MessageCount int64       `json:"message_count"`
	LastMessage  *Preview    `json:"last_message,omitempty"`
	Unread       int64       `json:"unread"` // agents' and bots' messages not seen yet
	AgentSeenSeq int64       `json:"agent_seen_seq"`
	VisitorSeen  int64       `json:"visitor_seen_seq"`
	Rating       *Rating     `json:"rating,omitempty"`

	// QueuePosition is how many sessions of the department are before it and
	// itself, while it waits for an agent; 0 is not known, or does not wait.
	QueuePosition int `json:"queue_position,omitempty"`
}

// PublicName is what visitors learn of an agent.
type PublicName struct {
	Name      string `json:"name"`
	AvatarURL string `json:"avatar_url,omitempty"`
}

// ForVisitor returns what the session's own visitor may know of it.
func (s Session) ForVisitor() VisitorSession {
	v := VisitorSession{
		ID: s.ID, Status: s.Status, VisitorName: s.VisitorName, VisitorEmail: s.VisitorEmail,
		Department: s.Department, CreatedAt: s.CreatedAt, ClosedAt: s.ClosedAt,
		MessageCount: s.MessageCount, LastMessage: s.LastMessage, Unread: s.VisitorUnread,
		AgentSeenSeq: s.AgentSeenSeq, VisitorSeen: s.VisitorSeen, Rating: s.Rating,
	}
	if s.Status == StatusActive && s.AssigneeID == "" && !s.WaitingSince.IsZero() {
		v.QueuePosition = s.QueuePosition
	}
	if s.AssigneeID != "" && s.AssigneeName != "" {
		v.Agent = &PublicName{Name: s.AssigneeName, AvatarURL: s.AssigneePhoto}
	}
	return v
}

// MarshalJSON writes times with milliseconds and empty lists as such.
func (s Session) MarshalJSON() ([]byte, error) {
	type plain Session
	if s.Tags == nil {
		s.Tags = []string{}
	}
	if s.CustomData == nil {
		s.CustomData = map[string]any{}
	}
	return json.Marshal(struct {
		plain
		CreatedAt    stamp `json:"created_at"`
		UpdatedAt    stamp `json:"updated_at"`
		ClosedAt     stamp `json:"closed_at,omitzero"`
		WaitingSince stamp `json:"waiting_since,omitzero"`
		FirstReplyAt stamp `json:"first_reply_at,omitzero"`
		QueuedAt     stamp `json:"queued_at,omitzero"`
		AssignedAt   stamp `json:"assigned_at,omitzero"`
	}{
		plain(s), stamp(s.CreatedAt), stamp(s.UpdatedAt), stamp(s.ClosedAt), stamp(s.WaitingSince), stamp(s.FirstReplyAt),
		stamp(s.QueuedAt), stamp(s.AssignedAt),
	})
}

// MarshalJSON writes times with milliseconds.
func (s VisitorSession) MarshalJSON() ([]byte, error) {
	type plain VisitorSession
	return json.Marshal(struct {
		plain
		CreatedAt stamp `json:"created_at"`
		ClosedAt  stamp `json:"closed_at,omitzero"`
	}{plain(s), stamp(s.CreatedAt), stamp(s.ClosedAt)})
}

// MarshalJSON writes times with milliseconds.
func (p Preview) MarshalJSON() ([]byte, error) {
	type plain Preview
	return json.Marshal(struct {
		plain
		At stamp `json:"timestamp"`
	}{plain(p), stamp(p.At)})
}

// MarshalJSON writes times with milliseconds.
func (r Rating) MarshalJSON() ([]byte, error) {
	type plain Rating
	return json.Marshal(struct {
		plain
		At stamp `json:"timestamp"`
	}{plain(r), stamp(r.At)})
}

// MarshalJSON writes times with milliseconds.
func (c Consent) MarshalJSON() ([]byte, error) {
	type plain Consent
	return json.Marshal(struct {
		plain
		At stamp `json:"timestamp"`
	}{plain(c), stamp(c.At)})
}
