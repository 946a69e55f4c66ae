package httpapi

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pealchat/pealchat/chat"
)

// What is signed begins with what it is meant for, so that a signature of the
// one can never stand for the other. There is one algorithm, HMAC-SHA256, and
// nothing in a token chooses it.
const (
	identityPurpose = "pealchat identity v1\n"
	tokenPurpose    = "pealchat visitor token v1\n"
	identityPrefix  = "v1."
	audience        = "pealchat"

	minSecret    = 32               // bytes
	maxSigned    = 8 << 10          // bytes of a signed identity
	maxPersonID  = 200              // bytes
	identityLife = 10 * time.Minute // of a signed identity, at most
	clockSkew    = time.Minute      // between the clock that signed and ours
	signedLife   = 24 * time.Hour   // of a visitor's token made from a signed identity
)

// SignVisitor vouches for a visitor to pages that the host's login does not
// reach, such as those of another origin: give the result to Pealchat.identify
// in the page. secret is one of the handler's [Options.VisitorSecrets]. The
// result is good once, and for ttl, which is at most 10 minutes; 0 means 5.
//
// Sign only for the person who is signed in, and send it only to them.
func SignVisitor(secret string, identity chat.Identity, ttl time.Duration) (string, error) {
	if ttl == 0 {
		ttl = identityLife / 2
	}
	switch {
	case len(secret) < minSecret:
		return "", fmt.Errorf("httpapi: the secret has %d bytes and needs at least %d", len(secret), minSecret)
	case ttl < time.Second || ttl > identityLife:
		return "", fmt.Errorf("httpapi: the ttl is %s and must be between 1s and %s", ttl, identityLife)
	case identity.ID == "" || len(identity.ID) > maxPersonID || !utf8.ValidString(identity.ID) || strings.ContainsFunc(identity.ID, unicode.IsControl):
		return "", fmt.Errorf("httpapi: the identity's ID must be 1 to %d bytes of text", maxPersonID)
	}
	now := time.Now()
	payload, err := json.Marshal(claims{
		Audience: audience, ID: identity.ID, Name: identity.Name, Email: identity.Email, CustomData: identity.CustomData,
		IssuedAt: now.Unix(), Expires: now.Add(ttl).Unix(), Nonce: rand.Text(),
	})
	if err != nil {
		return "", fmt.Errorf("httpapi: the identity's CustomData: %w", err)
	}
	body := identityPrefix + base64.RawURLEncoding.EncodeToString(payload)
	signed := body + "." + signature(secret, identityPurpose, body)
	if len(signed) > maxSigned {
		return "", fmt.Errorf("httpapi: the signed identity has %d bytes, %d is the most", len(signed), maxSigned)
	}
	return signed, nil
}

// claims is what a signed identity says.
type claims struct {
	Audience   string         `json:"aud"`
	ID         string         `json:"sub"`
	Name       string         `json:"name,omitempty"`
	Email      string         `json:"email,omitempty"`
	CustomData map[string]any `json:"custom_data,omitempty"`
	IssuedAt   int64          `json:"iat"` // seconds since 1970, as Expires
	Expires    int64          `json:"exp"`
	Nonce      string         `json:"nonce"`
}

func signature(secret, purpose, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, purpose)
	io.WriteString(mac, body)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// vouchers checks what was signed with one of the host's secrets.
type vouchers struct {
	secrets []string // the first one signs
	mu      sync.Mutex
	used    map[string]int64 // nonces, and when they may be forgotten
	tell    func(usedNonce)  // the other nodes; nil where there are none
	sweepAt int              // how many there are when the old ones go
}

// maxNonces bounds the memory for signed identities that were used lately.
// Only whoever has a secret can add to them.
const maxNonces = 100_000

func (v *vouchers) init(secrets []string, log *slog.Logger) {
	v.used, v.sweepAt = map[string]int64{}, 1024
	for i, s := range secrets {
		if len(s) < minSecret {
			log.Error("httpapi: a secret of Options.VisitorSecrets is too short and not used", "index", i, "bytes", len(s), "least", minSecret)
			continue
		}
		v.secrets = append(v.secrets, s)
	}
}

// genuine says whether one of the secrets has signed the body. It takes as
// long whichever it was.
func (v *vouchers) genuine(purpose, body, sig string) bool {
	ok := false
	for _, s := range v.secrets {
		if hmac.Equal([]byte(signature(s, purpose, body)), []byte(sig)) {
			ok = true
		}
	}
	return ok
}

