package chat

import "time"

// Op is one change to what a store keeps. Hosts never make one: they call the
// methods of [Service]. The service decides what may be done; a store carries
// it out, whole or not at all, and reports the outcome in a [OpResult]. The
// comment of each Op is its contract, and storagetest checks it.
//
// All times come from the caller, in whole milliseconds.
//
// What changes who has a session, puts it off, takes it back or closes it stands
// in its history afterwards (see [HistoryEntry]), as done by the op's By.
type Op interface{ op() }

// OpResult is the outcome of one Op.
type OpResult struct {
	Err        error      // why nothing was changed; the other fields are then zero
	Duplicate  bool       // the request had been carried out before; nothing was changed
	Session    Session    // as it is afterwards, for ops on a session
	Message    Message    // as it is afterwards, for ops on a message
	Visitor    Visitor    // as it is afterwards, for ops on a visitor
	Deliveries []Delivery // as the op says
	Position   Position   // where the cursor is, for ops on a cursor
	Files      []string   // files that have lost their message, whose content is to be removed
	Began      []string   // as the op says
	Count      int        // as the op says
	Next       int64      // as the op says
	Events     []*Event   // what was added to the log, with positions, IDs and data

	// These are nil but for ops on what they are, and rare: a message is not to
	// carry the room for them.
	AddressBan  *AddressBan  // as it is afterwards, for ops on a ban of an address
	Agent       *Agent       // as it is afterwards, for ops on an agent
	APIKey      *APIKey      // as it is afterwards, for ops on a key
	Settings    *Settings    // as they are afterwards, for ops on the settings
	CannedReply *CannedReply // as it is afterwards, for ops on a canned reply
	Department  *Department  // as it is afterwards, for ops on a department
	Webhook     *Webhook     // as it is afterwards, for ops on a webhook
}

// found returns what a result points to, or nothing beside an error.
func found[T any](of *T, err error) (T, error) {
	if of == nil {
		var none T
		return none, err
	}
	return *of, err
}

// OpCreateSession inserts Session, before it Visitor if that is not nil, and
// after it First as its first message if that is not nil. Events:
// session_started, then message_sent.
//
// Where the visitor already has a session with Session.ClientID (if not
// empty), that one is returned as a Duplicate with its first message, if the
// fingerprints agree, else ErrClientIDReused. Where the visitor already has
// MaxOpen active sessions (if not 0): ErrTooManySessions. A visitor that does
// not exist: ErrUnknownVisitor.
//
// The latest greeting that the visitor was shown counts as answered from then
// on, if that was not longer than Answers before the session was created.
type OpCreateSession struct {
	Session Session
	Visitor *Visitor
	First   *Message
	By      Doer // who gave it to Session.AssigneeID
	MaxOpen int
	Answers time.Duration
}

// OpAppendMessage adds Message to its session, with the session's next Seq, and
// keeps the session's figures:
//
//   - MessageCount, LastMessage and UpdatedAt follow every message.
//   - A visitor's message adds 1 to Unread, sets WaitingSince if it is not
//     set, and VisitorSeen to its Seq with VisitorUnread to 0. The first one
//     sets QueuedAt, if there is no assignee. It ends a Snooze.
//   - An agent's message clears WaitingSince and Unread, sets AgentSeenSeq to
//     its Seq, FirstReplyAt if it is not set and the visitor has written, and
//     adds 1 to VisitorUnread. It clears Missed.
//   - A bot's message adds 1 to VisitorUnread.
//
// The files of Attachments become the message's; one that is not there, or is
// another's, fails it with ErrUnknownFile.
//
// Event: message_sent, and session_updated behind it, with a Version that has
// grown by 1, where a Snooze has ended or Missed was cleared. Where the session
// already has a message with the same Sender and ClientID (if not empty): a
// Duplicate, if the fingerprints agree, else ErrClientIDReused; this comes
// before the check for a closed session, which is ErrSessionClosed. No such
// session: ErrUnknownSession. Session in the result is as it is afterwards.
//
// Where AfterSeq is not nil and the session has an agent's message with a
// greater Seq that is not deleted and has another SenderID: a [CrossedError]
// with the latest such message. This too comes after the check for a repeated
// ClientID.
type OpAppendMessage struct {
	Message  Message
	AfterSeq *int64
}

// OpAppendNote adds a note. It has no Seq and changes nothing that a visitor
// can see, nor the session's version. It may be added to a closed session.
// Event: note_added. ClientID works as for OpAppendMessage. The agents in
// Mentions find it among their mentions.
type OpAppendNote struct{ Message Message }

// OpEditMessage replaces a message's text and translation and sets EditedAt.
// Where it is the session's latest, the preview follows. Event:
// message_updated. A deleted message: ErrUnknownMessage. The same text again
// changes nothing: Duplicate.
type OpEditMessage struct {
	SessionID, MessageID string
	Text, Translation    string
	At                   time.Time
}

// OpDeleteMessage empties a message's text, translation, attachments and quick
// replies and sets DeletedAt; its Seq stays. Event: message_deleted. Bodies of
// deliveries lose the text as [BlankBody] does it. Its files belong to no
// message afterwards and lose their chunks; they stand in the result. Again:
// Duplicate.
type OpDeleteMessage struct {
	SessionID, MessageID string
	At                   time.Time
}

