package webhooks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// The tests of this file kill processes in the middle: the one that sends and
// the one that receives, as the kernel would, without a warning. Both are this
// test's own program, told by the environment what to be.

const (
	childRole   = "PEALCHAT_TEST_CHILD" // sender, drainer or receiver
	childDB     = "PEALCHAT_TEST_DB"
	childLog    = "PEALCHAT_TEST_LOG"
	childPort   = "PEALCHAT_TEST_PORT"
	childSecret = "PEALCHAT_TEST_SECRET"
)

func TestMain(m *testing.M) {
	switch role := os.Getenv(childRole); role {
	case "":
		os.Exit(m.Run())
	case "receiver":
		fmt.Fprintln(os.Stderr, "receiver:", receive())
	default:
		if err := sendAsChild(role == "drainer"); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			os.Exit(1)
		}
	}
}

// delivery is one request as the receiver has written it down.
type delivery struct {
	ID       string
	Attempt  int
	Session  string
	Position int
	Accepted bool // it was answered with 204, or the connection was cut when it had been taken
	Genuine  bool
}

// receive serves until it is killed. What it writes to its file before it
// answers survives it.
func receive() error {
	file, err := os.OpenFile(os.Getenv(childLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	handler := func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		var e struct {
			Data struct {
				Session string `json:"session_id"`
			}
		}
		json.Unmarshal(body, &e)
		d := delivery{ID: req.Header.Get(HeaderID), Session: e.Data.Session, Genuine: Verify(req.Header, body, os.Getenv(childSecret)) == nil}
		d.Attempt, _ = strconv.Atoi(req.Header.Get(HeaderAttempt))
		fmt.Sscanf(strings.TrimLeft(d.ID[8:], "_"), "%d", &d.Position)
		luck := rand.IntN(20)
		d.Accepted = luck > 1
		line, _ := json.Marshal(d)
		file.Write(append(line, '\n'))
		switch luck {
		case 0, 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}
	var listener net.Listener
	for range 200 { // the one before may not be quite gone
		if listener, err = net.Listen("tcp", "127.0.0.1:"+os.Getenv(childPort)); err == nil {
			return (&http.Server{Handler: http.HandlerFunc(handler), ErrorLog: discard}).Serve(listener)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// sendAsChild runs a dispatcher. A sender makes events until it is killed; a
// drainer makes none, and ends when everything is delivered.
func sendAsChild(drain bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	store, err := sqlite.Open(ctx, os.Getenv(childDB), &sqlite.Options{LockWait: 10 * time.Second})
	if err != nil {
		return err
	}
	defer store.Close()
	svc := chat.New(store, killOptions())
	d := killDispatcher(svc)
	running, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { d.Run(running) })
	if drain {
		err = drained(ctx, store)
	} else {
		err = chatterUntilKilled(ctx, svc)
	}
	stop()
	done.Wait()
	return err
}

func killOptions() *chat.Options {
	return &chat.Options{Logger: quiet(), WebhookTargets: chat.WebhookTargets{Any: true}}
}

// killDispatcher tries soon and often, so that a test does not take hours.
func killDispatcher(svc *chat.Service) *Dispatcher {
	waits := make([]time.Duration, 1000)
	for i := range waits {
		waits[i] = 50 * time.Millisecond
	}
	d := New(svc, &Options{Logger: quiet(), Timeout: 500 * time.Millisecond, Schedule: waits, Poll: 20 * time.Millisecond})
	return d
}

func chatterUntilKilled(ctx context.Context, svc *chat.Service) error {
	fmt.Println("ready")
	for ctx.Err() == nil {
		started, err := svc.CreateSession(ctx, host, chat.NewSession{VisitorName: "Ines"})
		if err != nil {
			return err
		}
		for i := range 8 {
			in := chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderAgent, Text: fmt.Sprint(i)}
			if _, err := svc.SendMessage(ctx, host, in); err != nil {
				return err
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

// drained waits until every event has its deliveries and none is pending.
func drained(ctx context.Context, store *sqlite.Store) error {
	for ctx.Err() == nil {
		log, err := store.Log(ctx)
		if err != nil {
			return err
		}
		cursor, err := store.Cursor(ctx, chat.CursorWebhooks)
		if err != nil {
			return err
		}
		due, err := store.DueDeliveries(ctx)
		if err != nil {
			return err
		}
		if cursor == log.Head && len(due) == 0 {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}

// process is a child that can be killed.
type process struct {
	cmd *exec.Cmd
	out *bufio.Reader
	err bytes.Buffer
}

func spawn(t *testing.T, role string, env []string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.cmd.Env = append(append(os.Environ(), childRole+"="+role), env...)
	p.cmd.Stderr = &p.err
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

func TestKilledInTheMiddle(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	db, logFile := filepath.Join(dir, "chat.db"), filepath.Join(dir, "received.jsonl")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	store, err := sqlite.Open(t.Context(), db, nil)
	if err != nil {
		t.Fatal(err)
	}
	svc := chat.New(store, killOptions())
	w, err := svc.CreateWebhook(t.Context(), host, chat.NewWebhook{URL: "http://127.0.0.1:" + port, Events: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	svc.Close()
	store.Close()

	env := []string{childDB + "=" + db, childLog + "=" + logFile, childPort + "=" + port, childSecret + "=" + w.Secret}
	receiver := spawn(t, "receiver", env)
	killed := map[string]int{}
	for round := range rounds {
		sender := spawn(t, "sender", env)
		if line, err := sender.out.ReadString('\n'); line != "ready\n" {
			sender.kill()
			t.Fatalf("round %d: the sender says %q: %v\n%s", round, line, err, sender.err.String())
		}
		time.Sleep(time.Duration(20+rand.IntN(300)) * time.Millisecond)
		if round%3 == 2 {
			receiver.kill()
			killed["receiver"]++
			time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
			receiver = spawn(t, "receiver", env)
			time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		}
		sender.kill()
		killed["sender"]++
	}
	drainer := spawn(t, "drainer", env)
	if err := drainer.cmd.Wait(); err != nil {
		t.Fatalf("the rest was not delivered: %v\n%s", err, drainer.err.String())
	}
	receiver.kill()
	judgeKills(t, db, logFile, killed)
}

// judgeKills compares the log of events with what was received.
func judgeKills(t *testing.T, db, logFile string, killed map[string]int) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), db, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	text, err := os.ReadFile(logFile)
	if err != nil {
		t.Fatal(err)
	}
	accepted, attempts, last := map[string]int{}, map[string]int{}, map[string]int{}
	silent, backwards, forged, total := 0, 0, 0, 0
	for line := range bytes.Lines(text) {
		var d delivery
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		total++
		if !d.Genuine {
			forged++
		}
		if d.Attempt <= attempts[d.ID] {
			silent++ // the receiver could not have known that it is not the first
		}
		attempts[d.ID] = d.Attempt
		if d.Position < last[d.Session] {
			backwards++
		}
		last[d.Session] = d.Position
		if d.Accepted {
			accepted[d.ID]++
		}
	}
	events, lost, twice := 0, 0, 0
	for after := chat.Position(0); ; {
		page, err := store.Events(t.Context(), chat.EventQuery{After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			after = e.Position
			events++
			switch n := accepted[strings.Replace(e.ID, ".", "_", 1)]; {
			case n == 0:
				lost++
			case n > 1:
				twice++
			}
		}
	}
	t.Logf("%d events in %d requests; killed %v; lost %d, accepted twice %d, silently %d, out of order %d, forged %d",
		events, total, killed, lost, twice, silent, backwards, forged)
	if lost+silent+backwards+forged > 0 || events < 100 || total <= events {
		t.Error("every event must be accepted, every repetition have a higher attempt, and every session be in order")
	}
}
