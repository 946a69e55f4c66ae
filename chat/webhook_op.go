package chat

import "time"

// OpSaveWebhook inserts the webhook where IfRevision is 0, else changes the row
// with its ID, all but CreatedAt, StartsAfter and FailingSince. A webhook that
// becomes enabled loses FailingSince. Revision is counted by the store: where
// it is not IfRevision the error is ErrVersionMismatch. No such webhook:
// ErrUnknownWebhook.
//
// A new webhook gets the events after the head that the log has now; where it
// is the only one, the cursor CursorWebhooks moves there too. Where there are
// MaxWebhooks already: ErrTooManyWebhooks.
type OpSaveWebhook struct {
	Webhook     Webhook
	IfRevision  int64
	MaxWebhooks int
}

// OpDeleteWebhook removes a webhook. What is left of its deliveries is never
// seen again and removed by OpPruneDeliveries.
type OpDeleteWebhook struct{ WebhookID string }

// OpDisableWebhook disables a webhook for a reason, if it is enabled and, where
// FailingBefore is not zero, FailingSince is not after it. Otherwise:
// Duplicate.
type OpDisableWebhook struct {
	WebhookID     string
	Reason        string
	FailingBefore time.Time
	At            time.Time
}

// OpAddDeliveries makes deliveries and moves the cursor CursorWebhooks from From
// to To, together. Where the cursor is elsewhere nothing is done:
// ErrCursorMoved. To 0 leaves the cursor alone.
//
// Passed over are webhooks that do not exist, messages of sessions that do
// not exist any more, and deliveries that exist already. Count in the result
// is how many pending deliveries were added, Deliveries are those of messages
// without a position.
type OpAddDeliveries struct {
	From, To Position
	Messages []OutgoingEvent
	Due      time.Time
}

// OutgoingEvent is what OpAddDeliveries sends to some webhooks.
type OutgoingEvent struct {
	Position  Position // the event's, 0 for what is not in the log
	Event     string   // the type
	At        time.Time
	SessionID string // may be empty where Position is 0
	MessageID string // the message whose text is in the body, if there is one: where it is deleted the store blanks the body
	Body      []byte
	To        []string // the webhooks that get it
	Skip      []string // the webhooks that would get it if they were enabled
}

// OpClaimDeliveries takes what is due for a webhook, at most one delivery of
// each session and Limit in all, the longest due first. The store counts their
// Attempt and Tries up, and keeps their sessions' other deliveries to this
// webhook back until they are settled or Lease has passed.
//
// The deliveries of a session go in order: one is due only when none before it
// is pending, or those wait for another try after MaxRefusals refusals. Webhook
// in the result is the webhook; one that is disabled gets nothing.
type OpClaimDeliveries struct {
	WebhookID  string
	Limit      int
	Now, Lease time.Time
}

// OpSettleDelivery records the outcome of a delivery that was claimed, adds
// Attempts to what it keeps of them, and lets its session go on. Where Attempt
// is not the delivery's, somebody else has claimed it since: Duplicate.
//
// Delivered clears the webhook's FailingSince; where that was Recovery ago or
// more, everything of the webhook that waits for another try is due at once.
// Any other outcome sets FailingSince, if it is not set. Without Attempts
// nothing was sent: the claim is taken back, and the webhook's state stays.
//
// Where Next is set, the session's next delivery to the webhook, if one is
// due, is claimed until then and stands in the result. A webhook that is
// disabled gets none.
type OpSettleDelivery struct {
	DeliveryID string
	Attempt    int
	State      string    // DeliveryPending, DeliveryDelivered or DeliveryFailed
	Due        time.Time // of the next try, for DeliveryPending
	Refused    bool      // the endpoint itself refused it
	Attempts   []Attempt
	Now        time.Time
	Next       time.Time
}

// OpRenewDelivery keeps a delivery that was claimed until Lease. Where Attempt is
// not the delivery's, or it is settled: Duplicate.
type OpRenewDelivery struct {
	DeliveryID string
	Attempt    int
	Lease      time.Time
}

// OpRearmDelivery makes a delivery pending and due, whatever its state; its
// schedule begins anew. Where it is claimed at this moment: Duplicate.
type OpRearmDelivery struct {
	DeliveryID string
	At         time.Time
}

// OpRearmDeliveries does the same with many deliveries of one webhook: with
// those behind the number After, Limit at most, that have one of States and
// whose event happened at Since or later. Count in the result is how many
// were armed, Next the number to go on after, 0 at the end.
type OpRearmDeliveries struct {
	WebhookID string
	States    []string
	Since     time.Time
	After     int64
	Limit     int
	At        time.Time
}

// OpPruneDeliveries removes deliveries that are not pending and whose events are
// at Through or before it, deliveries of webhooks that are gone, and bodies
// without a delivery: Limit rows at most. Count in the result is how many.
// Before, if not zero, moves Through on to the last event from before then.
type OpPruneDeliveries struct {
	Through Position
	Limit   int
	Before  time.Time
}

// CursorWebhooks is the cursor of the webhooks: events up to it have their
// deliveries.
const CursorWebhooks = "webhooks"

// OpHoldCursor lets Holder have a cursor until Until. A cursor that does not
// exist begins at Start. Where To is not 0 the cursor moves there; it never
// moves back. Where another holder has it at Now: ErrCursorHeld. Position in
// the result is where the cursor is.
type OpHoldCursor struct {
	Name, Holder string
	Start, To    Position
	Now, Until   time.Time
}

// OpDeleteCursor removes a cursor. Again: Duplicate.
type OpDeleteCursor struct{ Name string }

func (OpSaveWebhook) op()     {}
func (OpDeleteWebhook) op()   {}
func (OpDisableWebhook) op()  {}
func (OpAddDeliveries) op()   {}
func (OpClaimDeliveries) op() {}
func (OpSettleDelivery) op()  {}
func (OpRenewDelivery) op()   {}
func (OpRearmDelivery) op()   {}
func (OpRearmDeliveries) op() {}
func (OpPruneDeliveries) op() {}
func (OpHoldCursor) op()      {}
func (OpDeleteCursor) op()    {}
