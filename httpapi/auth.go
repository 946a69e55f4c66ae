package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// caller is who calls, as far as HTTP is concerned.
type caller struct {
	chat.Actor
	from    netip.Addr // of the client; of nobody where it has none
	address string     // the same, for the limits
	byKey   bool
	foreign bool  // a page of another origin, with the login of the host's; it only reads
	may     right // to go on listening, while a stream is open
}

var (
	errBadKey   = &failure{status: http.StatusUnauthorized, code: "invalid_api_key", message: "Invalid API Key"}
	errBadToken = &failure{status: http.StatusUnauthorized, code: "invalid_token",
		message: "This needs a visitor's token, sent as Authorization: Bearer. Say hello to get one."}
	errTokenInURL = &failure{status: http.StatusUnauthorized, code: "invalid_token",
		message: "A token must not stand in a URL. Send it as Authorization: Bearer."}
)

// secretParams are query parameters that credentials are known to be put
// into. URLs end up in logs and histories: such a call is refused, so that
// nobody gets used to it.
var secretParams = []string{"token", "access_token", "api_key", "apikey"}

// admit finds out who calls, and whether that is somebody for whom the route is.
func (h *Handler) admit(r *http.Request, who access) (caller, error) {
	by := caller{from: h.clientIP(r)}
	by.address = addressGroup(by.from)
	switch {
	case who == agents && secretInURL(r):
		return by, errBadKey
	case who == agents:
		return h.admitAgent(r, by)
	case who == visitors:
		return h.admitVisitor(r, by)
	}
	return by, nil
}

func secretInURL(r *http.Request) bool {
	return r.URL.RawQuery != "" && slices.ContainsFunc(secretParams, r.URL.Query().Has)
}

func (h *Handler) admitAgent(r *http.Request, by caller) (caller, error) {
	secret, given, err := apiKey(r.Header)
	switch {
	case err != nil:
		h.buckets.owe(h.rules.failures, by.address)
		return by, err
	case given:
		return h.admitKey(r, by, secret)
	case h.opts.Agent == nil:
		return by, errBadKey
	}
	agent, err := h.hostAgent(r)
	if err != nil {
		return by, err
	}
	if by.foreign, err = h.checkOrigin(r); err != nil {
		return by, err
	}
	if by.foreign && agent.ID != "" {
		by.Actor = chat.AsAgent(agent) // not noted, or a page could make them look present
		return by, nil
	}
	agent, err = h.svc.EnsureAgent(r.Context(), agent)
	if errors.Is(err, chat.ErrInvalid) {
		return by, fmt.Errorf("httpapi: the agent that Options.Agent returned is not valid: %v", err) // not the caller's fault
	}
	if err != nil {
		return by, err
	}
	by.Actor = chat.AsAgent(agent)
	id := agent.ID
	by.may.ask = func(ctx context.Context) error {
		now, err := h.hostAgent(r.WithContext(ctx)) // the request's own context may have ended
		if err == nil && now.ID != id {
			err = h.signedOut
		}
		return err
	}
	return by, nil
}

// checkOrigin refuses what a page of another origin asks for with the host's
// login, which the browser may have added by itself. Reading changes nothing, and
// such a page sees no answer, so that much is let pass, as foreign.
func (h *Handler) checkOrigin(r *http.Request) (foreign bool, err error) {
	asked := r
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if reading {
		asked = &http.Request{Method: http.MethodPost, Header: r.Header, Host: r.Host, URL: r.URL} // Check asks nothing of others
	}
	err = h.csrf.Check(asked)
	switch {
	case err == nil:
		return false, nil
	case reading:
		return true, nil
	}
	return false, crossOrigin(err)
}

func crossOrigin(cause error) error {
	return &failure{status: http.StatusForbidden, code: "cross_origin", message: "This request comes from a page of another origin.", cause: cause}
}

// signedOut makes the answer to those whom the host's login does not know: it
// says where that is. The console follows it, so it is a page of the web or
// nothing.
func signedOut(loginURL string, log *slog.Logger) *failure {
	f := *errBadKey
	u, err := url.Parse(loginURL)
	switch {
	case loginURL == "":
	case err != nil || strings.ContainsAny(loginURL, "\\ \t\r\n"),
		u.Scheme == "" && (u.Host != "" || !strings.HasPrefix(loginURL, "/")),
		u.Scheme != "" && (u.Host == "" || u.Scheme != "https" && u.Scheme != "http"):
		log.Error("httpapi: Options.LoginURL is neither a path nor an http or https URL and not used")
	default:
		f.loginURL = loginURL
	}
	return &f
}

// hostAgent asks the host who is signed in.
func (h *Handler) hostAgent(r *http.Request) (chat.Agent, error) {
	agent, err := h.opts.Agent(r)
	switch {
	case err == nil, errors.Is(err, chat.ErrForbidden), errors.Is(err, chat.ErrUnavailable):
		return agent, err
	}
	return agent, h.signedOut
}

