//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// The floor does what cannot be left out: it takes a message in over HTTP and
// writes bytes to the sockets that are waiting for it. It knows nobody, and has
// no answer to a reader who stalls. With a journal it promises what the chat
// promises, that what is acknowledged is on disk, in the cheapest way there is.
type floor struct {
	mu      sync.Mutex
	topics  map[string][]io.Writer
	journal *journal // or nil: nothing is kept
}

func serveFloor(ctx context.Context, cfg config, out io.Writer) error {
	return (&floor{topics: map[string][]io.Writer{}}).serve(ctx, cfg, out)
}

func serveFloorOnDisk(ctx context.Context, cfg config, out io.Writer) error {
	file, err := os.Create(filepath.Join(cfg.dir, "journal"))
	if err != nil {
		return err
	}
	defer file.Close()
	f := &floor{topics: map[string][]io.Writer{}}
	f.journal = &journal{file: file, tell: f.tell}
	return f.serve(ctx, cfg, out)
}

func (f *floor) serve(ctx context.Context, cfg config, out io.Writer) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /listen/{topic}", f.listen)
	mux.HandleFunc("POST /publish/{topic}", f.publish)
	control(mux)
	cfg.buffer = 0
	return serve(ctx, mux, out, cfg, func() {})
}

// listen keeps the bare connection. One of HTTP/2 belongs to several streams, so
// there it does nothing else than wait.
func (f *floor) listen(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 2 {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "event: ready\ndata: {}\n\n")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nevent: ready\ndata: {}\n\n")
	f.mu.Lock()
	defer f.mu.Unlock()
	topic := r.PathValue("topic")
	f.topics[topic] = append(f.topics[topic], conn)
}

func (f *floor) publish(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	frame := []byte(fmt.Sprintf(`event: message_sent
data: {"id":"floor.1","event":"message_sent","timestamp":"2026-01-01T00:00:00.000Z","data":{%s"message":"%s","seq":1}}
id: floor.1

`, strings.Repeat(`"filler":"xxxxxxxxxxxx",`, 10), text))
	if f.journal == nil {
		f.tell(r.PathValue("topic"), frame)
	} else if err := f.journal.keep(r.PathValue("topic"), frame); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// tell writes the frame to all who listen, and forgets who has left: to write
// to them would cost as much as to the others.
func (f *floor) tell(topic string, frame []byte) {
	f.mu.Lock()
	readers := f.topics[topic]
	f.mu.Unlock()
	left := map[io.Writer]bool{}
	for _, reader := range readers {
		if _, err := reader.Write(frame); err != nil {
			left[reader] = true
		}
	}
	if len(left) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.topics[topic] = slices.DeleteFunc(slices.Clone(f.topics[topic]), func(w io.Writer) bool { return left[w] })
}

// journal appends frames to a file. While they are being brought to the disk,
// others wait, and go there together.
type journal struct {
	file *os.File
	tell func(topic string, frame []byte)

	mu      sync.Mutex
	waiting []*entry
	busy    bool
}

type entry struct {
	topic string
	frame []byte
	done  chan error
}

// keep returns when the frame is on disk and was told.
func (j *journal) keep(topic string, frame []byte) error {
	e := &entry{topic, frame, make(chan error, 1)}
	j.mu.Lock()
	j.waiting = append(j.waiting, e)
	if !j.busy {
		j.busy = true
		go j.write()
	}
	j.mu.Unlock()
	return <-e.done
}

func (j *journal) write() {
	for {
		j.mu.Lock()
		batch := j.waiting
		j.waiting = nil
		j.busy = len(batch) > 0
		j.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		var b []byte
		for _, e := range batch {
			b = append(b, e.frame...)
		}
		_, err := j.file.Write(b)
		if err == nil {
			err = j.file.Sync()
		}
		for _, e := range batch {
			if err == nil {
				j.tell(e.topic, e.frame)
			}
			e.done <- err
		}
	}
}
