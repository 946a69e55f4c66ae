package apitest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// lockerEnv makes a process of these tests one that locks the database there,
// and holds it until its standard input ends.
const lockerEnv = "PEALCHAT_TEST_LOCK"

// rawDB opens a database's file as another program would.
func rawDB(file, mode string) (*sql.DB, error) {
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: file, RawQuery: "mode=" + mode}).String())
}

// sound has SQLite check the whole database.
func sound(t *testing.T, file string) {
	t.Helper()
	db, err := rawDB(file, "ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check: %q, %v", verdict, err)
	}
}

// locked has another process hold the lock for writing until release is called.
func locked(t *testing.T, file string) (release func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLocker$")
	cmd.Env, cmd.Stderr = append(os.Environ(), lockerEnv+"="+file), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return func() { in.Close(); cmd.Wait() }
}

// TestLocker is that process.
func TestLocker(t *testing.T) {
	file := os.Getenv(lockerEnv)
	if file == "" {
		return
	}
	db, err := rawDB(file, "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "PRAGMA busy_timeout(10000); BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	fmt.Println("locked")
	os.Stdin.Read(make([]byte, 1))
}

// counting is a store that counts the transactions that were begun.
type counting struct {
	chat.Store
	begun *atomic.Int64
}

func (c counting) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	c.begun.Add(1)
	return c.Store.Append(ctx, ops)
}

// TestLockedDatabase has another process hold the database's lock. Who reads
// notices nothing; who writes waits for as long as the host allows, and is told
// then when to come back; who has less time than that does not wait longer; and
// nothing of what was refused is there afterwards.
func TestLockedDatabase(t *testing.T) {
	const patience = 700 * time.Millisecond
	var transactions atomic.Int64
	s := open(t, setup{chat: chat.Options{WriteTimeout: patience}, wrap: func(real chat.Store) chat.Store { return counting{real, &transactions} }})
	f := s.fixture()
	say := func(id string) *reply {
		return f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "Message " + id, "client_id": id}))
	}
	say("before").is(201)
	release := locked(t, s.file)
	began := time.Now()
	refused := say("refused").fails(503, "unavailable", "")
	waited := time.Since(began)
	if refused.header.Get("Retry-After") == "" {
		t.Error("the caller is not told when to come back")
	}
	if waited < patience/2 || waited > patience+5*time.Second {
		t.Errorf("the caller was told after %v, of %v", waited, patience)
	}
	if n := len(f.who.get("/visitor/v1/sessions/" + f.session + "/messages").is(200).list("messages")); n != 2 {
		t.Errorf("%d messages can be read", n)
	}

	// Behind one who waits, a caller gives up when their own time is over.
	waiting, begun := make(chan *reply), transactions.Load()
	go func() { waiting <- say("refused") }()
	waitFor(t, "it waits for the lock", func() bool { return transactions.Load() > begun })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began = time.Now()
	_, err := s.svc.SendMessage(ctx, chat.AsHost("Shop"), chat.NewMessage{SessionID: f.session, Sender: chat.SenderAgent, Text: "Hurried"})
	hurried := time.Since(began)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who has no time is told %v after %v", err, hurried)
	}
	release()
	if r := <-waiting; r.status != 503 && r.status != 201 {
		t.Errorf("who waited is told %d", r.status)
	}
	if r := say("refused"); r.status != 201 && r.status != 200 {
		t.Errorf("once the lock is gone: status %d", r.status)
	}
	s.nobody().get("/healthz").is(200)
	if got := f.who.get("/visitor/v1/sessions/" + f.session + "/messages").is(200).list("messages"); len(got) != 3 || got[2]["message"] != "Message refused" {
		t.Errorf("kept are %v", got)
	}
	t.Logf("with %v allowed a writer was told after %v; one with 100ms of their own after %v", patience, waited.Round(time.Millisecond), hurried.Round(time.Millisecond))
}
