package httpapi

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Handler is the http.Handler. All of its methods may be called concurrently.
type Handler struct {
	svc       *chat.Service
	opts      Options
	log       *slog.Logger
	router    *router
	origins   map[string]bool
	csrf      *http.CrossOriginProtection
	rules     rules
	buckets   buckets
	spending  spending
	slots     slots
	friends   acquaintances
	streams   *streamer
	vouchers  vouchers
	signedOut *failure    // the answer to whom the host's login does not know
	ill       atomic.Bool // healthz has said so
	ancestors []string    // that may frame the panel's page, beside our own origin
}

// New returns a handler for svc. opts may be nil. It starts no goroutine, and
// there is nothing to close: the event streams end when svc is closed.
func New(svc *chat.Service, opts *Options) *Handler {
	if opts == nil {
		opts = &Options{}
	}
	h := &Handler{
		svc:     svc,
		opts:    *opts,
		log:     opts.logger(),
		origins: originSet(opts.AllowedOrigins),
		csrf:    http.NewCrossOriginProtection(),
		rules:   newRules(opts.Rates.withDefaults()),
	}
	h.streams = newStreamer(svc, streamOptions{
		heartbeat: opts.Streams.Heartbeat, recheck: opts.Streams.Recheck, life: opts.Streams.Life, write: opts.Streams.WriteTimeout,
		ordinary: opts.Streams.NoTakeover,
		logger:   h.log,
	})
	h.signedOut = signedOut(opts.LoginURL, h.log)
	h.ancestors = ancestorList(opts.FrameAncestors, h.log)
	h.vouchers.init(opts.VisitorSecrets, h.log)
	h.joinNodes(svc)
	h.router = newRouter(h.routes())
	return h
}

// SignedOut tells the handler that one of the host's users, an agent or a
// visitor, has signed out or may do less than before. id is the host's own, as
// in chat.Agent.ID and chat.Identity.ID. Their open event streams then ask
// Options.Agent or Options.Visitor at once, rather than within 5 seconds or 30,
// whether they may go on, on every node where a chat.Broker connects them.
// Every other request is asked about anyway.
func (h *Handler) SignedOut(id string) {
	if id != "" {
		h.streams.recheckPerson(id)
		h.svc.Relay(topicSignedOut, []byte(id))
	}
}

// route is one line of the table of routes.
type route struct {
	pattern string // method and path; "{id}" stands for any id
	who     access
	limit   rule // none where it is zero
	serve   endpoint
}

// access says who may call a route.
type access string

const (
	anyone   access = "anyone"
	agents   access = "agents"   // API keys and the host's users
	visitors access = "visitors" // with a token
)

// endpoint answers a request. An error that it returns has not been answered
// yet.
type endpoint func(http.ResponseWriter, *http.Request, caller) error

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sw := &startedWriter{ResponseWriter: w}
	defer h.recover(sw, r)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if r.ContentLength != 0 {
		// Before anything else: the server itself reads what a refused request
		// leaves unread, and would wait for it without end. When the body has
		// been read to its end the server takes the deadline away.
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.opts.bodyTimeout()))
	}
	n := h.router.match(r)
	if h.crossOrigin(w, r, n) {
		return
	}
	if err := h.dispatch(sw, r, n); err != nil {
		h.fail(sw, r, err)
	}
}

func (h *Handler) dispatch(w http.ResponseWriter, r *http.Request, n *node) error {
	if n == nil {
		return h.outside(w, r)
	}
	route := n.routes[r.Method]
	if route == nil {
		return &failure{status: http.StatusMethodNotAllowed, code: "method_not_allowed", allow: n.allow,
			message: r.Method + " is not allowed here."}
	}
	r.Pattern = route.pattern
	by, err := h.admit(r, route.who)
	if err != nil {
		return err
	}
	who := by.address
	if route.limit.each == "visitor" {
		who = by.ID()
	}
	if err := h.buckets.take(route.limit, who); err != nil {
		return err
	}
	return route.serve(w, r, by)
}

// errNoRoute is the answer where nothing is served.
var errNoRoute = &failure{status: http.StatusNotFound, code: "not_found", message: "There is nothing at this address."}

// outside answers what no route is for. The handler's own root leads to the
// console.
func (h *Handler) outside(w http.ResponseWriter, r *http.Request) error {
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && isBase(r) {
		redirect(w, baseName(r)+"console/")
		return nil
	}
	return errNoRoute
}

// recover turns a panic, of ours or of one of the host's functions, into an
// answer, or breaks the connection off where the answer had begun.
func (h *Handler) recover(w *startedWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	id := rand.Text()
	h.log.Error("httpapi: a request panicked", "request_id", id, "method", r.Method, "route", r.Pattern, "panic", v, "stack", string(debug.Stack()))
	if w.started {
		panic(http.ErrAbortHandler)
	}
	h.fail(w, r, internal(id))
}

// startedWriter knows whether an answer has begun.
type startedWriter struct {
	http.ResponseWriter
	started bool
}

func (w *startedWriter) WriteHeader(status int) {
	w.started = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *startedWriter) Write(p []byte) (int, error) {
	w.started = true
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what it needs.
func (w *startedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
