package webhooks_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/internal/leaks"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/webhooks/webhooktest"
)

// The test of this file kills processes in the middle: the one that sends and
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
	var err error
	role := os.Getenv(childRole)
	switch role {
	case "":
		leaks.Main(m)
	case "receiver":
		err = webhooktest.Receive(os.Getenv(childPort), os.Getenv(childLog), os.Getenv(childSecret))
	case "sender":
		err = sendAsChild(webhooktest.Chatter, nil)
	case "hasty sender":
		err = sendAsChild(webhooktest.Chatter, func(s chat.Store) chat.Store { return hasty{s} })
	case "drainer":
		err = sendAsChild(webhooktest.Drain, nil)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, role+":", err)
		os.Exit(1)
	}
}

// hasty is a store that takes for delivered what a sender has only begun with.
type hasty struct{ chat.Store }

func (s hasty) Append(ctx context.Context, ops []chat.Op) ([]chat.OpResult, error) {
	results, err := s.Store.Append(ctx, ops)
	for i, r := range results {
		claim, ok := ops[i].(chat.OpClaimDeliveries)
		if !ok || r.Err != nil {
			continue
		}
		for _, d := range r.Deliveries {
			done := chat.OpSettleDelivery{DeliveryID: d.ID, Attempt: d.Attempt, State: chat.DeliveryDelivered, Now: claim.Now,
				Attempts: []chat.Attempt{{Number: d.Attempt, At: claim.Now, Status: 204}}}
			if _, err := s.Store.Append(ctx, []chat.Op{done}); err != nil {
				return nil, err
			}
		}
	}
	return results, err
}

func sendAsChild(work webhooktest.Work, wrap func(chat.Store) chat.Store) error {
	store, err := sqlite.Open(context.Background(), os.Getenv(childDB), &sqlite.Options{LockWait: 10 * time.Second})
	if err != nil {
		return err
	}
	defer store.Close()
	if wrap != nil {
		return webhooktest.Send(wrap(store), work)
	}
	return webhooktest.Send(store, work)
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
	store, logFile := killInTheMiddle(t, "sender", rounds)
	webhooktest.Judge(t, store, logFile)
}

// verdict hears what a judge says, in place of the test.
type verdict struct {
	testing.TB
	guilty bool
}

func (v *verdict) Error(...any) { v.guilty = true }

// TestKilledHasTeeth: a sender that notes a delivery before it sends it fails
// TestKilledInTheMiddle.
func TestKilledHasTeeth(t *testing.T) {
	store, logFile := killInTheMiddle(t, "hasty sender", 6)
	v := &verdict{TB: t}
	if webhooktest.Judge(v, store, logFile); !v.guilty {
		t.Error("six kills of a sender that notes deliveries before it sends them lost nothing")
	}
}

// killInTheMiddle kills senders of the role and the receiver, has the rest
// delivered, and returns the store and what the receiver has written.
func killInTheMiddle(t *testing.T, role string, rounds int) (chat.Store, string) {
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
	svc := chat.New(store, webhooktest.Options())
	w, err := svc.CreateWebhook(t.Context(), webhooktest.Host, chat.NewWebhook{URL: "http://127.0.0.1:" + port, Events: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	svc.Close()
	store.Close()

	env := []string{childDB + "=" + db, childLog + "=" + logFile, childPort + "=" + port, childSecret + "=" + w.Secret}
	receiver := spawn(t, "receiver", env)
	killed := map[string]int{}
	for round := range rounds {
		sender := spawn(t, role, env)
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
	if store, err = sqlite.Open(t.Context(), db, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	t.Logf("killed %v", killed)
	return store, logFile
}
