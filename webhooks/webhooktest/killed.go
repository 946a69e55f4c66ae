// Package webhooktest is for tests that kill the processes which send webhooks
// and the one which receives them, on any store: what these processes do, and
// the judgement over what arrived.
//
// A test starts its own program again as a child, which calls [Receive] or
// [Send], kills it in the middle, and calls [Judge] when all is quiet.
package webhooktest

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
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/webhooks"
)

// Host is who makes the events.
var Host = chat.AsHost("Shop")

// Options are those of a service whose webhooks may be sent to this machine.
func Options() *chat.Options {
	return &chat.Options{Logger: slog.New(slog.DiscardHandler), WebhookTargets: chat.WebhookTargets{Any: true}}
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

// Receive takes webhooks at the port of 127.0.0.1 until it is killed. Two in
// twenty it refuses, and one it takes and says nothing. What it writes to the
// file before it answers survives it.
func Receive(port, file, secret string) error {
	log, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	handler := func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		luck := rand.IntN(20)
		r := readRequest(req.Header, body, secret)
		r.Accepted = luck > 1
		line, _ := json.Marshal(r)
		log.Write(append(line, '\n'))
		switch luck {
		case 0, 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}
	for range 200 { // the one before may not be quite gone
		var listener net.Listener
		if listener, err = net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			server := &http.Server{Handler: http.HandlerFunc(handler), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
			return server.Serve(listener)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

func readRequest(header http.Header, body []byte, secret string) request {
	var e struct {
		Data struct {
			Session string `json:"session_id"`
		}
	}
	json.Unmarshal(body, &e)
	r := request{ID: header.Get(webhooks.HeaderID), Session: e.Data.Session, Genuine: webhooks.Verify(header, body, secret) == nil}
	r.Attempt, _ = strconv.Atoi(header.Get(webhooks.HeaderAttempt))
	r.Position, _ = strconv.Atoi(r.ID[strings.LastIndex(r.ID, "_")+1:])
	return r
}

// Work is what a process does while its dispatcher runs.
type Work func(context.Context, *chat.Service, chat.Store) error

// Send runs a service and a dispatcher over the store until work returns, or
// a minute and a half has passed. The dispatcher tries soon and often, so that
// a test does not take hours.
func Send(store chat.Store, work Work) error {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	svc := chat.New(store, Options())
	waits := make([]time.Duration, 1000)
	for i := range waits {
		waits[i] = 50 * time.Millisecond
	}
	d := webhooks.New(svc, &webhooks.Options{Logger: slog.New(slog.DiscardHandler), Timeout: 500 * time.Millisecond, Schedule: waits, Poll: 20 * time.Millisecond})
	running, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { svc.Run(running) })
	done.Go(func() { d.Run(running) })
	err := work(ctx, svc, store)
	stop()
	done.Wait()
	return err
}

// Chatter is [Work] that makes events until it is killed. It prints "ready"
// when there are some.
func Chatter(ctx context.Context, svc *chat.Service, _ chat.Store) error {
	for round := 0; ctx.Err() == nil; round++ {
		started, err := svc.CreateSession(ctx, Host, chat.NewSession{VisitorName: "Ines"})
		if err != nil {
			return err
		}
		for i := range 8 {
			in := chat.NewMessage{SessionID: started.Session.ID, Sender: chat.SenderAgent, Text: fmt.Sprint(i)}
			if _, err := svc.SendMessage(ctx, Host, in); err != nil {
				return err
			}
		}
		if round == 0 {
			fmt.Println("ready")
		}
		time.Sleep(10 * time.Millisecond)
	}
	return ctx.Err()
}

// Drain is [Work] that waits until every event has its deliveries and none is
// pending.
func Drain(ctx context.Context, _ *chat.Service, store chat.Store) error {
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

// Judge compares the log of events with the file that a receiver of all events
// has written, and fails the test if an event was lost, repeated without a
// higher attempt, sent before an earlier one of its session, or not signed.
func Judge(t testing.TB, store chat.Store, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
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
	events, lost, twice := count(t, store, accepted)
	t.Logf("%d events in %d requests; lost %d, accepted twice %d, silently %d, out of order %d, forged %d",
		events, total, lost, twice, silent, backwards, forged)
	if lost+silent+backwards+forged > 0 || events < 100 || total <= events {
		t.Error("every event must be accepted, every repetition have a higher attempt, and every session be in order")
	}
}

// count goes through the log for what was accepted.
func count(t testing.TB, store chat.Store, accepted map[string]int) (events, lost, twice int) {
	t.Helper()
	for after := chat.Position(0); ; {
		page, err := store.Events(t.Context(), chat.EventQuery{After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return events, lost, twice
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
}
