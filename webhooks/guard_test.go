package webhooks

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// spellings are ways to write addresses of this machine and of networks that
// are not public. %s stands for the port.
var spellings = []string{
	"127.0.0.1:%s", "127.1:%s", "127.0.1:%s", "127.255.255.254:%s", "localhost:%s", "LOCALHOST.:%s", "ip6-localhost:%s", "0.0.0.0:%s", "0:%s", "2130706433:%s",
	"0x7f000001:%s", "0x7f.0.0.1:%s", "0177.0.0.1:%s", "017700000001:%s", "①②⑦.0.0.1:%s", "127。0。0。1:%s", "127.0.0.1.:%s", "[::1]:%s", "[::]:%s",
	"[::ffff:127.0.0.1]:%s", "[::ffff:7f00:1]:%s", "[0:0:0:0:0:ffff:127.0.0.1]:%s", "[::127.0.0.1]:%s", "[64:ff9b::7f00:1]:%s", "[64:ff9b:1::7f00:1]:%s",
	"[2002:7f00:1::]:%s", "[2001:0:7f00:1::]:%s", "[::1%%25lo]:%s", "[fe80::1%%25lo]:%s", "[fd00::1]:%s", "[ff02::1]:%s", "[2001:db8::1]:%s", "10.0.0.1:%s", "172.16.0.1:%s",
	"192.168.0.1:%s", "169.254.169.254:%s", "100.64.0.1:%s", "192.0.0.8:%s", "192.0.2.1:%s", "198.18.0.1:%s", "224.0.0.1:%s", "240.0.0.1:%s", "255.255.255.255:%s",
}

// victim is a server on this machine that must not be hit.
func victim(t *testing.T) (port string, hits *atomic.Int64) {
	t.Helper()
	hits = new(atomic.Int64)
	serve := func(address string) (string, error) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return "", err
		}
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
		server.Listener.Close()
		server.Listener = listener
		server.Start()
		t.Cleanup(server.Close)
		return listener.Addr().String(), nil
	}
	address, err := serve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(address)
	if _, err := serve("[::1]:" + port); err != nil {
		t.Logf("there is no IPv6 here: %v", err)
	}
	return port, hits
}

// allowed lets http and the port through, so that only the address decides.
func allowed(t *testing.T, port string) chat.WebhookTargets {
	t.Helper()
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return chat.WebhookTargets{HTTP: true, Ports: []uint16{uint16(n)}}
}

func post(t *testing.T, client *http.Client, url string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	return send(ctx, client, time.Now, url, []string{oneSecret}, chat.Delivery{ID: "x", EventID: "k3f9x2ab.1", Attempt: 1, Body: []byte("{}")}, always)
}

func TestNothingReachesThisMachine(t *testing.T) {
	port, hits := victim(t)
	open := post(t, newClient(chat.WebhookTargets{Any: true}, time.Second, 1), "http://127.0.0.1:"+port)
	if open.err != nil || hits.Swap(0) != 1 {
		t.Fatalf("the victim cannot be reached even without a guard: %v", open.err)
	}
	client := newClient(allowed(t, port), time.Second, 1)
	reached := 0
	for _, spelling := range spellings {
		target := "http://" + strings.ReplaceAll(strings.Replace(spelling, "%s", port, 1), "%%", "%") + "/"
		a := post(t, client, target)
		if a.err == nil {
			t.Errorf("%s: status %d", target, a.status)
		}
		if hits.Load() > 0 {
			t.Fatalf("%s hit this machine", target)
		}
		if strings.HasPrefix(describe(a.err), "blocked") {
			reached++
		}
	}
	if reached < 25 {
		t.Errorf("only %d of %d were refused by the guard: the others did not get that far", reached, len(spellings))
	}
}

