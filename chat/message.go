package chat

import (
	"encoding/json"
	"time"
)

// Who can be the sender of a message.
const (
	SenderVisitor = "visitor"
	SenderAgent   = "agent"
	SenderBot     = "bot"
)

// Message is one message of a session, or a note among agents.
type Message struct {
	ID          string       `json:"message_id"`
	SessionID   string       `json:"session_id"`
	Sender      string       `json:"sender"` // SenderVisitor, SenderAgent or SenderBot
	SenderID    string       `json:"sender_id,omitempty"`
	SenderName  string       `json:"sender_name,omitempty"`
	Text        string       `json:"message"`
	At          time.Time    `json:"timestamp"`
	Seq         int64        `json:"seq,omitempty"` // 1, 2, 3 … in the session; a note has none
	Note        bool         `json:"note,omitempty"`
	ClientID    string       `json:"client_id,omitempty"`
	EditedAt    time.Time    `json:"edited_at,omitzero"`
	DeletedAt   time.Time    `json:"deleted_at,omitzero"`
	Attachments []Attachment `json:"attachments"`
	Mentions    []string     `json:"mentions,omitempty"` // agents whom a note is meant for, by id

	// QuickReplies are answers that the visitor can give with a press while
	// this is the newest message. Only agents' and bots' messages have some.
	QuickReplies []string `json:"quick_replies,omitempty"`

	// Translation is Text in the other side's language, where the host
	// translates: an agent's or bot's message for the visitor, a visitor's for
	// agents.
	Translation string `json:"translation,omitempty"`

	Fingerprint string `json:"-"` // of the request that ClientID stands for
}

// Attachment is a file sent with a message.
type Attachment struct {
	FileID      string `json:"file_id"`
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`              // bytes
	URL         string `json:"url"`               // relative to the API's base
	Width       int    `json:"width,omitempty"`   // pixels as shown, of a picture that a page may show
	Height      int    `json:"height,omitempty"`  // pixels as shown
	Expired     bool   `json:"expired,omitempty"` // it was removed because of its age
}

// MessageQuery selects messages of one session, oldest first. After and
// Before take a cursor that a page gave out, a message's id, or a Seq; Before
// also takes [Latest]. Without either the page starts at the oldest message.
type MessageQuery struct {
	Page
	SessionID string
	Notes     bool // include the agents' notes
}

// Latest as MessageQuery.Before asks for the newest page.
const Latest = "latest"

// MessagePage is one page of messages, oldest first. Next is empty when there
// is nothing further in the direction asked for.
type MessagePage struct {
	Messages []Message
	Next     string
}

// ForVisitor returns the message as visitors may see it, and whether they may
// see it at all.
func (m Message) ForVisitor() (Message, bool) {
	if m.Sender != SenderVisitor {
		m.SenderID, m.ClientID = "", ""
	} else {
		m.Translation = "" // for the other side
	}
	return m, !m.Note
}

// MarshalJSON writes times with milliseconds and no attachments as [].
func (m Message) MarshalJSON() ([]byte, error) {
	type plain Message
	if m.Attachments == nil {
		m.Attachments = []Attachment{}
	}
	return json.Marshal(struct {
		plain
		At        stamp `json:"timestamp"`
		EditedAt  stamp `json:"edited_at,omitzero"`
		DeletedAt stamp `json:"deleted_at,omitzero"`
	}{plain(m), stamp(m.At), stamp(m.EditedAt), stamp(m.DeletedAt)})
}

// Preview shortens the message for lists; a file alone has its name for a
// text. Stores make a session's LastMessage with it.
func (m Message) Preview() *Preview {
	text := m.Text
	if text == "" && len(m.Attachments) > 0 {
		text = m.Attachments[0].Name
	}
	return &Preview{ID: m.ID, Sender: m.Sender, SenderName: m.SenderName, Text: shorten(text, PreviewLength), At: m.At, Seq: m.Seq}
}

// maxClientID is how many characters a client id may have.
const maxClientID = 64

// How many answers a message may offer, and how many characters each may have.
const (
	MaxQuickReplies     = 6
	MaxQuickReplyLength = 60
)