// fromMemory is the context of a question that nobody is to wait for: it has
// ended, so what would have to be read is not.
var fromMemory = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (h *Handler) admitKey(r *http.Request, by caller, secret string) (caller, error) {
	key, err := vouch(h, by.address, secret, func() (chat.APIKey, error) { return h.svc.APIKeyBySecret(r.Context(), secret) })
	if err != nil {
		return by, err
	}
	if err := h.buckets.take(h.rules.keyCalls, key.ID); err != nil {
		return by, err
	}
	by.Actor, by.byKey = chat.AsAPIKey(key), true
	by.may = right{
		ask: func(ctx context.Context) error {
			_, err := h.svc.APIKeyBySecret(ctx, secret)
			return err
		},
		known: func() bool {
			_, err := h.svc.APIKeyBySecret(fromMemory, secret)
			return err == nil
		},
	}
	h.svc.Touch(r.Context(), by.Actor)
	return by, nil
}

func (h *Handler) admitVisitor(r *http.Request, by caller) (caller, error) {
	token, err := visitorToken(r)
	if err != nil {
		return by, err
	}
	if token == "" {
		return by, errBadToken
	}
	check := h.visitorCheck(r, token)
	v, err := vouch(h, by.address, token, func() (chat.Visitor, error) { return check(r.Context()) })
	if err != nil {
		return by, err
	}
	by.Actor = chat.AsVisitor(v)
	if err := h.svc.AdmitAddress(r.Context(), by.from); err != nil {
		return by, err
	}
	by.may.ask = func(ctx context.Context) error {
		v, err := check(ctx)
		if err != nil {
			return err
		}
		return h.svc.Admit(ctx, chat.AsVisitor(v), by.from)
	}
	h.svc.Touch(r.Context(), by.Actor)
	return by, nil
}

// visitorCheck returns what finds out whose the token is, now and later. It
// keeps the request only where the host is asked about it: there may be a
// hundred thousand open streams.
func (h *Handler) visitorCheck(r *http.Request, token string) func(context.Context) (chat.Visitor, error) {
	if h.opts.Visitor == nil {
		return func(ctx context.Context) (chat.Visitor, error) {
			bare, person := h.vouchers.unseal(token, time.Now())
			return h.svc.VisitorByToken(ctx, bare, person)
		}
	}
	return func(ctx context.Context) (chat.Visitor, error) {
		bare, person := h.known(r.WithContext(ctx), token)
		return h.svc.VisitorByToken(ctx, bare, person)
	}
}

// visitorToken returns the token that the request carries, empty if none.
func visitorToken(r *http.Request) (string, error) {
	if secretInURL(r) {
		return "", errTokenInURL
	}
	token, given, err := bearer(r.Header)
	switch {
	case err != nil:
		return "", errBadToken
	case !given:
		return "", nil
	}
	return token, nil
}

// identity is whom the host knows the visitor to be, nil if it does not. Nobody
// is known to a page of another origin: it cannot read what a hello answers,
// but could have the browser say it with the customer's login, who would look
// present. Older browsers do not tell.
func (h *Handler) identity(r *http.Request) *chat.Identity {
	site := r.Header.Get("Sec-Fetch-Site")
	if h.opts.Visitor == nil || site == "cross-site" || site == "same-site" {
		return nil
	}
	id, known := h.opts.Visitor(r)
	if !known {
		return nil
	}
	return &id
}

// vouch checks a credential. An address that has sent too many wrong ones is
// turned away before that costs anything.
func vouch[T any](h *Handler, address, secret string, check func() (T, error)) (T, error) {
	known := h.friends.has(secret)
	if !known {
		if err := h.buckets.check(h.rules.failures, address); err != nil {
			var none T
			return none, err
		}
	}
	found, err := check()
	switch {
	case err == nil && !known:
		h.friends.note(secret, true)
	case errors.Is(err, chat.ErrUnauthenticated):
		h.friends.note(secret, false)
		h.buckets.owe(h.rules.failures, address)
	}
	return found, err
}

// bearer returns the token of the Authorization header. Another scheme than
// Bearer is the host's own business.
func bearer(header http.Header) (token string, given bool, err error) {
	values := header.Values("Authorization")
	if len(values) > 1 {
		return "", true, errBadKey
	}
	if len(values) == 0 {
		return "", false, nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer"), nil
}

// apiKey returns the key of either header that can carry one. Two that differ
// are an error: one of them is not what the caller means.
func apiKey(header http.Header) (key string, given bool, err error) {
	key, given, err = bearer(header)
	values := header.Values("X-API-Key")
	switch {
	case err != nil:
		return "", true, err
	case len(values) == 0:
		return key, given, nil
	case len(values) > 1, given && values[0] != key:
		return "", true, errBadKey
	}
	return values[0], true, nil
}
