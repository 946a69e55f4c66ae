// Quickstart is a small shop with a chat in its corner: everything that a
// host's own program does with Pealchat, in one place.
//
//	go run ./examples/quickstart
//
// The shop is at /, the chat is mounted at /chat/, and its console is opened
// through a demo sign-in at /staff.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/examples/quickstart/shop"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/webhooks"
)

// A signal must end the program within five seconds: this is for the requests
// under way, the rest for closing the database.
const shutdownTimeout = 3 * time.Second

// webhookTimeout is how long a webhook's endpoint that is just being told has
// to answer then. What it has not answered by then it is told again after the
// next start.
const webhookTimeout = time.Second

type config struct {
	addr                 string
	db                   string
	apiKey               string
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
	if err := run(ctx, cfg, os.Stdout, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (config, error) {
	var cfg config
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.addr, "addr", "127.0.0.1:8080", "listen on `host:port`; the demo sign-in at /staff works on a loopback address only")
	flags.StringVar(&cfg.db, "db", "pealchat.db", "keep the chat in this SQLite `file`, which is made if it does not exist")
	flags.StringVar(&cfg.apiKey, "api-key", "", "accept this `key`, with all scopes; without it, a database that has no key gets one, printed once")
	flags.BoolVar(&cfg.allowPrivateWebhooks, "allow-private-webhooks", false, "development only: let webhooks reach http, loopback and private addresses")
	flags.BoolVar(&cfg.tracking, "tracking", false, "note which pages of the shop visitors see, and show agents who is on them")
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q", flags.Arg(0))
		fmt.Fprintln(stderr, "quickstart:", err)
		flags.Usage()
		return config{}, err
	}
	return cfg, nil
}

// run serves until ctx ends. What to open is printed to out.
func run(ctx context.Context, cfg config, out io.Writer, log *slog.Logger) (err error) {
	ln, err := listen(ctx, cfg.addr)
	if err != nil {
		return err
	}
	defer ln.Close()

	store, err := sqlite.Open(ctx, cfg.db, nil)
	if err != nil {
		return fmt.Errorf("open the database %s: %w", cfg.db, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	svc := chat.New(store, &chat.Options{Logger: log, ContactPanel: shop.ContactPanel, Tracking: chat.Tracking{On: cfg.tracking}, WebhookTargets: chat.WebhookTargets{Any: cfg.allowPrivateWebhooks}})
	defer svc.Close()
	key, err := firstKey(ctx, svc, cfg.apiKey)
	if err != nil {
		return err
	}

	var staff *shop.Staff
	if isLoopback(ln.Addr()) {
		if staff, err = shop.NewStaff(cfg.db + ".staff"); err != nil {
			return err
		}
	}

	// The clock of the service ends with run, before the store closes.
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	clock := make(chan error, 1)
	go func() { clock <- svc.Run(background) }()
	defer func() { cancel(); <-clock }()

	sending, stopSending := context.WithCancel(background)
	sent := make(chan error, 1)
	go func() { sent <- webhooks.New(svc, &webhooks.Options{Logger: log}).Run(sending) }()
	endWebhooks := func() {
		stopSending()
		select {
		case <-sent:
		case <-time.After(webhookTimeout):
		}
	}
	defer stopSending()

	srv := &http.Server{
		Handler:           shop.Handler(svc, staff, log),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// No WriteTimeout: event streams are long. The chat sets deadlines of
		// its own.
	}
	// Closing the service ends the event streams with a farewell; without it
	// Shutdown would wait for them in vain.
	srv.RegisterOnShutdown(func() { svc.Close() })

	announce(out, ln.Addr(), staff != nil, key, cfg)
	return serve(ctx, srv, ln, log, endWebhooks)
}

// serve runs srv until ctx ends, then calls before, and lets the requests under
// way finish.
func serve(ctx context.Context, srv *http.Server, ln net.Listener, log *slog.Logger, before func()) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("shutting down")
	before()
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := srv.Shutdown(deadline); err != nil {
		log.Warn("some connections did not end in time and were cut", "error", err)
		srv.Close()
	}
	return nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program already listens on %s: end it, or choose another port with -addr", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listening on %s is not allowed: choose a port from 1024 up with -addr", addr)
	case err != nil:
		return nil, fmt.Errorf("listen on %q (-addr): %w", addr, err)
	}
	return ln, nil
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// firstKey makes sure that the API can be called at all. It returns a key only
// where it has just made one.
// Visitors read its name beside what is written with it.
func firstKey(ctx context.Context, svc *chat.Service, given string) (made string, err error) {
	adminKey := chat.NewAPIKey{Name: "Alder & Clay", Scopes: []string{chat.ScopeAdmin}}
	if given != "" {
		if _, err := svc.EnsureAPIKey(ctx, given, adminKey); err != nil {
			return "", fmt.Errorf("-api-key: %w", err)
		}
		return "", nil
	}
	host := chat.AsHost("quickstart")
	keys, err := svc.APIKeys(ctx, host)
	if err != nil || len(keys) > 0 {
		return "", err
	}
	_, made, err = svc.CreateAPIKey(ctx, host, adminKey)
	return made, err
}

// announce says what to open.
func announce(out io.Writer, addr net.Addr, withStaff bool, key string, cfg config) {
	base := "http://" + reachable(addr)
	fmt.Fprintf(out, "Shop      %s/\n", base)
	if withStaff {
		fmt.Fprintf(out, "Console   %s/staff\n", base)
	} else {
		fmt.Fprintf(out, "Console   %s/chat/console/ (sign in with an API key)\n", base)
	}
	fmt.Fprintf(out, "API       %s/chat/api/v1\n", base)
	switch {
	case key != "":
		fmt.Fprintf(out, "API key   %s (keep it: it is shown this once)\n", key)
	case cfg.apiKey != "":
		fmt.Fprintln(out, "API key   the one given with -api-key")
	default:
		fmt.Fprintf(out, "API key   the one shown when %s was made; -api-key KEY adds another\n", cfg.db)
	}
}

// reachable is the address as this machine can open it: a server on all
// interfaces is on the loopback too.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return fmt.Sprintf("localhost:%d", tcp.Port)
}
