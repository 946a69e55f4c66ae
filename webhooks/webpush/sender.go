package webpush

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/webhooks"
)

const (
	timeout = 10 * time.Second
	stale   = 2 * time.Minute  // an event older than this is told to nobody: the process was away
	keep    = 10 * time.Minute // how long a push service keeps it for a browser that is away
	atOnce  = 16               // requests at a time
)

// Options configures a [Sender]. The zero value is fine.
type Options struct {
	// Subject is how push services reach whoever runs the server, such as
	// "mailto:ops@example.com". Some services insist on it.
	Subject string

	// Logger gets what an operator can act on. Nil means slog.Default().
	Logger *slog.Logger
}

// Sender sends a chat's news to the browsers of its agents.
type Sender struct {
	svc    *chat.Service
	keys   Keys
	opts   Options
	log    *slog.Logger
	client *http.Client
	now    func() time.Time
}

// New returns a sender. opts may be nil. It does nothing before Run is called.
func New(svc *chat.Service, keys Keys, opts *Options) *Sender {
	s := &Sender{svc: svc, keys: keys, log: slog.Default(), now: time.Now, client: webhooks.Client(svc.WebhookTargets(), timeout)}
	if opts != nil {
		s.opts = *opts
		if opts.Logger != nil {
			s.log = opts.Logger
		}
	}
	return s
}

// consumer is the sender's name among those that read the event log.
const consumer = "pealchat-webpush"

// Run sends until ctx ends (and returns its error) or the service closes (and
// returns chat.ErrClosed). It may be called on several nodes over one store:
// one of them works, and another takes over when it ends.
func (s *Sender) Run(ctx context.Context) error {
	defer s.client.CloseIdleConnections()
	for {
		err := s.svc.Consume(ctx, consumer, s.handle)
		if !errors.Is(err, chat.ErrCursorLost) {
			return err
		}
		// It was away for longer than events are kept. Old news is none.
		if err := s.svc.DeleteConsumer(ctx, consumer); err != nil {
			return err
		}
	}
}

// handle tells the agents whom an event concerns. A push that does not arrive
// is no reason to stop: nil goes on with the next event.
func (s *Sender) handle(ctx context.Context, e *chat.Event) error {
	m, ok := e.Data.(chat.Message)
	if !ok || s.now().Sub(e.At) > stale || (e.Type != chat.EventMessageSent && e.Type != chat.EventNoteAdded) {
		return nil
	}
	if e.Type == chat.EventMessageSent && m.Sender != chat.SenderVisitor {
		return nil
	}
	subs, err := s.svc.PushSubscriptions(ctx)
	if err != nil || len(subs) == 0 {
		return err
	}
	host := chat.AsHost("")
	session, err := s.svc.Session(ctx, host, m.SessionID)
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	agents, err := s.svc.Agents(ctx, host)
	if err != nil {
		return err
	}
	wanted := concerned(m, session, agents)
	body, err := json.Marshal(newsOf(m, session))
	if err != nil {
		return err
	}
	var sending sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, sub := range subs {
		if !wanted[sub.AgentID] {
			continue
		}
		places <- struct{}{}
		sending.Go(func() {
			defer func() { <-places }()
			s.deliver(ctx, sub, m.SessionID, body)
		})
	}
	sending.Wait()
	return nil
}

// concerned are the agents who are told: whom a note names; whoever has the
// session, or else everybody who is available. Whoever looks at it knows.
func concerned(m chat.Message, session chat.Session, agents []chat.Agent) map[string]bool {
	wanted := map[string]bool{}
	for _, a := range agents {
		switch {
		case a.Viewing == m.SessionID, a.ID == m.SenderID:
		case m.Note:
			wanted[a.ID] = slices.Contains(m.Mentions, a.ID)
		case session.AssigneeID != "":
			wanted[a.ID] = a.ID == session.AssigneeID
		default:
			wanted[a.ID] = a.Availability == chat.Available
		}
	}
	return wanted
}

// news is what the console's service worker reads. Kind says how it is put
// into words.
type news struct {
	Kind      string `json:"kind"` // "message" or "mention"
	Name      string `json:"name"`
	Text      string `json:"text"`
	SessionID string `json:"session_id"`
	MessageID string `json:"message_id"`
}

func newsOf(m chat.Message, session chat.Session) news {
	n := news{Kind: "message", Name: session.VisitorName, SessionID: m.SessionID, MessageID: m.ID}
	if m.Note {
		n.Kind, n.Name = "mention", m.SenderName
	}
	text := m.Text
	if text == "" && len(m.Attachments) > 0 {
		text = m.Attachments[0].Name
	}
	n.Name, n.Text = shorten(n.Name, 100), shorten(text, 200)
	return n
}

func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// deliver sends to one browser, and forgets it where its push service says
// that it is gone.
func (s *Sender) deliver(ctx context.Context, sub chat.PushSubscription, session string, body []byte) {
	status, err := s.post(ctx, sub, session, body)
	where := ""
	if u, err := url.Parse(sub.Endpoint); err == nil {
		where = u.Host // the rest of the address is as good as a password
	}
	switch {
	case err != nil:
		s.log.Warn("webpush: a push was not sent", "service", where, "agent", sub.AgentID, "error", err)
	case status == http.StatusNotFound || status == http.StatusGone:
		if err := s.svc.DeletePushSubscription(ctx, sub.ID); err != nil {
			s.log.Warn("webpush: a browser that is gone was not forgotten", "agent", sub.AgentID, "error", err)
		}
	case status >= 300:
		s.log.Warn("webpush: a push was refused", "service", where, "agent", sub.AgentID, "status", status)
	}
}

func (s *Sender) post(ctx context.Context, sub chat.PushSubscription, session string, body []byte) (status int, err error) {
	receiver, err := encoding.DecodeString(sub.P256DH)
	if err != nil {
		return 0, err
	}
	auth, err := encoding.DecodeString(sub.Auth)
	if err != nil {
		return 0, err
	}
	sealed, err := encrypt(body, receiver, auth)
	if err != nil {
		return 0, err
	}
	signed, err := s.keys.authorization(sub.Endpoint, s.opts.Subject, s.now())
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.Endpoint, bytes.NewReader(sealed))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", signed)
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Content-Encoding", "aes128gcm")
	r.Header.Set("TTL", strconv.Itoa(int(keep/time.Second)))
	r.Header.Set("Urgency", "high")
	r.Header.Set("Topic", topic(session)) // what waits for a browser that is away is replaced by what is newer
	res, err := s.client.Do(r)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = fmt.Errorf("post: %w", failed.Err) // without the address
		}
		return 0, err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 4096)) // so that the connection can be used again
	return res.StatusCode, nil
}

// topic is a name for the session's news, which push services see: 32
// characters of base64url at most.
func topic(session string) string {
	sum := sha256.Sum256([]byte(session))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}
