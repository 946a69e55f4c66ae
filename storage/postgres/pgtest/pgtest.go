// Package pgtest starts PostgreSQL servers for tests: each in a folder of its
// own that is removed with it, reached through a Unix socket only, unless a
// test asks for a port.
//
// The server's programs are found in PATH or where Debian puts them. Where
// there are none, tests are skipped, or fail with PEALCHAT_REQUIRE=all. With
// PEALCHAT_POSTGRES_DSN set, [Database] uses that server instead.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pealchat/pealchat/internal/leaks"
)

// Cluster is a server with its data.
type Cluster struct {
	// DSN is that of the database "postgres", for the server's superuser.
	DSN string

	// Durable says that commits are on disk before they are acknowledged.
	Durable bool

	bin, dir string
	port     int
	tcp      bool
	server   *exec.Cmd
	ended    chan struct{}
}

// Config says what a cluster is to be like.
type Config struct {
	Durable  bool     // with fsync; without, it is only fast
	TCP      bool     // listen on 127.0.0.1 too
	Settings []string // further settings, as name=value
}

// Find returns the folder of the server's programs.
func Find() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed (initdb is neither in PATH nor in /usr/lib/postgresql)")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// Start makes a cluster and starts its server.
func Start(cfg Config) (*Cluster, error) {
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, dir: dir, tcp: cfg.TCP, Durable: cfg.Durable}
	if err := c.make(cfg); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	if err := c.Start(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return c, nil
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) make(cfg Config) error {
	if err := own(c.dir); err != nil {
		return err
	}
	out, err := c.command("initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--pgdata="+c.data()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pgtest: initdb: %w\n%s", err, out)
	}
	c.port = 5432
	host := c.dir
	if cfg.TCP {
		if c.port, err = freePort(); err != nil {
			return err
		}
		host = "127.0.0.1"
	}
	c.DSN = fmt.Sprintf("host=%s port=%d user=postgres dbname=postgres", host, c.port)
	settings := append([]string{"max_connections=300", "shared_buffers=64MB", "log_min_messages=fatal", "log_statement=none"}, cfg.Settings...)
	if !cfg.Durable {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	conf := filepath.Join(c.data(), "postgresql.conf")
	f, err := os.OpenFile(conf, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("\n" + strings.Join(settings, "\n") + "\n")
	return errors.Join(err, f.Close())
}

// Start starts the server, after [Cluster.Stop] or a crash.
func (c *Cluster) Start() error {
	listen := ""
	if c.tcp {
		listen = "127.0.0.1"
	}
	cmd := c.command("postgres", "-D", c.data(), "-k", c.dir, "-p", strconv.Itoa(c.port), "-c", "listen_addresses="+listen)
	if err := cmd.Start(); err != nil {
		return err
	}
	c.server, c.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		cmd.Wait()
		close(ended)
	}(c.ended)
	return c.await()
}

// await returns when the server takes connections.
func (c *Cluster) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.DSN)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.ended:
			return fmt.Errorf("pgtest: the server ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("pgtest: the server does not answer: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Stop stops the server: "fast" ends its connections, "immediate" is a crash.
func (c *Cluster) Stop(mode string) error {
	out, err := c.command("pg_ctl", "-D", c.data(), "-m", mode, "-w", "stop").CombinedOutput()
	if err != nil {
		return fmt.Errorf("pgtest: pg_ctl: %w\n%s", err, out)
	}
	<-c.ended
	return nil
}

// Close ends the server and removes its data.
func (c *Cluster) Close() {
	c.Stop("immediate")
	os.RemoveAll(c.dir)
}

func freePort() (int, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// The cluster that the tests of a process share.
var shared struct {
	once sync.Once
	c    *Cluster
	err  error
	next atomic.Int64
}

// Main runs the tests of a package and ends the server that they shared.
func Main(m *testing.M) {
	code := m.Run()
	End()
	if code == 0 {
		code = leaks.Check()
	}
	os.Exit(code)
}

// End ends the server that the tests have shared, if there is one, for a
// TestMain that has more to do than [Main].
func End() {
	if shared.c != nil {
		shared.c.Close()
	}
}

// Server returns the DSN of the server that the tests of the process share:
// that of PEALCHAT_POSTGRES_DSN, or one that is started with the first call.
// It skips the test where there is none.
func Server(t testing.TB) string {
	t.Helper()
	if dsn := os.Getenv("PEALCHAT_POSTGRES_DSN"); dsn != "" {
		return dsn
	}
	shared.once.Do(func() { shared.c, shared.err = Start(Config{}) })
	if shared.err != nil {
		Missing(t, shared.err.Error())
	}
	return shared.c.DSN
}

// Database makes a database for the test and returns its DSN. It is removed
// with the test.
func Database(t testing.TB) string {
	t.Helper()
	return NewDatabase(t, Server(t))
}

// NewDatabase makes a database on a server for as long as the test lasts.
func NewDatabase(t testing.TB, server string) string {
	t.Helper()
	name := fmt.Sprintf("pealchat_test_%d_%d", os.Getpid(), shared.next.Add(1))
	run(t, server, "CREATE DATABASE "+name+" ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
	t.Cleanup(func() { run(t, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	if strings.Contains(server, "://") {
		cfg, err := pgx.ParseConfig(server)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s", cfg.Host, cfg.Port, cfg.User, strings.ReplaceAll(cfg.Password, "'", `\'`), name)
	}
	return strings.Join(append(slices.DeleteFunc(strings.Fields(server), func(s string) bool { return strings.HasPrefix(s, "dbname=") }), "dbname="+name), " ")
}

func run(t testing.TB, dsn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err == nil {
		_, err = conn.Exec(ctx, text)
		err = errors.Join(err, conn.Close(ctx))
	}
	if err != nil {
		t.Errorf("pgtest: %s: %v", text, err)
	}
}

// Missing skips the test for want of something, or fails it with
// PEALCHAT_REQUIRE=all.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("PEALCHAT_REQUIRE") == "all" {
		t.Fatal(what)
	}
	t.Skip(what)
}
