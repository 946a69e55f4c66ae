package apitest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// faulty is a store that can be made to fail. Unless strangers is set,
// credentials can still be checked, so that a fault gets as far as the
// operation itself.
type faulty struct {
	chat.Store
	fault     atomic.Pointer[error]
	strangers bool
}

func (f *faulty) err() error {
	if err := f.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// instead calls the store unless it is to fail.
func instead[T any](f *faulty, call func() (T, error)) (T, error) {
	if err := f.err(); err != nil {
		var none T
		return none, err
	}
	return call()
}

func (f *faulty) Session(ctx context.Context, id string) (chat.Session, error) {
	return instead(f, func() (chat.Session, error) { return f.Store.Session(ctx, id) })
}

func (f *faulty) Sessions(ctx context.Context, q chat.SessionQuery) (chat.SessionPage, error) {
	return instead(f, func() (chat.SessionPage, error) { return f.Store.Sessions(ctx, q) })
}

func (f *faulty) SessionCounts(ctx context.Context, id string) (chat.SessionCounts, error) {
	return instead(f, func() (chat.SessionCounts, error) { return f.Store.SessionCounts(ctx, id) })
}

func (f *faulty) Message(ctx context.Context, session, id string) (chat.Message, error) {
	return instead(f, func() (chat.Message, error) { return f.Store.Message(ctx, session, id) })
}

func (f *faulty) Visitor(ctx context.Context, id string) (chat.Visitor, error) {
	return instead(f, func() (chat.Visitor, error) { return f.Store.Visitor(ctx, id) })
}

func (f *faulty) Visitors(ctx context.Context, q chat.VisitorQuery) (chat.VisitorPage, error) {
	return instead(f, func() (chat.VisitorPage, error) { return f.Store.Visitors(ctx, q) })
}

func (f *faulty) Agent(ctx context.Context, id string) (chat.Agent, error) {
	return instead(f, func() (chat.Agent, error) { return f.Store.Agent(ctx, id) })
}

func (f *faulty) Agents(ctx context.Context) ([]chat.Agent, error) {
	return instead(f, func() ([]chat.Agent, error) { return f.Store.Agents(ctx) })
}

func (f *faulty) Settings(ctx context.Context) (chat.Settings, error) {
	return instead(f, func() (chat.Settings, error) { return f.Store.Settings(ctx) })
}

func (f *faulty) APIKeys(ctx context.Context) ([]chat.APIKey, error) {
	return instead(f, func() ([]chat.APIKey, error) { return f.Store.APIKeys(ctx) })
}

func (f *faulty) APIKeyByHash(ctx context.Context, hash string) (chat.APIKey, error) {
	if !f.strangers {
		return f.Store.APIKeyByHash(ctx, hash)
	}
	return instead(f, func() (chat.APIKey, error) { return f.Store.APIKeyByHash(ctx, hash) })
}

func (f *faulty) VisitorByToken(ctx context.Context, hash string) (chat.Visitor, error) {
	if !f.strangers {
		return f.Store.VisitorByToken(ctx, hash)
	}
	return instead(f, func() (chat.Visitor, error) { return f.Store.VisitorByToken(ctx, hash) })
}

func (f *faulty) Webhook(ctx context.Context, id string) (chat.Webhook, error) {
	return instead(f, func() (chat.Webhook, error) { return f.Store.Webhook(ctx, id) })
}

func (f *faulty) Webhooks(ctx context.Context) ([]chat.Webhook, error) {
	return instead(f, func() ([]chat.Webhook, error) { return f.Store.Webhooks(ctx) })
}

func (f *faulty) Delivery(ctx context.Context, id string) (chat.Delivery, error) {
	return instead(f, func() (chat.Delivery, error) { return f.Store.Delivery(ctx, id) })
}

func (f *faulty) Deliveries(ctx context.Context, q chat.DeliveryQuery) (chat.DeliveryPage, error) {
	return instead(f, func() (chat.DeliveryPage, error) { return f.Store.Deliveries(ctx, q) })
}

func (f *faulty) Bans(ctx context.Context, q chat.BanQuery) (chat.BanPage, error) {
	return instead(f, func() (chat.BanPage, error) { return f.Store.Bans(ctx, q) })
}

func (f *faulty) CannedReplies(ctx context.Context, q chat.CannedReplyQuery) (chat.CannedReplyPage, error) {
	return instead(f, func() (chat.CannedReplyPage, error) { return f.Store.CannedReplies(ctx, q) })
}

func (f *faulty) Department(ctx context.Context, id string) (chat.Department, error) {
	return instead(f, func() (chat.Department, error) { return f.Store.Department(ctx, id) })
}

func (f *faulty) Departments(ctx context.Context, q chat.DepartmentQuery) (chat.DepartmentPage, error) {
	return instead(f, func() (chat.DepartmentPage, error) { return f.Store.Departments(ctx, q) })
}

func (f *faulty) Draft(ctx context.Context, sessionID, agentID string, note bool) (chat.Draft, error) {
	return instead(f, func() (chat.Draft, error) { return f.Store.Draft(ctx, sessionID, agentID, note) })
}

func (f *faulty) Mentions(ctx context.Context, q chat.MentionQuery) (chat.MentionPage, error) {
	return instead(f, func() (chat.MentionPage, error) { return f.Store.Mentions(ctx, q) })
}

func (f *faulty) Search(ctx context.Context, q chat.SearchQuery) (chat.SearchPage, error) {
	return instead(f, func() (chat.SearchPage, error) { return f.Store.Search(ctx, q) })
}

func (f *faulty) SessionFigures(ctx context.Context, q chat.SessionFiguresQuery, each func(chat.SessionFigures) error) error {
	_, err := instead(f, func() (struct{}, error) { return struct{}{}, f.Store.SessionFigures(ctx, q, each) })
	return err
}

func (f *faulty) Greetings(ctx context.Context, from, to time.Time) ([]chat.GreetingCount, error) {
	return instead(f, func() ([]chat.GreetingCount, error) { return f.Store.Greetings(ctx, from, to) })
}

func (f *faulty) Stats(ctx context.Context) (chat.StoreStats, error) {
	return instead(f, func() (chat.StoreStats, error) { return f.Store.Stats(ctx) })
}

func (f *faulty) Log(ctx context.Context) (chat.EventLog, error) {
	return instead(f, func() (chat.EventLog, error) { return f.Store.Log(ctx) })
}

func (f *faulty) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	return instead(f, func() ([]chat.OpResult, error) { return f.Store.Append(ctx, ops) })
}

