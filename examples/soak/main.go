//go:build linux

// Soak has people talk for a long time to a server that is killed and started
// again meanwhile, and looks at what that leaves: whether every message that
// was acknowledged is there, once and in order, whether every stream heard each
// of them once, and whether memory, goroutines, open files and the write-ahead
// log stay as they were.
//
//	go run ./examples/soak                    # half an hour
//	go run ./examples/soak -for 2m -restart 20s
//
// It uses a loopback address only, and a database in a temporary folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/pealchat/pealchat/chat/client"
)

type config struct {
	server   bool // be the server
	addr     string
	dir      string
	length   time.Duration
	restart  time.Duration
	sample   time.Duration
	pause    time.Duration // of a visitor between two messages, on average
	talk     int           // messages of a visitor until they end the session
	visitors int
	agents   int
}

const key = "peal_soak_key_for_loopback_only"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cfg config
	flag.BoolVar(&cfg.server, "server", false, "for the program's own use: be the server")
	flag.StringVar(&cfg.addr, "addr", "127.0.0.1:0", "for the program's own use: listen on `host:port`")
	flag.StringVar(&cfg.dir, "dir", "", "for the program's own use: where the database is")
	flag.DurationVar(&cfg.length, "for", 30*time.Minute, "how long")
	flag.DurationVar(&cfg.restart, "restart", 5*time.Minute, "how often the server ends: killed and asked to by turns")
	flag.DurationVar(&cfg.sample, "sample", 10*time.Second, "how often it is looked at")
	flag.DurationVar(&cfg.pause, "pause", 2*time.Second, "how long a visitor waits between two messages, on average")
	flag.IntVar(&cfg.talk, "talk", 200, "how many messages a visitor writes before they end the session and begin another")
	flag.IntVar(&cfg.visitors, "visitors", 200, "how many `people` write")
	flag.IntVar(&cfg.agents, "agents", 10, "how many `people` listen to everything and answer")
	flag.Parse()
	run := soak
	if cfg.server {
		run = serve
	}
	if err := run(ctx, cfg, os.Stdout); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// soak runs the whole of it and prints what came of it.
func soak(ctx context.Context, cfg config, out io.Writer) (err error) {
	if cfg.dir, err = os.MkdirTemp("", "pealchat-soak"); err != nil {
		return err
	}
	defer os.RemoveAll(cfg.dir)
	k, err := newKeeper(ctx, cfg)
	if err != nil {
		return err
	}
	defer k.stop()

	// Visitors stop first, so that agents hear the last of them.
	writing, stopWriting := context.WithTimeout(ctx, cfg.length)
	defer stopWriting()
	listening, stopListening := context.WithCancel(ctx)
	defer stopListening()
	led := newLedger()
	var agents, visitors, keeping sync.WaitGroup
	for n := range cfg.agents {
		c, err := client.New(k.base(), client.Options{Key: key})
		if err != nil {
			return err
		}
		a := &agent{client: c, heard: map[string]int64{}, answers: n == 0}
		led.agents = append(led.agents, a)
		agents.Go(func() { a.work(listening, led) })
	}
	for _, a := range led.agents {
		<-a.ready()
	}
	for range cfg.visitors {
		c, err := client.New(k.base(), client.Options{})
		if err != nil {
			return err
		}
		visitors.Go(func() { visit(writing, ctx, c, cfg.pause, cfg.talk, led) })
	}
	keeping.Go(func() { k.keep(writing, out) })
	visitors.Wait()
	keeping.Wait()
	led.drain(ctx, 30*time.Second)
	stopListening()
	agents.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return report(ctx, out, k, led)
}

// report compares what was said with what is there, and prints the figures.
func report(ctx context.Context, out io.Writer, k *keeper, led *ledger) error {
	reader, err := client.New(k.base(), client.Options{Key: key})
	if err != nil {
		return err
	}
	faults, err := led.check(ctx, reader)
	if err != nil {
		return err
	}
	if err := sound(ctx, k.file()); err != nil {
		faults = append(faults, err.Error())
	}
	fmt.Fprintf(out, "\n%d messages of visitors and agents in %d sessions, %d restarts, %d locks, longest without an answer %s\n",
		led.total(), len(led.sessions), k.restarts, k.locks, k.longest.Round(time.Millisecond))
	fmt.Fprintf(out, "%d agents' streams heard %d events\n\n", len(led.agents), led.events())
	faults = append(faults, k.print(out)...)
	for i, fault := range faults {
		if i == 20 {
			fmt.Fprintf(out, "… and %d more\n", len(faults)-i)
			break
		}
		fmt.Fprintln(out, fault)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d things are not as they must be", len(faults))
	}
	fmt.Fprintln(out, "0 lost, 0 doubled, 0 out of order, in the database and on every stream")
	return nil
}
