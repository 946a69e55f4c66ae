package chat

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// PushSubscription is a browser of an agent's that takes push messages, as
// the browser itself has described it. Its ID is made of the Endpoint: a
// browser that subscribes again is the same.
type PushSubscription struct {
	ID        string    `json:"push_subscription_id"`
	AgentID   string    `json:"-"`
	Endpoint  string    `json:"-"` // of its push service; whoever knows it can write to the browser
	P256DH    string    `json:"-"` // the browser's public key, a point of P-256 in base64url
	Auth      string    `json:"-"` // 16 bytes, in base64url
	CreatedAt time.Time `json:"created_at"`
}

// MarshalJSON writes times with milliseconds.
func (p PushSubscription) MarshalJSON() ([]byte, error) {
	type plain PushSubscription
	return json.Marshal(struct {
		plain
		CreatedAt stamp `json:"created_at"`
	}{plain(p), stamp(p.CreatedAt)})
}

// maxPushSubscriptions is how many browsers of an agent are told. Of more,
// those that have subscribed last.
const maxPushSubscriptions = 20

// PushStore reads push subscriptions, of all agents, by their ids.
type PushStore interface {
	PushSubscriptions(ctx context.Context) ([]PushSubscription, error)
}

// OpSavePushSubscription inserts Subscription or replaces the one with its ID,
// whosever it was: a browser is used by one agent at a time. Of the agent's,
// the latest Keep stay. Event: none.
type OpSavePushSubscription struct {
	Subscription PushSubscription
	Keep         int
}

// OpDeletePushSubscription removes a subscription; with an AgentID only where
// it is that agent's. One that is not there is no fault. Event: none.
type OpDeletePushSubscription struct{ ID, AgentID string }

func (OpSavePushSubscription) op()   {}
func (OpDeletePushSubscription) op() {}

// PushKey returns the public key that browsers subscribe with; empty where the
// host sends no push messages.
func (s *Service) PushKey() string { return s.pushKey }

// WebhookTargets returns where requests may go whose address somebody else has
// named.
func (s *Service) WebhookTargets() WebhookTargets { return s.targets }

// SubscribePush has the acting agent's browser told of what comes in. The
// endpoint must be one that webhooks could go to, too.
func (s *Service) SubscribePush(ctx context.Context, by Actor, endpoint, p256dh, auth string) (PushSubscription, error) {
	if err := by.need(ScopeRead); err != nil {
		return PushSubscription{}, err
	}
	if s.pushKey == "" {
		return PushSubscription{}, invalid("endpoint", "endpoint cannot be taken: push messages are not set up here.")
	}
	if err := s.targets.check(endpoint); err != nil {
		if known, ok := errors.AsType[*Error](err); ok {
			err = invalid("endpoint", "endpoint"+strings.TrimPrefix(known.Message, "url"))
		}
		return PushSubscription{}, err
	}
	key, err := base64.RawURLEncoding.DecodeString(p256dh)
	if err != nil || len(key) != 65 || key[0] != 4 {
		return PushSubscription{}, invalid("p256dh", "p256dh must be an uncompressed point of P-256, 65 bytes, in base64url without padding.")
	}
	if secret, err := base64.RawURLEncoding.DecodeString(auth); err != nil || len(secret) != 16 {
		return PushSubscription{}, invalid("auth", "auth must be 16 bytes in base64url without padding.")
	}
	sum := sha256.Sum256([]byte(endpoint))
	p := PushSubscription{ID: hex.EncodeToString(sum[:16]), AgentID: by.id, Endpoint: endpoint, P256DH: p256dh, Auth: auth, CreatedAt: s.now()}
	_, err = s.writer.do(ctx, OpSavePushSubscription{Subscription: p, Keep: maxPushSubscriptions})
	return p, err
}

// UnsubscribePush ends what SubscribePush has begun for whoever acts.
func (s *Service) UnsubscribePush(ctx context.Context, by Actor, id string) error {
	if err := by.need(ScopeRead); err != nil {
		return err
	}
	all, err := s.store.PushSubscriptions(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(p PushSubscription) bool { return p.ID == id && p.AgentID == by.id }) {
		return ErrUnknownPush
	}
	_, err = s.writer.do(ctx, OpDeletePushSubscription{ID: id, AgentID: by.id})
	return err
}

// PushSubscriptions returns those of all agents, for whoever sends.
func (s *Service) PushSubscriptions(ctx context.Context) ([]PushSubscription, error) {
	return s.store.PushSubscriptions(ctx)
}

// DeletePushSubscription forgets a browser that its push service no longer
// knows.
func (s *Service) DeletePushSubscription(ctx context.Context, id string) error {
	_, err := s.writer.do(ctx, OpDeletePushSubscription{ID: id})
	return err
}
