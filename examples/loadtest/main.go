//go:build unix

// Loadtest measures how events get from the chat to those who listen, and what
// that costs. It starts the server as a process of its own, and beside it a
// floor: a server that does the least there is to do, writing bytes that are
// ready to raw sockets. A second floor brings each message to the disk first,
// as the chat does: nothing that keeps its word can be faster than that. All
// run in turns under the same load, so that the ratios between them hold on any
// machine, and the figures themselves on this one.
//
//	go run ./examples/loadtest
//	go run ./examples/loadtest -only fan-out,idle -idle 50000
//	go run ./examples/loadtest -only idle-http2 -each 10
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
	"runtime/debug"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

type config struct {
	child    string // what this process is, if not the one that measures
	dir      string
	profile  string
	only     string
	sessions int
	rate     int
	readers  int
	idle     int
	idle2    int
	each     int
	storm    int
	takeover bool
	buffer   int
	duration time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cfg config
	flag.StringVar(&cfg.child, "child", "", "for the program's own use: be the `server`, chat, floor or disk")
	flag.StringVar(&cfg.dir, "dir", "", "for the program's own use: where the server keeps its database")
	flag.StringVar(&cfg.profile, "profile", "", "have the chat's server write its CPU profile to this `file`; with one scenario")
	flag.StringVar(&cfg.only, "only", "", "run only these `scenarios`, such as chat,fan-out")
	flag.IntVar(&cfg.sessions, "sessions", 5000, "chat: how many `sessions`, with two readers each")
	flag.IntVar(&cfg.rate, "rate", 2000, "chat: how many messages a second")
	flag.IntVar(&cfg.readers, "readers", 2000, "fan-out: how many `readers` hear each event")
	flag.IntVar(&cfg.idle, "idle", 10000, "idle: how many `streams`")
	flag.IntVar(&cfg.idle2, "idle2", 2000, "idle-http2: how many `streams`")
	flag.IntVar(&cfg.each, "each", 1, "idle-http2: how many `streams` a connection carries; that of a browser one or two")
	flag.IntVar(&cfg.storm, "storm", 10000, "storm: how many `readers` come back at once")
	flag.BoolVar(&cfg.takeover, "takeover", true, "let streams take their connections over from net/http")
	flag.IntVar(&cfg.buffer, "buffer", 0, "how many `bytes` the kernel keeps for a reader who takes nothing; 0 is the system's choice")
	flag.DurationVar(&cfg.duration, "duration", 10*time.Second, "how long chat and fan-out are measured")
	flag.Parse()
	allowed := moreFiles()

	var err error
	switch cfg.child {
	case "":
		debug.SetGCPercent(400) // the server and its floors should not wait for the one that measures
		if err = cfg.fits(allowed); err == nil {
			err = measure(ctx, cfg, os.Stdout)
		}
	case "chat":
		err = serveChat(ctx, cfg, os.Stdout)
	case "floor":
		err = serveFloor(ctx, cfg, os.Stdout)
	case "disk":
		err = serveFloorOnDisk(ctx, cfg, os.Stdout)
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
	if cfg.each < 1 {
		return errors.New("-each must be at least 1")
	}
	for name, n := range map[string]int{"-idle": cfg.idle, "-idle2": cfg.idle2 / cfg.each, "-storm": cfg.storm, "-readers": cfg.readers, "-sessions (two each)": 2 * cfg.sessions} {
		if uint64(n)+100 > allowed {
			return fmt.Errorf("%s asks for %d connections, and this system allows a process %d open files (ulimit -Hn)", name, n, allowed)
		}
	}
	return nil
}

// scenario is one kind of load. It is run against the chat and, where that
// means something, against the floors.
type scenario struct {
	name   string
	about  string
	run    func(ctx context.Context, cfg config, srv *server) (figures, error)
	floors []string
}

var (
	allFloors = []string{"floor", "disk"}
	oneFloor  = []string{"floor"}
)

var scenarios = []scenario{
	{"chat", "messages to many sessions, each heard by its visitor and an agent", runChat, allFloors},
	{"fan-out", "each message heard by all", runFanOut, allFloors},
	{"stalled", "fan-out, with one reader in a hundred who takes nothing", runStalled, nil},
	{"storm", "all readers cut off, and back at once for what they missed", runStorm, nil},
	{"idle", "streams on which nothing happens", runIdle, oneFloor},
	{"idle-http2", "the same over HTTP/2 and TLS, beside a bare handler that waits", runIdle2, oneFloor},
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
		below := make([]figures, len(sc.floors))
		for i, kind := range sc.floors {
			if below[i], err = runOn(ctx, cfg, kind, sc); err != nil {
				return fmt.Errorf("%s, %s: %w", sc.name, kind, err)
			}
		}
		fmt.Fprintf(out, "%s: %s\n", sc.name, sc.about)
		table(out, chat, sc.floors, below)
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

func table(out io.Writer, chat figures, floors []string, below []figures) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(floors) > 0 {
		fmt.Fprint(w, "\tchat\t")
		for _, kind := range floors {
			fmt.Fprintf(w, "%s\tratio\t", kind)
		}
		fmt.Fprintln(w)
	}
	for _, f := range chat {
		fmt.Fprintf(w, "%s\t%.2f %s\t", f.name, f.value, f.unit)
		for _, b := range below {
			if v := b.value(f.name); f.ratio && v > 0 {
				fmt.Fprintf(w, "%.2f %s\t%.2f\t", v, f.unit, f.value/v)
			}
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	fmt.Fprintln(out)
}
