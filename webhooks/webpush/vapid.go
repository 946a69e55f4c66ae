package webpush

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

var encoding = base64.RawURLEncoding

// Keys are the pair with which a server shows push services who it is (VAPID,
// RFC 8292). Browsers subscribe to the public half: with other keys all of
// them must subscribe anew.
type Keys struct {
	private *ecdsa.PrivateKey
	public  string
}

// NewKey makes a private key, to be kept where the host keeps its secrets and
// given to [ParseKey].
func NewKey() string {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return encoding.EncodeToString(key.Bytes())
}

// ParseKey reads a private key: 32 bytes in base64url, as [NewKey] and the
// usual generators of VAPID keys write it.
func ParseKey(private string) (Keys, error) {
	raw, err := encoding.DecodeString(strings.TrimRight(strings.TrimSpace(private), "="))
	if err != nil {
		return Keys{}, errors.New("webpush: the private key is not base64url")
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return Keys{}, errors.New("webpush: the private key is no key of the curve P-256 in 32 bytes")
	}
	public, err := key.PublicKey.Bytes() // 4, x, y
	return Keys{public: encoding.EncodeToString(public), private: key}, err
}

// Public is the half that browsers are given: chat.Options.PushKey.
func (k Keys) Public() string { return k.public }

// tokenLife is less than the day that push services take.
const tokenLife = 12 * time.Hour

// authorization signs who sends to an endpoint (RFC 8292, section 3).
func (k Keys) authorization(endpoint, subject string, now time.Time) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("the endpoint: %w", err)
	}
	claims := map[string]any{"aud": u.Scheme + "://" + u.Host, "exp": now.Add(tokenLife).Unix()}
	if subject != "" {
		claims["sub"] = subject
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encoding.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encoding.EncodeToString(body)
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, digest[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return "vapid t=" + text + "." + encoding.EncodeToString(signature) + ", k=" + k.public, nil
}
