package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/client"
)

// TestMemoryLimit gives a server 128 MiB, cuts 2,000 readers off and has them
// back at once, with 1,000 beside them who take nothing, twice. None of the
// first misses anything, the limit holds, and when all have left, what the
// server needs is at most half as much again as it needed before, with a few who
// did the same and as many goroutines that did nothing.
func TestMemoryLimit(t *testing.T) {
	const storm, stalled = 2000, 1000
	if err := (config{storm: storm + stalled, each: 1}).fits(moreFiles()); err != nil {
		t.Skip(err)
	}
	t.Setenv("GOMEMLIMIT", "128MiB")
	ctx := t.Context()
	cfg := config{takeover: true, buffer: 4 << 10}
	srv, err := startServer(ctx, cfg, "chat")
	if err != nil {
		t.Fatal(err)
	}
	defer srv.stop()
	s, err := newSender(ctx, srv, 1)
	if err != nil {
		t.Fatal(err)
	}
	api, err := client.New("http://"+srv.addr+"/chat/", client.Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	write := func() {
		for range 60 {
			long := client.NewMessage{SessionID: s.topics[0], Sender: chat.SenderAgent, Message: strings.Repeat("long ", 780)}
			if _, err := api.SendMessage(ctx, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	// round returns what the server needs with all connected.
	round := func(storm, stalled int) int64 {
		var idle []net.Conn // behind by more than any buffer holds
		defer func() {
			for _, c := range idle {
				c.Close()
			}
		}()
		for i := range stalled {
			r, _, err := dial(ctx, srv.addr, i, s.path(0), "")
			if err != nil {
				t.Fatal(err)
			}
			r.conn.(*net.TCPConn).SetReadBuffer(1 << 10)
			idle = append(idle, r.conn)
		}
		write()
		cfg.storm = storm
		found, err := runStorm(ctx, cfg, srv)
		if err != nil {
			t.Fatal(err)
		}
		if found.value("lost") > 0 || found.value("doubled") > 0 || found.value("delivered") == 0 {
			t.Errorf("of those who came back: %+v", found)
		}
		full, err := srv.usage(true)
		if err != nil {
			t.Fatal(err)
		}
		return full.Memory
	}
	// A server that nobody has asked anything yet has not even read its
	// statements.
	round(20, 0)
	if err := srv.crowd(ctx, storm+stalled); err != nil {
		t.Fatal(err)
	}
	before := least(ctx, t, srv)
	full := round(storm, stalled)
	first := settled(ctx, t, srv, before*3/2)
	full = max(full, round(storm, stalled))
	second := settled(ctx, t, srv, before*3/2)
	peak := peakOf(t, srv.cmd.Process.Pid)
	if most := int64(256*watched) << 20; peak > most {
		t.Errorf("the process took %d MiB at most, want %d with a limit of 128 for Go", peak>>20, most>>20)
	}
	t.Logf("before %d KiB, with all connected %d KiB, after each time %d and %d KiB; of the machine %d MiB at most", before>>10, full>>10, first>>10, second>>10, peak>>20)
}

// least is what the server needs when all have left who were there: the
// smallest amount of some seconds.
func least(ctx context.Context, t *testing.T, srv *server) (least int64) {
	t.Helper()
	for n := range 8 {
		now, err := srv.usage(true)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 || now.Memory < least {
			least = now.Memory
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
	return least
}

// settled waits until the server needs no more than limit.
func settled(ctx context.Context, t *testing.T, srv *server, limit int64) int64 {
	t.Helper()
	var now usage
	for range 60 {
		var err error
		if now, err = srv.usage(true); err != nil {
			t.Fatal(err)
		}
		if now.Memory <= limit {
			return now.Memory
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
	t.Errorf("a minute after all have left the server needs %d KiB, want %d at most", now.Memory>>10, limit>>10)
	return now.Memory
}

// peakOf is the most memory that a process has had of the machine, in bytes.
func peakOf(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	var kb int64
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			return kb << 10
		}
	}
	t.Fatalf("there is no VmHWM in %s", text)
	return 0
}
