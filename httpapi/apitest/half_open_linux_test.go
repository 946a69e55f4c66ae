package apitest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// TestHalfOpen lets the network between a stream and its server vanish without
// a word: in a network of its own, whose cable is pulled. What was sent into
// the hole is nobody's error for minutes, so the stream must end by its own
// lifetime, and the visitor be gone by what they have said last.
func TestHalfOpen(t *testing.T) {
	cable, client := cableTo(t)
	const life = 4 * time.Second
	var late atomic.Int64 // how far the clock is ahead
	s := open(t, setup{
		options: httpapi.Options{Streams: httpapi.Streams{Life: life, Heartbeat: time.Second, WriteTimeout: time.Minute}},
		chat:    chat.Options{Now: func() time.Time { return time.Now().Add(time.Duration(late.Load())) }},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.svc.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	ln, err := net.Listen("tcp", cable.addr+":0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: s.srv.Config.Handler, ReadHeaderTimeout: time.Minute}
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })

	f := s.fixture()
	before := runtime.NumGoroutine()
	conn := client(ln.Addr().String())
	defer conn.Close()
	fmt.Fprintf(conn, "GET /visitor/v1/events HTTP/1.1\r\nHost: chat\r\nAuthorization: Bearer %s\r\n\r\n", f.who.token)
	in := bufio.NewReader(conn)
	for line := ""; !strings.HasPrefix(line, "event: ready"); {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	open := func() int { // streams
		stats, err := s.svc.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return stats.VisitorStreams
	}
	if n := open(); n != 1 {
		t.Fatalf("%d streams are open, want 1", n)
	}

	cable.pull(t)
	pulled := time.Now()
	until := func(what string, ended func() bool) {
		for !ended() {
			if time.Since(pulled) > 15*life {
				stacks := make([]byte, 1<<20)
				t.Fatalf("%v after the cable was pulled %s is still there\n%s", time.Since(pulled), what, stacks[:runtime.Stack(stacks, true)])
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Logf("%s was gone after %v", what, time.Since(pulled).Round(time.Millisecond))
	}
	until("the stream", func() bool { return open() == 0 })
	until("what it ran on", func() bool { return runtime.NumGoroutine() <= before })
	here := func() bool { return s.admin().get("/api/v1/visitors/" + f.who.id).is(200).body["online"].(bool) }
	if !here() {
		t.Error("a stream that ends takes its visitor along at once")
	}
	late.Add(int64(time.Minute))
	if here() {
		t.Error("a minute without a sign of life, and the visitor still counts as here")
	}
}

// cable leads to a network namespace.
type cable struct {
	name string // of our end, empty where there is no cable
	addr string // of our end
}

// pull has everything vanish that is sent either way. Without a cable the peer
// falls silent instead.
func (c *cable) pull(t *testing.T) {
	t.Helper()
	if c.name == "" {
		return
	}
	if err := ip(t, "link", "set", c.name, "down"); err != nil {
		t.Fatal(err)
	}
}

func ip(t *testing.T, args ...string) error {
	t.Helper()
	out, err := exec.CommandContext(context.Background(), "ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// cableTo makes a network namespace with a cable to it. dial connects from
// there. Only root may, and not in every container: elsewhere there is no cable
// to pull, and the peer only says and takes nothing any more.
func cableTo(t *testing.T) (c *cable, dial func(addr string) net.Conn) {
	t.Helper()
	name := fmt.Sprintf("peal%d", os.Getpid())
	connect := func(addr string) (net.Conn, error) { return dialIn(t, name, addr) }
	c, err := lay(t, name)
	if err != nil {
		t.Logf("without a cable: %v", err)
		c = &cable{addr: "127.0.0.1"}
		connect = func(addr string) (net.Conn, error) { return new(net.Dialer).DialContext(t.Context(), "tcp", addr) }
	}
	return c, func(addr string) net.Conn {
		t.Helper()
		conn, err := connect(addr)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

// lay lays the cable.
func lay(t *testing.T, name string) (*cable, error) {
	t.Helper()
	if err := ip(t, "netns", "add", name); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := ip(t, "netns", "del", name); err != nil {
			t.Error(err)
		}
	})
	c := &cable{name: name + "a", addr: "198.18.77.1"}
	for _, args := range [][]string{
		{"link", "add", c.name, "type", "veth", "peer", "name", name + "b", "netns", name},
		{"addr", "add", c.addr + "/30", "dev", c.name},
		{"link", "set", c.name, "up"},
		{"-n", name, "addr", "add", "198.18.77.2/30", "dev", name + "b"},
		{"-n", name, "link", "set", name + "b", "up"},
	} {
		if err := ip(t, args...); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// dialIn connects from within the namespace: a socket belongs to the one that
// its thread was in when it was made.
func dialIn(t *testing.T, name, addr string) (conn net.Conn, err error) {
	there, err := os.Open("/var/run/netns/" + name)
	if err != nil {
		return nil, err
	}
	defer there.Close()
	made := make(chan struct{})
	go func() {
		defer close(made)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err = unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
			return
		}
		d := net.Dialer{Timeout: 10 * time.Second}
		conn, err = d.DialContext(t.Context(), "tcp", addr)
	}()
	<-made
	return conn, err
}
