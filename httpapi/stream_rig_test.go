package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// rig is a service on a real database with its streams mounted:
//
//	/events               everything, for the host
//	/sessions/{id}/events one session
//	/visitor/events       what the visitor named in the header X-Visitor may hear
type rig struct {
	testing.TB
	store    *slowStore
	svc      *chat.Service
	streamer *streamer
	handler  http.Handler
	host     chat.Actor

	mu      sync.Mutex
	recheck func(context.Context) error
	known   func() bool // before the first stream
}

// onBothPaths runs a test with connections taken over from net/http, and
// without: the same must come out. The rig knows by the test's name.
func onBothPaths(t *testing.T, test func(*testing.T)) {
	t.Run("taken over", test)
	t.Run("ordinary", test)
}

func newRig(t testing.TB, opts streamOptions) *rig {
	t.Helper()
	store, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return newRigOn(t, store, opts)
}

func newRigOn(t testing.TB, store chat.Store, opts streamOptions) *rig {
	quiet := slog.New(slog.DiscardHandler)
	r := &rig{TB: t, store: &slowStore{Store: store}, host: chat.AsHost("Alder & Clay")}
	r.svc = chat.New(r.store, &chat.Options{Logger: quiet})
	t.Cleanup(func() { r.svc.Close() })
	if opts.logger == nil {
		opts.logger = quiet
	}
	if strings.Contains(t.Name(), "/ordinary") {
		opts.ordinary = true
	}
	r.streamer = newStreamer(r.svc, opts)
	mux := http.NewServeMux()
	mux.HandleFunc("/events", r.serve)
	mux.HandleFunc("/sessions/{id}/events", r.serve)
	mux.HandleFunc("/visitor/events", r.serve)
	r.handler = mux
	return r
}

func (r *rig) serve(w http.ResponseWriter, req *http.Request) {
	by := r.host
	if id := req.Header.Get("X-Visitor"); id != "" {
		by = chat.AsVisitor(chat.Visitor{ID: id})
	}
	err := r.streamer.serve(w, req, by, chat.Topic{SessionID: req.PathValue("id")}, right{ask: r.check, known: r.known}, nil)
	if err == nil {
		return
	}
	status, code, field := http.StatusInternalServerError, "internal", ""
	var f *failure
	var e *chat.Error
	switch {
	case errors.As(err, &f):
		status, code = f.status, f.code
	case errors.Is(err, chat.ErrInvalid):
		status = http.StatusBadRequest
	case errors.Is(err, chat.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, chat.ErrUnavailable):
		status = http.StatusServiceUnavailable
	}
	if errors.As(err, &e) {
		code, field = e.Code, e.Field
	}
	w.WriteHeader(status)
	fmt.Fprint(w, code, " ", field, " ", err)
}

func (r *rig) check(ctx context.Context) error {
	r.mu.Lock()
	recheck := r.recheck
	r.mu.Unlock()
	if recheck == nil {
		return nil
	}
	return recheck(ctx)
}

func (r *rig) setRecheck(f func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recheck = f
}

// listen serves the rig on a loopback port.
func (r *rig) listen() *httptest.Server {
	r.Helper()
	srv := httptest.NewServer(r.handler)
	r.Cleanup(func() {
		r.svc.Close()
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv
}

func (r *rig) session(name string) chat.Session {
	r.Helper()
	started, err := r.svc.CreateSession(context.Background(), r.host, chat.NewSession{VisitorName: name})
	if err != nil {
		r.Fatal(err)
	}
	return started.Session
}

func (r *rig) send(sessionID, text string) chat.Message {
	r.Helper()
	sent, err := r.svc.SendMessage(context.Background(), r.host, chat.NewMessage{SessionID: sessionID, Sender: chat.SenderAgent, Text: text})
	if err != nil {
		r.Fatal(err)
	}
	return sent.Message
}

// sendMany commits texts numbered from..to-1, in order, many in one go where
// the writer lets it.
func (r *rig) sendMany(sessionID string, from, to int) {
	r.Helper()
	for i := from; i < to; i++ {
		r.send(sessionID, fmt.Sprint(i))
	}
}

// history returns all events in the log, as agents see them.
func (r *rig) history() []*chat.Event {
	r.Helper()
	var all []*chat.Event
	var after chat.Position
	for {
		page, err := r.store.Store.Events(context.Background(), chat.EventQuery{After: after, Limit: 200})
		if err != nil {
			r.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		after = page[len(page)-1].Position
	}
}

func (r *rig) head() string {
	r.Helper()
	events := r.history()
	if len(events) == 0 {
		return r.store.Identity() + ".0"
	}
	return events[len(events)-1].ID
}

// slowStore is a store in which things can be made to happen, or to fail, at
// the moments that matter.
type slowStore struct {
	chat.Store
	mu                    sync.Mutex
	before, after, commit func(context.Context) error
}

// hook has functions called before a page of the log is read, and between
// reading and returning it. Nil is none.
func (s *slowStore) hook(before, after func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = before, after
}

// hookCommit has a function called when a transaction is committed and
// nobody knows yet.
func (s *slowStore) hookCommit(commit func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit = commit
}

func (s *slowStore) call(ctx context.Context, hook *func(context.Context) error) error {
	s.mu.Lock()
	f := *hook
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx)
}

func (s *slowStore) Events(ctx context.Context, q chat.EventQuery) ([]*chat.Event, error) {
	if err := s.call(ctx, &s.before); err != nil {
		return nil, err
	}
	events, err := s.Store.Events(ctx, q)
	if err == nil {
		err = s.call(ctx, &s.after)
	}
	return events, err
}

func (s *slowStore) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	results, err := s.Store.Append(ctx, ops)
	if err == nil {
		err = s.call(ctx, &s.commit)
	}
	return results, err
}

// client is one connection to a stream, over nothing but a socket.
type client struct {
	*streamReader
	testing.TB
	conn     net.Conn
	resp     *http.Response
	patience time.Duration // of want
}

// dial opens a stream; headers are "Name: value" lines.
func dial(t testing.TB, network func() (net.Conn, error), path string, headers ...string) *client {
	t.Helper()
	c, err := tryDial(network, path, headers...)
	if err != nil {
		t.Fatal(err)
	}
	c.TB = t
	t.Cleanup(func() { c.conn.Close() })
	return c
}

func tryDial(network func() (net.Conn, error), path string, headers ...string) (*client, error) {
	conn, err := network()
	if err != nil {
		return nil, err
	}
	request := "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		conn.Close()
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &client{streamReader: newStreamReader(resp.Body), conn: conn, resp: resp, patience: 20 * time.Second}, nil
}

func to(srv *httptest.Server) func() (net.Conn, error) {
	return func() (net.Conn, error) { return net.Dial("tcp", srv.Listener.Addr().String()) }
}

// want reads the next event, which must have the name.
func (c *client) want(name string) readEvent {
	c.Helper()
	c.conn.SetReadDeadline(time.Now().Add(c.patience))
	defer c.conn.SetReadDeadline(time.Time{})
	e, err := c.next()
	if err != nil {
		c.Fatalf("waiting for %s: %v", name, err)
	}
	if e.name != name {
		c.Fatalf("got %s %s, want %s", e.name, e.data, name)
	}
	return e
}

// wantTexts reads message_sent events with the texts from..to-1.
func (c *client) wantTexts(from, to int) {
	c.Helper()
	for i := from; i < to; i++ {
		if got := c.want("message_sent").field(c, "message"); got != fmt.Sprint(i) {
			c.Fatalf("got message %s, want %d", got, i)
		}
	}
}

// pipeListener listens inside a synctest bubble.
type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
