package chat

import (
	"encoding/json"
	"time"
)

// The scopes of an API key. Each includes the ones before it.
const (
	ScopeRead  = "read"
	ScopeWrite = "write"
	ScopeAdmin = "admin"
)

// APIKey lets a program call the agents' API. The key itself is known only to
// whoever made it: the store keeps its SHA-256.
type APIKey struct {
	ID         string    `json:"api_key_id"`
	Name       string    `json:"name"`
	Prefix     string    `json:"prefix"` // the key's first characters, to recognise it by
	Scopes     []string  `json:"scopes"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"` // to the minute
	RevokedAt  time.Time `json:"revoked_at,omitzero"`
}

// MarshalJSON writes times with milliseconds.
func (k APIKey) MarshalJSON() ([]byte, error) {
	type plain APIKey
	if k.Scopes == nil {
		k.Scopes = []string{}
	}
	return json.Marshal(struct {
		plain
		CreatedAt  stamp `json:"created_at"`
		LastUsedAt stamp `json:"last_used_at,omitzero"`
		RevokedAt  stamp `json:"revoked_at,omitzero"`
	}{plain(k), stamp(k.CreatedAt), stamp(k.LastUsedAt), stamp(k.RevokedAt)})
}
