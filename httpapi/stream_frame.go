package httpapi

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// The wire format. A frame is one event; its id line comes last, so that a
// reader who is cut off in the middle has not moved on yet. Data is JSON and
// so has no line end that could break the frame, whatever people write.

// padding comes first on every stream: middleware that collects a few
// kilobytes before it passes anything on lets go of what follows.
var padding = ":" + strings.Repeat(" ", 2048) + "\n\n"

const heartbeat = ": hb\n\n"

// Control events are about the stream, not the chat.
const (
	eventReady = "ready"
	eventReset = "reset"
	eventBye   = "bye"
)

// Why a stream ends.
const (
	byeShutdown     = "shutdown"
	byeLifetime     = "lifetime"
	byeUnauthorized = "unauthorized"
	byeTooOld       = "too_old"
)

type readyData struct {
	Heartbeat int `json:"heartbeat_s"` // a reader that hears nothing for much longer should reconnect
}

type reasonData struct {
	Reason string `json:"reason"`
}

// appendFrame appends an event. Without an id the reader's position stays.
func appendFrame(b []byte, event string, data []byte, id string) []byte {
	b = append(b, "event: "...)
	b = append(b, event...)
	b = append(b, "\ndata: "...)
	b = append(b, data...)
	if id != "" {
		b = append(b, "\nid: "...)
		b = append(b, id...)
	}
	return append(b, "\n\n"...)
}

// appendRetry appends a line to the frame that follows: how long to wait
// before the next connection.
func appendRetry(b []byte, d time.Duration) []byte {
	b = append(b, "retry: "...)
	b = strconv.AppendInt(b, d.Milliseconds(), 10)
	return append(b, '\n')
}

// appendControl appends a control event.
func appendControl(b []byte, event, id string, at time.Time, data any) []byte {
	// None of the types above can fail to encode.
	envelope, _ := (&chat.Event{ID: id, Type: event, At: at, Data: data}).JSON()
	return appendFrame(b, event, envelope, id)
}

// Batches of frames are built in pooled buffers: an idle stream holds none. A
// batch is passed on once it has maxBatch bytes, which is about what a reader
// who takes nothing holds until they are cut off: larger ones save little.
// Buffers that one long message has grown beyond keepBatch are left to the
// collector.
const (
	maxBatch  = 20 << 10
	keepBatch = 32 << 10
)

var batches = sync.Pool{New: func() any { b := make([]byte, 0, 1<<10); return &b }}

func takeBuffer() []byte { return (*batches.Get().(*[]byte))[:0] }

func putBuffer(b []byte) {
	if b != nil && cap(b) <= keepBatch {
		batches.Put(&b)
	}
}
