package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// kinds says with which status each kind of failure of the service is
// answered, and with which code where the error brings none. Whatever matches
// none of them is a fault of ours: 500, logged, its words withheld.
var kinds = []struct {
	kind   error
	status int
	code   string
}{
	{chat.ErrInvalid, http.StatusBadRequest, "invalid_request"},
	{chat.ErrTooLarge, http.StatusRequestEntityTooLarge, "body_too_large"},
	{chat.ErrUnsupported, http.StatusUnsupportedMediaType, "unsupported_media_type"},
	{chat.ErrUnauthenticated, http.StatusUnauthorized, "invalid_api_key"},
	{chat.ErrForbidden, http.StatusForbidden, "forbidden"},
	{chat.ErrNotFound, http.StatusNotFound, "not_found"},
	{chat.ErrConflict, http.StatusConflict, "conflict"},
	{chat.ErrPrecondition, http.StatusPreconditionFailed, "version_mismatch"},
	{chat.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
}

// failure is an error that belongs to HTTP rather than to the service, and
// the form in which every error leaves the handler.
type failure struct {
	status     int
	code       string
	field      string
	message    string
	requestID  string        // only where the log says more
	latest     *chat.Message // what a message would cross
	loginURL   string        // where the host's users sign in
	allow      []string      // with 405
	retryAfter time.Duration // with 429 and 503
	cause      error         // for the log; never shown
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.cause }

// MarshalJSON writes the form that every answer that is not 2xx has.
func (f *failure) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Error     string        `json:"error"`
		Status    int           `json:"status_code"`
		Code      string        `json:"code"`
		Field     string        `json:"field,omitempty"`
		RequestID string        `json:"request_id,omitempty"`
		Latest    *chat.Message `json:"latest,omitempty"`
		LoginURL  string        `json:"login_url,omitempty"`
	}{f.message, f.status, f.code, f.field, f.requestID, f.latest, f.loginURL})
}

func (f *failure) headers(header http.Header) {
	if f.status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	if f.allow != nil {
		header.Set("Allow", strings.Join(f.allow, ", "))
	}
	if f.status == http.StatusTooManyRequests || f.status == http.StatusServiceUnavailable {
		seconds := math.Ceil(f.retryAfter.Seconds())
		header.Set("Retry-After", strconv.Itoa(max(1, int(seconds))))
	}
}

// fail answers a request with an error.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := h.failureOf(r, err)
	f.headers(w.Header())
	writeJSON(w, r, f.status, f)
}

// failureOf finds the words for an error, and logs it if it is ours.
func (h *Handler) failureOf(r *http.Request, err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	for _, k := range kinds {
		if !errors.Is(err, k.kind) {
			continue
		}
		f := &failure{status: k.status, code: k.code, message: sentence(k.kind), retryAfter: 2 * time.Second}
		if e, ok := errors.AsType[*chat.Error](err); ok {
			if e.Message != "" {
				f.message = e.Message
			}
			if e.Code != "" {
				f.code = e.Code
			}
			f.field = e.Field
		}
		if e, ok := errors.AsType[*chat.CrossedError](err); ok {
			f.latest = &e.Latest
		}
		return f
	}
	// A client that went away, or the host's own deadline for the request, is
	// nothing that an operator could mend.
	if r.Context().Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return &failure{status: http.StatusServiceUnavailable, code: "unavailable", message: "The request was given up."}
	}
	id := rand.Text()
	h.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelError, "httpapi: a request failed",
		slog.String("request_id", id), slog.String("method", r.Method), slog.String("route", r.Pattern), slog.Any("error", err))
	return internal(id)
}

func internal(requestID string) *failure {
	return &failure{status: http.StatusInternalServerError, code: "internal", message: "Something went wrong on the server.", requestID: requestID}
}

// sentence makes a sentence of a kind's own words.
func sentence(kind error) string {
	s := kind.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
