package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

const (
	returnPurpose = "pealchat return v1\n"
	returnPrefix  = "r1."
	returnLife    = 30 * 24 * time.Hour // of a link, at most
)

// ReturnLink returns an address that leads a visitor back into their
// conversation, in any browser: for a mail to them. It shows the chat as a page
// of its own. base is where the chat is mounted, such as
// "https://example.com/chat"; secret is one of the handler's
// [Options.VisitorSecrets]. The link is good, as often as it is opened, for ttl,
// which is at most 30 days; 0 means 7 days.
//
// Whoever has the link can read and write in the visitor's name, so send it to
// nobody but them. For a visitor whom the host's login knows it opens nothing:
// lead them to a page of yours on which they are signed in.
func ReturnLink(base, secret string, session chat.Session, ttl time.Duration) (string, error) {
	if ttl == 0 {
		ttl = 7 * 24 * time.Hour
	}
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("httpapi: the base %q is no address such as https://example.com/chat", base)
	case len(secret) < minSecret:
		return "", fmt.Errorf("httpapi: the secret has %d bytes and needs at least %d", len(secret), minSecret)
	case ttl < time.Second || ttl > returnLife:
		return "", fmt.Errorf("httpapi: the ttl is %s and must be between 1s and %s", ttl, returnLife)
	case session.VisitorID == "":
		return "", errors.New("httpapi: the session has no visitor")
	}
	payload, err := json.Marshal(returning{Audience: audience, VisitorID: session.VisitorID, Expires: time.Now().Add(ttl).Unix()})
	if err != nil {
		return "", err
	}
	body := returnPrefix + base64.RawURLEncoding.EncodeToString(payload)
	// In the fragment it reaches no server's log and no other site's.
	return strings.TrimRight(base, "/") + "/embed#return=" + body + "." + signature(secret, returnPurpose, body), nil
}

// returning is what a link back says.
type returning struct {
	Audience  string `json:"aud"`
	VisitorID string `json:"visitor_id"`
	Expires   int64  `json:"exp"` // seconds since 1970
}

func badReturn(why string) error {
	return &failure{status: http.StatusUnauthorized, code: "invalid_return", field: "return", message: "The return link is not accepted: " + why + "."}
}

// openReturn returns the visitor whom a link leads back.
func (v *vouchers) openReturn(signed string, now time.Time) (visitorID string, err error) {
	cut := strings.LastIndexByte(signed, '.')
	if cut < len(returnPrefix) || !strings.HasPrefix(signed, returnPrefix) || !v.genuine(returnPurpose, signed[:cut], signed[cut+1:]) {
		return "", badReturn("its signature is of none of the site's secrets")
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(signed[len(returnPrefix):cut])
	var c returning
	if err == nil {
		err = json.Unmarshal(payload, &c)
	}
	switch {
	case err != nil || c.Audience != audience || c.VisitorID == "":
		return "", badReturn("it does not say who it is for")
	case now.After(time.Unix(c.Expires, 0)):
		return "", badReturn("it has expired")
	}
	return c.VisitorID, nil
}

// comingBack is the visitor whom a hello's link leads back, empty without one.
// Those who try links are as bounded as those who try tokens.
func (h *Handler) comingBack(by caller, link string, person *chat.Identity) (visitorID string, err error) {
	if link == "" {
		return "", nil
	}
	if len(link) > maxSigned {
		return "", badField("return", "return is longer than %d bytes.", maxSigned)
	}
	if person != nil {
		return "", badReturn("somebody is signed in here")
	}
	if err := h.buckets.check(h.rules.failures, by.address); err != nil {
		return "", err
	}
	if visitorID, err = h.vouchers.openReturn(link, time.Now()); err != nil {
		h.buckets.owe(h.rules.failures, by.address)
	}
	return visitorID, err
}