// The same spellings as webhooks of the service, with a dispatcher.
func TestSpellingsAsWebhooks(t *testing.T) {
	port, hits := victim(t)
	r := newRig(t, &Options{Poll: 20 * time.Millisecond})
	defer r.end()
	r.svc.Close()
	r.svc = chat.New(r.store, &chat.Options{Logger: quiet(), WebhookTargets: allowed(t, port)})
	r.disp = New(r.svc, &Options{Logger: quiet()})
	r.start()
	refused, made := 0, map[string]string{}
	for _, spelling := range spellings {
		target := "http://" + strings.ReplaceAll(strings.Replace(spelling, "%s", port, 1), "%%", "%") + "/"
		w, err := r.svc.CreateWebhook(t.Context(), host, chat.NewWebhook{URL: target, Events: []string{"*"}})
		if err != nil {
			refused++
			continue
		}
		ping, err := r.svc.PingWebhook(t.Context(), host, w.Webhook.ID)
		if err != nil {
			t.Fatal(err)
		}
		made[target] = ping.ID
	}
	for target, id := range made {
		for {
			d, err := r.svc.Delivery(t.Context(), host, id)
			if err != nil {
				t.Fatal(err)
			}
			if d.State == chat.DeliveryFailed {
				if a := d.Attempts[0]; a.Status != 0 || a.Error == "" || strings.Contains(a.Error, "127") {
					t.Errorf("%s: %+v", target, a)
				}
				break
			}
			if d.State != chat.DeliveryPending {
				t.Fatalf("%s was %s", target, d.State)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	if hits.Load() != 0 || refused == 0 || len(made) == 0 {
		t.Fatalf("%d hits; %d refused when made, %d when sent", hits.Load(), refused, len(made))
	}
	t.Logf("%d refused when made, %d when sent", refused, len(made))
}

// A name is looked up again for every connection, and may lead here then.
func TestNamesThatLeadHere(t *testing.T) {
	port, hits := victim(t)
	answers := map[string][]netip.Addr{
		"v4.test.":   {netip.MustParseAddr("127.0.0.1")},
		"v6.test.":   {netip.MustParseAddr("::1")},
		"both.test.": {netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1")},
		"meta.test.": {netip.MustParseAddr("169.254.169.254")},
	}
	var asked atomic.Int64
	resolver := nameServer(t, func(name string) []netip.Addr { asked.Add(1); return answers[name] })
	client := newClient(allowed(t, port), time.Second, 1)
	dialer := &net.Dialer{Resolver: resolver, ControlContext: guard(allowed(t, port))}
	client.Transport.(*http.Transport).DialContext = dialer.DialContext
	for name := range answers {
		before := asked.Load()
		a := post(t, client, "http://"+name+":"+port+"/")
		if a.err == nil || describe(a.err) != errBlocked.Error() {
			t.Errorf("%s: %v", name, a.err)
		}
		if asked.Load() == before {
			t.Errorf("%s was not looked up", name)
		}
	}
	// Without the guard the name does lead here: the test's name server works.
	dialer.ControlContext = nil
	if a := post(t, client, "http://v4.test:"+port+"/"); a.err != nil || hits.Swap(0) != 1 {
		t.Fatalf("without the guard: %v", a.err)
	}
	if hits.Load() != 0 {
		t.Fatalf("%d hits", hits.Load())
	}
}

// nameServer answers questions for addresses.
func nameServer(t *testing.T, lookup func(name string) []netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			conn.WriteTo(reply(buf[:n], lookup), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// reply answers a question of one name.
func reply(q []byte, lookup func(string) []netip.Addr) []byte {
	end, name := 12, ""
	for q[end] != 0 {
		name += string(q[end+1:end+1+int(q[end])]) + "."
		end += 1 + int(q[end])
	}
	kind := binary.BigEndian.Uint16(q[end+1:])
	out := append([]byte{}, q[:end+5]...)
	out[2], out[3] = 0x84, 0 // an answer with authority
	copy(out[4:12], []byte{0, 1, 0, 0, 0, 0, 0, 0})
	for _, a := range lookup(name) {
		if a.Is4() != (kind == 1) || a.Is6() != (kind == 28) {
			continue
		}
		out[7]++
		out = append(out, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(a.AsSlice())))
		out = append(out, a.AsSlice()...)
	}
	return out
}

func TestPortsAndPrefixesThatAreAllowed(t *testing.T) {
	port, hits := victim(t)
	targets := allowed(t, port)
	targets.Prefixes = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if a := post(t, newClient(targets, time.Second, 1), "http://127.0.0.1:"+port+"/"); a.err != nil || hits.Swap(0) != 1 {
		t.Fatalf("an address that is allowed: %v", a.err)
	}
	if a := post(t, newClient(targets, time.Second, 1), "http://[::1]:"+port+"/"); describe(a.err) != errBlocked.Error() {
		t.Fatalf("one that is not: %v", a.err)
	}
	targets.Ports = nil
	if a := post(t, newClient(targets, time.Second, 1), "http://127.0.0.1:"+port+"/"); describe(a.err) != errBlocked.Error() {
		t.Fatalf("a port that is not: %v", a.err)
	}
	if hits.Load() != 0 {
		t.Fatalf("%d hits", hits.Load())
	}
}

// The environment of a process often names a proxy, which would be connected
// to in place of the target and go wherever it is told.
func TestProxiesAreNotUsed(t *testing.T) {
	port, hits := victim(t)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:"+port)
	}
	client := newClient(chat.WebhookTargets{Any: true}, time.Second, 1)
	if f := client.Transport.(*http.Transport).Proxy; f != nil {
		t.Fatal("there is a function for proxies")
	}
	post(t, client, "http://192.0.2.1:9/")
	if hits.Load() != 0 {
		t.Fatal("the proxy was used")
	}
}
