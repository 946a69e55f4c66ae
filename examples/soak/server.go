//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
	"github.com/pealchat/pealchat/webhooks"
)

// serve is the server: everything that a host would have.
func serve(ctx context.Context, cfg config, out io.Writer) error {
	store, err := sqlite.Open(ctx, filepath.Join(cfg.dir, "chat.db"), &sqlite.Options{LockWait: 10 * time.Second})
	if err != nil {
		return err
	}
	defer store.Close()
	quiet := slog.New(slog.DiscardHandler)
	svc := chat.New(store, &chat.Options{Logger: quiet})
	defer svc.Close()
	if _, err := svc.EnsureAPIKey(ctx, key, chat.NewAPIKey{Name: "Soak", Scopes: []string{chat.ScopeAdmin}}); err != nil {
		return err
	}
	go svc.Run(ctx)
	go webhooks.New(svc, &webhooks.Options{Logger: quiet}).Run(ctx)
	mux := http.NewServeMux()
	mux.Handle("/chat/", httpapi.New(svc, &httpapi.Options{
		Logger: quiet,
		Rates:  httpapi.Rates{Hellos: -1, Sessions: -1, Messages: -1, VisitorStreams: -1, AddressStreams: -1, FailedLogins: -1},
	}))
	mux.HandleFunc("GET /goroutines", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, runtime.NumGoroutine()) })
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	srv.RegisterOnShutdown(func() { svc.Close() })
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	fmt.Fprintln(out, ln.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	done, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	return srv.Shutdown(done)
}