func (f *faulty) PageViews(ctx context.Context, q chat.PageViewQuery) (chat.PageViewPage, error) {
	return instead(f, func() (chat.PageViewPage, error) { return f.Store.PageViews(ctx, q) })
}

func (f *faulty) Visits(ctx context.Context, q chat.VisitQuery) (chat.VisitPage, error) {
	return instead(f, func() (chat.VisitPage, error) { return f.Store.Visits(ctx, q) })
}

func (f *faulty) Ping(ctx context.Context) error {
	_, err := instead(f, func() (struct{}, error) { return struct{}{}, f.Store.Ping(ctx) })
	return err
}

// touchesStore filters the operations that need the store for more than the
// credentials.
func touchesStore(op *operation) bool {
	switch op.id {
	case "getOpenAPI", "getReference", "visitPage", "addTrailLine":
		return false
	case "getDoctor", "streamDoctor": // an ailing database is what it is for
		return false
	}
	return true
}

// TestStoreFails has every operation meet a store that cannot serve, and one
// that fails with words that are nobody's business.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	store := &faulty{}
	s := open(t, setup{wrap: func(real chat.Store) chat.Store { store.Store = real; return store }})
	f := s.fixture().withFile()
	internal := errors.New(`sqlite: SELECT * FROM chat_secrets at /tmp/chat.db: store.go:17`)
	unavailable := &chat.Error{Kind: chat.ErrUnavailable, Code: "unavailable", Message: "Busy.", Err: internal}
	eachOperation(t, touchesStore, func(t *testing.T, op *operation) {
		f := f.on(t)
		var err error = unavailable
		store.fault.Store(&err)
		defer store.fault.Store(nil)
		f.caller(op).do(op.method, f.path(op), f.body(op)).fails(503, "unavailable", "")
		if op.id == "getHealth" {
			return // what else a ping can fail with is the store's to say
		}
		store.fault.Store(&internal)
		r := f.caller(op).do(op.method, f.path(op), f.body(op))
		r.fails(500, "internal", "")
		if id := r.text("request_id"); !strings.Contains(s.log.String(), id) {
			t.Errorf("the log says nothing about %s", id)
		}
	})
	if !strings.Contains(s.log.String(), "chat_secrets") {
		t.Error("the log does not tell the operator what happened")
	}
}

// TestCredentialsCannotBeChecked has the store, or the host, fail before it is
// known who calls: that is no 401.
func TestCredentialsCannotBeChecked(t *testing.T) {
	t.Parallel()
	store := &faulty{strangers: true}
	s := open(t, setup{
		wrap:    func(real chat.Store) chat.Store { store.Store = real; return store },
		options: httpapi.Options{Agent: func(*http.Request) (chat.Agent, error) { return chat.Agent{}, chat.ErrBusy }},
	})
	f := s.fixture().withFile()
	s.nobody().get("/api/v1/me").fails(503, "unavailable", "")
	var busy error = chat.ErrBusy
	store.fault.Store(&busy)
	defer store.fault.Store(nil)
	eachOperation(t, func(op *operation) bool { return op.needs() != "" }, func(t *testing.T, op *operation) {
		f := f.on(t)
		f.caller(op).do(op.method, f.path(op), f.body(op)).fails(503, "unavailable", "")
	})
}

