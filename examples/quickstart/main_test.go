package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The tests of the whole program run it as a process of its own: this binary,
// told by its environment to be the program.
const asProgram = "QUICKSTART_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const testKey = "peal_test_key_of_the_quickstart"

// program is a running quickstart.
type program struct {
	cmd    *exec.Cmd
	base   string // http://127.0.0.1:port
	stdout string // what it printed at its start
	stderr *logged
}

// logged is what the program has written to stderr until now.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start runs the program with args until the test ends, and returns when it
// has said what to open.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(os.Args[0], args...), stderr: &logged{}}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	watchdog := time.AfterFunc(30*time.Second, func() { p.cmd.Process.Kill() })
	defer watchdog.Stop()
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		p.stdout += lines.Text() + "\n"
		if shop, ok := strings.CutPrefix(lines.Text(), "Shop "); ok {
			p.base = strings.TrimSuffix(strings.TrimSpace(shop), "/")
		}
		if strings.HasPrefix(lines.Text(), "API key ") { // the last line
			return p
		}
	}
	p.cmd.Wait()
	t.Fatalf("the program did not start: %v\n%s", p.cmd.ProcessState, p.stderr)
	return nil
}

func (p *program) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// refused runs the program with arguments that must end it with an error.
func refused(t *testing.T, args ...string) (stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%v: still running", args)
	}
	return errs.String(), cmd.ProcessState.ExitCode()
}

func TestRefusedStarts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	noDatabase := filepath.Join(dir, "notes.db")
	if err := os.WriteFile(noDatabase, []byte(strings.Repeat("these are notes, and no database\n", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(dir, "good.db")
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string // in the error
	}{
		{"port in use", []string{"-addr", taken.Addr().String(), "-db", good}, 1, []string{"already listens on " + taken.Addr().String(), "-addr"}},
		{"no such address", []string{"-addr", "127.0.0.1:nothing", "-db", good}, 1, []string{"127.0.0.1:nothing", "-addr"}},
		{"not a database", []string{"-addr", "127.0.0.1:0", "-db", noDatabase}, 1, []string{noDatabase}},
		{"no such directory", []string{"-addr", "127.0.0.1:0", "-db", filepath.Join(dir, "none", "x.db")}, 1, []string{filepath.Join(dir, "none", "x.db")}},
		{"a directory", []string{"-addr", "127.0.0.1:0", "-db", dir}, 1, []string{dir}},
		{"unknown flag", []string{"-port", "80"}, 2, []string{"-port", "-addr"}},
		{"argument", []string{"serve"}, 2, []string{`"serve"`, "-addr"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stderr, code := refused(t, c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("the error lacks %q:\n%s", want, stderr)
				}
			}
			if strings.Contains(stderr, "goroutine ") {
				t.Errorf("a panic:\n%s", stderr)
			}
		})
	}
}

func TestTheKeyIsShownOnce(t *testing.T) {
	db := filepath.Join(t.TempDir(), "chat.db")
	first := start(t, "-addr", "127.0.0.1:0", "-db", db, "-allow-private-webhooks")
	_, key, _ := strings.Cut(first.stdout, "API key   ")
	key, _, found := strings.Cut(key, " ")
	if !found || !strings.HasPrefix(key, "peal_") {
		t.Fatalf("no key in\n%s", first.stdout)
	}
	if status := first.callWith(t, key, "GET", "/chat/api/v1/me", "", nil); status != 200 {
		t.Errorf("the key shown: status %d", status)
	}
	if strings.Contains(first.stderr.String(), key) {
		t.Error("the key is in the log")
	}
	first.signal(t, syscall.SIGTERM)
	if err := first.cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, first.stderr)
	}

	second := start(t, "-addr", "127.0.0.1:0", "-db", db)
	if strings.Contains(second.stdout, "peal_") {
		t.Errorf("a second key:\n%s", second.stdout)
	}
	if status := second.callWith(t, key, "GET", "/chat/api/v1/me", "", nil); status != 200 {
		t.Errorf("the key after a restart: status %d", status)
	}
}

func TestFlagsHaveTheirDefaults(t *testing.T) {
	got, err := parse(nil, os.Stderr)
	if want := (config{addr: "127.0.0.1:8080", db: "pealchat.db"}); err != nil || got != want {
		t.Errorf("config %+v, error %v", got, err)
	}
}

// The demo sign-in has no password, so it must not be reachable from elsewhere.
func TestNoStaffSignInBeyondTheLoopback(t *testing.T) {
	for _, c := range []struct {
		addr string
		want bool
	}{{"127.0.0.1:80", true}, {"127.8.8.8:80", true}, {"[::1]:80", true}, {"0.0.0.0:80", false}, {"[::]:80", false}, {"192.0.2.1:80", false}} {
		addr, err := net.ResolveTCPAddr("tcp", c.addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := isLoopback(addr); got != c.want {
			t.Errorf("isLoopback(%s) = %v", c.addr, got)
		}
	}
}

func TestReachable(t *testing.T) {
	for addr, want := range map[string]string{"127.0.0.1:8080": "127.0.0.1:8080", "[::]:8080": "localhost:8080", "0.0.0.0:80": "localhost:80", "[::1]:80": "[::1]:80"} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(tcp); got != want {
			t.Errorf("reachable(%s) = %s, want %s", addr, got, want)
		}
	}
}

func (p *program) String() string { return fmt.Sprintf("%s\n%s", p.stdout, p.stderr) }

// sound has SQLite check the whole database.
func sound(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: file, RawQuery: "mode=ro"}).String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check: %q, %v", verdict, err)
	}
}
