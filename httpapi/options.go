package httpapi

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// Options configures a [Handler]. The zero value is fine: agents then call
// with API keys only, and visitors are known by what they type.
//
// The functions are called concurrently, from the goroutine of the request. A
// panic in one is a 500 for that request.
type Options struct {
	// Agent says which of the host's users is calling the agents' API, from
	// the host's own login. It is asked only where the request carries no API
	// key. Any error is answered with 401, one that matches chat.ErrForbidden
	// with 403, one that matches chat.ErrUnavailable with 503. While an event
	// stream is open it is asked again from time to time, with the request
	// that opened it. Nil means API keys only.
	Agent func(*http.Request) (chat.Agent, error)

	// LoginURL is where the host's users sign in: a path such as "/login", or
	// a whole http or https URL. The console leads there whoever is not signed
	// in, or not any more. What stands in it as {return_to}, as in
	// "/login?next={return_to}", the console replaces by its own address,
	// escaped for a query: a path where the login is of the same origin, else
	// a whole URL. The host leads back there, once it has made sure that the
	// address is one of its own; the handler itself redirects to nothing that
	// it is given. Empty means that the console asks for an API key only.
	LoginURL string

	// Visitor says whom the host knows the visitor to be, and whether it knows
	// them at all. The host's word decides over any token. It is not asked for
	// where the browser says that a page of another origin calls, to which the
	// host's login does not reach: see VisitorSecrets. Nil means that all
	// visitors are anonymous.
	Visitor func(*http.Request) (chat.Identity, bool)

	// VisitorSecrets are the secrets with which [SignVisitor] may have signed
	// who a visitor is, for pages that the host's own login does not reach.
	// Each has 32 bytes or more. The first one signs the visitor's token that
	// comes of it, which is good for 24 hours without any login; all of them
	// are taken, so that a secret can be replaced: put the new one first, and
	// drop the old one a day later. Where Visitor knows the person, it
	// decides. Empty means that no signed identity is taken.
	//
	// A signed identity is taken once: that is remembered in memory, of all
	// nodes that a chat.Broker connects, so it may be taken once more after a
	// restart within its 10 minutes, or at the same moment on another node.
	VisitorSecrets []string

	// AllowedOrigins are the origins, such as "https://www.example.com", whose
	// pages may call from another origin than the handler's own. They are
	// compared whole; wildcards and "null" are ignored. Cookies are never
	// allowed across origins. Empty means none.
	AllowedOrigins []string

	// FrameAncestors are the origins, such as "https://www.example.com", whose
	// pages may show {base}/embed in a frame. Wildcards are ignored. Empty
	// means the handler's own origin only.
	FrameAncestors []string

	// TrustedProxies are the addresses of the proxies in front of the host.
	// Only from them is X-Forwarded-For believed, and of it the right-most
	// address that is not one of theirs. A peer without an address, on a Unix
	// socket, counts as trusted where the list is not empty.
	TrustedProxies []netip.Prefix

	// Rates limits how often visitors may call; a zero field has its default.
	Rates Rates

	// Streams configures the event streams.
	Streams Streams

	// Widget is what visitors are shown before they write, as long as nobody
	// has saved settings that say something else.
	Widget Widget

	// Logger gets what an operator can act on. Nil means slog.Default().
	// Message texts, tokens and keys are never logged.
	Logger *slog.Logger

	// MaxBody bounds the body of a request, in bytes. 0 means 65,536.
	MaxBody int64

	// BodyTimeout bounds how long a request's body may take to arrive,
	// whatever the server's own timeouts are. 0 means 10 seconds.
	BodyTimeout time.Duration

	// FileTimeout does the same for a body with a file, and bounds how long
	// the download of a file may take. 0 means 5 minutes.
	FileTimeout time.Duration
}

// Rates are limits on calls. In each field 0 means the default and a negative
// value no limit. An address is an IPv4 address or an IPv6 /64 network. What
// is over the limit is answered with 429 and Retry-After. Where a chat.Broker
// connects nodes, who has used up half of a limit on one is counted on all of
// them; open streams are each node's own.
type Rates struct {
	Sessions       int // new sessions of visitors, a minute and address: 10
	Hellos         int // hellos, a minute and address: 60
	Pages          int // pages that are noted, a minute and visitor: 60
	Messages       int // messages, in 10 seconds and a visitor: 20
	Uploads        int // messages with a file, of visitors, a minute and address: 20
	VisitorStreams int // event streams and long polls open at once, a visitor: 5
	AddressStreams int // event streams and long polls of visitors open at once, an address: 20
	FailedLogins   int // wrong keys and tokens, a minute and address: 30
	KeyCalls       int // calls, a minute and API key: no limit
}

// Streams says how event streams are kept; a zero field has its default.
type Streams struct {
	Heartbeat    time.Duration // between two signs of life on a quiet stream: 15 seconds
	Recheck      time.Duration // between two looks at whether the caller may still listen: 30 seconds, and 3 at most for agents and keys
	Life         time.Duration // of one connection at most, after which the client makes a new one: 10 minutes
	WriteTimeout time.Duration // of one write, after which the client counts as stalled: 10 seconds

	// NoTakeover leaves every connection to net/http. Otherwise a stream on
	// plain HTTP/1.1 with no middleware's writer in between takes its
	// connection over ([http.Hijacker]), which saves some 30 KB for each. The
	// bytes are the same. The server's ConnState then sees it as hijacked, and
	// Server.Shutdown no longer waits for it: close the service, which does.
	NoTakeover bool
}

// Widget is what the visitor's panel shows of the host.
type Widget struct {
	Name     string   // of the host's team; empty means "Chat"
	Greeting string   // a sentence or two above the composer; may be empty
	Topics   []string // what a conversation may begin with; three at most are shown
	Color    string   // accent, as CSS such as "#1f6a6c"; empty means the panel's own
}

func (o *Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

func (o *Options) maxBody() int64 {
	if o.MaxBody <= 0 {
		return 64 << 10
	}
	return o.MaxBody
}

func (o *Options) bodyTimeout() time.Duration {
	if o.BodyTimeout <= 0 {
		return 10 * time.Second
	}
	return o.BodyTimeout
}

func (o *Options) fileTimeout() time.Duration {
	if o.FileTimeout <= 0 {
		return 5 * time.Minute
	}
	return o.FileTimeout
}

// withDefaults returns the rates with every zero replaced.
func (r Rates) withDefaults() Rates {
	for _, d := range []struct {
		field *int
		value int
	}{
		{&r.Sessions, 10}, {&r.Hellos, 60}, {&r.Pages, 60}, {&r.Messages, 20}, {&r.Uploads, 20}, {&r.VisitorStreams, 5},
		{&r.AddressStreams, 20}, {&r.FailedLogins, 30}, {&r.KeyCalls, -1},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return r
}
