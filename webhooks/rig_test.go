package webhooks

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

var host = chat.AsHost("Shop")

// rig is a chat on a real database with a dispatcher, whose receivers are
// handlers in this process, by host name. The connections between them are
// pipes, so that all of it can live in a bubble of testing/synctest.
type rig struct {
	testing.TB
	svc   *chat.Service
	store *sqlite.Store
	disp  *Dispatcher
	stop  func() // ends the dispatcher
	pipes map[string]*pipe

	sessions []chat.Session
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// newRig starts no dispatcher.
func newRig(t testing.TB, opts *Options) *rig {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	svc := chat.New(store, &chat.Options{Logger: quiet(), WebhookTargets: chat.WebhookTargets{Any: true}})
	if opts == nil {
		opts = &Options{}
	}
	if opts.Logger == nil {
		opts.Logger = quiet()
	}
	if opts.Poll == 0 {
		opts.Poll = 10 * time.Minute // nobody but this process makes work, and days pass here
	}
	r := &rig{TB: t, svc: svc, store: store, pipes: map[string]*pipe{}}
	r.disp = r.dispatcher(opts)
	return r
}

// dispatcher returns one that reaches the rig's receivers only.
func (r *rig) dispatcher(opts *Options) *Dispatcher {
	d := New(r.svc, opts)
	d.connect = func(targets chat.WebhookTargets) *http.Client {
		client := newClient(targets, d.timeout, opts.concurrency())
		client.Transport.(*http.Transport).DialContext = r.dial
		return client
	}
	return d
}

func (r *rig) dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, _, _ := net.SplitHostPort(address)
	p := r.pipes[name]
	if p == nil {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return p.dial(ctx)
}

// start runs the rig's dispatcher until stop.
func (r *rig) start() {
	r.stop = r.run(r.disp)
}

func (r *rig) run(d *Dispatcher) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// end stops everything, as a bubble wants it.
func (r *rig) end() {
	r.Helper()
	if r.stop != nil {
		r.stop()
	}
	r.svc.Close()
	if err := r.store.Close(); err != nil {
		r.Error(err)
	}
	for _, p := range r.pipes {
		p.server.Close()
	}
}

// receiver serves a host name.
func (r *rig) receiver(name string, h http.HandlerFunc) {
	p := &pipe{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.server = &http.Server{Handler: h, ErrorLog: discard}
	go p.server.Serve(p)
	r.pipes[name] = p
}

// webhook makes a webhook for all events to the name's receiver.
func (r *rig) webhook(name string) chat.WebhookSecret {
	r.Helper()
	w, err := r.svc.CreateWebhook(r.Context(), host, chat.NewWebhook{URL: "http://" + name + "/hook", Events: []string{"*"}})
	if err != nil {
		r.Fatal(err)
	}
	return w
}

func (r *rig) session() chat.Session {
	r.Helper()
	started, err := r.svc.CreateSession(r.Context(), host, chat.NewSession{VisitorName: "Ines"})
	if err != nil {
		r.Fatal(err)
	}
	return started.Session
}

func (r *rig) say(sessionID, text string) chat.Message {
	r.Helper()
	sent, err := r.svc.SendMessage(r.Context(), host, chat.NewMessage{SessionID: sessionID, Sender: chat.SenderAgent, Text: text})
	if err != nil {
		r.Fatal(err)
	}
	return sent.Message
}

func (r *rig) deliveries(webhookID, state string) []chat.Delivery {
	r.Helper()
	page, err := r.svc.Deliveries(r.Context(), host, chat.DeliveryQuery{WebhookID: webhookID, State: state, Page: chat.Page{Limit: 200}})
	if err != nil {
		r.Fatal(err)
	}
	return page.Deliveries
}

func (r *rig) hook(id string) chat.Webhook {
	r.Helper()
	w, err := r.svc.Webhook(r.Context(), host, id)
	if err != nil {
		r.Fatal(err)
	}
	return w
}

// bubble runs a test with a rig in a bubble of synctest.
func bubble(t *testing.T, opts *Options, test func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, opts)
		defer r.end()
		test(t, r)
	})
}

// settled lets time pass, and all that happens in it.
func settled(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// pipe is a listener whose connections are made in memory.
type pipe struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	server *http.Server
}

func (p *pipe) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipe) Addr() net.Addr { return &net.TCPAddr{} }

// got is one request that a receiver has had.
type got struct {
	at      time.Time
	id      string
	attempt string
	header  http.Header
	body    string
	after   time.Duration // since the first one
}

// recorder is a receiver that takes everything down and answers by a function.
type recorder struct {
	mu     sync.Mutex
	all    []got
	answer func(n int, g got, w http.ResponseWriter) // n counts from 0; nil answers 204
}

func (c *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	g := got{at: time.Now(), id: req.Header.Get(HeaderID), attempt: req.Header.Get(HeaderAttempt), header: req.Header, body: string(body)}
	c.mu.Lock()
	n := len(c.all)
	if n > 0 {
		g.after = g.at.Sub(c.all[0].at)
	}
	c.all = append(c.all, g)
	answer := c.answer
	c.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(n, g, w)
}

func (c *recorder) requests() []got {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]got(nil), c.all...)
}

func status(code int) func(int, got, http.ResponseWriter) {
	return func(_ int, _ got, w http.ResponseWriter) { w.WriteHeader(code) }
}

var discard = slog.NewLogLogger(slog.DiscardHandler, 0)

func deadline(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