// open returns the identity that a host has signed, once.
func (v *vouchers) open(signed string, now time.Time) (*chat.Identity, error) {
	bad := func(why string) (*chat.Identity, error) {
		return nil, &failure{status: http.StatusUnauthorized, code: "invalid_identity", field: "identity",
			message: "The signed identity is not accepted: " + why + "."}
	}
	cut := strings.LastIndexByte(signed, '.')
	if cut < len(identityPrefix) || !strings.HasPrefix(signed, identityPrefix) {
		return bad("it has not the form that SignVisitor gives")
	}
	body := signed[:cut]
	if !v.genuine(identityPurpose, body, signed[cut+1:]) {
		return bad("its signature is of none of the site's secrets")
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(body[len(identityPrefix):])
	var c claims
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(payload))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&c)
	}
	expires := time.Unix(c.Expires, 0)
	switch {
	case err != nil || c.ID == "" || len(c.ID) > maxPersonID || c.Nonce == "":
		return bad("it does not say who it is for")
	case c.Audience != audience:
		return bad("it is meant for somebody else")
	case expires.Sub(time.Unix(c.IssuedAt, 0)) > identityLife:
		return bad("it is good for longer than 10 minutes")
	case now.After(expires.Add(clockSkew)):
		return bad("it has expired")
	case now.Before(time.Unix(c.IssuedAt, 0).Add(-clockSkew)):
		return bad("it is from the future: compare the clocks")
	}
	fresh, err := v.use(c.Nonce, expires.Add(clockSkew), now)
	if err != nil {
		return nil, err
	}
	if !fresh {
		return bad("it was used before")
	}
	if v.tell != nil {
		v.tell(usedNonce{c.Nonce, expires.Add(clockSkew).Unix()})
	}
	return &chat.Identity{ID: c.ID, Name: c.Name, Email: c.Email, CustomData: c.CustomData}, nil
}

// hear notes a nonce that was used on another node.
func (v *vouchers) hear(u usedNonce) {
	if until, now := time.Unix(u.Until, 0), time.Now(); until.After(now) {
		v.use(u.Nonce, until, now)
	}
}

// use notes a nonce for as long as what carries it would be good.
func (v *vouchers) use(nonce string, until, now time.Time) (fresh bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.used[nonce]; known {
		return false, nil
	}
	if len(v.used) >= v.sweepAt {
		for n, t := range v.used {
			if t < now.Unix() {
				delete(v.used, n)
			}
		}
		v.sweepAt = min(maxNonces, max(1024, 2*len(v.used)))
	}
	if len(v.used) >= maxNonces {
		return false, fmt.Errorf("httpapi: too many signed identities at once: %w", chat.ErrUnavailable)
	}
	v.used[nonce] = until.Unix()
	return true, nil
}

// seal makes a visitor's token one that needs no login beside it: it says
// until when, and for whom, and is signed.
func (v *vouchers) seal(token, person string, until time.Time) string {
	body := token + "." + strconv.FormatInt(until.Unix(), 10) + "." + base64.RawURLEncoding.EncodeToString([]byte(person))
	return body + "." + signature(v.secrets[0], tokenPurpose, body)
}

// unseal takes such a token apart. person is nil where it is none, or not good
// any more.
func (v *vouchers) unseal(sealed string, now time.Time) (token string, person *chat.Identity) {
	token, rest, found := strings.Cut(sealed, ".")
	if !found {
		return sealed, nil
	}
	cut := strings.LastIndexByte(rest, '.')
	if cut < 0 || !v.genuine(tokenPurpose, sealed[:len(token)+1+cut], rest[cut+1:]) {
		return token, nil
	}
	until, who, _ := strings.Cut(rest[:cut], ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	id, err2 := base64.RawURLEncoding.Strict().DecodeString(who)
	if err != nil || err2 != nil || now.Unix() >= seconds {
		return token, nil
	}
	return token, &chat.Identity{ID: string(id)}
}

// known is whom the host knows the visitor to be: by its login, or else by the
// seal on the token. It returns the token without the seal.
func (h *Handler) known(r *http.Request, sealed string) (token string, person *chat.Identity) {
	token, person = h.vouchers.unseal(sealed, time.Now())
	if here := h.identity(r); here != nil {
		person = here
	}
	return token, person
}

// introduce finds out who says hello, with which token. seal is not nil where
// their new token must do without the host's login.
func (h *Handler) introduce(ctx context.Context, r *http.Request, by caller, signed, sealed string) (token string, person *chat.Identity, seal func(string) string, err error) {
	now := time.Now()
	token, person = h.vouchers.unseal(sealed, now)
	if len(signed) > maxSigned {
		return "", nil, nil, &failure{status: http.StatusBadRequest, code: "invalid_request", field: "identity", message: fmt.Sprintf("identity is longer than %d bytes.", maxSigned)}
	}
	if signed != "" {
		if err := h.buckets.check(h.rules.failures, by.address); err != nil {
			return "", nil, nil, err
		}
		if person, err = h.vouchers.open(signed, now); err != nil {
			h.buckets.owe(h.rules.failures, by.address)
			return "", nil, nil, err
		}
		seal = func(token string) string { return h.vouchers.seal(token, person.ID, now.Add(signedLife)) }
	} else if person != nil {
		// The seal is worth nothing without the token on which it stands.
		switch _, err := h.svc.VisitorByToken(ctx, token, person); {
		case errors.Is(err, chat.ErrUnauthenticated):
			person = nil
		case err != nil:
			return "", nil, nil, err
		}
		seal = func(string) string { return sealed } // it becomes no younger
	}
	if here := h.identity(r); here != nil {
		return token, here, nil, nil
	}
	if person == nil {
		seal = nil
	}
	return token, person, seal, nil
}
