package routers

import (
	"context"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat/chattest"
)

// The configuration that the documentation shows lets streams through.
func TestChatWorksBehindNginx(t *testing.T) {
	nginx := find(t, "nginx", "/usr/sbin/nginx")
	upstream := httptest.NewServer(NetHTTP(chatOf(t)))
	defer upstream.Close()
	defer upstream.CloseClientConnections()
	listen := freeAddr(t)
	conf, err := os.ReadFile("nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := strings.NewReplacer("LISTEN", listen, "UPSTREAM", upstream.Listener.Addr().String()).Replace(string(conf))
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, nginx, "-p", dir, "-c", "nginx.conf", "-e", "stderr")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stop(); cmd.Wait() }()
	await(t, listen)

	site := chattest.At(t, "http://"+listen+"/chat/")
	chattest.CheckStreamingAt(t, site.URL)
	talk(t, site)
}

// find returns a program, or skips the test where it is not installed.
func find(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("PEALCHAT_REQUIRE") == "all" {
		t.Fatalf("%s is not installed, and PEALCHAT_REQUIRE=all asks for it", names[0])
	}
	t.Skipf("%s is not installed", names[0])
	return ""
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// await returns when something listens at addr.
func await(t *testing.T, addr string) {
	t.Helper()
	for range 200 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nothing listens at %s", addr)
}
