package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/storagetest"
)

func init() {
	children["append"] = func(args []string) error { return appendForever(args, func(s chat.Store) chat.Store { return s }) }
	children["append too early"] = func(args []string) error { return appendForever(args, storagetest.TooEarly) }
}

func appendForever(args []string, wrap func(chat.Store) chat.Store) error {
	s, err := Open(context.Background(), args[0], nil)
	if err != nil {
		return err
	}
	return storagetest.LoadChild(wrap(s), os.Stdout, args[1:])
}

func newCrash(t *testing.T) (*storagetest.Acks, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chat.db")
	s := mustOpen(t, path)
	defer s.Close()
	return storagetest.NewAcks(t, s), path
}

// crash starts a child that appends, kills it at a random moment, and adds
// what it had acknowledged.
func crash(t *testing.T, a *storagetest.Acks, mode, path string, atLeast time.Duration) {
	t.Helper()
	cmd, out := child(t, append([]string{mode, path}, a.Args()...)...)
	if got := line(t, out); got != "ready" {
		t.Fatalf("the child said %q", got)
	}
	time.AfterFunc(atLeast+time.Duration(rand.IntN(100))*time.Millisecond, func() { cmd.Process.Kill() })
	a.Hear(t, out, func() bool { return false })
	cmd.Wait()
}

// broken opens what is left.
func broken(t *testing.T, a *storagetest.Acks, path string) []string {
	t.Helper()
	s := mustOpen(t, path)
	defer s.Close()
	return a.Broken(t, s)
}

// TestKill kills a process under load, again and again, on one database. What
// it had acknowledged must be there, once, in its place.
func TestKill(t *testing.T) {
	a, path := newCrash(t)
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		crash(t, a, "append", path, 20*time.Millisecond)
		if list := broken(t, a, path); len(list) > 0 {
			t.Fatalf("after round %d: %d promises broken:\n%s", round+1, len(list), strings.Join(list[:min(len(list), 20)], "\n"))
		}
	}
	integrity(t, path)
	if a.Count() < 5*rounds {
		t.Errorf("only %d messages were acknowledged in %d rounds", a.Count(), rounds)
	}
	t.Logf("%d acknowledged messages, %d kills", a.Count(), rounds)
}

// TestKillHasTeeth: a store that acknowledges before it commits fails TestKill.
func TestKillHasTeeth(t *testing.T) {
	for range 10 {
		a, path := newCrash(t)
		crash(t, a, "append too early", path, 50*time.Millisecond)
		for _, b := range broken(t, a, path) {
			if strings.HasSuffix(b, "is lost") {
				return
			}
		}
	}
	t.Error("ten kills of a store that acknowledges too early lost nothing")
}

// TestCrashImage copies the files while they are being written to, as a crash
// of the machine would freeze them, and opens the copy. It must be sound and
// have all that was acknowledged before the copying began.
func TestCrashImage(t *testing.T) {
	a, path := newCrash(t)
	cmd, out := child(t, append([]string{"append", path}, a.Args()...)...)
	line(t, out)
	a.Hear(t, out, func() bool { return a.Count() >= 300 })
	go func() { // the child goes on
		for out.Scan() {
		}
	}()
	frozen := filepath.Join(t.TempDir(), "chat.db")
	// The log first or the file first: without a checkpoint in between, which
	// takes thousands of pages, both are the same moment.
	for _, suffix := range []string{"", "-wal"} {
		copyFile(t, path+suffix, frozen+suffix)
	}
	cmd.Process.Kill()
	cmd.Wait()
	t.Logf("%d messages were acknowledged before the copy", a.Count())
	if list := broken(t, a, frozen); len(list) > 0 {
		t.Errorf("%d promises broken:\n%s", len(list), strings.Join(list[:min(len(list), 20)], "\n"))
	}
	integrity(t, frozen)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSync counts the calls with which the kernel is told to write to disk:
// killing a process cannot show whether they are made. A database that does
// not wait for the disk is noticed.
func TestSync(t *testing.T) {
	if n := syncs(t, "append 100"); n < 100 {
		t.Errorf("%d syncs for 100 acknowledged messages", n)
	} else {
		t.Logf("%d syncs for 100 acknowledged messages", n)
	}
	if n := syncs(t, "append 100 hastily"); n >= 100 {
		t.Errorf("%d syncs for 100 messages that did not wait for the disk: the test shows nothing", n)
	}
}

// syncs counts those of a child.
func syncs(t *testing.T, mode string) int {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed; TestPragmas checks the setting")
	}
	path := filepath.Join(t.TempDir(), "chat.db")
	mustOpen(t, path).Close()
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := command(t, mode, path)
	cmd.Args = append([]string{strace, "-f", "-o", trace, "-e", "trace=fsync,fdatasync"}, os.Args[0])
	cmd.Path, cmd.Stderr = strace, nil
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("strace does not work here: %v: %s", err, text)
	}
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "sync(")
}

func init() {
	children["append 100"] = func(args []string) error { return append100(args[0], "") }
	children["append 100 hastily"] = func(args []string) error { return append100(args[0], "NORMAL") }
}

func append100(path, synchronous string) error {
	s, err := Open(context.Background(), path, nil)
	if err != nil {
		return err
	}
	if synchronous != "" {
		if _, err := s.writer.Exec("PRAGMA synchronous(" + synchronous + ")"); err != nil {
			return err
		}
	}
	now := time.Now()
	v := chat.Visitor{ID: "v", CreatedAt: now, LastSeenAt: now}
	ops := []chat.Op{chat.OpCreateSession{Session: chat.Session{ID: "s", VisitorID: "v", CreatedAt: now}, Visitor: &v}}
	for i := range 100 {
		ops = append(ops, newMessage("s", fmt.Sprint(i)))
	}
	for _, op := range ops {
		if res, err := s.Append(context.Background(), []chat.Op{op}); err != nil || res[0].Err != nil {
			return fmt.Errorf("%v, %v", err, res)
		}
	}
	return nil // without Close: it would sync as well
}
