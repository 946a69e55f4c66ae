// Package e2e drives the visitor's widget and the agents' console in a real
// browser, against the quickstart example running as a process of its own, and
// some of what they do against three nodes on PostgreSQL (TestOnNodes).
//
// Chromium is looked for in the PATH; without it the tests are skipped, or
// fail where PEALCHAT_REQUIRE=all is set. With PEALCHAT_SHOTS=DIR the tests
// leave pictures of what they saw in DIR.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

const (
	patience = 15 * time.Second // for anything that should happen
	key      = "peal_key_of_the_browser_tests"
)

// Both are made once and shared: building takes long, and so does a browser's
// start.
var (
	program   string          // the built quickstart
	browser   context.Context // of the one Chromium
	noBrowser string          // why there is none
)

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	defer pgtest.End()
	chromium, err := findChromium()
	if err != nil {
		noBrowser = err.Error()
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "pealchat-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "quickstart")
	build := exec.Command("go", "build", "-o", program, "./examples/quickstart")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the quickstart: %v\n%s", err, out)
		return 1
	}

	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "en-GB"),
		// Tabs in the background must behave as they do in front: the tests look at several at once.
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-renderer-backgrounding", true))
	allocator, end := chromedp.NewExecAllocator(context.Background(), opts...)
	defer end()
	ctx, close := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	defer close()
	if err := chromedp.Do(ctx); err != nil { // starts it
		fmt.Fprintln(os.Stderr, "start Chromium:", err)
		return 1
	}
	browser = ctx
	return m.Run()
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium in the PATH")
}

// needBrowser skips or fails a test that cannot run here.
func needBrowser(t *testing.T) {
	t.Helper()
	if noBrowser == "" {
		return
	}
	if os.Getenv("PEALCHAT_REQUIRE") == "all" {
		t.Fatal(noBrowser)
	}
	t.Skip(noBrowser)
}

// server is the quickstart, running.
type server struct {
	t     *testing.T
	addr  string
	db    string
	flags []string // beside those that every test needs
	cmd   *exec.Cmd
	site  *site // the nodes that it is instead, or nil

	mu  sync.Mutex
	log bytes.Buffer
}

// startServer runs the quickstart on a new database until the test ends.
func startServer(t *testing.T, flags ...string) *server {
	t.Helper()
	needBrowser(t)
	s := &server{t: t, addr: "127.0.0.1:0", flags: flags, db: filepath.Join(t.TempDir(), "shop.db")}
	if nodeProgram != "" {
		s.site = newSite(s)
	}
	s.start()
	t.Cleanup(func() {
		s.kill()
		said := s.read()
		if t.Failed() {
			t.Logf("the server's log:\n%s", said)
		} else if strings.Contains(said, "level=ERROR") || strings.Contains(said, "panic") {
			t.Errorf("the server complained:\n%s", said)
		}
	})
	return s
}

func (s *server) start() {
	s.t.Helper()
	if s.site != nil {
		s.site.start()
		return
	}
	s.cmd = exec.Command(program, "-addr", s.addr, "-db", s.db, "-api-key", key)
	s.cmd.Args = append(s.cmd.Args, s.flags...)
	s.cmd.Stderr = writerFunc(s.write)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	watchdog := time.AfterFunc(patience, func() { s.cmd.Process.Kill() })
	defer watchdog.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if base, ok := strings.CutPrefix(lines.Text(), "Shop"); ok {
			s.addr = strings.Trim(strings.TrimPrefix(strings.TrimSpace(base), "http://"), "/")
		}
		if strings.HasPrefix(lines.Text(), "API key") { // the last line
			return
		}
	}
	s.cmd.Wait()
	s.t.Fatalf("the quickstart did not start:\n%s", s.read())
}

func (s *server) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *server) read() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// kill ends the server without a warning.
func (s *server) kill() {
	if s.site != nil {
		s.site.killAll()
		return
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func (s *server) url(path string) string { return "http://" + s.addr + path }

// call uses the agents' API beside the browser.
func (s *server) call(method, path string, body, into any) {
	s.t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url("/chat/api/v1"+path), in)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		s.t.Fatalf("%s %s: status %d: %s", method, path, res.StatusCode, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			s.t.Fatal(err)
		}
	}
}

type session struct {
	ID    string `json:"session_id"`
	Count int    `json:"message_count"`
	Email string `json:"visitor_email"`
}

type message struct {
	Text   string `json:"message"`
	Sender string `json:"sender"`
	Seq    int    `json:"seq"`
	Note   bool   `json:"note"`
}

// onlySession is the one session that there is.
func (s *server) onlySession() session {
	s.t.Helper()
	var page struct{ Sessions []session }
	s.call("GET", "/sessions?status=all", nil, &page)
	if len(page.Sessions) != 1 {
		s.t.Fatalf("%d sessions, want one", len(page.Sessions))
	}
	return page.Sessions[0]
}

// wantMessages checks what the server holds of the one session: exactly these
// texts in this order, without a gap.
func (s *server) wantMessages(want ...string) {
	s.t.Helper()
	var page struct{ Messages []message }
	s.call("GET", "/sessions/"+s.onlySession().ID+"/messages?limit=200", nil, &page)
	var got []string
	for _, m := range page.Messages {
		if m.Note {
			continue
		}
		got = append(got, m.Text)
		if m.Seq != len(got) {
			s.t.Errorf("message %d has seq %d", len(got), m.Seq)
		}
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		s.t.Errorf("the server holds %q, want %q", got, want)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
