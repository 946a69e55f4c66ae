package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/pealchat/pealchat/storage/postgres"
)

// server is a PostgreSQL server that this program has started. It listens on a
// Unix socket only.
type server struct {
	dsn   string
	dir   string // with the socket, whose path must be short
	cmd   *exec.Cmd
	ended chan struct{}
}

var errNoPostgres = errors.New("PostgreSQL is not installed: install it (on Debian: apt-get install postgresql), or name a database with -dsn")

// programs returns the folder of the server's programs, of the newest version.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errNoPostgres
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// startPostgres starts a server on the data in dir, which is made at first.
func startPostgres(ctx context.Context, dir string, log *slog.Logger) (*server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	as, err := owner()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(data); errors.Is(err, fs.ErrNotExist) {
		log.Info("making a PostgreSQL database", "folder", data)
		if err := errors.Join(os.MkdirAll(dir, 0o700), give(dir, as)); err != nil {
			return nil, err
		}
		if command(as, "/", "test", "-x", dir).Run() != nil {
			return nil, fmt.Errorf("the user postgres, as whom the server runs, cannot enter %s: name another folder with -data", dir)
		}
		if out, err := command(as, dir, filepath.Join(bin, "initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8", "--pgdata="+data).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("initdb: %w\n%s", err, out)
		}
	}
	socket, err := os.MkdirTemp("", "pealchat")
	if err != nil {
		return nil, err
	}
	if err := give(socket, as); err != nil {
		return nil, err
	}
	s := &server{dsn: "host=" + socket + " user=postgres dbname=postgres", dir: socket, ended: make(chan struct{})}
	s.cmd = command(as, dir, filepath.Join(bin, "postgres"), "-D", data, "-k", socket, "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "log_min_messages=fatal")
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.cmd.Wait()
		close(s.ended)
	}()
	return s, s.await(ctx)
}

// await returns when the server takes connections.
func (s *server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		store, err := postgres.Open(ctx, s.dsn, nil)
		if err == nil {
			return store.Close()
		}
		select {
		case <-s.ended:
			return fmt.Errorf("PostgreSQL ended at once: %w", err)
		case <-ctx.Done():
			s.stop()
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stop ends the server; connections that are open are cut.
func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGINT) // what PostgreSQL calls a fast shutdown
	<-s.ended
	os.RemoveAll(s.dir)
}

// owner is whom the server runs as: it refuses to be root.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no other user for it: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// give makes a folder that of the server's user.
func give(dir string, as *syscall.Credential) error {
	if as == nil {
		return nil
	}
	return os.Chown(dir, int(as.Uid), int(as.Gid))
}

func command(as *syscall.Credential, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...) // it is stopped in its own way
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true} // Ctrl-C is for this program first
	return cmd
}
