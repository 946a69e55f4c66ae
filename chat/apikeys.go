package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// NewAPIKey is what an API key is made from.
type NewAPIKey struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
}

// CreateAPIKey makes an API key. The secret is returned this once.
func (s *Service) CreateAPIKey(ctx context.Context, by Actor, in NewAPIKey) (key APIKey, secret string, err error) {
	if err := by.need(ScopeAdmin); err != nil {
		return APIKey{}, "", err
	}
	secret = newSecret("peal_")
	key, err = s.saveKey(ctx, in, secret)
	return key, secret, err
}

// shortSecret is the length under which a secret that the host chose is worth
// a warning. The keys made here are longer.
const shortSecret = 20

// EnsureAPIKey makes sure that the given secret works as an API key with these
// scopes, for hosts that bring their own. It is for the host's code only, which
// decides how well the secret can be guessed: a short one is warned of in the
// log.
func (s *Service) EnsureAPIKey(ctx context.Context, secret string, in NewAPIKey) (APIKey, error) {
	if secret == "" {
		return APIKey{}, invalid("key", "An API key must not be empty.")
	}
	if len(secret) < shortSecret {
		s.log.Warn("chat: an API key of the host's own is short enough to be guessed", "name", in.Name, "characters", len(secret))
	}
	return s.saveKey(ctx, in, secret)
}

func (s *Service) saveKey(ctx context.Context, in NewAPIKey, secret string) (APIKey, error) {
	name, err := cleanLine("name", in.Name, s.limits.Name)
	if err != nil {
		return APIKey{}, err
	}
	if name == "" {
		return APIKey{}, invalid("name", "name must not be empty.")
	}
	if len(in.Scopes) == 0 {
		return APIKey{}, invalid("scopes", "scopes must name at least one of read, write and admin.")
	}
	var scopes []string
	for _, known := range []string{ScopeRead, ScopeWrite, ScopeAdmin} {
		for _, scope := range in.Scopes {
			switch scope {
			case known:
				scopes = append(scopes, scope)
			case ScopeRead, ScopeWrite, ScopeAdmin:
			default:
				return APIKey{}, invalid("scopes", "scopes may hold read, write and admin only.")
			}
		}
	}
	now := s.now()
	defer s.forgetKeys() // whatever comes out of it: a key that is known may have other scopes now
	res, err := s.writer.do(ctx, OpSaveAPIKey{Hash: hashSecret(secret), Key: APIKey{
		ID: newID(now), Name: name, Prefix: secret[:min(len(secret)/2, 9)], Scopes: slices.Compact(scopes), CreatedAt: now,
	}})
	return found(res.APIKey, err)
}

// APIKeyBySecret returns the key that the secret is for, unless it is revoked.
// The error then matches ErrUnauthenticated.
//
// It answers from memory where it can, also when ctx has ended. That a key was
// made, revoked or given other scopes holds at once in the process that did it.
// Nodes that a [Broker] connects hear of it as soon as of a message, and any
// other process that shares the store goes by it within a second.
func (s *Service) APIKeyBySecret(ctx context.Context, secret string) (APIKey, error) {
	if secret == "" {
		return APIKey{}, errBadKey()
	}
	hash := secretSum(secret)
	key, changes, known := s.keys.find(hash)
	if !known {
		if err := ctx.Err(); err != nil {
			return APIKey{}, err
		}
		began := time.Now()
		var err error
		key, err = s.store.APIKeyByHash(ctx, hash.String())
		switch {
		case errors.Is(err, ErrNotFound) || err == nil && !key.RevokedAt.IsZero():
			return APIKey{}, errBadKey()
		case err != nil:
			return APIKey{}, err
		}
		s.keys.keep(hash, key, began, changes)
	}
	s.noteUse(ctx, key)
	return key, nil
}

func errBadKey() error {
	return &Error{Kind: ErrUnauthenticated, Code: "invalid_api_key", Message: "Invalid API Key"}
}

// noteUse writes down that a key was used, once a minute at most. Whoever leaves
// meanwhile has used it, and a failure is not the caller's.
func (s *Service) noteUse(ctx context.Context, key APIKey) {
	now := s.now()
	s.mu.Lock()
	last, ok := s.keyUses[key.ID]
	if !ok {
		last = key.LastUsedAt
	}
	due := (now.Sub(last) >= time.Minute || now.Before(last)) && ctx.Err() == nil
	if due {
		s.keyUses[key.ID] = now
	}
	s.mu.Unlock()
	if due {
		ctx, cancel := afterwards(ctx)
		defer cancel()
		if _, err := s.writer.do(ctx, OpTouchAPIKey{KeyID: key.ID, At: now}); err != nil && !errors.Is(err, ErrClosed) {
			s.log.Warn("chat: could not note the use of a key", "api_key_id", key.ID, "error", err)
		}
	}
}

// APIKeys returns all API keys, revoked ones included.
func (s *Service) APIKeys(ctx context.Context, by Actor) ([]APIKey, error) {
	if err := by.need(ScopeAdmin); err != nil {
		return nil, err
	}
	return s.store.APIKeys(ctx)
}

// RevokeAPIKey makes a key useless at once. Other nodes refuse it as soon as
// they hear of it, and within a second: see [Service.APIKeyBySecret].
func (s *Service) RevokeAPIKey(ctx context.Context, by Actor, id string) error {
	if err := by.need(ScopeAdmin); err != nil {
		return err
	}
	defer s.forgetKeys()
	_, err := s.writer.do(ctx, OpRevokeAPIKey{KeyID: id, At: s.now()})
	return err
}
