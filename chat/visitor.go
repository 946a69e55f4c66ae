package chat

import (
	"encoding/json"
	"time"
)

// Visitor is a person on the host's site.
type Visitor struct {
	ID         string         `json:"visitor_id"`
	Name       string         `json:"name"`
	Email      string         `json:"email,omitempty"`
	ExternalID string         `json:"external_id,omitempty"` // the host's own id of a person it knows
	Verified   bool           `json:"verified"`              // the host vouches for name and e-mail; otherwise they were only typed
	Locale     string         `json:"locale,omitempty"`
	TimeZone   string         `json:"time_zone,omitempty"` // an IANA name, as their browser says
	UserAgent  string         `json:"user_agent,omitempty"`
	Page       *PageRef       `json:"page,omitempty"`       // where they were last
	Visit      *Visit         `json:"visit,omitempty"`      // the latest, where pages are tracked
	SessionID  string         `json:"session_id,omitempty"` // the newest that is open, in lists of visitors only
	CustomData map[string]any `json:"custom_data"`
	Online     bool           `json:"online"`           // never stored: the service fills it in
	Banned     *Ban           `json:"banned,omitempty"` // the service leaves out one that has ended
	CreatedAt  time.Time      `json:"created_at"`
	LastSeenAt time.Time      `json:"last_seen_at"`
}

// Identity is what the host knows about the person behind a request.
type Identity struct {
	ID         string // the host's own, stable id of the person; required
	Name       string
	Email      string
	CustomData map[string]any
}

// VisitorQuery selects visitors, the latest seen first.
type VisitorQuery struct {
	Page
	IDs []string // only these; nil means all

	// BannedAt, if not zero, leaves only those who are banned at that moment.
	BannedAt time.Time
}

// VisitorPage is one page of visitors. Next is empty at the end.
type VisitorPage struct {
	Visitors []Visitor
	Next     string
}

// MarshalJSON writes times with milliseconds.
func (v Visitor) MarshalJSON() ([]byte, error) {
	type plain Visitor
	if v.CustomData == nil {
		v.CustomData = map[string]any{}
	}
	return json.Marshal(struct {
		plain
		CreatedAt  stamp `json:"created_at"`
		LastSeenAt stamp `json:"last_seen_at"`
	}{plain(v), stamp(v.CreatedAt), stamp(v.LastSeenAt)})
}
