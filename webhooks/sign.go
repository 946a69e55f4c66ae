package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery. The first three are those of Standard Webhooks
// (https://www.standardwebhooks.com).
const (
	HeaderID        = "webhook-id"        // the id of the event with "_" for its dot, the same on every try
	HeaderTimestamp = "webhook-timestamp" // when this try was sent, in seconds since 1970
	HeaderSignature = "webhook-signature" // "v1," and a signature, once for each live secret
	HeaderAttempt   = "webhook-attempt"   // 1 for the first try; above 1 the receiver may have the event already
)

// Tolerance is how far the timestamp of a delivery may lie from the
// receiver's clock, in either direction.
const Tolerance = 5 * time.Minute

// Why Verify refuses a request.
var (
	ErrNoSignature  = errors.New("webhooks: the request lacks one of the headers webhook-id, webhook-timestamp and webhook-signature")
	ErrBadTimestamp = errors.New("webhooks: the timestamp is no time, or too far from the present")
	ErrBadSignature = errors.New("webhooks: none of the signatures is right")
)

// Verify checks that a request was sent by whoever knows one of the secrets,
// that nobody has changed it, and that it is not an old one sent again. body
// is the request's body as it came, before any decoding. Nil means that it
// can be trusted. Otherwise the error is ErrNoSignature, ErrBadTimestamp or
// ErrBadSignature, or says that a secret is malformed.
//
// Deliveries are made at least once: a receiver that must not do a thing
// twice keeps the values of webhook-id that it has done.
func Verify(header http.Header, body []byte, secrets ...string) error {
	return verify(time.Now(), header, body, secrets)
}

func verify(now time.Time, header http.Header, body []byte, secrets []string) error {
	id, stamp, signatures := header.Get(HeaderID), header.Get(HeaderTimestamp), header.Get(HeaderSignature)
	if id == "" || stamp == "" || signatures == "" {
		return ErrNoSignature
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return ErrBadTimestamp
	}
	at := time.Unix(seconds, 0)
	if now.Sub(at) > Tolerance || at.Sub(now) > Tolerance {
		return ErrBadTimestamp
	}
	if len(secrets) == 0 {
		return errors.New("webhooks: there is no secret to verify with")
	}
	good := false
	for _, secret := range secrets {
		key, err := decodeSecret(secret)
		if err != nil {
			return err
		}
		want := mac(key, id, seconds, body)
		for given := range strings.FieldsSeq(signatures) {
			version, encoded, _ := strings.Cut(given, ",")
			if version != "v1" {
				continue
			}
			if got, err := base64.StdEncoding.DecodeString(encoded); err == nil && hmac.Equal(got, want) {
				good = true
			}
		}
	}
	if !good {
		return ErrBadSignature
	}
	return nil
}

// Sign returns the value of the webhook-signature header for a body that is
// sent at the given time under the given id: one signature for each secret.
// Receivers need it only to test themselves.
func Sign(id string, at time.Time, body []byte, secrets ...string) (string, error) {
	if len(secrets) == 0 {
		return "", errors.New("webhooks: there is no secret to sign with")
	}
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := decodeSecret(secret)
		if err != nil {
			return "", err
		}
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac(key, id, at.Unix(), body))
	}
	return strings.Join(signatures, " "), nil
}

func mac(key []byte, id string, seconds int64, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + strconv.FormatInt(seconds, 10) + "."))
	h.Write(body)
	return h.Sum(nil)
}

// decodeSecret returns the key that a secret such as whsec_MfKQ… stands for.
// A short one is refused: with an empty key everybody could sign. The error
// does not repeat the secret.
func decodeSecret(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return nil, errors.New("webhooks: a secret is not of the form whsec_ and base64")
	}
	if len(key) < 16 {
		return nil, fmt.Errorf("webhooks: a secret has %d bytes; it takes at least 16", len(key))
	}
	return key, nil
}
