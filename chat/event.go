package chat

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Durable events: they have an id, are kept in the log, and are replayed.
const (
	EventSessionStarted = "session_started" // Data is a Session
	EventSessionUpdated = "session_updated" // Data is a Session: the whole new state
	EventSessionClosed  = "session_closed"  // Data is a Session
	EventSessionRated   = "session_rated"   // Data is a Session
	EventSessionMissed  = "session_missed"  // Data is a Session: its visitor has left without an answer; never for visitors
	EventMessageSent    = "message_sent"    // Data is a Message
	EventMessageUpdated = "message_updated" // Data is a Message
	EventMessageDeleted = "message_deleted" // Data is a Message, emptied
	EventNoteAdded      = "note_added"      // Data is a Message with Note set; never for visitors
)

// Ephemeral events: they are told to whoever listens now and never stored.
const (
	EventTyping         = "typing"          // Data is a Typing
	EventSeen           = "seen"            // Data is a Seen
	EventVisitorOnline  = "visitor_online"  // Data is a VisitorPresence
	EventVisitorOffline = "visitor_offline" // Data is a VisitorPresence
	EventAgentPresence  = "agent_presence"  // Data is an Agent, or a TeamPresence for visitors
	EventQueuePosition  = "queue_position"  // Data is a QueuePosition
)

// Position is a place in the event log. Positions grow in the order in which
// events were committed; some numbers may be missing.
type Position int64

// Event is something that happened. The same envelope goes to Go hosts,
// event streams and webhooks. An Event is shared between all who hear of it:
// treat it and its Data as read-only.
type Event struct {
	ID       string    // "identity.position"; empty for ephemeral events
	Position Position  // 0 for ephemeral events
	Type     string    // one of the constants above
	At       time.Time // when it happened
	Data     any       // as the constants say

	// SessionID and VisitorID say whose event it is. They decide who hears
	// of it and are not part of the envelope.
	SessionID string
	VisitorID string

	encoded [2]struct { // for agents, for the visitor
		once sync.Once
		data []byte
		err  error
	}
}

// Typing is the data of EventTyping. It holds for six seconds.
type Typing struct {
	SessionID  string `json:"session_id"`
	Sender     string `json:"sender"`
	SenderID   string `json:"sender_id,omitempty"`
	SenderName string `json:"sender_name,omitempty"`
	Typing     bool   `json:"typing"`
	Preview    string `json:"preview,omitempty"` // what a visitor has written so far, for agents, or a bot, for all
}

// Seen is the data of EventSeen: Sender has seen everything up to Seq.
type Seen struct {
	SessionID string `json:"session_id"`
	Sender    string `json:"sender"` // who has seen it: SenderVisitor or SenderAgent
	MessageID string `json:"message_id"`
	Seq       int64  `json:"seq"`
}

// VisitorPresence is the data of EventVisitorOnline and EventVisitorOffline.
type VisitorPresence struct {
	VisitorID string `json:"visitor_id"`
}

// TeamPresence is what visitors learn of the agents' presence.
type TeamPresence struct {
	Online bool `json:"online"` // somebody is there to answer
}

// QueuePosition is the data of EventQueuePosition: a session's place among
// those of its department that wait for an agent.
type QueuePosition struct {
	SessionID string `json:"session_id"`
	Position  int    `json:"position"` // 1 is next
}

// Durable says whether the event is in the log.
func (e *Event) Durable() bool { return e.Position > 0 }

// visitorData returns the event's data as the visitor it belongs to may see
// it. Without ok the event is not for visitors.
func (e *Event) visitorData() (data any, ok bool) {
	switch d := e.Data.(type) {
	case Session:
		return d.ForVisitor(), e.Type != EventSessionMissed
	case Message:
		return d.ForVisitor()
	case Typing:
		if d.SenderID = ""; d.Sender != SenderBot {
			d.Preview = ""
		}
		return d, true
	case Seen:
		return d, true
	case TeamPresence, QueuePosition:
		return d, true
	}
	return nil, false
}

type envelope struct {
	ID   string `json:"id,omitempty"`
	Type string `json:"event"`
	At   stamp  `json:"timestamp"`
	Data any    `json:"data"`
}

// MarshalJSON writes the envelope as agents, Go hosts and webhooks see it.
func (e *Event) MarshalJSON() ([]byte, error) { return e.JSON() }

// JSON returns the envelope as agents see it. It is encoded once, however
// many ask; the bytes are shared and must not be changed.
func (e *Event) JSON() ([]byte, error) {
	c := &e.encoded[0]
	c.once.Do(func() {
		c.data, c.err = json.Marshal(envelope{e.ID, e.Type, stamp(e.At), e.Data})
	})
	return c.data, c.err
}

// VisitorJSON returns the envelope as the event's own visitor may see it, nil
// if it is not for visitors. Like JSON it is encoded once.
func (e *Event) VisitorJSON() ([]byte, error) {
	c := &e.encoded[1]
	c.once.Do(func() {
		if data, ok := e.visitorData(); ok {
			c.data, c.err = json.Marshal(envelope{e.ID, e.Type, stamp(e.At), data})
		}
	})
	return c.data, c.err
}

// Topic is what a subscription is about: one session, one visitor's sessions,
// or, as the zero Topic, everything.
type Topic struct {
	SessionID string
	VisitorID string
}

// EventQuery asks a store for the events of a topic after a position, oldest
// first, Limit at most.
type EventQuery struct {
	Topic
	After Position
	Limit int
}

// EventLog describes the event log of a store at one moment.
type EventLog struct {
	Head   Position // the newest event's position, 0 if there has been none
	Pruned Position // events up to here are no longer kept
}

// eventID is how a position is told to clients: with the database it is of,
// so that a position never means something in another database.
func eventID(identity string, p Position) string {
	return identity + "." + strconv.FormatInt(int64(p), 10)
}

// parseEventID takes apart what eventID made. It accepts exactly eight of
// 0-9a-z, a dot, and a number without leading zeros.
func parseEventID(s string) (identity string, p Position, err error) {
	identity, digits, ok := strings.Cut(s, ".")
	if !ok || len(identity) != 8 || len(digits) > 19 || digits == "" || digits[0] == '0' && digits != "0" {
		return "", 0, ErrInvalidEventID
	}
	for _, c := range []byte(identity) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z') {
			return "", 0, ErrInvalidEventID
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return "", 0, ErrInvalidEventID
	}
	return identity, Position(n), nil
}
