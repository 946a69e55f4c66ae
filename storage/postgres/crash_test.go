package postgres

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
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
