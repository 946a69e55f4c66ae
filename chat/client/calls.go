package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/pealchat/pealchat/chat"
)

// Welcome is the answer to [Client.Hello].
type Welcome struct {
	Token     string       `json:"token"`
	VisitorID string       `json:"visitor_id"`
	Online    bool         `json:"online"` // somebody is there to answer
	Session   chat.Session `json:"session"`
}

// Hello makes the client a visitor: a new one, or the one whose token it has.
// Keep the token to come back as the same visitor. Session.ID is empty if
// none is open. Visitors only.
func (c *Client) Hello(ctx context.Context) (Welcome, error) {
	var w Welcome
	err := c.Do(ctx, "POST", "visitor/v1/hello", struct{}{}, &w)
	if err == nil {
		c.token = w.Token
	}
	return w, err
}

// NewSession is what a session is started with. Message, ClientID and
// Department are for visitors, Source for keys.
type NewSession struct {
	VisitorName  string         `json:"visitor_name,omitempty"`
	VisitorEmail string         `json:"visitor_email,omitempty"`
	Source       string         `json:"source,omitempty"`
	Message      string         `json:"message,omitempty"`
	ClientID     string         `json:"client_id,omitempty"`
	Department   string         `json:"department,omitempty"`
	CustomData   map[string]any `json:"custom_data,omitempty"`
}

// CreateSession starts a session.
func (c *Client) CreateSession(ctx context.Context, in NewSession) (chat.Session, error) {
	var s chat.Session
	err := c.Do(ctx, "POST", c.side+"sessions", in, &s)
	return s, err
}

// NewMessage is what a message is sent with. With a ClientID it may be sent
// again until it is answered, and is stored once. Sender is for keys.
type NewMessage struct {
	SessionID string `json:"session_id"`
	Sender    string `json:"sender,omitempty"`
	Message   string `json:"message"`
	ClientID  string `json:"client_id,omitempty"`
}

// SendMessage sends a message. When it returns without an error the message is
// committed.
func (c *Client) SendMessage(ctx context.Context, in NewMessage) (chat.Message, error) {
	var m chat.Message
	err := c.Do(ctx, "POST", c.side+"messages", in, &m)
	return m, err
}

// Session returns one session.
func (c *Client) Session(ctx context.Context, id string) (chat.Session, error) {
	var s chat.Session
	err := c.Do(ctx, "GET", c.side+"sessions/"+url.PathEscape(id), nil, &s)
	return s, err
}

// Messages returns up to limit messages after the one with the given seq,
// oldest first; 0 starts at the first. limit is at most 200.
func (c *Client) Messages(ctx context.Context, sessionID string, afterSeq int64, limit int) ([]chat.Message, error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	if afterSeq > 0 {
		q.Set("after", strconv.FormatInt(afterSeq, 10))
	}
	var page struct {
		Messages []chat.Message `json:"messages"`
	}
	err := c.Do(ctx, "GET", c.side+"sessions/"+url.PathEscape(sessionID)+"/messages?"+q.Encode(), nil, &page)
	return page.Messages, err
}

// CloseSession ends a session. Ending it again changes nothing.
func (c *Client) CloseSession(ctx context.Context, id string) error {
	return c.Do(ctx, "POST", c.side+"sessions/"+url.PathEscape(id)+"/close", nil, nil)
}

// Typing tells the other side that the caller is writing. It holds for six
// seconds.
func (c *Client) Typing(ctx context.Context, sessionID string, typing bool) error {
	in := map[string]bool{"typing": typing}
	return c.Do(ctx, "POST", c.side+"sessions/"+url.PathEscape(sessionID)+"/typing", in, nil)
}
