package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Options configures a [Client].
type Options struct {
	// Key is an API key, for the agents' side. Without one the client is a
	// visitor's, who gets a token from [Client.Hello].
	Key string

	// Token is a visitor's, from an earlier Hello.
	Token string

	// Agent says that the caller is an agent whom Header makes known to the
	// host, such as by the cookie of its login. A Key implies it.
	Agent bool

	// Header goes along with every request.
	Header http.Header

	// HTTP makes the requests. It must have no Timeout, which would cut event
	// streams: a context bounds each call. Nil means a client of its own.
	HTTP *http.Client
}

// Client calls one server on behalf of one caller. Its methods may be called
// concurrently, Hello excepted.
type Client struct {
	base  string // ends in a slash
	side  string // of the API: the agents' or the visitors'
	key   string
	token string
	extra http.Header
	http  *http.Client
}

// New returns a client for the handler that is mounted at base, such as
// "https://shop.example/chat/". It makes no request.
func New(base string, opts Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("client: %q is not the address of a handler", base)
	}
	c := &Client{base: strings.TrimRight(base, "/") + "/", side: "visitor/v1/", key: opts.Key, token: opts.Token, extra: opts.Header.Clone(), http: opts.HTTP}
	if opts.Agent || opts.Key != "" {
		c.side = "api/v1/"
	}
	if c.http == nil {
		c.http = &http.Client{}
	}
	return c, nil
}

// Error is an answer that is not 2xx.
type Error struct {
	Status     int           // the HTTP status
	Code       string        // the server's stable word, such as "session_closed"; empty if the answer was not the server's
	Field      string        // the field at fault, if one is
	Message    string        // a sentence for a person
	RetryAfter time.Duration // how long the server asks to wait; 0 if it does not say
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message)
}

// Temporary says whether the same request may succeed later. Repeat only what
// is safe to repeat: reading, and sending with a ClientID.
func (e *Error) Temporary() bool {
	return e.Status == http.StatusTooManyRequests || e.Status >= 500 && e.Code != "streaming_impossible"
}

// maxAnswer bounds how much of an answer is read, in bytes. The longest is a
// page of 200 messages of full length.
const maxAnswer = 16 << 20

// Do makes one request: path is relative to the handler, such as
// "api/v1/sessions?limit=10"; in, if not nil, is sent as JSON, and what is
// answered is decoded into out, if that is not nil. An answer that is not 2xx
// is an [*Error]. It reaches every call of the API, also those that have no
// method here.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("client: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	c.authorize(req.Header)
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return refusal(resp)
	}
	if out == nil || resp.StatusCode == http.StatusNoContent {
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // so that the connection can be used again
		return err
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("client: the answer to %s %s: %w", method, path, err)
	}
	return nil
}

func (c *Client) authorize(h http.Header) {
	maps.Copy(h, c.extra)
	if credential := cmp.Or(c.key, c.token); credential != "" {
		h.Set("Authorization", "Bearer "+credential)
	}
}

// refusal makes an error of an answer that is not 2xx.
func refusal(resp *http.Response) *Error {
	e := &Error{Status: resp.StatusCode}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	var form struct{ Error, Code, Field string }
	if json.Unmarshal(body, &form) == nil && form.Error != "" {
		e.Message, e.Code, e.Field = form.Error, form.Code, form.Field
	} else {
		e.Message = http.StatusText(resp.StatusCode) + " (the answer is not the chat's)"
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}

// IsCode says whether err is an [*Error] with the given code.
func IsCode(err error, code string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == code
}
