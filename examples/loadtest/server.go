//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
	"github.com/pealchat/pealchat/storage/sqlite"
)

// server is a server process, as the one that measures sees it.
type server struct {
	kind   string // chat, floor or disk
	addr   string
	secure string // the same with TLS
	cmd    *exec.Cmd
	dir    string
}

const key = "peal_loadtest_key_for_loopback_only"

func startServer(ctx context.Context, cfg config, kind string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pealchat-loadtest")
	if err != nil {
		return nil, err
	}
	s := &server{kind: kind, dir: dir}
	if err := makeCertificate(dir); err != nil {
		return nil, err
	}
	s.cmd = exec.CommandContext(ctx, self, "-child", kind, "-dir", dir, "-profile", cfg.profile, fmt.Sprint("-takeover=", cfg.takeover), fmt.Sprint("-buffer=", cfg.buffer))
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the server does not start: %w", err)
	}
	if _, err := fmt.Sscan(line, &s.addr, &s.secure); err != nil {
		s.stop()
		return nil, fmt.Errorf("the server says %q: %w", line, err)
	}
	return s, nil
}

func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.cmd.Wait()
	os.RemoveAll(s.dir)
}

// usage is what the server process says of itself.
type usage struct {
	CPU    float64 `json:"cpu_s"`  // since it started
	Memory int64   `json:"memory"` // bytes in use on the heap and in stacks, after a collection
}

func (s *server) usage(collect bool) (u usage, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, fmt.Sprintf("http://%s/control/usage?collect=%v", s.addr, collect), nil)
	if err != nil {
		return u, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return u, err
	}
	defer resp.Body.Close()
	return u, json.NewDecoder(resp.Body).Decode(&u)
}

// crowd has n goroutines be there at once, and end. For each of them the
// runtime keeps half a kilobyte for as long as the process lives.
func (s *server) crowd(ctx context.Context, n int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/control/crowd?n=%d", s.addr, n), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// control answers what server.usage and server.crowd ask.
func control(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/crowd", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		var all sync.WaitGroup
		leave := make(chan struct{})
		for range n {
			all.Go(func() { <-leave })
		}
		close(leave)
		all.Wait()
	})
	mux.HandleFunc("GET /control/usage", func(w http.ResponseWriter, r *http.Request) {
		var u usage
		if r.URL.Query().Get("collect") == "true" {
			for range 3 {
				runtime.GC() // shrinks stacks by half each time
				time.Sleep(100 * time.Millisecond)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			u.Memory = int64(m.HeapAlloc + m.StackInuse)
		}
		var ru syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		u.CPU = time.Duration(ru.Utime.Nano() + ru.Stime.Nano()).Seconds()
		json.NewEncoder(w).Encode(u)
	})
}

// serveChat is the server that is measured: everything a host would have.
func serveChat(ctx context.Context, cfg config, out io.Writer) error {
	if cfg.profile != "" {
		file, err := os.Create(cfg.profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	store, err := sqlite.Open(ctx, filepath.Join(cfg.dir, "chat.db"), nil)
	if err != nil {
		return err
	}
	defer store.Close()
	quiet := slog.New(slog.DiscardHandler)
	svc := chat.New(store, &chat.Options{Logger: quiet})
	defer svc.Close()
	if _, err := svc.EnsureAPIKey(ctx, key, chat.NewAPIKey{Name: "Load", Scopes: []string{chat.ScopeAdmin}}); err != nil {
		return err
	}
	go svc.Run(ctx)
	mux := http.NewServeMux()
	mux.Handle("/chat/", httpapi.New(svc, &httpapi.Options{
		Logger: quiet, Streams: httpapi.Streams{NoTakeover: !cfg.takeover, Life: time.Hour},
		Rates: httpapi.Rates{Hellos: -1, Sessions: -1, Messages: -1, VisitorStreams: -1, AddressStreams: -1, FailedLogins: -1},
	}))
	control(mux)
	return serve(ctx, mux, out, cfg, func() { svc.Close() })
}

// smallBuffers makes the kernel keep little for a reader who takes nothing, so
// that it shows after kilobytes instead of megabytes.
type smallBuffers struct {
	net.Listener
	bytes int
}

func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(l.bytes)
	}
	return c, err
}

func serve(ctx context.Context, h http.Handler, out io.Writer, cfg config, ending func()) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if cfg.buffer > 0 {
		ln = smallBuffers{ln, cfg.buffer}
	}
	secure, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	srv.RegisterOnShutdown(ending)
	failed := make(chan error, 2)
	go func() { failed <- srv.Serve(ln) }()
	go func() {
		failed <- srv.ServeTLS(secure, filepath.Join(cfg.dir, certFile), filepath.Join(cfg.dir, keyFile))
	}()
	fmt.Fprintln(out, ln.Addr(), secure.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		done, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		srv.Shutdown(done)
		return nil
	}
}
