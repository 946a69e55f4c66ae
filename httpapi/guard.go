package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// rules are the limits in force.
type rules struct {
	sessions, hellos, pages, messages, uploads, failures, keyCalls rule
	visitorStreams, addressStreams                                 int
}

func newRules(r Rates) rules {
	return rules{
		sessions:       rule{"sessions", "address", r.Sessions, time.Minute},
		hellos:         rule{"hellos", "address", r.Hellos, time.Minute},
		pages:          rule{"pages", "visitor", r.Pages, time.Minute},
		messages:       rule{"messages", "visitor", r.Messages, 10 * time.Second},
		uploads:        rule{"uploads", "address", r.Uploads, time.Minute},
		failures:       rule{"failures", "address", r.FailedLogins, time.Minute},
		keyCalls:       rule{"calls", "key", r.KeyCalls, time.Minute},
		visitorStreams: r.VisitorStreams,
		addressStreams: r.AddressStreams,
	}
}

// named returns the rule that counts under the name.
func (r rules) named(name string) (rule, bool) {
	for _, one := range []rule{r.sessions, r.hellos, r.pages, r.messages, r.uploads, r.failures, r.keyCalls} {
		for _, counted := range []rule{one, one.attempts()} {
			if counted.name == name {
				return counted, true
			}
		}
	}
	return rule{}, false
}

// originSet keeps what can be the origin of a page.
func originSet(list []string) map[string]bool {
	set := map[string]bool{}
	for _, o := range list {
		o = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(o), "/"))
		if strings.Contains(o, "://") && !strings.Contains(o, "*") {
			set[o] = true
		}
	}
	return set
}

const (
	corsRequestHeaders  = "Authorization, Content-Type, Last-Event-ID, If-Match, X-API-Key"
	corsResponseHeaders = "ETag, Location, Retry-After"
)

// crossOrigin says to browsers which pages of other origins may read the
// answer. It answers preflights itself, and reports that it has. It stands
// before the routes, because a preflight is an OPTIONS request, for which
// there is none.
func (h *Handler) crossOrigin(w http.ResponseWriter, r *http.Request, n *node) (answered bool) {
	if len(h.origins) == 0 {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !h.origins[origin] {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", corsResponseHeaders)
	if n == nil || r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", strings.Join(n.allow, ", "))
	header.Set("Access-Control-Allow-Headers", corsRequestHeaders)
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// addressGroup returns whom the limits count a client for: its IPv4 address or
// IPv6 /64 network. Without any it is empty.
func addressGroup(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	if ip.Is6() {
		network, _ := ip.Prefix(64)
		return network.String()
	}
	return ip.String()
}

func (h *Handler) clientIP(r *http.Request) netip.Addr {
	peer := parseIP(r.RemoteAddr)
	if len(h.opts.TrustedProxies) == 0 || peer.IsValid() && !h.trusted(peer) {
		return peer
	}
	for _, hops := range slices.Backward(r.Header.Values("X-Forwarded-For")) {
		for more := true; more; {
			hop := hops // the last one: there may be a megabyte of others
			if comma := strings.LastIndexByte(hops, ','); comma < 0 {
				more = false
			} else {
				hops, hop = hops[:comma], hops[comma+1:]
			}
			ip := parseIP(strings.TrimSpace(hop))
			if !ip.IsValid() {
				return peer // nothing to the left of what makes no sense is worth believing
			}
			if peer = ip; !h.trusted(ip) {
				return ip
			}
		}
	}
	return peer
}

func (h *Handler) trusted(ip netip.Addr) bool {
	return slices.ContainsFunc(h.opts.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// parseIP reads an address with or without a port.
func parseIP(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	ip, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}