// OpUpdateSession changes the fields of Patch that are not nil. Event:
// session_updated. Version grows by 1. A patch that changes nothing is a
// Duplicate. IfVersion, if not 0, must be the present version, else
// ErrVersionMismatch. With Claim the assignee may be set only where nobody
// else is assigned, else ErrAlreadyClaimed, and only on an active session,
// else ErrSessionClosed.
//
// Another assignee or department ends a Snooze. The first assignee sets
// AssignedAt; one who is given the session has been seen at At. Releasing sets
// QueuedAt, if it is not set and the visitor waits, and is remembered: see
// [QueuedSession].
type OpUpdateSession struct {
	SessionID string
	Patch     SessionPatch
	IfVersion int64
	Claim     bool
	By        Doer
	At        time.Time
}

// SessionPatch names the fields of a session that can be changed.
type SessionPatch struct {
	AssigneeID   *string // "" releases; an agent that does not exist: ErrUnknownAgent
	Department   *string
	Tags         *[]string
	VisitorName  *string
	VisitorEmail *string
	CustomData   *map[string]any // the whole new data
}

// OpCloseSession closes a session and clears WaitingSince and Snooze. It sets
// Missed where the visitor has written and no agent has, unless a bot has and
// nobody was ever assigned nor the tag HandedOver set. Event: session_closed,
// and session_missed behind it where Missed was not set. Version grows by 1.
// Again: Duplicate, with what the first time set. VisitorLeft is kept for the
// figures.
//
// IdleSince, if not zero, closes only a session that has had no message after
// it, whose visitor does not wait for a person (the last message of a bot that
// has not handed over leaves them with the bot), and that is not snoozed;
// another is a Duplicate.
type OpCloseSession struct {
	SessionID   string
	Reason      string
	VisitorLeft bool // by then, or it is the visitor who closes it
	IdleSince   time.Time
	By          Doer
	At          time.Time
}

// OpRateSession sets the session's rating; the version stays. Event:
// session_rated. The same score and comment again: Duplicate.
type OpRateSession struct {
	SessionID string
	Rating    Rating
}

// OpAskRating notes that the visitor was shown the question what they thought;
// the version stays. Event: none. Again: Duplicate.
type OpAskRating struct {
	SessionID string
	At        time.Time
}

// OpMarkSeen records that Sender (SenderVisitor or SenderAgent) has seen the
// session up to the message, and counts the unread again. It never moves
// back: where nothing moves the result is a Duplicate. No event in the log.
// Message in the result is the message. A note: Duplicate.
type OpMarkSeen struct {
	SessionID, MessageID string
	Sender               string
}

// OpSaveVisitor inserts the visitor, or updates the row with its ID. TokenHash,
// if not empty, becomes one of its tokens. An ExternalID that another visitor
// has: ErrConflict. No event.
type OpSaveVisitor struct {
	Visitor   Visitor
	TokenHash string
}

// OpMergeVisitor gives the sessions, page views, greetings and bans of
// addresses of From to To, removes From's tokens and then From. A greeting that
// both were shown stays To's, and counts for From as well. Session names and
// e-mail addresses stay as they are. Event: one session_updated for each
// session that moved; their versions grow by 1. A ClientID that both have keeps
// naming To's session. From and To the same: Duplicate.
type OpMergeVisitor struct {
	From, To string
	At       time.Time
}

// OpEraseVisitor removes the visitor with everything that belongs to them:
// tokens, sessions, messages, notes, page views, bans, events. Greetings that
// they were shown count on, for nobody. No event. Afterwards no byte of
// it is left in the database's files once the store is idle. That goes for the
// deliveries of their events too, and for what the database keeps of their
// files, which stand in the result, and for the search index once [OpIndexSearch]
// has nothing left to do.
type OpEraseVisitor struct{ VisitorID string }

// OpSaveAgent inserts the agent or updates the row with its ID. An empty
// Availability leaves what the row has; a new row gets Available. Event: none.
type OpSaveAgent struct{ Agent Agent }

// OpSaveAPIKey inserts the key. A hash that is already there: the key's name and
// scopes are updated, it is no longer revoked, and the result is a Duplicate.
type OpSaveAPIKey struct {
	Key  APIKey
	Hash string
}

// OpRevokeAPIKey sets RevokedAt. Again: Duplicate.
type OpRevokeAPIKey struct {
	KeyID string
	At    time.Time
}

// OpTouchAPIKey sets LastUsedAt.
type OpTouchAPIKey struct {
	KeyID string
	At    time.Time
}

// OpSaveSettings replaces the settings; the version becomes one more than it
// was. IfVersion, if not 0, must be the present version, else
// ErrSettingsChanged. Event: none.
type OpSaveSettings struct {
	Settings  Settings // the version in it is ignored
	IfVersion int64
	At        time.Time
}

// OpPruneEvents removes events from the start of the log, up to the first that
// happened at Before or later: what stays has no gap. Where there is nothing
// to remove: Duplicate.
type OpPruneEvents struct{ Before time.Time }

func (OpCreateSession) op() {}
func (OpAppendMessage) op() {}
func (OpAppendNote) op()    {}
func (OpEditMessage) op()   {}
func (OpDeleteMessage) op() {}
func (OpUpdateSession) op() {}
func (OpCloseSession) op()  {}
func (OpRateSession) op()   {}
func (OpAskRating) op()     {}
func (OpMarkSeen) op()      {}
func (OpSaveVisitor) op()   {}
func (OpMergeVisitor) op()  {}
func (OpEraseVisitor) op()  {}
func (OpSaveAgent) op()     {}
func (OpSaveAPIKey) op()    {}
func (OpRevokeAPIKey) op()  {}
func (OpTouchAPIKey) op()   {}
func (OpSaveSettings) op()  {}
func (OpPruneEvents) op()   {}
