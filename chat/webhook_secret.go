package chat

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// webhookSecret is one of the secrets that a webhook's deliveries are signed
// with. The newest comes first and never expires.
type webhookSecret struct {
	Secret    string    `json:"secret"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// How a list of secrets stands in the store.
const (
	plainSecrets  = "plain:"
	sealedSecrets = "sealed:"
)

// newWebhookSecret returns 256 random bits in the form that Standard Webhooks
// gives secrets.
func newWebhookSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:])
}

func (s *Service) sealSecrets(list []webhookSecret) (string, error) {
	b, err := json.Marshal(list) //nolint:gosec // G117: it goes to the store, sealed where the host has a Sealer
	if err != nil {
		return "", err
	}
	if s.sealer == nil {
		return plainSecrets + string(b), nil
	}
	sealed, err := s.sealer.Seal(b)
	if err != nil {
		return "", fmt.Errorf("chat: Options.Sealer cannot seal: %w", err)
	}
	return sealedSecrets + base64.StdEncoding.EncodeToString(sealed), nil
}

// openSecrets reads what sealSecrets has made, and leaves out what has
// expired. Secrets from before the host had a Sealer stay readable.
func (s *Service) openSecrets(stored string) ([]webhookSecret, error) {
	text, plain := strings.CutPrefix(stored, plainSecrets)
	b := []byte(text)
	if encoded, sealed := strings.CutPrefix(stored, sealedSecrets); sealed {
		if s.sealer == nil {
			return nil, errors.New("chat: the secrets of this webhook are sealed, and there is no Options.Sealer")
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, err
		}
		if b, err = s.sealer.Open(raw); err != nil {
			return nil, fmt.Errorf("chat: Options.Sealer cannot open the secrets of a webhook: %w", err)
		}
	} else if !plain {
		return nil, errors.New("chat: the secrets of this webhook are in no known form")
	}
	var all, live []webhookSecret
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, errors.New("chat: the secrets of this webhook cannot be read")
	}
	now := s.now()
	for _, secret := range all {
		if secret.ExpiresAt.IsZero() || secret.ExpiresAt.After(now) {
			live = append(live, secret)
		}
	}
	return live, nil
}
