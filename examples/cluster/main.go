// Cluster is the quickstart on several nodes: a PostgreSQL server, three
// processes that share it, and a proxy in front of them. Whoever talks to it
// finds what the quickstart has, at the same addresses.
//
//	cd examples/cluster
//	go run .
//
// Without -dsn it starts a PostgreSQL server of its own, in the folder
// pealchat-cluster, from the programs that are installed (on Debian: apt-get
// install postgresql). A node that dies is started again; kill one and watch.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/examples/quickstart/shop"
	"github.com/pealchat/pealchat/storage/postgres"
)

type config struct {
	addr                 string
	dsn                  string
	apiKey               string
	data                 string
	nodes                int
	node                 int // which one this process is; 0 is the one that starts the others
	allowPrivateWebhooks bool
	tracking             bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once

	cfg, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if cfg.node > 0 {
		err = runNode(ctx, cfg, log.With("node", cfg.node))
	} else {
		err = run(ctx, cfg, os.Stdout, log)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (config, error) {
	var cfg config
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.addr, "addr", "127.0.0.1:8080", "listen on `host:port`; the demo sign-in at /staff works on a loopback address only")
	flags.StringVar(&cfg.dsn, "dsn", os.Getenv(dsnVariable), "keep the chat in this PostgreSQL `database`; empty starts a server")
	flags.StringVar(&cfg.apiKey, "api-key", "", "accept this `key`, with all scopes; without it, a database that has no key gets one, printed once")
	flags.StringVar(&cfg.data, "data", "pealchat-cluster", "`folder` for the server that is started, and for the secret of the staff's sign-in")
	flags.IntVar(&cfg.nodes, "nodes", 3, "how many `processes` to run")
	flags.IntVar(&cfg.node, "node", 0, "be the `number`th node (the program calls itself with this)")
	flags.BoolVar(&cfg.allowPrivateWebhooks, "allow-private-webhooks", false, "development only: let webhooks reach http, loopback and private addresses")
	flags.BoolVar(&cfg.tracking, "tracking", false, "note which pages of the shop visitors see, and show agents who is on them")
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	var err error
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case cfg.nodes < 1:
		err = errors.New("-nodes must be 1 or more")
	}
	if err != nil {
		fmt.Fprintln(stderr, "cluster:", err)
		flags.Usage()
	}
	return cfg, err
}

// run starts everything and serves until ctx ends.
func run(ctx context.Context, cfg config, out io.Writer, log *slog.Logger) (err error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.addr)
	if err != nil {
		return fmt.Errorf("listen on %q (-addr): %w", cfg.addr, err)
	}
	defer ln.Close()
	if cfg.data, err = filepath.Abs(cfg.data); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.data, 0o755); err != nil {
		return err
	}
	if cfg.dsn == "" {
		server, err := startPostgres(ctx, filepath.Join(cfg.data, "postgres"), log)
		if err != nil {
			return err
		}
		defer server.stop()
		cfg.dsn = server.dsn
	}
	key, err := prepare(ctx, cfg)
	if err != nil {
		return err
	}
	announce(out, ln.Addr(), key, cfg)
	return serve(ctx, ln, cfg, log)
}

// prepare makes the tables, the first key and the secret of the sign-in before
// any node asks for them.
func prepare(ctx context.Context, cfg config) (key string, err error) {
	if _, err := shop.NewStaff(cfg.staffFile()); err != nil {
		return "", err
	}
	store, err := postgres.Open(ctx, cfg.dsn, nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	svc := chat.New(store, nil)
	defer svc.Close()
	admin := chat.NewAPIKey{Name: "Alder & Clay", Scopes: []string{chat.ScopeAdmin}}
	if cfg.apiKey != "" {
		if _, err := svc.EnsureAPIKey(ctx, cfg.apiKey, admin); err != nil {
			return "", fmt.Errorf("-api-key: %w", err)
		}
		return "", nil
	}
	host := chat.AsHost("cluster")
	keys, err := svc.APIKeys(ctx, host)
	if err != nil || len(keys) > 0 {
		return "", err
	}
	_, key, err = svc.CreateAPIKey(ctx, host, admin)
	return key, err
}

func (c config) staffFile() string { return filepath.Join(c.data, "staff") }

func announce(out io.Writer, addr net.Addr, key string, cfg config) {
	fmt.Fprintf(out, "Shop      http://%s/\n", addr)
	fmt.Fprintf(out, "Console   http://%s/staff\n", addr)
	fmt.Fprintf(out, "API       http://%s/chat/api/v1\n", addr)
	switch {
	case key != "":
		fmt.Fprintf(out, "API key   %s (keep it: it is shown this once)\n", key)
	case cfg.apiKey != "":
		fmt.Fprintln(out, "API key   the one given with -api-key")
	default:
		fmt.Fprintln(out, "API key   the one shown when the database was made; -api-key KEY adds another")
	}
}
