//go:build unix

// Loadtest measures how events get from the chat to those who listen, and what
// that costs. It starts the server as a process of its own, and beside it a
// floor: a server that does the least there is to do, writing bytes that are
// ready to raw sockets. Both run in turns under the same load, so that the
// ratio between them holds on any machine, and the figures themselves on this
// one.
//
//	go run ./examples/loadtest
//	go run ./examples/loadtest -only fan-out,idle -idle 50000
//
// It uses loopback addresses only, and ends by itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

type config struct {
	child    string // what this process is, if not the one that measures
	dir      string
	only     string
	sessions int
	rate     int
	readers  int
	idle     int
	storm    int
	takeover bool
	buffer   int
	duration time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cfg config
	flag.StringVar(&cfg.child, "child", "", "for the program's own use: be the `server`, chat or floor")
	flag.StringVar(&cfg.dir, "dir", "", "for the program's own use: where the server keeps its database")
	flag.StringVar(&cfg.only, "only", "", "run only these `scenarios`, such as chat,fan-out")
	flag.IntVar(&cfg.sessions, "sessions", 5000, "chat: how many `sessions`, with two readers each")
	flag.IntVar(&cfg.rate, "rate", 2000, "chat: how many messages a second")
	flag.IntVar(&cfg.readers, "readers", 2000, "fan-out: how many `readers` hear each event")
	flag.IntVar(&cfg.idle, "idle", 10000, "idle: how many `streams`")
	flag.IntVar(&cfg.storm, "storm", 10000, "storm: how many `readers` come back at once")
	flag.BoolVar(&cfg.takeover, "takeover", true, "let streams take their connections over from net/http")
	flag.IntVar(&cfg.buffer, "buffer", 0, "how many `bytes` the kernel keeps for a reader who takes nothing; 0 is the system's choice")
	flag.DurationVar(&cfg.duration, "duration", 10*time.Second, "how long chat and fan-out are measured")
	flag.Parse()
	allowed := moreFiles()

	var err error
	switch cfg.child {
	case "":
		if err = cfg.fits(allowed); err == nil {
			err = measure(ctx, cfg, os.Stdout)
		}
	case "chat":
		err = serveChat(ctx, cfg, os.Stdout)
	case "floor":
		err = serveFloor(ctx, os.Stdout)
	default:
		err = fmt.Errorf("there is no server %q", cfg.child)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "loadtest:", err)
		os.Exit(1)
	}
}

// moreFiles allows as many open connections as the system lets us have, and
// says how many those are.
func moreFiles() (allowed uint64) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxUint64 // it will show
	}
	for _, want := range []uint64{250_000, limit.Max} {
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: want, Max: max(want, limit.Max)}) == nil {
			return want
		}
	}
	return limit.Cur
}

// fits says whether so many connections can be open at all: a client's and a
// server's process need one file for each.
func (cfg config) fits(allowed uint64) error {
	for name, n := range map[string]int{"-idle": cfg.idle, "-storm": cfg.storm, "-readers": cfg.readers, "-sessions (two each)": 2 * cfg.sessions} {
		if uint64(n)+100 > allowed {
			return fmt.Errorf("%s asks for %d connections, and this system allows a process %d open files (ulimit -Hn)", name, n, allowed)
		}
	}
	return nil
}

// scenario is one kind of load. It is run against the chat and, where that
// means something, against the floor.
type scenario struct {
	name  string
	about string
	run   func(ctx context.Context, cfg config, srv *server) (figures, error)
	floor bool
}

var scenarios = []scenario{
	{"chat", "messages to many sessions, each heard by its visitor and an agent", runChat, true},
	{"fan-out", "each message heard by all", runFanOut, true},
	{"stalled", "fan-out, with one reader in a hundred who takes nothing", runStalled, false},
	{"storm", "all readers cut off, and back at once for what they missed", runStorm, false},
	{"idle", "streams on which nothing happens", runIdle, true},
}

func measure(ctx context.Context, cfg config, out io.Writer) error {
	fmt.Fprintf(out, "%s, %d cores, %s/%s\n\n", runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	failed := false
	for _, sc := range scenarios {
		if cfg.only != "" && !strings.Contains(","+cfg.only+",", ","+sc.name+",") {
			continue
		}
		chat, err := runOn(ctx, cfg, "chat", sc)
		if err != nil {
			return fmt.Errorf("%s: %w", sc.name, err)
		}
		var floor figures
		if sc.floor {
			if floor, err = runOn(ctx, cfg, "floor", sc); err != nil {
				return fmt.Errorf("%s, floor: %w", sc.name, err)
			}
		}
		fmt.Fprintf(out, "%s: %s\n", sc.name, sc.about)
		table(out, chat, floor)
		failed = failed || chat.value("lost") > 0 || chat.value("doubled") > 0
	}
	if failed {
		return errors.New("events were lost or doubled")
	}
	return nil
}

// runOn runs a scenario against a fresh server.
func runOn(ctx context.Context, cfg config, kind string, sc scenario) (figures, error) {
	srv, err := startServer(ctx, cfg, kind)
	if err != nil {
		return nil, err
	}
	defer srv.stop()
	return sc.run(ctx, cfg, srv)
}

// figure is one number of a result.
type figure struct {
	name  string
	value float64
	unit  string
	ratio bool // whether one beside the floor's says something
}

type figures []figure

func (fs figures) value(name string) float64 {
	for _, f := range fs {
		if f.name == name {
			return f.value
		}
	}
	return 0
}

func table(out io.Writer, chat, floor figures) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if floor != nil {
		fmt.Fprintln(w, "\tchat\tfloor\tratio\t")
	}
	for _, f := range chat {
		fmt.Fprintf(w, "%s\t%.2f %s\t", f.name, f.value, f.unit)
		if below := floor.value(f.name); f.ratio && below > 0 {
			fmt.Fprintf(w, "%.2f %s\t%.2f\t", below, f.unit, f.value/below)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	fmt.Fprintln(out)
}
