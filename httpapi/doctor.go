package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// finding is what the doctor says about one thing.
type finding struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	Message string `json:"message"` // a sentence; with a state that is not ok, what to change
}

const (
	stateOK      = "ok"
	stateWarning = "warning" // it works, and something is lost
	stateError   = "error"   // something does not work
)

type diagnosis struct {
	OK     bool      `json:"ok"` // nothing is an error
	Checks []finding `json:"checks"`
}

// doctor examines how the chat is installed, as far as that shows from within
// and by the request itself. What it asks of the database bears on it no more
// than a look at healthz.
func (h *Handler) doctor(w http.ResponseWriter, r *http.Request, by caller) error {
	if !slices.Contains(by.Scopes(), chat.ScopeAdmin) {
		return chat.ErrForbidden
	}
	d := diagnosis{OK: true, Checks: []finding{
		h.examineStreaming(w, r), h.examineBackground(), h.examineDatabase(r.Context()),
		h.examineProxy(r), examineTransport(r), examineServer(r),
	}}
	d.OK = !slices.ContainsFunc(d.Checks, func(f finding) bool { return f.State == stateError })
	return done(d).write(w, r)
}

func (h *Handler) examineStreaming(w http.ResponseWriter, r *http.Request) finding {
	f := finding{Name: "streaming", State: stateOK}
	until, err := h.streams.checkStreaming(w, r)
	var failed *failure
	switch {
	case errors.As(err, &failed):
		f.State, f.Message = stateError, failed.message
	case err != nil:
		f.State, f.Message = stateError, err.Error()
	case !until.IsZero():
		f.State = stateWarning
		f.Message = fmt.Sprintf("Requests have a deadline, so that event streams end after %s and readers come back. Keep it away from the chat.",
			time.Until(until).Round(time.Second))
	case h.streams.mayTakeOver(w, r):
		f.Message = "Event streams write to the connection itself: an idle one costs next to nothing."
	case r.TLS != nil || r.ProtoMajor > 1:
		f.Message = "Event streams pass. With TLS or HTTP/2 in this process an idle one costs some 30 KB."
	default:
		f.Message = "Event streams pass. Something wraps the connection, so that an idle one costs some 30 KB: " + writers(w) + "."
	}
	return f
}

// writers names what middleware has put around the connection.
func writers(w http.ResponseWriter) string {
	var names []string
	for w != nil {
		if _, ours := w.(*startedWriter); !ours {
			names = append(names, fmt.Sprintf("%T", w))
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = u.Unwrap()
	}
	return strings.Join(names, " around ")
}

func (h *Handler) examineBackground() finding {
	if h.svc.Running() {
		return finding{"background", stateOK, "Service.Run is running."}
	}
	return finding{"background", stateError, "Service.Run is not running in this process: nobody is noticed to leave, nothing is searched, routed or tidied up. Start it with: go svc.Run(ctx)."}
}

func (h *Handler) examineDatabase(ctx context.Context) finding {
	began := time.Now()
	if err := h.svc.Ping(ctx); err != nil {
		return finding{"database", stateError, "The database does not serve: " + fault(err) + " The log says more."}
	}
	return finding{"database", stateOK, fmt.Sprintf("The database answers and takes writes; asking took %s.", time.Since(began).Round(10*time.Microsecond))}
}

// fault is what may be said of an error to somebody who is not the operator.
func fault(err error) string {
	var known *chat.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return "internal error."
}

func (h *Handler) examineProxy(r *http.Request) finding {
	f := finding{Name: "proxy", State: stateOK}
	forwarded, peer := len(r.Header.Values("X-Forwarded-For")) > 0, parseIP(r.RemoteAddr)
	switch {
	case forwarded && len(h.opts.TrustedProxies) == 0, forwarded && peer.IsValid() && !h.trusted(peer):
		f.State = stateWarning
		f.Message = fmt.Sprintf("There is a proxy in front, and Options.TrustedProxies does not have its address, %s: limits count all visitors as one, and bans of addresses do nothing.", named(peer))
	case forwarded:
		f.Message = fmt.Sprintf("The proxy at %s is trusted; this request came from %s.", named(peer), named(h.clientIP(r)))
	default:
		f.Message = fmt.Sprintf("No proxy speaks up; this request came from %s. A proxy has to send X-Forwarded-For.", named(h.clientIP(r)))
	}
	return f
}

func named(ip netip.Addr) string {
	if !ip.IsValid() {
		return "no address"
	}
	return ip.String()
}

// examineTransport: browsers give pages without TLS neither notifications nor
// cookies that are worth stealing.
func examineTransport(r *http.Request) finding {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, _ := netip.ParseAddr(strings.Trim(host, "[]"))
	switch {
	case r.TLS != nil, strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"):
		return finding{"transport", stateOK, "The request came over HTTPS."}
	case host == "localhost", strings.HasSuffix(host, ".localhost"), ip.IsLoopback():
		return finding{"transport", stateOK, "The request came from this machine; elsewhere serve the chat over HTTPS."}
	}
	return finding{"transport", stateWarning, "The request came without TLS, or the proxy does not send X-Forwarded-Proto: anybody on the way can read along, and browsers give the console no notifications."}
}

func examineServer(r *http.Request) finding {
	srv, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	switch {
	case srv == nil:
		return finding{"server", stateOK, "This is not net/http's own server; its limits are its own."}
	case srv.ReadHeaderTimeout <= 0 && srv.ReadTimeout <= 0:
		return finding{"server", stateWarning, "http.Server has no ReadHeaderTimeout: whoever sends headers slowly holds a connection for as long as they like. Ten seconds will do."}
	case srv.IdleTimeout <= 0 && srv.ReadTimeout <= 0:
		return finding{"server", stateWarning, "http.Server has no IdleTimeout: connections that nobody uses stay open. Two minutes will do."}
	}
	return finding{"server", stateOK, "http.Server bounds slow headers and idle connections."}
}

const (
	doctorBeats = 5
	doctorPause = 200 * time.Millisecond
)

// doctorStream sends a few events, one after the other. If they arrive all at
// once, something between here and the reader holds streams back.
func (h *Handler) doctorStream(w http.ResponseWriter, r *http.Request, by caller) error {
	if !slices.Contains(by.Scopes(), chat.ScopeAdmin) {
		return chat.ErrForbidden
	}
	if _, err := h.streams.checkStreaming(w, r); err != nil {
		return err
	}
	setStreamHeaders(w.Header(), r.ProtoMajor)
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	out := http.NewResponseController(w)
	began := time.Now()
	for n := range doctorBeats {
		if n > 0 {
			select {
			case <-time.After(doctorPause):
			case <-r.Context().Done():
				return nil
			}
		}
		fmt.Fprintf(w, "event: beat\ndata: {\"number\": %d, \"of\": %d, \"after_ms\": %d}\n\n", n+1, doctorBeats, time.Since(began).Milliseconds())
		_ = out.Flush() // a reader who has gone ends the context
	}
	return nil
}
