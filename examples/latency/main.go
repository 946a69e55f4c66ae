// Latency measures how long a message is on its way from a visitor on one node
// to an agent on another: from the moment the visitor's browser sends it until
// it stands in the agent's event stream, over HTTP, with PostgreSQL as the
// store and disks that are waited for. Ways for nodes to hear of each other
// take turns under the same load, so that they can be compared on any machine:
//
//	one node   both on the same node, which needs to hear of nobody
//	NOTIFY     LISTEN and NOTIFY of PostgreSQL: what there is without further ado
//	NATS       package natsbroker, with a server in this process
//	none       no broker: nodes look every half second
//
// Beside the time until the agent has the message it says when the visitor was
// told that it is stored, how much later than that the agent had it, which is
// the way from node to node, and how long one row took that somebody else wrote
// meanwhile: the disk's part in it.
//
// It starts a PostgreSQL of its own unless it is given one:
//
//	go run .
//	go run . -dsn 'host=db user=chat dbname=scratch' -rate 500
//
// It uses loopback addresses only, and ends by itself. In a database of yours
// it makes schemas whose names begin with pealchat_latency, and removes them.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/pealchat/pealchat/storage/postgres/pgtest"
)

type config struct {
	dsn      string
	rate     int
	visitors int
	turns    int
	turn     time.Duration
	only     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cfg config
	flag.StringVar(&cfg.dsn, "dsn", "", "the PostgreSQL `database` to use; empty starts a server")
	flag.IntVar(&cfg.rate, "rate", 200, "how many messages a second")
	flag.IntVar(&cfg.visitors, "visitors", 20, "how many visitors write them")
	flag.IntVar(&cfg.turns, "turns", 5, "how often it is each way's turn")
	flag.DurationVar(&cfg.turn, "turn", 2*time.Second, "how long a turn lasts, after a second that does not count")
	flag.StringVar(&cfg.only, "only", "", "measure only these `ways`, such as notify,nats")
	flag.Parse()
	if err := run(ctx, cfg, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

// way is one way for two nodes to hear of each other.
type way struct {
	name  string
	nodes func(context.Context, *rig) (*pair, error)
	times
}

// times are what turns have measured.
type times struct{ heard, stored, way, floor []time.Duration }

func run(ctx context.Context, cfg config, out io.Writer) error {
	if cfg.dsn == "" {
		c, err := pgtest.Start(pgtest.Config{Durable: true})
		if err != nil {
			return err
		}
		defer c.Close()
		cfg.dsn = c.DSN
	}
	r, err := newRig(ctx, cfg)
	if err != nil {
		return err
	}
	defer r.close()
	var ways []*way
	for _, w := range []*way{
		{name: "one node", nodes: oneNode}, {name: "NOTIFY", nodes: overNotify}, {name: "NATS", nodes: overNATS}, {name: "none", nodes: overNothing},
	} {
		if cfg.only == "" || slices.Contains(strings.Split(strings.ToLower(cfg.only), ","), strings.ToLower(w.name)) {
			ways = append(ways, w)
		}
	}
	for turn := range cfg.turns {
		for _, w := range ways {
			took, err := r.turn(ctx, w)
			if err != nil {
				return fmt.Errorf("%s, turn %d: %w", w.name, turn+1, err)
			}
			w.heard = append(w.heard, took.heard...)
			w.stored = append(w.stored, took.stored...)
			w.way = append(w.way, took.way...)
			w.floor = append(w.floor, took.floor...)
		}
	}
	fmt.Fprintf(out, "%s, %d cores, %d messages a second of %d visitors, %d turns of %v\n\n", runtime.Version(), runtime.NumCPU(), cfg.rate, cfg.visitors, cfg.turns, cfg.turn)
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tmessages\tp50\tp90\tp99\tlongest\tstored p50\tp99\tthe way p50\tp99\tone row p50\tp99\t")
	for _, w := range ways {
		fmt.Fprintf(table, "%s\t%d\t%v\t%v\t%v\t%v\t%v\t%v\t%v\t%v\t%v\t%v\t\n", w.name, len(w.heard),
			at(w.heard, 0.5), at(w.heard, 0.9), at(w.heard, 0.99), at(w.heard, 1),
			at(w.stored, 0.5), at(w.stored, 0.99), at(w.way, 0.5), at(w.way, 0.99), at(w.floor, 0.5), at(w.floor, 0.99))
	}
	return table.Flush()
}

// at is the time that a share of them stayed within.
func at(list []time.Duration, share float64) time.Duration {
	slices.Sort(list)
	if len(list) == 0 {
		return 0
	}
	return list[min(len(list)-1, int(share*float64(len(list))))].Round(10 * time.Microsecond)
}
