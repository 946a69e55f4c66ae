//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// keeper keeps the server running, ends it now and then, and looks at it.
type keeper struct {
	cfg      config
	addr     string
	cmd      *exec.Cmd
	restarts int
	locks    int           // how often the database was locked
	longest  time.Duration // from an end until the server answered again
	began    time.Time     // when the server that runs began
	samples  []sample
}

// sample is what the server holds at one moment.
type sample struct {
	at         time.Duration // since the beginning
	up         time.Duration // since the server began
	rss        int64
	goroutines int64
	files      int64
	wal        int64
}

func newKeeper(ctx context.Context, cfg config) (*keeper, error) {
	k := &keeper{cfg: cfg, addr: cfg.addr}
	return k, k.start(ctx)
}

func (k *keeper) base() string { return "http://" + k.addr + "/chat/" }

func (k *keeper) file() string { return filepath.Join(k.cfg.dir, "chat.db") }

// start starts the server where it was, and returns when it listens.
func (k *keeper) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	k.cmd = exec.CommandContext(context.WithoutCancel(ctx), self, "-server", "-addr", k.addr, "-dir", k.cfg.dir)
	k.cmd.Stderr = os.Stderr
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := k.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return errors.Join(fmt.Errorf("the server does not start: %w", err), k.cmd.Wait())
	}
	k.addr, k.began = strings.TrimSpace(line), time.Now()
	return nil
}

func (k *keeper) stop() {
	k.cmd.Process.Signal(syscall.SIGTERM)
	k.cmd.Wait()
}

// keep restarts, locks the database half-way between, and samples, until ctx
// ends.
func (k *keeper) keep(ctx context.Context, out io.Writer) {
	began := time.Now()
	trouble, look := time.NewTicker(k.cfg.restart/2), time.NewTicker(k.cfg.sample)
	defer trouble.Stop()
	defer look.Stop()
	var locking sync.WaitGroup
	defer locking.Wait()
	for n := 1; ; {
		select {
		case <-trouble.C:
			if n++; n%2 == 0 {
				k.locks++
				locking.Go(func() {
					if err := lockFor(ctx, k.file(), min(3*time.Second, k.cfg.restart/5)); err != nil {
						fmt.Fprintln(out, "the database was not locked:", err)
					}
				})
			} else if err := k.restart(ctx); err != nil {
				fmt.Fprintln(out, "the server was not started again:", err)
				return
			}
		case <-look.C:
			if s, err := k.look(ctx); err == nil {
				s.at = time.Since(began)
				k.samples = append(k.samples, s)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (k *keeper) restart(ctx context.Context) error {
	ended := time.Now()
	if k.restarts++; k.restarts%2 == 1 {
		k.cmd.Process.Kill()
	} else {
		k.cmd.Process.Signal(syscall.SIGTERM)
	}
	k.cmd.Wait()
	if err := k.start(ctx); err != nil {
		return err
	}
	for {
		_, err := k.get(ctx, "/chat/healthz")
		if err == nil {
			k.longest = max(k.longest, time.Since(ended))
			return nil
		}
		if time.Since(ended) > time.Minute {
			return fmt.Errorf("it does not answer: %w", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (k *keeper) look(ctx context.Context) (s sample, err error) {
	proc := fmt.Sprintf("/proc/%d/", k.cmd.Process.Pid)
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		return s, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			fmt.Sscan(rest, &s.rss) // in kB
		}
	}
	fds, err := os.ReadDir(proc + "fd")
	if err != nil {
		return s, err
	}
	s.files, s.rss, s.up = int64(len(fds)), s.rss<<10, time.Since(k.began)
	if info, err := os.Stat(k.file() + "-wal"); err == nil {
		s.wal = info.Size()
	}
	text, err := k.get(ctx, "/goroutines")
	if err != nil {
		return s, err
	}
	s.goroutines, err = strconv.ParseInt(text, 10, 64)
	return s, err
}

// get asks the server for something short.
func (k *keeper) get(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+k.addr+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return string(text), err
}