// TestHostPanics has the host's functions panic: only that request suffers.
func TestHostPanics(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	s := open(t, setup{options: httpapi.Options{
		Agent: func(*http.Request) (chat.Agent, error) { panic("SELECT the agent") },
		Visitor: func(*http.Request) (chat.Identity, bool) {
			broken.Load()
			return chat.Identity{}, mustNot(broken.Load())
		},
	}})
	f := s.fixture().withFile()
	broken.Store(true)
	eachOperation(t, func(op *operation) bool { return op.needs() != "" || op.id == "hello" }, func(t *testing.T, op *operation) {
		f := f.on(t)
		c := f.nobody()
		if op.needs() == "visitor" {
			c = f.who
		}
		c.do(op.method, f.path(op), f.body(op)).fails(500, "internal", "")
	})
	broken.Store(false)
	s.admin().get("/api/v1/me").is(200)
	f.who.get("/visitor/v1/sessions").is(200)
}

func mustNot(broken bool) bool {
	if broken {
		panic("SELECT the visitor")
	}
	return false
}

// TestServiceHasClosed calls a chat that is shutting down.
func TestServiceHasClosed(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture().withFile()
	s.svc.Close()
	eachOperation(t, touchesStore, func(t *testing.T, op *operation) {
		f := f.on(t)
		r := f.caller(op).do(op.method, f.path(op), f.body(op))
		switch {
		case r.status == 503:
			r.fails(503, "shutting_down", "")
		case op.streams(theDocument(t)), op.method != "GET" && !writesNothing[op.id]:
			t.Errorf("status %d\n%s", r.status, r.raw)
		}
	})
}

// writesNothing are calls that, other than their methods say, may have nothing
// to write: the visitor has seen their own message already, what agents look
// at is kept in memory, and trying changes nothing.
var writesNothing = map[string]bool{"typing": true, "visitorTyping": true, "visitorSeen": true, "setViewing": true, "tryTrigger": true}

// TestTooManyWrongCredentials tries every operation from an address that has
// sent too many.
func TestTooManyWrongCredentials(t *testing.T) {
	t.Parallel()
	s := open(t, setup{limited: true, options: httpapi.Options{Rates: httpapi.Rates{FailedLogins: 3}}})
	f := s.fixture().withFile()
	wrong := s.with("Authorization: Bearer nobody-has-this")
	for range 3 {
		wrong.get("/api/v1/me").is(401)
	}
	eachOperation(t, func(op *operation) bool { return op.needs() != "" }, func(t *testing.T, op *operation) {
		f := f.on(t)
		wrong.site = f.site
		wrong.do(op.method, f.path(op), f.body(op)).fails(429, "rate_limited", "")
	})
	f.who.get("/visitor/v1/sessions").is(200) // known to be good: not turned away with the others
}

// TestKeyHasItsOwnLimit tries every operation with a key that has called too
// often.
func TestKeyHasItsOwnLimit(t *testing.T) {
	t.Parallel()
	s := open(t, setup{limited: true, options: httpapi.Options{Rates: httpapi.Rates{KeyCalls: 2, Hellos: -1}}})
	slow := s.keyed(chat.ScopeAdmin)
	slow.get("/api/v1/me").is(200)
	slow.get("/api/v1/me").is(200)
	forKeys := func(op *operation) bool { return op.needs() != "" && op.needs() != "visitor" }
	eachOperation(t, forKeys, func(t *testing.T, op *operation) {
		slow.site = (&fixture{site: s, who: slow}).on(t).site
		path := fill(op, map[string]string{"session_id": "x", "message_id": "x", "visitor_id": "x", "api_key_id": "x", "file_id": "x", "webhook_id": "x", "delivery_id": "x", "canned_reply_id": "x", "ban_id": "x", "action_id": "x", "department_id": "x", "push_subscription_id": "x"})
		slow.do(op.method, path, (&fixture{site: slow.site, who: slow}).body(op)).fails(429, "rate_limited", "")
	})
	s.keyed(chat.ScopeRead).get("/api/v1/me").is(200)
	s.visitor().get("/visitor/v1/sessions").is(200) // the keys' limit is not the visitors'
}

// TestSlowBodies sends the beginning of a body and then nothing.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	s := open(t, setup{options: httpapi.Options{BodyTimeout: 50 * time.Millisecond, FileTimeout: 50 * time.Millisecond}})
	f := s.fixture().withFile()
	judge := s.judge(t)
	var all sync.WaitGroup
	for _, op := range theDocument(t).ops {
		if !takesBody(op) && !op.form {
			continue
		}
		all.Go(func() {
			r := f.caller(op).request(t.Context(), op.method, f.path(op), f.body(op))
			res, err := halfSent(s, r)
			if err != nil {
				t.Errorf("%s: %v", op, err)
				return
			}
			defer res.Body.Close()
			if err := judge.examine(r, nil, res); err != nil {
				t.Errorf("%s: %v", op, err)
			}
			if res.StatusCode != http.StatusRequestTimeout {
				t.Errorf("%s: status %d", op, res.StatusCode)
			}
		})
	}
	all.Wait()
}

// halfSent sends a request without the end of its body.
func halfSent(s *site, r *http.Request) (*http.Response, error) {
	conn, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", s.srv.Listener.Addr().String())
	if err != nil {
		return nil, err
	}
	s.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n{",
		r.Method, r.URL.EscapedPath(), r.Header.Get("Content-Type"), r.Header.Get("Authorization"), r.ContentLength+1)
	return http.ReadResponse(bufio.NewReader(conn), r)
}
