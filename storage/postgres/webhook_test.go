package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/webhooks"
)

// This file kills processes that send webhooks, several of which work on one
// database at a time, and the one that receives them.

var shop = chat.AsHost("Shop")

func init() {
	children["receive"] = receive
	children["send"] = func(args []string) error { return dispatch(args[0], chatterUntilKilled) }
	children["drain"] = func(args []string) error { return dispatch(args[0], drained) }
}

// request is one request as the receiver has written it down.
type request struct {
	ID       string
	Attempt  int
	Session  string
	Position int
	Accepted bool // it was answered with 204, or the connection was cut when it had been taken
	Genuine  bool
}

// receive serves until it is killed. What it writes to its file before it
// answers survives it.
func receive(args []string) error {
	port, logFile, secret := args[0], args[1], args[2]
	file, err := os.OpenFile(logFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
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
		r := request{ID: req.Header.Get(webhooks.HeaderID), Session: e.Data.Session, Genuine: webhooks.Verify(req.Header, body, secret) == nil}
		r.Attempt, _ = strconv.Atoi(req.Header.Get(webhooks.HeaderAttempt))
		fmt.Sscanf(strings.TrimLeft(r.ID[8:], "_"), "%d", &r.Position)
		luck := rand.IntN(20)
		r.Accepted = luck > 1
		line, _ := json.Marshal(r)
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
	for {
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil { // the one before may not be quite gone
			time.Sleep(10 * time.Millisecond)
			continue
		}
		return (&http.Server{Handler: http.HandlerFunc(handler), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}).Serve(listener)
	}
}

var webhookOptions = &chat.Options{Logger: quiet.Logger, WebhookTargets: chat.WebhookTargets{Any: true}}

// dispatch runs a dispatcher that tries soon and often, until work returns.
func dispatch(dsn string, work func(context.Context, *chat.Service, *Store) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	store, err := Open(ctx, dsn, quiet)
	if err != nil {
		return err
	}
	defer store.Close()
	svc := chat.New(store, webhookOptions)
	waits := make([]time.Duration, 1000)
	for i := range waits {
		waits[i] = 50 * time.Millisecond
	}
	d := webhooks.New(svc, &webhooks.Options{Logger: quiet.Logger, Timeout: 500 * time.Millisecond, Schedule: waits, Poll: 20 * time.Millisecond})
	running, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { svc.Run(running) })
	done.Go(func() { d.Run(running) })
	err = work(ctx, svc, store)
	stop()
	done.Wait()
	return err
}

func chatterUntilKilled(ctx context.Context, svc *chat.Service, _ *Store) error {
	fmt.Println("ready")
	for ctx.Err() == nil {
		started, err := svc.CreateSession(ctx, shop, chat.NewSession{VisitorName: "Ines"})
		if err != nil {
			return err
		}
		for i := range 6 {
			in := chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderAgent, Text: fmt.Sprint(i)}
			if _, err := svc.SendMessage(ctx, shop, in); err != nil {
				return err
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}

// drained waits until every event has its deliveries and none is pending.
func drained(ctx context.Context, _ *chat.Service, store *Store) error {
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

// TestWebhooksKilledInTheMiddle: three processes at a time make events and
// send them, and all are killed, again and again. No event is lost, every
// repetition has a higher attempt, and sessions stay in order.
func TestWebhooksKilledInTheMiddle(t *testing.T) {
	dsn := pgtest.Database(t)
	store := mustOpen(t, dsn)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	svc := chat.New(store, webhookOptions)
	defer svc.Close()
	w, err := svc.CreateWebhook(t.Context(), shop, chat.NewWebhook{URL: "http://127.0.0.1:" + port, Events: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	logFile := filepath.Join(t.TempDir(), "received.jsonl")
	receiver, _ := child(t, "receive", port, logFile, w.Secret)
	const rounds = 4
	for round := range rounds {
		var kill []func()
		for range 3 {
			cmd, out := child(t, "send", dsn)
			if got := line(t, out); got != "ready" {
				t.Fatalf("the sender said %q", got)
			}
			kill = append(kill, func() { cmd.Process.Kill(); cmd.Wait() })
		}
		time.Sleep(time.Duration(200+rand.IntN(400)) * time.Millisecond)
		if round%3 == 2 {
			receiver.Process.Kill()
			receiver.Wait()
			time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
			receiver, _ = child(t, "receive", port, logFile, w.Secret)
		}
		for _, f := range kill {
			f()
			time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
		}
	}
	var drainers []func() error
	for range 2 {
		cmd, _ := child(t, "drain", dsn)
		drainers = append(drainers, cmd.Wait)
	}
	for _, wait := range drainers {
		if err := wait(); err != nil {
			t.Fatalf("the rest was not delivered: %v", err)
		}
	}
	judge(t, store, logFile)
}

// judge compares the log of events with what was received.
func judge(t *testing.T, store *Store, logFile string) {
	t.Helper()
	text, err := os.ReadFile(logFile)
	if err != nil {
		t.Fatal(err)
	}
	accepted, attempts, last := map[string]int{}, map[string]int{}, map[string]int{}
	silent, backwards, forged, total := 0, 0, 0, 0
	for line := range bytes.Lines(text) {
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		total++
		if !r.Genuine {
			forged++
		}
		if r.Attempt <= attempts[r.ID] {
			silent++ // the receiver could not have known that it is not the first
		}
		attempts[r.ID] = r.Attempt
		if r.Position < last[r.Session] {
			backwards++
		}
		last[r.Session] = r.Position
		if r.Accepted {
			accepted[r.ID]++
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
	t.Logf("%d events in %d requests; lost %d, accepted twice %d, silently %d, out of order %d, forged %d",
		events, total, lost, twice, silent, backwards, forged)
	if lost+silent+backwards+forged > 0 || events < 100 || total <= events {
		t.Error("every event must be accepted, every repetition have a higher attempt, and every session be in order")
	}
}
