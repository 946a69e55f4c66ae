package webhooks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
	"github.com/pealchat/pealchat/chat"
)

// errBlocked is why a request was not sent. It does not say which address it
// was: that would tell what names inside the host's network resolve to.
var errBlocked = errors.New("blocked: webhooks may not go to this address")

const maxResponseHeader = 16 << 10

// newClient returns the client that all requests go through. What it may reach
// is decided when it connects, by the very address that it connects to: names
// may resolve to something else at any time, and an address has many
// spellings. That is also why there is no proxy, which would be the one
// connected to.
func newClient(targets chat.WebhookTargets, timeout time.Duration, concurrency int) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, ControlContext: guard(targets)}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConns:           4 * concurrency * 10,
			MaxIdleConnsPerHost:    concurrency,
			IdleConnTimeout:        90 * time.Second,
			TLSHandshakeTimeout:    timeout,
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: maxResponseHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// guard returns what a dialer asks before it connects to an address; nil
// where everything is allowed.
func guard(targets chat.WebhookTargets) func(ctx context.Context, network, address string, _ syscall.RawConn) error {
	if targets.Any {
		return nil
	}
	var v4, v6 []netip.Prefix
	for _, p := range targets.Prefixes {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	public := ssrf.New(ssrf.WithNetworks("tcp4", "tcp6"), ssrf.WithAnyPort(),
		ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	return func(_ context.Context, network, address string, conn syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err == nil && !targets.AllowsPort(to.Port()) {
			err = fmt.Errorf("port %d", to.Port())
		}
		if err == nil {
			err = public.Safe(network, address, conn)
		}
		if err != nil {
			return errBlocked
		}
		return nil
	}
}
