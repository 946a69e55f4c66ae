package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// balancer sends requests to nodes in turn. It knows nothing of who talked to
// which before: any node serves anybody.
type balancer struct {
	nodes []atomic.Pointer[string] // addresses; nil while a node is not up
	turn  atomic.Uint64
	next  http.RoundTripper
}

var errNoNode = errors.New("no node is up")

// RoundTrip implements http.RoundTripper. Where a node cannot be reached
// nothing of the request has been sent, and the next one gets it. Where it dies
// later, the client has to decide whether to repeat the request.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	err := errNoNode
	first := b.turn.Add(1)
	for i := range len(b.nodes) {
		addr := b.nodes[(first+uint64(i))%uint64(len(b.nodes))].Load()
		if addr == nil {
			continue
		}
		r.URL.Scheme, r.URL.Host = "http", *addr
		var resp *http.Response
		resp, err = b.next.RoundTrip(r)
		var op *net.OpError
		if err == nil || !errors.As(err, &op) || op.Op != "dial" {
			return resp, err
		}
	}
	return nil, err
}

// serve runs the nodes behind ln until ctx ends.
func serve(ctx context.Context, ln net.Listener, cfg config, log *slog.Logger) error {
	b := &balancer{
		nodes: make([]atomic.Pointer[string], cfg.nodes),
		next:  &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var nodes sync.WaitGroup
	for i := range cfg.nodes {
		nodes.Go(func() { b.keep(running, i, cfg, log.With("node", i+1)) })
	}
	srv := &http.Server{
		Handler: &httputil.ReverseProxy{
			Transport: b,
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetXForwarded()
				r.Out.Host = r.In.Host
			},
			ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
				w.Header().Set("Retry-After", "1")
				http.Error(w, `{"error":"The node that this went to is gone. Send it again.","status_code":502,"code":"bad_gateway"}`, http.StatusBadGateway)
			},
		},
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("shutting down")
	end() // the nodes say farewell on their streams
	deadline, stop := context.WithTimeout(context.WithoutCancel(ctx), nodeShutdown+time.Second)
	defer stop()
	if srv.Shutdown(deadline) != nil {
		srv.Close()
	}
	nodes.Wait()
	return nil
}

// keep runs one node, and again when it dies, until ctx ends.
func (b *balancer) keep(ctx context.Context, i int, cfg config, log *slog.Logger) {
	for ctx.Err() == nil {
		if err := b.runOnce(ctx, i, cfg, log); err != nil && ctx.Err() == nil {
			log.Warn("a node has ended; it is started again", "error", err)
		}
		b.nodes[i].Store(nil)
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// runOnce starts a node as a process of its own and returns when it has ended.
func (b *balancer) runOnce(ctx context.Context, i int, cfg config, log *slog.Logger) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-node", strconv.Itoa(i+1), "-data", cfg.data,
		fmt.Sprintf("-allow-private-webhooks=%t", cfg.allowPrivateWebhooks), fmt.Sprintf("-tracking=%t", cfg.tracking))
	cmd.Env = append(os.Environ(), dsnVariable+"="+cfg.dsn)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = nodeShutdown + time.Second
	in, err := cmd.StdinPipe() // stays open for as long as this process lives
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	log.Info("a node has started", "pid", cmd.Process.Pid)
	if lines := bufio.NewScanner(out); lines.Scan() {
		addr := lines.Text()
		b.nodes[i].Store(&addr)
	}
	return cmd.Wait()
}
