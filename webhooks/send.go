package webhooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/pealchat/pealchat/chat"
)

const (
	keptResponse = 1 << 10  // how much of an answer the log keeps
	readResponse = 64 << 10 // how much is read at all, so that the connection can be used again
	userAgent    = "Pealchat-Webhooks/1"
)

// answer is what came of one request.
type answer struct {
	status  int // 0 if there was none
	body    string
	err     error // why there was no answer
	after   time.Duration
	latency time.Duration
	at      time.Time
}

// send makes one try of a delivery. ready is asked when there is a connection
// and the request is about to be written to it; its error keeps it from being
// sent.
func send(ctx context.Context, client *http.Client, now func() time.Time, url string, secrets []string, d chat.Delivery, ready func() error) answer {
	a := answer{at: now()}
	began := time.Now() // the other clock is for what is stored
	req, err := request(atConnection(ctx, ready), url, secrets, d, a.at)
	if err != nil {
		a.err = err
		return a
	}
	res, err := client.Do(req)
	if err != nil {
		a.err, a.latency = err, time.Since(began)
		return a
	}
	defer res.Body.Close()
	kept, _ := io.ReadAll(io.LimitReader(res.Body, keptResponse))
	io.CopyN(io.Discard, res.Body, readResponse-keptResponse) // an error here changes nothing: the status has come
	a.status, a.body, a.latency = res.StatusCode, printable(kept), time.Since(began)
	if a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable {
		a.after = retryAfter(res.Header, a.at)
	}
	return a
}

// atConnection has ready asked after the connection was made, which can take
// long. Nothing but closing it keeps a request from being written then.
func atConnection(ctx context.Context, ready func() error) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		if ready() != nil {
			got.Conn.Close()
		}
	}})
}

func request(ctx context.Context, url string, secrets []string, d chat.Delivery, at time.Time) (*http.Request, error) {
	signature, err := Sign(d.MessageID(), at, d.Body, secrets...)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set(HeaderID, d.MessageID())
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(HeaderSignature, signature)
	req.Header.Set(HeaderAttempt, strconv.Itoa(d.Attempt))
	return req, nil
}

func (a answer) delivered() bool { return a.status >= 200 && a.status <= 299 }

// refused says whether the endpoint itself did not want the event. Statuses
// with which servers and proxies say that they cannot answer are no refusal.
func (a answer) refused() bool {
	switch a.status {
	case 0, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	}
	return !a.delivered()
}

// attempt is the answer as the delivery log keeps it.
func (a answer) attempt(number int) chat.Attempt {
	out := chat.Attempt{Number: number, At: a.at, Status: a.status, Latency: a.latency, Response: a.body}
	switch {
	case a.err != nil:
		out.Error = describe(a.err)
	case a.status >= 300 && a.status <= 399:
		out.Error = "redirects are not followed"
	}
	return out
}

// describe says in words for the endpoint's owner why there was no answer. It
// does not say what a name resolves to.
func describe(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.Is(err, errBlocked):
		return errBlocked.Error()
	case err == errLost:
		return errLost.Error()
	case errors.As(err, &dns) && !dns.IsTimeout:
		return "the host name cannot be resolved"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &cert):
		return fmt.Sprintf("the certificate is not good: %v", cert.Err)
	case errors.As(err, &alert), errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "no TLS connection can be made"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was closed without an answer"
	}
	return "no answer that can be understood"
}

// printable makes text of what a stranger has answered.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(b), "\ufffd"))
}
