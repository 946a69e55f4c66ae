package chat

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Webhook is an endpoint of another system that gets events as HTTP requests.
// Package webhooks sends them.
type Webhook struct {
	ID             string    `json:"webhook_id"`
	URL            string    `json:"url"`
	Events         []string  `json:"events"` // types, or patterns such as "message_*"
	Description    string    `json:"description"`
	Enabled        bool      `json:"enabled"`
	Version        int       `json:"version"` // of the payload's form; 1 is the only one
	DisabledReason string    `json:"disabled_reason,omitempty"`
	FailingSince   time.Time `json:"failing_since,omitzero"` // nothing has got through since then
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`

	StartsAfter Position `json:"-"` // it gets the events after this one
	Secrets     string   `json:"-"` // what to sign with; the service alone can read it
	Revision    int64    `json:"-"` // grows with every change
}

// Why a webhook is disabled, as Webhook.DisabledReason says it.
const (
	DisabledByHand  = "by_hand" // somebody switched it off
	DisabledGone    = "gone"    // the endpoint answered 410
	DisabledFailing = "failing" // nothing got through for days
)

// webhookVersion is the newest form of the payload.
const webhookVersion = 1

// EventWebhookDisabled tells that a webhook was switched off because its
// endpoint does not work. Data is a WebhookNotice. It is not in the log: agents
// who are there hear of it, and other webhooks that name it get it.
const EventWebhookDisabled = "webhook_disabled"

// EventPing is what a webhook gets on request, to see whether it works. Data
// is a WebhookNotice.
const EventPing = "ping"

// WebhookNotice is the data of EventWebhookDisabled and EventPing. It leaves
// the URL out, which may hold a secret.
type WebhookNotice struct {
	WebhookID   string `json:"webhook_id"`
	Description string `json:"description,omitempty"`
	Reason      string `json:"reason,omitempty"` // DisabledGone or DisabledFailing
}

// webhookEvents are the events that a webhook can ask for, and whether a
// pattern reaches them: notes are for agents' eyes, and leave the house only
// where somebody has asked for them by name.
var webhookEvents = []struct {
	name    string
	pattern bool
}{
	{EventSessionStarted, true}, {EventSessionUpdated, true}, {EventSessionClosed, true}, {EventSessionRated, true}, {EventSessionMissed, true},
	{EventMessageSent, true}, {EventMessageUpdated, true}, {EventMessageDeleted, true},
	{EventNoteAdded, false}, {EventWebhookDisabled, false},
}

// webhookEventTypes returns the types of events that a webhook can ask for.
func webhookEventTypes() []string {
	names := make([]string, len(webhookEvents))
	for i, e := range webhookEvents {
		names[i] = e.name
	}
	return names
}

// wants says whether the webhook has asked for events of this type.
func (w Webhook) wants(event string) bool {
	return slices.ContainsFunc(w.Events, func(asked string) bool { return matchesEvent(asked, event) })
}

func matchesEvent(asked, event string) bool {
	if asked == event {
		return true
	}
	prefix, ok := strings.CutSuffix(asked, "*")
	if !ok || !strings.HasPrefix(event, prefix) {
		return false
	}
	return slices.ContainsFunc(webhookEvents, func(e struct {
		name    string
		pattern bool
	}) bool {
		return e.name == event && e.pattern
	})
}

// MarshalJSON writes times with milliseconds.
func (w Webhook) MarshalJSON() ([]byte, error) {
	type plain Webhook
	if w.Events == nil {
		w.Events = []string{}
	}
	return json.Marshal(struct {
		plain
		FailingSince stamp `json:"failing_since,omitzero"`
		CreatedAt    stamp `json:"created_at"`
		UpdatedAt    stamp `json:"updated_at"`
	}{plain(w), stamp(w.FailingSince), stamp(w.CreatedAt), stamp(w.UpdatedAt)})
}
