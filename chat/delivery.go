package chat

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The states of a delivery.
const (
	DeliveryPending   = "pending"   // to be sent, or sent again
	DeliveryDelivered = "delivered" // the endpoint has answered 2xx
	DeliveryFailed    = "failed"    // given up
	DeliverySkipped   = "skipped"   // the webhook was disabled when the event happened
)

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID          string    `json:"delivery_id"`
	WebhookID   string    `json:"webhook_id"`
	EventID     string    `json:"event_id,omitempty"` // empty for what is not in the log
	Event       string    `json:"event"`
	SessionID   string    `json:"session_id,omitempty"`
	State       string    `json:"state"`
	At          time.Time `json:"timestamp"`                // when the event happened
	NextAttempt time.Time `json:"next_attempt_at,omitzero"` // while it is pending
	SettledAt   time.Time `json:"settled_at,omitzero"`      // when it stopped to be pending
	Attempts    []Attempt `json:"attempts"`                 // the latest 20, oldest first

	// What a dispatcher needs.

	Number    int64     `json:"-"` // its place among those of its webhook: see DeliveryNumber
	Attempt   int       `json:"-"` // how often it was claimed
	Tries     int       `json:"-"` // the same since it was last armed
	Refusals  int       `json:"-"` // tries, of these, that the endpoint answered with a refusal
	StartedAt time.Time `json:"-"` // when the first of these tries was
	Body      []byte    `json:"-"`
}

// Attempt is one try of a delivery.
type Attempt struct {
	Number   int           `json:"attempt"`
	At       time.Time     `json:"timestamp"`
	Status   int           `json:"status,omitempty"` // the answer's, if there was one
	Latency  time.Duration `json:"-"`                // in JSON latency_ms
	Response string        `json:"response,omitempty"`
	Error    string        `json:"error,omitempty"`
}

// MaxAttempts is how many attempts a delivery keeps.
const MaxAttempts = 20

// MaxRefusals is how often an endpoint may refuse an event before the events
// of the session that come after it no longer wait for it.
const MaxRefusals = 3

// Recovery is how long a webhook must have been failing for its next success
// to make everything due at once that waits for another try.
const Recovery = 10 * time.Minute

// Deliveries are numbered so that they sort by the events' positions, with
// room in between for what is not in the log.
const deliveryStep = 1 << 10

// DeliveryNumber returns the number of the deliveries of the event at p. Those
// of messages that are not in the log have the next free numbers behind the
// one of the log's head.
func DeliveryNumber(p Position) int64 { return int64(p) * deliveryStep }

// DeliveryPosition is the reverse. Without ok the number is not an event's.
func DeliveryPosition(number int64) (p Position, ok bool) {
	return Position(number / deliveryStep), number%deliveryStep == 0
}

// DeliveryID makes the id of a webhook's delivery.
func DeliveryID(webhookID string, number int64) string {
	digits := strconv.FormatInt(number, 36)
	return webhookID + "_" + strings.Repeat("0", max(0, 11-len(digits))) + digits
}

// ParseDeliveryID takes an id apart. What DeliveryID has not made is
// ErrUnknownDelivery.
func ParseDeliveryID(id string) (webhookID string, number int64, err error) {
	webhookID, digits, ok := strings.Cut(id, "_")
	if ok {
		number, err = strconv.ParseInt(digits, 36, 64)
	}
	if !ok || err != nil || number <= 0 || DeliveryID(webhookID, number) != id {
		return "", 0, ErrUnknownDelivery
	}
	return webhookID, number, nil
}

// MessageID is the webhook-id header of the delivery: the same on every try,
// and, for an event, to every webhook.
func (d Delivery) MessageID() string {
	if d.EventID == "" {
		return d.Event + "_" + d.ID
	}
	return strings.Replace(d.EventID, ".", "_", 1) // it must not contain a dot, which separates what is signed
}

// DeliveryQuery asks for the deliveries of a webhook, the latest event first.
type DeliveryQuery struct {
	Page
	WebhookID string
	State     string // empty means all
}

// DeliveryPage is one page of deliveries.
type DeliveryPage struct {
	Deliveries []Delivery
	Next       string // cursor, empty at the end
}

// BlankBody returns the body of a delivery without the text of a message that
// was deleted after the body was made.
func BlankBody(body []byte, messageID string) ([]byte, error) {
	var envelope map[string]json.RawMessage
	var data map[string]any
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(envelope["data"], &data); err != nil {
		return nil, err
	}
	if data["message_id"] == messageID {
		data["message"], data["attachments"] = "", []any{}
		delete(data, "quick_replies")
		delete(data, "translation")
	}
	if last, ok := data["last_message"].(map[string]any); ok && last["message_id"] == messageID {
		last["message"] = ""
	}
	var err error
	if envelope["data"], err = json.Marshal(data); err != nil {
		return nil, err
	}
	return json.Marshal(envelope)
}

// MarshalJSON writes times with milliseconds.
func (d Delivery) MarshalJSON() ([]byte, error) {
	type plain Delivery
	if d.Attempts == nil {
		d.Attempts = []Attempt{}
	}
	return json.Marshal(struct {
		plain
		At          stamp `json:"timestamp"`
		NextAttempt stamp `json:"next_attempt_at,omitzero"`
		SettledAt   stamp `json:"settled_at,omitzero"`
	}{plain(d), stamp(d.At), stamp(d.NextAttempt), stamp(d.SettledAt)})
}

type plainAttempt Attempt

type attemptJSON struct {
	plainAttempt
	At      stamp `json:"timestamp,omitzero"`
	Latency int64 `json:"latency_ms"`
}

// MarshalJSON writes times and durations in milliseconds.
func (a Attempt) MarshalJSON() ([]byte, error) {
	return json.Marshal(attemptJSON{plainAttempt(a), stamp(a.At), a.Latency.Milliseconds()})
}

// UnmarshalJSON reads what MarshalJSON has written.
func (a *Attempt) UnmarshalJSON(b []byte) error {
	in := struct {
		*plainAttempt
		Latency int64 `json:"latency_ms"`
	}{plainAttempt: (*plainAttempt)(a)}
	err := json.Unmarshal(b, &in)
	a.Latency = time.Duration(in.Latency) * time.Millisecond
	return err
}
