package chat

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// WebhookTargets says where webhooks may go. Everything that is allowed beyond
// the zero value is something that whoever may manage webhooks can reach from
// inside the host's network.
type WebhookTargets struct {
	// HTTP allows http:// beside https://.
	HTTP bool

	// Ports are allowed beside 443 and, with HTTP, 80.
	Ports []uint16

	// Prefixes are addresses that are allowed though they are not public.
	Prefixes []netip.Prefix

	// Any allows everything: http, every port, every address, this machine's
	// own included. It is for development and for closed networks.
	Any bool
}

// AllowsPort says whether webhooks may go to the port.
func (t WebhookTargets) AllowsPort(port uint16) bool {
	return t.Any || port == 443 || port == 80 && t.HTTP || slices.Contains(t.Ports, port)
}

const maxWebhookURL = 2000

// check accepts a URL that a webhook may have. What its name resolves to can
// change at any time, so that is looked at when a request goes out; here is
// refused what can never work, with a reason.
func (t WebhookTargets) check(s string) error {
	bad := func(reason string) error { return invalid("url", "url "+reason) }
	if s == "" {
		return bad("must not be empty.")
	}
	if len(s) > maxWebhookURL {
		return bad("has more than " + strconv.Itoa(maxWebhookURL) + " characters.")
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return bad("must be written in ASCII: international names as xn--…, everything else percent-encoded.")
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return bad("must be absolute, such as https://example.com/hook.")
	case u.Scheme != "https" && !(u.Scheme == "http" && (t.HTTP || t.Any)):
		return bad("must begin with https://.")
	case u.User != nil:
		return bad("must not hold a user name or password.")
	case u.Fragment != "" || strings.Contains(s, "#"):
		return bad("must not have a fragment.")
	}
	if err := t.checkPort(u); err != nil {
		return err
	}
	return t.checkHost(u.Hostname())
}

func (t WebhookTargets) checkPort(u *url.URL) error {
	text := u.Port()
	if text == "" {
		if strings.HasSuffix(u.Host, ":") {
			return invalid("url", "url has a colon without a port.")
		}
		return nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return invalid("url", "url has a port that is none.")
	}
	if !t.AllowsPort(uint16(port)) {
		return invalid("url", "url has the port "+text+", to which webhooks may not go.")
	}
	return nil
}

func (t WebhookTargets) checkHost(host string) error {
	if t.Any {
		return nil
	}
	addr, err := netip.ParseAddr(host)
	if err == nil {
		if addr.Zone() != "" || !t.plausible(addr.Unmap()) {
			return invalid("url", "url names an address that is not public.")
		}
		return nil
	}
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(host), "."), ".")
	last := labels[len(labels)-1]
	switch {
	case last == "localhost" || last == "local" || last == "internal":
		return invalid("url", "url names a host that is not public.")
	case last == "" || numeric(last):
		// Some resolvers read 127.1, 0x7f000001 and the like as addresses.
		return invalid("url", "url names neither a domain nor an address in its usual form.")
	}
	return nil
}

// plausible refuses the well-known addresses that are not public.
func (t WebhookTargets) plausible(addr netip.Addr) bool {
	if slices.ContainsFunc(t.Prefixes, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return true
	}
	return addr.IsGlobalUnicast() && !addr.IsPrivate()
}

func numeric(label string) bool {
	if strings.HasPrefix(label, "0x") {
		return true
	}
	return strings.IndexFunc(label, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
