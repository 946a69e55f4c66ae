package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/chat/client"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

const testKey = "peal_test_key_of_the_cluster"

// The test program is the cluster itself where it is started as one.
func TestMain(m *testing.M) {
	if os.Getenv("CLUSTER_MAIN") != "" {
		main()
		return
	}
	pgtest.Main(m)
}

// cluster is a running program.
type cluster struct {
	base string
	cmd  *exec.Cmd
	log  *record
}

func start(t *testing.T) *cluster {
	t.Helper()
	dsn := pgtest.Database(t)
	c := &cluster{log: &record{}}
	c.cmd = exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-dsn", dsn, "-api-key", testKey, "-data", filepath.Join(t.TempDir(), "data"))
	c.cmd.Env = append(os.Environ(), "CLUSTER_MAIN=1")
	c.cmd.Stderr = c.log
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() && c.base == "" {
		if rest, ok := strings.CutPrefix(lines.Text(), "Shop"); ok {
			c.base = strings.TrimSpace(rest)
		}
	}
	go func() {
		for lines.Scan() { // or it would block on a full pipe
		}
	}()
	c.await(t, 30*time.Second)
	return c
}

// await waits until the chat answers.
func (c *cluster) await(t *testing.T, limit time.Duration) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(c.base + "chat/healthz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("the cluster at %q does not answer: %v\n%s", c.base, err, c.log)
		}
	}
}

func (c *cluster) client(t *testing.T, opts client.Options) *client.Client {
	t.Helper()
	cl, err := client.New(c.base+"chat/", opts)
	if err != nil {
		t.Fatal(err)
	}
	return cl
}

// nodes returns the processes that serve, as the program names them.
func (c *cluster) nodes() (pids []int) {
	newest := map[string]int{}
	for _, m := range nodeStarted.FindAllStringSubmatch(c.log.String(), -1) {
		newest[m[1]], _ = strconv.Atoi(m[2])
	}
	for _, pid := range newest {
		if syscall.Kill(pid, 0) == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

var nodeStarted = regexp.MustCompile(`msg="a node has started" node=(\d+) pid=(\d+)`)

// record is what a process has said so far.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// insist repeats a call until it is answered, as every client has to: a node
// may die after it has stored something and before it could say so.
func insist(ctx context.Context, call func() error) error {
	for {
		err := call()
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Nodes are killed while visitors write and an agent listens: everything that
// was acknowledged is there once, in order, and came over the stream once.
func TestNodesDie(t *testing.T) {
	c := start(t)
	agent := c.client(t, client.Options{Key: testKey})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	const visitors, messages = 6, 60
	stream := agent.Events(ctx, "")
	defer stream.Close()
	if e, err := stream.Next(ctx); err != nil || e.Type != "ready" {
		t.Fatalf("%+v, %v", e, err)
	}

	var writing sync.WaitGroup
	var sent atomic.Int64
	var mu sync.Mutex
	var slowest time.Duration // from the first try to send a message to its acknowledgement
	sessions := make([]string, visitors)
	for v := range visitors {
		writing.Go(func() {
			own := c.client(t, client.Options{})
			if err := insist(ctx, func() error { _, err := own.Hello(ctx); return err }); err != nil {
				t.Error(err)
				return
			}
			var session chat.Session
			err := insist(ctx, func() (err error) {
				session, err = own.CreateSession(ctx, client.NewSession{ClientID: "begin"})
				return err
			})
			for i := 0; i < messages && err == nil; i++ {
				began := time.Now()
				err = insist(ctx, func() error {
					_, err := own.SendMessage(ctx, client.NewMessage{SessionID: session.ID, Message: fmt.Sprint(i), ClientID: fmt.Sprint(i)})
					return err
				})
				sent.Add(1)
				mu.Lock()
				slowest = max(slowest, time.Since(began))
				mu.Unlock()
				time.Sleep(10 * time.Millisecond)
			}
			if sessions[v] = session.ID; err != nil {
				t.Error(err)
			}
		})
	}

	killed := 0
	dying, stopKilling := context.WithCancel(ctx)
	var killing sync.WaitGroup
	killing.Go(func() {
		for dying.Err() == nil {
			if pids := c.nodes(); len(pids) > 1 { // one at least stays
				syscall.Kill(pids[rand.IntN(len(pids))], syscall.SIGKILL)
				killed++
			}
			select {
			case <-time.After(400 * time.Millisecond):
			case <-dying.Done():
			}
		}
	})

	heard := map[string]int64{} // the last seq by session
	silence, last := time.Duration(0), time.Now()
	for total := 0; total < visitors*messages; {
		e, err := stream.Next(ctx)
		if err != nil {
			t.Fatalf("after %d of %d sent: %v", total, sent.Load(), err)
		}
		if e.Type != chat.EventMessageSent {
			continue
		}
		var m chat.Message
		if err := e.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if m.Seq != heard[m.SessionID]+1 {
			t.Fatalf("message %d of a session came after %d", m.Seq, heard[m.SessionID])
		}
		heard[m.SessionID] = m.Seq
		silence, last = max(silence, time.Since(last)), time.Now()
		total++
	}
	writing.Wait()
	stopKilling()
	killing.Wait()
	c.await(t, 20*time.Second)
	for _, id := range sessions {
		var list []chat.Message
		err := insist(ctx, func() (err error) { list, err = agent.Messages(ctx, id, 0, 200); return err })
		if err != nil || len(list) != messages {
			t.Fatalf("a session has %d messages, want %d: %v", len(list), messages, err)
		}
		for i, m := range list {
			if m.Text != fmt.Sprint(i) || m.Seq != int64(i+1) {
				t.Errorf("message %d is %q with seq %d", i, m.Text, m.Seq)
			}
		}
	}
	if killed < 3 {
		t.Errorf("%d nodes were killed, which says nothing", killed)
	}
	t.Logf("%d messages over %d nodes killed: 0 lost, 0 doubled, in order; acknowledged %v after the first try at the latest; longest gap on the agent's stream %v",
		visitors*messages, killed, slowest.Round(time.Millisecond), silence.Round(time.Millisecond))
}

// A signal ends all of it within five seconds, with a farewell on the streams.
func TestEndsCleanly(t *testing.T) {
	c := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", c.base+"chat/api/v1/events", nil)
	req.Header.Set("X-API-Key", testKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), "ready") {
	}
	began := time.Now()
	c.cmd.Process.Signal(syscall.SIGTERM)
	bye := false
	for lines.Scan() {
		bye = bye || strings.Contains(lines.Text(), "bye")
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, c.log)
	}
	if took := time.Since(began); !bye || took > 5*time.Second {
		t.Errorf("it took %v, with a farewell: %t", took, bye)
	}
}
