package postgres

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

// Some tests need another process: they start the test binary again with the
// name of a child in the environment.
const childEnv = "PEALCHAT_TEST_CHILD"

// children are what such a process can be. They get their arguments from the
// environment too, separated by tabs, and report on standard output.
var children = map[string]func(args []string) error{}

func TestMain(m *testing.M) {
	text := os.Getenv(childEnv)
	if text == "" {
		pgtest.Main(m)
		return
	}
	args := strings.Split(text, "\t")
	if err := children[args[0]](args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child starts a child process. It is killed when the test ends.
func child(t *testing.T, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(args, "\t"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

// line waits for the next line of a child's output.
func line(t *testing.T, out *bufio.Scanner) string {
	t.Helper()
	if !out.Scan() {
		t.Fatalf("the child said nothing: %v", out.Err())
	}
	return out.Text()
}

// quiet are options without a logger: a server for tests is not a safe one.
var quiet = &Options{Logger: slog.New(slog.DiscardHandler)}

func mustOpen(t testing.TB, dsn string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dsn, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// shop is the host in these tests.
var shop = chat.AsHost("Shop")
