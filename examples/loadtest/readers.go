//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A message's text is its number in the session and when its sending began, in
// nanoseconds: "17 1764000000000000000".
var mark = []byte(`"message":"`)

// tally counts what readers hear.
type tally struct {
	mu        sync.Mutex
	latencies []time.Duration
	delivered int
	lost      int
	doubled   int
	finished  map[*reader]bool
	waiting   int // readers that have not heard everything
	done      chan struct{}
	target    int // the number of the last message each of them hears
}

func newTally(readers, target int) *tally {
	return &tally{waiting: readers, target: target, done: make(chan struct{}), finished: map[*reader]bool{}}
}

// heard notes message n, of which r expects number want, counted from 1.
func (t *tally) heard(r *reader, n int, sent int64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delivered++
	if sent > 0 {
		t.latencies = append(t.latencies, time.Duration(now.UnixNano()-sent))
	}
	switch {
	case n <= r.last:
		t.doubled++
	default:
		t.lost += n - r.last - 1
		r.last = n
	}
	if r.last >= t.target && !t.finished[r] {
		t.finished[r] = true
		if t.waiting--; t.waiting == 0 {
			close(t.done)
		}
	}
}

// forget waits until n messages have arrived, and does not count them.
func (t *tally) forget(ctx context.Context, n int) error {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		t.mu.Lock()
		arrived := t.delivered >= n
		if arrived {
			t.delivered, t.latencies = 0, nil
		}
		t.mu.Unlock()
		if arrived {
			return nil
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errors.New("the first messages have not all arrived")
}

// wait returns when all have heard everything, or some time has passed; what is
// missing then counts as lost.
func (t *tally) wait(ctx context.Context, patience time.Duration) error {
	select {
	case <-t.done:
	case <-time.After(patience):
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (t *tally) missing(readers []*reader) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range readers {
		if !r.stalled {
			t.lost += max(0, t.target-r.last)
		}
	}
}

func (t *tally) percentile(p float64) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return percentile(t.latencies, p)
}

// percentile returns milliseconds.
func percentile(d []time.Duration, p float64) float64 {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return float64(d[min(len(d)-1, int(p*float64(len(d))))]) / float64(time.Millisecond)
}

// reader is one connection that listens.
type reader struct {
	conn    net.Conn
	id      string // of the last event
	last    int    // number of the last message; under the tally's mutex
	stalled bool
}

// dial opens a stream and waits for ready. From more than one source address,
// because each has only so many ports.
func dial(ctx context.Context, addr string, i int, path, after string) (*reader, *bufio.Reader, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%100))}}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	request := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nX-API-Key: " + key + "\r\n"
	if after != "" {
		request += "Last-Event-ID: " + after + "\r\n"
	}
	if _, err := conn.Write([]byte(request + "\r\n")); err != nil {
		conn.Close()
		return nil, nil, err
	}
	r := &reader{conn: conn, id: after}
	in := bufio.NewReaderSize(conn, 2048)
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	status, err := in.ReadString('\n')
	if err == nil && !strings.Contains(status, " 200 ") {
		err = errors.New(strings.TrimSpace(status))
	}
	for ready := false; err == nil && !ready; {
		var line []byte
		line, err = readLine(in)
		ready = bytes.HasPrefix(line, []byte("event: ready"))
	}
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("opening a stream: %w", err)
	}
	conn.SetReadDeadline(time.Time{})
	return r, in, nil
}

// readLine returns a line, or of one that is too long its end.
func readLine(in *bufio.Reader) ([]byte, error) {
	for {
		line, err := in.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// listen reads until the connection ends.
func (r *reader) listen(in *bufio.Reader, t *tally) {
	for {
		line, err := readLine(in)
		if err != nil {
			return
		}
		if id, ok := bytes.CutPrefix(line, []byte("id: ")); ok {
			r.id = string(bytes.TrimSpace(id))
			continue
		}
		if !bytes.HasPrefix(line, []byte("data: ")) {
			continue
		}
		now := time.Now()
		_, text, ok := bytes.Cut(line, mark)
		if !ok {
			continue
		}
		text, _, _ = bytes.Cut(text, []byte(`"`))
		number, sent, _ := bytes.Cut(text, []byte(" "))
		n, err := strconv.Atoi(string(number))
		if err != nil {
			continue
		}
		at, _ := strconv.ParseInt(string(sent), 10, 64)
		t.heard(r, n, at, now)
	}
}

// open opens n streams at once, a hundred at a time, each listening.
func open(ctx context.Context, addr string, n int, path func(i int) string, t *tally) ([]*reader, error) {
	readers := make([]*reader, n)
	return readers, inParallel(n, func(i int) error {
		r, in, err := dial(ctx, addr, i, path(i), "")
		if err != nil {
			return err
		}
		readers[i] = r
		go r.listen(in, t)
		return nil
	})
}

// inParallel calls f with 0 to n-1, a hundred at a time.
func inParallel(n int, f func(i int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, 100)
	for worker := range errs {
		wg.Go(func() {
			for i := worker; i < n && errs[worker] == nil; i += len(errs) {
				errs[worker] = f(i)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func closeAll(readers []*reader) {
	for _, r := range readers {
		if r != nil {
			r.conn.Close()
		}
	}
}
