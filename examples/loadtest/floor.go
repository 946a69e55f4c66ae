//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// The floor does what cannot be left out: it takes a message in over HTTP and
// writes bytes to the sockets that are waiting for it. It keeps nothing, knows
// nobody, and has no answer to a reader who stalls.
type floor struct {
	mu     sync.Mutex
	topics map[string][]io.Writer
}

func serveFloor(ctx context.Context, out io.Writer) error {
	f := &floor{topics: map[string][]io.Writer{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /listen/{topic}", f.listen)
	mux.HandleFunc("POST /publish/{topic}", f.publish)
	control(mux)
	return serve(ctx, mux, out, 0, func() {})
}

// listen keeps the bare connection.
func (f *floor) listen(w http.ResponseWriter, r *http.Request) {
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
	f.mu.Lock()
	readers := f.topics[r.PathValue("topic")]
	f.mu.Unlock()
	for _, reader := range readers {
		reader.Write(frame)
	}
	w.WriteHeader(http.StatusCreated)
}
