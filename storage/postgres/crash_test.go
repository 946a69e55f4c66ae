package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/storage/postgres/pgtest"
	"github.com/pealchat/pealchat/storage/storagetest"
)

func init() {
	children["append"] = func(args []string) error { return appendForever(args, func(s chat.Store) chat.Store { return s }) }
	children["append too early"] = func(args []string) error { return appendForever(args, storagetest.TooEarly) }
}

func appendForever(args []string, wrap func(chat.Store) chat.Store) error {
	s, err := Open(context.Background(), args[0], quiet)
	if err != nil {
		return err
	}
	return storagetest.LoadChild(wrap(s), os.Stdout, args[1:])
}

// crash starts a child that appends, kills it at a random moment, and adds
// what it had acknowledged.
func crash(t *testing.T, a *storagetest.Acks, mode, dsn string) {
	t.Helper()
	cmd, out := child(t, append([]string{mode, dsn + " application_name=killed"}, a.Args()...)...)
	if got := line(t, out); got != "ready" {
		t.Fatalf("the child said %q", got)
	}
	time.AfterFunc(time.Duration(50+rand.IntN(100))*time.Millisecond, func() { cmd.Process.Kill() })
	a.Hear(t, out, func() bool { return false })
	cmd.Wait()
	// The server carries out what it had received before it notices.
	eventually(t, "the server has noticed that the process is gone", func() bool {
		var n int
		conn, err := pgx.Connect(t.Context(), dsn)
		if err == nil {
			err = conn.QueryRow(t.Context(), "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'killed' AND datname = current_database()").Scan(&n)
			conn.Close(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
}

// TestKill kills a process under load, again and again. What it had
// acknowledged must be there, once, in its place.
func TestKill(t *testing.T) {
	dsn := pgtest.Database(t)
	s := mustOpen(t, dsn)
	a := storagetest.NewAcks(t, s)
	rounds := 20
	for range rounds {
		crash(t, a, "append", dsn)
		a.Check(t, s)
	}
	if a.Count() < 5*rounds {
		t.Errorf("only %d messages were acknowledged in %d rounds", a.Count(), rounds)
	}
	t.Logf("%d acknowledged messages, %d kills", a.Count(), rounds)
}

// TestKillHasTeeth: a store that acknowledges before it commits fails TestKill.
func TestKillHasTeeth(t *testing.T) {
	for range 10 {
		dsn := pgtest.Database(t)
		s := mustOpen(t, dsn)
		a := storagetest.NewAcks(t, s)
		crash(t, a, "append too early", dsn)
		for _, b := range a.Broken(t, s) {
			if strings.HasSuffix(b, "is lost") {
				return
			}
		}
	}
	t.Error("ten kills of a store that acknowledges too early lost nothing")
}

// ownCluster starts a server for one test, with disks that are waited for.
func ownCluster(t *testing.T, cfg pgtest.Config) *pgtest.Cluster {
	t.Helper()
	c, err := pgtest.Start(cfg)
	if err != nil {
		pgtest.Missing(t, err.Error())
	}
	t.Cleanup(c.Close)
	return c
}

// TestServerRestarts takes the server away under load: by a crash, by an
// orderly restart, and one connection after the other. Writers are told that
// it is unavailable and nothing else, go on soon after it is back (how soon is
// printed), and nothing that was acknowledged is lost or there twice.
func TestServerRestarts(t *testing.T) {
	c := ownCluster(t, pgtest.Config{Durable: true})
	s := mustOpen(t, c.DSN)
	a := storagetest.NewAcks(t, s)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { storagetest.NewLoad(s, a).Run(ctx) })
	defer running.Wait()
	defer stop()
	var longest time.Duration
	// goesOn waits for messages that were sent after now.
	goesOn := func(what string) {
		t.Helper()
		from, began := a.Count(), time.Now()
		for a.Count() < from+20 {
			if time.Since(began) > 10*time.Second {
				t.Fatalf("after %s nothing is written any more", what)
			}
			time.Sleep(time.Millisecond)
		}
		longest = max(longest, time.Since(began))
	}
	goesOn("the start")
	for _, mode := range []string{"immediate", "fast", "immediate"} {
		if err := c.Stop(mode); err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); err == nil {
			t.Error("Ping says that all is well without a server")
		}
		time.Sleep(100 * time.Millisecond)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		goesOn(mode)
	}
	for range 4 {
		execSQL(t, c.DSN, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pealchat'")
		goesOn("killed backends")
	}
	stop()
	running.Wait()
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	a.Check(t, s)
	t.Logf("%d acknowledged messages; %v at most until the next twenty; the longest gap, with the restart, was %v", a.Count(), longest, a.Gap())
	if longest > 5*time.Second { // two seconds on a machine with nothing else to do
		t.Errorf("it took %v until twenty messages were written again", longest)
	}
}

func execSQL(t testing.TB, dsn, text string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err == nil {
		_, err = conn.Exec(context.Background(), text)
		conn.Close(context.Background())
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// TestNoConnections takes all connections of the server.
func TestNoConnections(t *testing.T) {
	c := ownCluster(t, pgtest.Config{Settings: []string{"max_connections=20", "superuser_reserved_connections=0"}})
	s := mustOpen(t, c.DSN)
	startSession(t, s, "s")
	before := runtime.NumGoroutine()
	// The store's own connections are ended first: it has to get new ones.
	execSQL(t, c.DSN, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pealchat'")
	var taken []*pgx.Conn
	for len(taken) < 100 {
		conn, err := pgx.Connect(t.Context(), c.DSN)
		if err != nil {
			break
		}
		taken = append(taken, conn)
	}
	unavailableWithin(t, s, 5*time.Second)
	if grown := runtime.NumGoroutine() - before - len(taken); grown > 10 {
		t.Errorf("%d goroutines more than before", grown)
	}
	for _, conn := range taken {
		conn.Close(t.Context())
	}
	worksAgain(t, s)
}

// unavailableWithin lets some callers write, who must be told in time that it
// does not work.
func unavailableWithin(t *testing.T, s *Store, limit time.Duration) {
	t.Helper()
	began := time.Now()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if _, err := s.Append(context.Background(), []chat.Op{textMessage("s", fmt.Sprint("lost", i))}); !isUnavailable(err) {
				t.Errorf("Append: %v, want that the store is unavailable", err)
			}
		})
	}
	group.Wait()
	if took := time.Since(began); took > limit {
		t.Errorf("it took %v to find out", took)
	}
}

func worksAgain(t *testing.T, s *Store) {
	t.Helper()
	began := time.Now()
	for n := 0; ; n++ {
		_, err := s.Append(context.Background(), []chat.Op{textMessage("s", fmt.Sprint("again", n))})
		if err == nil {
			return
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("it does not work again: %v", err)
		}
	}
}

// TestServerHangs puts something between the store and the server that stops
// to pass anything on. Whoever writes is told within two of the host's
// WriteTimeout, that of the transaction before theirs and their own, however
// often they try; the goroutines do not grow with that; and on it goes.
func TestServerHangs(t *testing.T) {
	const timeout = time.Second
	c := ownCluster(t, pgtest.Config{TCP: true})
	p := newProxy(t, c.DSN)
	s, err := Open(t.Context(), p.dsn, &Options{Logger: quiet.Logger, WriteTimeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	startSession(t, s, "s")
	svc := chat.New(s, &chat.Options{Logger: quiet.Logger, WriteTimeout: timeout})
	defer svc.Close()
	p.stuck.Store(true)
	var goroutines []int
	var longest time.Duration
	for wave := range 3 {
		began := time.Now()
		var group sync.WaitGroup
		for i := range 30 {
			group.Go(func() {
				in := chat.NewMessage{SessionID: "s", Sender: chat.SenderAgent, Text: "Lost", ClientID: fmt.Sprint(wave, ".", i)}
				if _, err := svc.SendMessage(context.Background(), shop, in); !isUnavailable(err) {
					t.Errorf("SendMessage: %v, want that the store is unavailable", err)
				}
			})
		}
		group.Wait()
		longest = max(longest, time.Since(began))
		goroutines = append(goroutines, goroutinesBeside("(*proxy).pass"))
	}
	if longest > 2*timeout+3*time.Second {
		t.Errorf("it took %v to find out", longest)
	}
	if grown := goroutines[2] - goroutines[0]; grown > 10 {
		t.Errorf("two more waves of callers have left %d goroutines behind: %v", grown, goroutines)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := s.Session(ctx, "s"); !isUnavailable(err) {
		t.Errorf("Session: %v", err)
	}
	p.stuck.Store(false)
	worksAgain(t, s)
	t.Logf("%d callers were told within %v; goroutines after each wave: %v", 90, longest.Round(time.Millisecond), goroutines)
}

// goroutinesBeside counts the goroutines without this frame.
func goroutinesBeside(frame string) (n int) {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for g := range strings.SplitSeq(string(stacks), "\n\n") {
		if !strings.Contains(g, frame) {
			n++
		}
	}
	return n
}

func isUnavailable(err error) bool { return errors.Is(err, chat.ErrUnavailable) }

// proxy passes bytes on until it is stuck.
type proxy struct {
	dsn   string
	stuck atomic.Bool
}

func newProxy(t *testing.T, dsn string) *proxy {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{dsn: fmt.Sprintf("host=127.0.0.1 port=%d user=%s dbname=%s", l.Addr().(*net.TCPAddr).Port, cfg.User, cfg.Database)}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", cfg.Port))
			if err != nil {
				in.Close()
				continue
			}
			go p.pass(in, out)
			go p.pass(out, in)
		}
	}()
	return p
}

func (p *proxy) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		for p.stuck.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}
