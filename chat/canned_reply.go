package chat

import (
	"encoding/json"
	"time"
)

// CannedReply is a text that agents send often, found by its shortcut. What
// stands in it as {{name}} or {{agent}} is filled in by whoever sends it: the
// visitor's first name, the agent's name.
type CannedReply struct {
	ID        string    `json:"canned_reply_id"`
	Shortcut  string    `json:"shortcut"` // unique, whatever the case of its letters
	Text      string    `json:"message"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// maxShortcut is how many characters a shortcut may have.
const maxShortcut = 50

// MarshalJSON writes times with milliseconds.
func (c CannedReply) MarshalJSON() ([]byte, error) {
	type plain CannedReply
	return json.Marshal(struct {
		plain
		CreatedAt stamp `json:"created_at"`
		UpdatedAt stamp `json:"updated_at"`
	}{plain(c), stamp(c.CreatedAt), stamp(c.UpdatedAt)})
}

// CannedReplyQuery selects canned replies by shortcut in lower case. At most
// one of After and Before is set: the page begins behind or ends before that
// shortcut, which need not exist any more.
type CannedReplyQuery struct {
	Limit         int
	After, Before string // ShortcutKey of a reply
}

// CannedReplyPage is one page of canned replies, by shortcut. Next is empty
// when there is nothing further in the direction asked for.
type CannedReplyPage struct {
	Replies []CannedReply
	Next    string
}

// OpCreateCannedReply inserts Reply. A shortcut that another reply has, also in
// another case: ErrShortcutTaken. Event: none.
type OpCreateCannedReply struct{ Reply CannedReply }

// OpUpdateCannedReply changes the fields that are not nil, and UpdatedAt. What
// changes nothing is a Duplicate. A shortcut that another reply has:
// ErrShortcutTaken. No such reply: ErrUnknownCannedReply. Event: none.
type OpUpdateCannedReply struct {
	ReplyID        string
	Shortcut, Text *string
	At             time.Time
}

// OpDeleteCannedReply removes a reply. No such reply: ErrUnknownCannedReply.
// Event: none.
type OpDeleteCannedReply struct{ ReplyID string }

func (OpCreateCannedReply) op() {}
func (OpUpdateCannedReply) op() {}
func (OpDeleteCannedReply) op() {}
