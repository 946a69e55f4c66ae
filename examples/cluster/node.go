package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/examples/quickstart/shop"
	"github.com/pealchat/pealchat/storage/postgres"
	"github.com/pealchat/pealchat/webhooks"
)

// dsnVariable is how a node is told of the database: arguments can be read by
// everybody on the machine.
const dsnVariable = "PEALCHAT_CLUSTER_DSN"

// nodeShutdown is how long the requests under way may take when a node ends.
const nodeShutdown = 3 * time.Second

// proxies are where the proxy's requests come from.
var proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// runNode is a host with a chat, of which there are several on one database.
// That they are several shows nowhere in it: the store brings a broker with
// which they hear of each other. It prints its address, and ends with ctx or
// with whoever has started it.
func runNode(ctx context.Context, cfg config, log *slog.Logger) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		io.Copy(io.Discard, os.Stdin) // ends with the parent
		cancel()
	}()
	store, err := postgres.Open(ctx, cfg.dsn, &postgres.Options{Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	svc := chat.New(store, &chat.Options{
		Logger: log, Tracking: chat.Tracking{On: cfg.tracking}, WebhookTargets: chat.WebhookTargets{Any: cfg.allowPrivateWebhooks},
	})
	defer svc.Close()
	background, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 2)
	go func() { ended <- svc.Run(background) }()
	go func() { ended <- webhooks.New(svc, &webhooks.Options{Logger: log}).Run(background) }()
	defer func() {
		end()
		for range cap(ended) {
			select {
			case <-ended:
			case <-time.After(time.Second): // a webhook's endpoint that does not answer
			}
		}
	}()

	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	staff, err := shop.NewStaff(cfg.staffFile())
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           shop.Handler(svc, staff, log, proxies...),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	srv.RegisterOnShutdown(func() { svc.Close() }) // ends the event streams with a farewell
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	fmt.Println(ln.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	deadline, stop := context.WithTimeout(context.WithoutCancel(ctx), nodeShutdown)
	defer stop()
	if srv.Shutdown(deadline) != nil {
		return srv.Close()
	}
	return nil
}
